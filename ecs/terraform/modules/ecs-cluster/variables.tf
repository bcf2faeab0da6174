variable "name" {
  type        = string
  description = "Name of the cluster."
  validation {
    condition     = can(regex("^[a-zA-Z][a-zA-Z0-9_-]{0,254}$", var.name))
    error_message = "A cluster's name is letters, digits, hyphens and underscores, starting with a letter."
  }
}

variable "vpc_id" {
  type        = string
  description = "VPC in which the namespace's names resolve."
}

variable "namespace" {
  type        = string
  default     = "mcp.local"
  description = "Private DNS namespace of Cloud Map."
  validation {
    condition     = can(regex("^[a-z0-9-]+(\\.[a-z0-9-]+)+$", var.namespace))
    error_message = "namespace is a lower-case DNS name with at least one dot."
  }
}

variable "container_insights" {
  type        = string
  default     = "enhanced"
  description = "Container Insights: enhanced (per task and container), enabled (per service) or disabled."
  validation {
    condition     = contains(["enhanced", "enabled", "disabled"], var.container_insights)
    error_message = "container_insights is one of enhanced, enabled, disabled."
  }
}

variable "default_capacity_provider_strategy" {
  type        = list(object({ capacity_provider = string, base = optional(number, 0), weight = number }))
  default     = [{ capacity_provider = "FARGATE", base = 2, weight = 1 }]
  description = "Where a task runs that names no strategy of its own."
  validation {
    condition     = length([for s in var.default_capacity_provider_strategy : s if s.base > 0]) <= 1
    error_message = "Only one capacity provider of a strategy can have a base."
  }
  validation {
    condition     = alltrue([for s in var.default_capacity_provider_strategy : contains(["FARGATE", "FARGATE_SPOT"], s.capacity_provider)])
    error_message = "A capacity provider is FARGATE or FARGATE_SPOT."
  }
}

variable "log_retention_days" {
  type        = number
  default     = 30
  description = "Days that the output of ECS Exec sessions is kept."
  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365], var.log_retention_days)
    error_message = "CloudWatch Logs knows retentions of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180 and 365 days."
  }
}
