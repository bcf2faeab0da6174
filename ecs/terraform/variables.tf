variable "region" {
  type        = string
  default     = "us-east-1"
  description = "Region of the environment; the state bucket and the images are in the same."
  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "A region such as us-east-1."
  }
}

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
  default     = null
  description = "Zones to spread over, in the order of the subnets; null for the first ones of the account that Fargate runs in."
  validation {
    condition     = var.availability_zones == null || (length(distinct(coalesce(var.availability_zones, []))) >= 2 && alltrue([for z in coalesce(var.availability_zones, []) : startswith(z, var.region)]))
    error_message = "At least two zones of the region, such as us-east-1a."
  }
}

variable "public_subnet_cidrs" {
  type        = list(string)
  default     = ["10.0.1.0/24", "10.0.2.0/24"]
  description = "Ranges of the public subnets, one for each zone: their number is the number of zones. A new zone comes last."
  validation {
    condition     = length(var.public_subnet_cidrs) >= 2 && length(var.public_subnet_cidrs) == length(var.private_subnet_cidrs) && (var.availability_zones == null || length(var.public_subnet_cidrs) == length(coalesce(var.availability_zones, [])))
    error_message = "One public and one private subnet for each zone, and at least two."
  }
}

variable "private_subnet_cidrs" {
  type        = list(string)
  default     = ["10.0.10.0/24", "10.0.20.0/24"]
  description = "Ranges of the private subnets, one for each zone."
  validation {
    condition     = alltrue([for c in var.private_subnet_cidrs : can(cidrhost(c, 0))])
    error_message = "private_subnet_cidrs are IPv4 CIDR blocks."
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
    condition     = var.interface_endpoints || var.nat_gateway_mode != "none" || var.task_subnets == "public"
    error_message = "Without interface endpoints, without a NAT gateway and without public addresses no task could start."
  }
}

variable "task_subnets" {
  type        = string
  default     = "private"
  description = "private, or public: tasks with public addresses need neither NAT gateways nor endpoints. Their security groups let in no more than before. For a cheap trial."
  validation {
    condition     = contains(["private", "public"], var.task_subnets)
    error_message = "task_subnets is private or public."
  }
  validation {
    condition     = var.task_subnets == "private" || var.environment != "prod"
    error_message = "Production's tasks have no public addresses."
  }
}

variable "agent_internet_egress" {
  type        = bool
  default     = false
  description = "Let the agent open HTTPS connections to the internet: needed for an OIDC issuer outside the VPC."
  validation {
    condition     = !var.agent_internet_egress || var.nat_gateway_mode != "none" || var.task_subnets == "public"
    error_message = "The way to the internet is a NAT gateway, or public addresses."
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

variable "test_ingress_cidrs" {
  type        = list(string)
  default     = []
  description = "Who may connect to the test listener on 8443, which blue_green shows the unreleased version on: nobody by default."
  validation {
    condition     = alltrue([for c in var.test_ingress_cidrs : can(cidrhost(c, 0)) && tonumber(split("/", c)[1]) >= 8])
    error_message = "test_ingress_cidrs are IPv4 CIDR blocks of your own, never the whole internet."
  }
}

variable "waf" {
  type = object({
    enabled    = optional(bool, true)
    rate_limit = optional(number, 10000)
  })
  default     = {}
  description = "Web application firewall; rate_limit is the requests that one address may make in five minutes: an office or a backend behind one address is many callers."
  validation {
    condition     = var.waf.rate_limit >= 3000 && var.waf.rate_limit <= 2000000000
    error_message = "waf.rate_limit is at least 3000: the agent itself lets one caller make 600 requests a minute, and says so better."
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
# The geography in front of a profile's id says where prompts and answers may be processed: us., eu., jp., au. and apac. stay in
# theirs; global. goes to any commercial region of AWS, whatever the region of the environment is. Data at rest stays in the region.
variable "bedrock_model_id" {
  type        = string
  default     = "us.anthropic.claude-sonnet-5-5"
  description = "Model that is asked: an inference profile, as current Claude models can't be invoked on demand by their bare id. Its geography must be the region's, or global."
  validation {
    condition     = can(regex("^([a-z-]+\\.)?anthropic\\.claude-[a-z0-9.:-]+$", var.bedrock_model_id))
    error_message = "bedrock_model_id is a Claude model or its inference profile, such as us.anthropic.claude-…"
  }
  validation {
    condition     = can(regex(try(local.geographies[split(".", var.bedrock_model_id)[0]].source, "^$"), var.region))
    error_message = "bedrock_model_id begins with a geography that isn't ${var.region}'s: use us., eu., jp., au. or apac. as the region is, or global. (which lets prompts be processed in any commercial region)."
  }
}

variable "bedrock_fallback_model_id" {
  type        = string
  default     = "us.anthropic.claude-haiku-5-5"
  description = "Model that answers when the first one can't."
  validation {
    condition     = can(regex("^([a-z-]+\\.)?anthropic\\.claude-[a-z0-9.:-]+$", var.bedrock_fallback_model_id))
    error_message = "bedrock_fallback_model_id is a Claude model or its inference profile."
  }
  validation {
    condition     = can(regex(try(local.geographies[split(".", var.bedrock_fallback_model_id)[0]].source, "^$"), var.region))
    error_message = "bedrock_fallback_model_id begins with a geography that isn't ${var.region}'s."
  }
}

variable "bedrock_inference_regions" {
  type        = list(string)
  default     = null
  description = "Every region that the profiles may route to; null for those of the profiles' geographies (services.tf). `aws bedrock get-inference-profile` lists them."
  validation {
    condition     = var.bedrock_inference_regions == null || (length(coalesce(var.bedrock_inference_regions, [])) > 0 && alltrue([for r in coalesce(var.bedrock_inference_regions, []) : can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", r))]))
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
  description = "How tasks spread over FARGATE and FARGATE_SPOT. On a living service the AWS CLI changes it, then Terraform follows (ecs/README.md, \"Change a living environment\")."
}

variable "agent" {
  type = object({
    cpu     = optional(number, 1024)
    memory  = optional(number, 2048)
    min     = optional(number, 2)
    max     = optional(number, 20)
    streams = optional(number, 200)
  })
  default     = {}
  description = "CPU units, MiB and number of the agent's tasks; streams is the number of open streamed answers a task that scaling aims at (a task takes 600 turns)."
  validation {
    condition     = var.agent.streams >= 10 && var.agent.streams <= 500
    error_message = "agent.streams is 10 to 500: at 600 turns a task refuses more, and scaling takes minutes."
  }
}

variable "agent_settings" {
  type        = map(string)
  default     = {}
  description = "Further settings of the agent in this environment, by their environment variables (docs/configuration.md): { AGENT_ACCESS_OPERATORS = \"group:operators\" }. They reach the tasks with the next deployment. Never a secret: Terraform's state and the task's definition show them."
  validation {
    condition     = alltrue([for name in keys(var.agent_settings) : can(regex("^(AGENT|QUARKUS)_[A-Z0-9_]+$", name))])
    error_message = "agent_settings are named as environment variables of the agent: AGENT_TOOLS_APPROVERS for agent.tools.approvers."
  }
  validation {
    condition     = !anytrue([for name in keys(var.agent_settings) : can(regex("PASSWORD|PRIVATE|CREDENTIALS|TOKEN$|_KEY$|_SECRET$", name))])
    error_message = "agent_settings hold no secret: everybody who may read the task's definition or Terraform's state would see it."
  }
  validation {
    condition     = length(setintersection(keys(var.agent_settings), local.given_settings)) == 0
    error_message = "agent_settings name what ecs/task-definitions/agent.json gives already (${join(", ", setintersection(keys(var.agent_settings), local.given_settings))}): it has a variable of its own, or is the same everywhere."
  }
  validation {
    condition     = length(jsonencode(jsonencode(var.agent_settings))) <= 2000
    error_message = "agent_settings take more than 2,000 characters: what a deployment reads is a parameter of 4 KB. Long values belong into ecs/task-definitions/agent.json."
  }
}

variable "approval_webhook_url" {
  type        = string
  default     = null
  description = "Address that is told of calls that wait for a person: https. With it there is a secret for the key that signs what is sent, {\"secret\": \"whsec_…\"}, to be filled before the next deployment. On the internet it needs agent_internet_egress."
  validation {
    condition     = var.approval_webhook_url == null || can(regex("^https://[^/?#@ ]+", var.approval_webhook_url))
    error_message = "approval_webhook_url is an https address."
  }
  validation {
    condition     = var.approval_webhook_url == null || !contains(keys(var.agent_settings), "AGENT_APPROVALS_WEBHOOK_URL")
    error_message = "AGENT_APPROVALS_WEBHOOK_URL is given twice: leave it out of agent_settings."
  }
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

variable "service_connect" {
  type        = bool
  default     = false
  description = "Reach the toolbox through ECS Service Connect (retries, balance for each request, metrics) instead of Cloud Map's DNS alone; the name stays. A proxy in each task takes about 0.25 vCPU and 64 MiB of it."
  validation {
    condition     = !var.service_connect || !var.blue_green
    error_message = "CodeDeploy's deployments can't use Service Connect."
  }
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
  description = "Deprecated, for a new environment only: deploy the agent by CodeDeploy (canary, test listener on 8443) instead of ECS's rolling update. ECS's own blue/green needs provider 6 (ecs/README.md)."
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
    snapshot       = optional(string)
  })
  default     = {}
  description = "What the toolbox queries: postgres or mssql; an RDS for PostgreSQL is created, from snapshot if one is named, or host is an existing server's; ca_file is in the toolbox's image."
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
  description = "Cost in a month of which 50 % and 100 % are told when they are spent, and 100 % when it is forecast; null for no budget, where the account's root hasn't opened billing to IAM."
  validation {
    condition     = var.monthly_budget_dollars == null || coalesce(var.monthly_budget_dollars, 1) > 0
    error_message = "monthly_budget_dollars is positive, or null."
  }
}

variable "budget_by_tag" {
  type        = bool
  default     = false
  description = "Count only what has this environment's tag instead of the whole account. Billing must know the tag Environment first (ecs/README.md): before that the budget counts nothing."
}

variable "caller_day_tokens" {
  type        = number
  default     = 5000000
  description = "Tokens that one caller may use in a day: what a leaked key can cost. It counts for models without a price too."
  validation {
    condition     = var.caller_day_tokens >= 10000 && var.caller_day_tokens <= 1000000000 && floor(var.caller_day_tokens) == var.caller_day_tokens
    error_message = "caller_day_tokens is a whole number from 10,000 to 1,000,000,000: there is always a limit."
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
  description = "Deletion protection, recovery windows, no deletion of what isn't empty: off in an environment that is thrown away."
}

variable "final_snapshot" {
  type        = bool
  default     = true
  description = "Take a last snapshot of the database when it is destroyed, also when protect is off."
}

variable "conversations_table" {
  type        = string
  default     = null
  description = "Table of the conversations, after a restore; null for <name>-conversations."
}
