variable "name" {
  type        = string
  description = "Family of names: <name>-service, <name>-task, /ecs/<name>."
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,50}$", var.name))
    error_message = "name is 2 to 51 lower-case letters, digits and hyphens, starting with a letter."
  }
}

variable "container_name" {
  type        = string
  description = "Container of the task definition that takes the traffic."
}

variable "container_port" {
  type        = number
  description = "Port of that container."
  validation {
    condition     = var.container_port >= 1024 && var.container_port <= 65535
    error_message = "A process that isn't root listens on 1024 to 65535."
  }
}

variable "task_definition_file" {
  type        = string
  description = "The JSON of ecs/task-definitions, with $${placeholders}: the same file that the deploy workflow renders."
}

variable "collector_config_file" {
  type        = string
  description = "Configuration of the telemetry sidecar: the value of $${collector_config}."
}

variable "task_definition_variables" {
  type        = map(string)
  default     = {}
  description = "Values of the file's own placeholders, beside those that this module gives."
}

variable "settings" {
  type        = map(string)
  default     = {}
  description = "Environment variables of the first container, beside those of the file."
}

variable "secrets" {
  type        = map(string)
  default     = {}
  description = "Environment variable of the first container => member of a secret that ECS puts there: the secret's full ARN and :member::. They must be among secret_arns, too."
  validation {
    condition     = alltrue([for from in values(var.secrets) : can(regex(":secret:[^:]+-[A-Za-z0-9]{6}:[A-Za-z0-9]+::$", from))])
    error_message = "A secret's full ARN with its suffix, and the member that is meant: …-AbCdEf:secret::."
  }
}

variable "image" {
  type        = string
  description = "Image of the first revision; the deploy workflow registers every later one."
}

variable "cpu" {
  type        = number
  description = "CPU units of a task: 1024 are one vCPU."
  validation {
    condition     = contains([256, 512, 1024, 2048, 4096, 8192, 16384], var.cpu)
    error_message = "Fargate has 256, 512, 1024, 2048, 4096, 8192 and 16384 CPU units."
  }
}

variable "memory" {
  type        = number
  description = "MiB of a task."
  validation {
    condition = contains({
      256   = [512, 1024, 2048]
      512   = range(1024, 4097, 1024)
      1024  = range(2048, 8193, 1024)
      2048  = range(4096, 16385, 1024)
      4096  = range(8192, 30721, 1024)
      8192  = range(16384, 61441, 4096)
      16384 = range(32768, 122881, 8192)
    }[var.cpu], var.memory)
    error_message = "Fargate doesn't pair this memory with this CPU."
  }
}

variable "cluster" {
  type        = object({ arn = string, name = string, exec_log_group_arn = string })
  description = "Cluster that the service runs in."
}

variable "vpc_id" {
  type        = string
  description = "VPC of the tasks."
}

variable "subnet_ids" {
  type        = list(string)
  description = "Subnets of the tasks, in at least two zones."
  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "A service needs subnets in two zones."
  }
}

variable "assign_public_ip" {
  type        = bool
  default     = false
  description = "Give each task a public address: in public subnets without NAT gateway it is the only way out."
}

variable "container_insights" {
  type        = bool
  default     = true
  description = "Whether the cluster counts running tasks: an alarm watches them then."
}

variable "service_connect" {
  type        = object({ namespace_arn = string, port_name = optional(string), dns_name = optional(string) })
  default     = null
  description = "Service Connect in that namespace; with port_name, the name of a port of the task definition, the service is found there as dns_name."
  validation {
    condition     = var.service_connect == null || !var.codedeploy
    error_message = "CodeDeploy's deployments can't use Service Connect."
  }
  validation {
    condition     = var.service_connect == null || (try(var.service_connect.port_name, null) == null) == (try(var.service_connect.dns_name, null) == null)
    error_message = "A server has both port_name and dns_name, a client neither."
  }
}

variable "ingress" {
  type        = map(string)
  default     = {}
  description = "Name => security group that may reach the container port."
}

variable "egress" {
  type        = map(object({ port = number, security_group_id = optional(string), prefix_list_id = optional(string), cidr = optional(string) }))
  description = "Everything the tasks may open a connection to. Image layers, logs and secrets count too."
  validation {
    condition     = alltrue([for e in var.egress : length([for peer in [e.security_group_id, e.prefix_list_id, e.cidr] : peer if peer != null]) == 1])
    error_message = "Each egress rule has exactly one of security_group_id, prefix_list_id, cidr."
  }
}

variable "desired_count" {
  type        = number
  default     = 2
  description = "Tasks at the start; scaling owns the number afterwards."
  validation {
    condition     = var.desired_count >= 0
    error_message = "desired_count is not negative."
  }
}

variable "capacity_provider_strategy" {
  type        = list(object({ capacity_provider = string, base = optional(number, 0), weight = number }))
  default     = [{ capacity_provider = "FARGATE", base = 0, weight = 1 }]
  description = "How tasks spread over FARGATE and FARGATE_SPOT."
  validation {
    condition     = length([for s in var.capacity_provider_strategy : s if s.base > 0]) <= 1
    error_message = "Only one capacity provider of a strategy can have a base."
  }
  validation {
    condition     = alltrue([for s in var.capacity_provider_strategy : contains(["FARGATE", "FARGATE_SPOT"], s.capacity_provider)])
    error_message = "A capacity provider is FARGATE or FARGATE_SPOT."
  }
}

variable "deployment_minimum_healthy_percent" {
  type        = number
  default     = 100
  description = "Share of the tasks that stays up during a deployment."
  validation {
    condition     = var.deployment_minimum_healthy_percent >= 100
    error_message = "Less than 100 takes capacity away in every deployment."
  }
}

variable "deployment_maximum_percent" {
  type        = number
  default     = 200
  description = "Share of the tasks that may run during a deployment, old and new."
  validation {
    condition     = var.deployment_maximum_percent > 100
    error_message = "With at most 100 % and at least 100 % nothing could be replaced."
  }
}

variable "deployment_alarm_names" {
  type        = list(string)
  default     = []
  description = "Alarms that roll a deployment back."
}

variable "health_check_grace_period_seconds" {
  type        = number
  default     = 60
  description = "Seconds after a task's start in which the load balancer's health checks don't count."
}

variable "target_group_arn" {
  type        = string
  default     = null
  description = "Target group of the load balancer."
}

variable "attach_load_balancer" {
  type        = bool
  default     = false
  description = "Whether target_group_arn is given: known before the target group is."
}

variable "codedeploy" {
  type        = bool
  default     = false
  description = "Deprecated: let CodeDeploy shift the traffic instead of a rolling update by ECS. With provider 6 ECS does it itself."
  validation {
    condition     = !var.codedeploy || var.attach_load_balancer
    error_message = "CodeDeploy shifts traffic between target groups: attach the load balancer."
  }
}

variable "service_discovery" {
  type        = object({ namespace_id = string, name = string })
  default     = null
  description = "Cloud Map name of the tasks."
}

variable "autoscaling" {
  type = object({
    min                = number
    max                = number
    cpu_target         = optional(number, 70)
    requests           = optional(number)
    alb_resource_label = optional(string)
    metric             = optional(object({ namespace = string, name = string, dimensions = map(string), target = number }))
    scale_in_cooldown  = optional(number, 300)
    scale_out_cooldown = optional(number, 60)
  })
  description = "Target tracking: tasks, percent of CPU, requests a minute and target, a metric of the service's own as its average over the tasks, seconds between steps."
  validation {
    condition     = var.autoscaling.min >= 1 && var.autoscaling.max >= var.autoscaling.min
    error_message = "autoscaling.min is at least 1 and at most autoscaling.max."
  }
  validation {
    condition     = var.autoscaling.cpu_target >= 10 && var.autoscaling.cpu_target <= 90
    error_message = "autoscaling.cpu_target is 10 to 90 percent."
  }
  validation {
    condition     = var.autoscaling.metric == null || try(var.autoscaling.metric.target, 1) > 0
    error_message = "autoscaling.metric.target is positive."
  }
}

variable "task_policy_json" {
  type        = string
  description = "What the task's own code may do."
}

variable "secret_arns" {
  type        = list(string)
  default     = []
  description = "Full ARNs of the secrets that ECS hands to the containers."
  validation {
    condition     = alltrue([for arn in var.secret_arns : !endswith(arn, "*")])
    error_message = "Full ARNs: a wildcard would let the service read its neighbours' secrets."
  }
}

variable "kms_key_arns" {
  type        = list(string)
  default     = []
  description = "Keys of those secrets."
}

variable "ecr_repository_arns" {
  type        = list(string)
  description = "Repositories that the task's images are pulled from."
  validation {
    condition     = length(var.ecr_repository_arns) > 0
    error_message = "A task needs an image."
  }
}

variable "log_retention_days" {
  type        = number
  default     = 30
  description = "Days that the containers' output is kept."
  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365], var.log_retention_days)
    error_message = "CloudWatch Logs knows retentions of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180 and 365 days."
  }
}

variable "enable_execute_command" {
  type        = bool
  default     = false
  description = "Allow ECS Exec. Its containers then have a writable root file system: not for production."
}

variable "alarm_topic_arns" {
  type        = list(string)
  default     = []
  description = "SNS topics that alarms are sent to."
}

variable "boundary_arn" {
  type        = string
  description = "Policy that limits what the roles made here may do: the pipeline may make no role without it."
}
