variable "environment" {
  type        = string
  description = "Name of the environment: GitHub's environments, the parameters under /mcp/<environment> and the metrics' dimension."
  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.environment))
    error_message = "environment is 2 to 12 lower-case letters and digits, such as dev or prod."
  }
}

variable "name" {
  type        = string
  default     = "mcp"
  description = "Prefix of every name; environments that share an account differ in it. mcp gives the names of the design."
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,15}$", var.name))
    error_message = "name is 2 to 16 lower-case letters, digits and hyphens, starting with a letter."
  }
}

# --- network
variable "vpc_cidr" {
  type        = string
  default     = "10.0.0.0/16"
  description = "Address range of the VPC."
  validation {
    condition     = can(cidrhost(var.vpc_cidr, 0))
    error_message = "vpc_cidr is an IPv4 CIDR block."
  }
}

variable "availability_zones" {
  type        = list(string)
  default     = ["us-east-1a", "us-east-1b"]
  description = "Zones to spread over."
  validation {
    condition     = length(distinct(var.availability_zones)) >= 2
    error_message = "At least two zones."
  }
}

variable "public_subnet_cidrs" {
  type        = list(string)
  default     = ["10.0.1.0/24", "10.0.2.0/24"]
  description = "Ranges of the public subnets, one for each zone."
  validation {
    condition     = length(var.public_subnet_cidrs) == length(var.availability_zones)
    error_message = "One public subnet for each zone."
  }
}

variable "private_subnet_cidrs" {
  type        = list(string)
  default     = ["10.0.10.0/24", "10.0.20.0/24"]
  description = "Ranges of the private subnets, one for each zone."
  validation {
    condition     = length(var.private_subnet_cidrs) == length(var.availability_zones)
    error_message = "One private subnet for each zone."
  }
}

variable "nat_gateway_mode" {
  type        = string
  default     = "per_az"
  description = "per_az (highly available), single (cheap) or none (interface endpoints only)."
  validation {
    condition     = contains(["per_az", "single", "none"], var.nat_gateway_mode)
    error_message = "nat_gateway_mode is per_az, single or none."
  }
}

variable "interface_endpoints" {
  type        = bool
  default     = true
  description = "Reach AWS's services through interface endpoints; false goes through the NAT gateway, which is cheaper for little traffic."
  validation {
    condition     = var.interface_endpoints || var.nat_gateway_mode != "none"
    error_message = "Without interface endpoints and without a NAT gateway no task could start."
  }
}

variable "agent_internet_egress" {
  type        = bool
  default     = false
  description = "Let the agent open HTTPS connections to the internet: needed for an OIDC issuer outside the VPC."
  validation {
    condition     = !var.agent_internet_egress || var.nat_gateway_mode != "none"
    error_message = "The way to the internet is a NAT gateway."
  }
}

variable "ingress_cidrs" {
  type        = list(string)
  default     = ["0.0.0.0/0"]
  description = "Who may connect to the load balancer."
  validation {
    condition     = length(var.ingress_cidrs) > 0 && alltrue([for c in var.ingress_cidrs : can(cidrhost(c, 0))])
    error_message = "ingress_cidrs are IPv4 CIDR blocks."
  }
}

variable "domain" {
  type        = object({ zone_id = string, name = string })
  default     = null
  description = "Route 53 zone and host name of the agent; null if DNS is kept elsewhere."
}

variable "certificate_arn" {
  type        = string
  default     = null
  description = "ACM certificate of the host name; null makes one for domain."
  validation {
    condition     = var.certificate_arn != null || var.domain != null
    error_message = "HTTPS needs a certificate: give certificate_arn, or domain so that one can be made."
  }
}

# --- models
variable "bedrock_model_id" {
  type        = string
  default     = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
  description = "An inference profile: current Claude models can't be invoked on demand by their bare id."
  validation {
    condition     = can(regex("^([a-z-]+\\.)?anthropic\\.claude-[a-z0-9.:-]+$", var.bedrock_model_id))
    error_message = "bedrock_model_id is a Claude model or its inference profile, such as us.anthropic.claude-…"
  }
}

variable "bedrock_fallback_model_id" {
  type        = string
  default     = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
  description = "Model that answers when the first one can't."
  validation {
    condition     = can(regex("^([a-z-]+\\.)?anthropic\\.claude-[a-z0-9.:-]+$", var.bedrock_fallback_model_id))
    error_message = "bedrock_fallback_model_id is a Claude model or its inference profile."
  }
}

variable "bedrock_inference_regions" {
  type        = list(string)
  default     = ["us-east-1", "us-east-2", "us-west-2"]
  description = "Every region that the profiles may route to."
  validation {
    condition     = length(var.bedrock_inference_regions) > 0 && alltrue([for r in var.bedrock_inference_regions : can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", r))])
    error_message = "Regions such as us-east-1, without wildcards."
  }
}

variable "bedrock_guardrail_arn" {
  type        = string
  default     = null
  description = "Guardrail that the agent applies, if its configuration names one."
  validation {
    condition     = var.bedrock_guardrail_arn == null || can(regex("^arn:aws[a-z-]*:bedrock:[a-z0-9-]+:[0-9]{12}:guardrail/[a-z0-9]+$", var.bedrock_guardrail_arn))
    error_message = "bedrock_guardrail_arn is the ARN of a guardrail."
  }
}

# --- services
variable "capacity_provider_strategy" {
  type        = list(object({ capacity_provider = string, base = optional(number, 0), weight = number }))
  default     = [{ capacity_provider = "FARGATE", base = 2, weight = 1 }, { capacity_provider = "FARGATE_SPOT", weight = 1 }]
  description = "How tasks spread over FARGATE and FARGATE_SPOT."
}

variable "agent" {
  type = object({
    cpu    = optional(number, 1024)
    memory = optional(number, 2048)
    min    = optional(number, 2)
    max    = optional(number, 20)
  })
  default     = {}
  description = "CPU units, MiB and number of the agent's tasks."
}

variable "toolbox" {
  type = object({
    cpu        = optional(number, 512)
    memory     = optional(number, 1024)
    min        = optional(number, 2)
    max        = optional(number, 10)
    tools_file = optional(string, "/app/tools.yaml")
  })
  default     = {}
  description = "CPU units, MiB and number of the toolbox's tasks, and the configuration in its image."
}

variable "image_account_id" {
  type        = string
  default     = null
  description = "Account whose ECR has the images; null for this one."
  validation {
    condition     = var.image_account_id == null || can(regex("^[0-9]{12}$", var.image_account_id))
    error_message = "An account id has twelve digits."
  }
}

variable "image_prefix" {
  type        = string
  default     = "mcp"
  description = "Prefix of the ECR repositories: the name that bootstrap was given."
}

variable "collector_digest" {
  type        = string
  description = "Digest of the AWS Distro for OpenTelemetry Collector in the repository <image_prefix>-collector."
  validation {
    condition     = can(regex("^sha256:[0-9a-f]{64}$", var.collector_digest))
    error_message = "collector_digest is sha256: and 64 hexadecimal digits."
  }
  validation {
    condition     = !can(regex("^sha256:0+$", var.collector_digest))
    error_message = "collector_digest in terraform.tfvars is still the example: mirror the collector's image first (ecs/README.md, First deployment, step 2), else no task starts."
  }
}

variable "blue_green" {
  type        = bool
  default     = false
  description = "Deploy the agent by CodeDeploy (canary, test listener on 8443) instead of ECS's rolling update."
}

variable "enable_execute_command" {
  type        = bool
  default     = false
  description = "Allow ECS Exec; the containers' root file systems are then writable. Not for production."
  validation {
    condition     = !(var.enable_execute_command && var.environment == "prod")
    error_message = "ECS Exec needs a writable root file system, which production doesn't have."
  }
}

variable "container_insights" {
  type        = string
  default     = "enhanced"
  description = "Container Insights: enhanced, enabled or disabled."
  validation {
    condition     = contains(["enhanced", "enabled", "disabled"], var.container_insights)
    error_message = "container_insights is enhanced, enabled or disabled."
  }
}

# --- database
variable "database" {
  type = object({
    engine         = optional(string, "postgres")
    create         = optional(bool, false)
    host           = optional(string, "")
    name           = optional(string, "shop")
    ca_file        = optional(string, "/app/global-bundle.pem")
    instance_class = optional(string, "db.t4g.micro")
    multi_az       = optional(bool, true)
  })
  default     = {}
  description = "What the toolbox queries: postgres or mssql; an RDS for PostgreSQL is created, or host is an existing server's; ca_file is in the toolbox's image."
  validation {
    condition     = contains(["postgres", "mssql"], var.database.engine)
    error_message = "database.engine is postgres or mssql."
  }
  validation {
    condition     = var.database.create != (var.database.host != "")
    error_message = "Either database.create, or database.host of an existing server."
  }
}

# --- operation
variable "push_images" {
  type        = bool
  default     = false
  description = "Whether this environment's workflow pushes images; exactly one environment does."
}

variable "state_bucket" {
  type        = string
  default     = null
  description = "Bucket of Terraform's state; null for the name that bootstrap gives."
}

variable "alarm_email" {
  type        = string
  default     = null
  description = "Address that gets the alarms; null for nobody."
  validation {
    condition     = var.alarm_email == null || can(regex("^[^@ ]+@[^@ ]+$", var.alarm_email))
    error_message = "alarm_email is one e-mail address."
  }
}

variable "monthly_budget_dollars" {
  type        = number
  default     = 400
  description = "Cost of the account in a month; the forecast of 80 % of it is told."
  validation {
    condition     = var.monthly_budget_dollars > 0
    error_message = "monthly_budget_dollars is positive."
  }
}

variable "hourly_cost_dollars" {
  type        = number
  default     = 20
  description = "Cost of model calls within an hour that raises an alarm."
  validation {
    condition     = var.hourly_cost_dollars > 0
    error_message = "hourly_cost_dollars is positive."
  }
}

variable "trace_sampling_rate" {
  type        = number
  default     = 0.1
  description = "Share of the requests that are traced, beyond the first of each second."
  validation {
    condition     = var.trace_sampling_rate >= 0 && var.trace_sampling_rate <= 1
    error_message = "trace_sampling_rate is 0 to 1."
  }
}

variable "log_retention_days" {
  type        = number
  default     = 30
  description = "Days that logs are kept."
  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365], var.log_retention_days)
    error_message = "CloudWatch Logs knows retentions of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180 and 365 days."
  }
}

variable "protect" {
  type        = bool
  default     = true
  description = "Deletion protection, final snapshots, recovery windows: off in an environment that is thrown away."
}
