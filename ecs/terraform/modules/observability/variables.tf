variable "name" {
  type        = string
  description = "Prefix of names."
}

variable "environment" {
  type        = string
  description = "Value of the metrics' environment dimension."
}

variable "metrics_file" {
  type        = string
  description = "ecs/metrics.json: namespace, names and attributes of the agent's own metrics."
  validation {
    condition     = can(jsondecode(file(var.metrics_file)).metrics)
    error_message = "metrics_file is a JSON file with the metrics of the agent."
  }
}

variable "kms_key_arn" {
  type        = string
  description = "Key that encrypts the alarm topic."
}

variable "alarm_email" {
  type        = string
  default     = null
  description = "Address that gets the alarms, after it has confirmed the subscription; null for nobody."
  validation {
    condition     = var.alarm_email == null || can(regex("^[^@ ]+@[^@ ]+$", var.alarm_email))
    error_message = "alarm_email is one e-mail address."
  }
}

variable "cluster_name" {
  type        = string
  description = "Cluster whose events and metrics are watched."
}

variable "service_names" {
  type        = list(string)
  description = "Services on the dashboard."
}

variable "load_balancer" {
  type        = string
  description = "ARN suffix of the load balancer on the dashboard."
}

variable "table_name" {
  type        = string
  description = "Table of the conversations on the dashboard."
}

variable "monthly_budget_dollars" {
  type        = number
  default     = null
  description = "Cost in a month that is told at 50 % and 100 %, and when 100 % is forecast; null for no budget. It is a message, not a limit."
  validation {
    condition     = var.monthly_budget_dollars == null || coalesce(var.monthly_budget_dollars, 1) > 0
    error_message = "monthly_budget_dollars is positive, or null."
  }
}

variable "budget_by_tag" {
  type        = bool
  default     = false
  description = "Count only what has the tag Environment of this environment, which billing must have been told of."
}

variable "agent_log_group" {
  type        = string
  description = "Log group of the agent, whose lines name what went wrong."
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
  description = "Days that the metrics' log lines are kept."
}
