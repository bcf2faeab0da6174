variable "name" {
  type        = string
  description = "Prefix of the roles' names, and of the roles that the apply role may manage."
}

variable "repository" {
  type        = string
  description = "OWNER/REPOSITORY on GitHub."
  validation {
    condition     = can(regex("^[A-Za-z0-9-]+(@[0-9]+)?/[A-Za-z0-9._-]+(@[0-9]+)?$", var.repository))
    error_message = "repository is OWNER/REPOSITORY, without wildcards."
  }
}

variable "github_environments" {
  type        = map(string)
  description = "GitHub environment whose jobs may take each role: deploy, plan and apply."
  validation {
    condition     = toset(keys(var.github_environments)) == toset(["deploy", "plan", "apply"])
    error_message = "github_environments has the keys deploy, plan and apply."
  }
  validation {
    condition     = alltrue([for e in values(var.github_environments) : can(regex("^[A-Za-z0-9_-]+$", e))])
    error_message = "A GitHub environment's name is letters, digits, hyphens and underscores here: no wildcards."
  }
  validation {
    condition     = !contains([var.github_environments["deploy"], var.github_environments["apply"]], var.github_environments["plan"])
    error_message = "plan needs an environment of its own: a pull request's plan must not get the roles that change things."
  }
}

variable "cluster_name" {
  type        = string
  description = "Cluster of the services."
}

variable "service_names" {
  type        = list(string)
  description = "Services that may be deployed."
}

variable "task_role_arns" {
  type        = list(string)
  description = "Roles that new task definitions may name."
}

variable "parameter_arns" {
  type        = list(string)
  description = "Parameters that deployments read: values of the task definitions' placeholders, the smoke test's API key."
}

variable "ecr_repository_arns" {
  type        = list(string)
  description = "Repositories of the images."
}

variable "push_images" {
  type        = bool
  default     = false
  description = "Whether this environment's deploy role pushes images; the others only run what was pushed."
}

variable "codedeploy" {
  type        = bool
  default     = false
  description = "Whether the agent is deployed by CodeDeploy."
}

variable "state_bucket" {
  type        = string
  description = "Bucket of Terraform's state."
}

variable "state_key" {
  type        = string
  description = "Key of this environment's state."
}
