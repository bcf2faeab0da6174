variable "name" {
  type        = string
  description = "Name of the load balancer and prefix of what belongs to it."
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,20}$", var.name)) && !startswith(var.name, "internal-")
    error_message = "name is 2 to 21 lower-case letters, digits and hyphens (target groups add eleven), not starting with internal-."
  }
}

variable "vpc_id" {
  type        = string
  description = "VPC of the load balancer."
}

variable "public_subnet_ids" {
  type        = list(string)
  description = "Public subnets in at least two zones."
  validation {
    condition     = length(var.public_subnet_ids) >= 2
    error_message = "A load balancer needs subnets in two zones."
  }
}

variable "certificate_arn" {
  type        = string
  default     = null
  description = "ACM certificate of the HTTPS listener; null makes one for domain."
  validation {
    condition     = var.certificate_arn == null || can(regex("^arn:aws[a-z-]*:acm:", var.certificate_arn))
    error_message = "certificate_arn is the ARN of an ACM certificate."
  }
}

variable "domain" {
  type        = object({ zone_id = string, name = string })
  default     = null
  description = "Route 53 zone and host name: gets an alias record, and a certificate if none is given."
  validation {
    condition     = var.domain != null || var.certificate_arn != null
    error_message = "HTTPS needs a certificate: give certificate_arn, or domain so that one can be made."
  }
}

variable "ssl_policy" {
  type        = string
  default     = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  description = "Protocols and ciphers of the HTTPS listener."
  validation {
    condition     = startswith(var.ssl_policy, "ELBSecurityPolicy-TLS13-1-2-") || startswith(var.ssl_policy, "ELBSecurityPolicy-TLS13-1-3-")
    error_message = "Only policies without TLS 1.0 and 1.1."
  }
}

variable "ingress_cidrs" {
  type        = list(string)
  default     = ["0.0.0.0/0"]
  description = "Who may connect."
  validation {
    condition     = alltrue([for c in var.ingress_cidrs : can(cidrhost(c, 0))])
    error_message = "ingress_cidrs are IPv4 CIDR blocks."
  }
}

variable "test_ingress_cidrs" {
  type        = list(string)
  default     = []
  description = "Who may connect to the test listener on 8443."
  validation {
    condition     = alltrue([for c in var.test_ingress_cidrs : can(cidrhost(c, 0)) && tonumber(split("/", c)[1]) >= 8])
    error_message = "test_ingress_cidrs are IPv4 CIDR blocks of your own, never the whole internet."
  }
}

variable "target_port" {
  type        = number
  default     = 8080
  description = "Port of the tasks."
}

variable "target_security_group_id" {
  type        = string
  description = "Group of the tasks: all that the load balancer may connect to."
}

variable "health_check_path" {
  type        = string
  default     = "/health"
  description = "Path that answers 200 while a task can take requests."
  validation {
    condition     = startswith(var.health_check_path, "/")
    error_message = "A path starts with a slash."
  }
}

variable "deregistration_delay" {
  type        = number
  default     = 120
  description = "Seconds that a leaving task may continue its open streams."
  validation {
    condition     = var.deregistration_delay >= 0 && var.deregistration_delay <= 3600
    error_message = "deregistration_delay is 0 to 3600 seconds."
  }
}

variable "idle_timeout" {
  type        = number
  default     = 300
  description = "Seconds. Longer than the longest silence of a streamed answer (a model call with tools)."
  validation {
    condition     = var.idle_timeout >= 1 && var.idle_timeout <= 4000
    error_message = "idle_timeout is 1 to 4000 seconds."
  }
}

variable "blue_green" {
  type        = bool
  default     = false
  description = "Deprecated: adds the green target group and a test listener on 8443; CodeDeploy then owns the default action."
}

variable "protect" {
  type        = bool
  default     = true
  description = "Deletion protection of the load balancer, and no deletion of a log bucket that holds logs."
}

variable "access_log_retention_days" {
  type        = number
  default     = 90
  description = "Days that access logs are kept."
  validation {
    condition     = var.access_log_retention_days >= 1
    error_message = "access_log_retention_days is at least 1."
  }
}

variable "log_retention_days" {
  type        = number
  default     = 30
  description = "Days that the firewall's log is kept."
}

variable "waf" {
  type = object({
    enabled    = optional(bool, true)
    rate_limit = optional(number, 10000)
  })
  default     = {}
  description = "Web application firewall; rate_limit is the requests that one address may make in five minutes."
  validation {
    condition     = var.waf.rate_limit >= 3000 && var.waf.rate_limit <= 2000000000
    error_message = "waf.rate_limit is at least 3000: the agent itself lets one caller make 600 requests a minute, and says so better."
  }
}

variable "latency_alarm_seconds" {
  type        = number
  default     = 60
  description = "Seconds to the first byte at the 95th percentile that raise the alarm. A complete JSON answer's first byte comes at the end of its turn."
  validation {
    condition     = var.latency_alarm_seconds > 0
    error_message = "latency_alarm_seconds is positive."
  }
}

variable "alarm_topic_arns" {
  type        = list(string)
  default     = []
  description = "SNS topics that alarms are sent to."
}
