variable "name" {
  type        = string
  description = "Name of the application and its deployment group."
}

variable "cluster_name" {
  type        = string
  description = "Cluster of the service."
}

variable "service_name" {
  type        = string
  description = "Service whose deployment controller is CODE_DEPLOY."
}

variable "listener_arns" {
  type        = map(string)
  description = "Listeners of the production and the test traffic."
  validation {
    condition     = toset(keys(var.listener_arns)) == toset(["production", "test"])
    error_message = "listener_arns has the keys production and test."
  }
}

variable "target_group_names" {
  type        = map(string)
  description = "Names of the blue and the green target group."
  validation {
    condition     = toset(keys(var.target_group_names)) == toset(["blue", "green"])
    error_message = "target_group_names has the keys blue and green."
  }
}

variable "alarm_names" {
  type        = list(string)
  description = "Alarms that stop a deployment and roll it back."
}

variable "deployment_config_name" {
  type        = string
  default     = "CodeDeployDefault.ECSCanary10Percent5Minutes"
  description = "How traffic shifts."
  validation {
    condition     = can(regex("^CodeDeployDefault\\.ECS(Canary|Linear|AllAtOnce)", var.deployment_config_name))
    error_message = "One of CodeDeploy's ECS configurations."
  }
}

variable "alarm_topic_arn" {
  type        = string
  description = "SNS topic that is told of deployments that failed."
}

variable "boundary_arn" {
  type        = string
  description = "Policy that limits what the roles made here may do: the pipeline may make no role without it."
}
