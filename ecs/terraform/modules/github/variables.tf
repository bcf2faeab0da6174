variable "name" {
  type        = string
  description = "Prefix of the environment's names."
}

variable "environment" {
  type        = string
  description = "Name of the environment: its GitHub environments are this, <this>-plan and <this>-apply."
  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.environment))
    error_message = "environment is 2 to 12 lower-case letters and digits, such as dev or prod."
  }
}

variable "others" {
  type        = map(string)
  default     = {}
  description = "The other environments of this account: environment => prefix of its names. No role here may touch what is theirs."
  validation {
    condition     = !contains(keys(var.others), var.environment) && !contains(values(var.others), var.name)
    error_message = "Two environments of one account share neither their environment's name nor their prefix."
  }
}

variable "repository" {
  type        = string
  description = "OWNER/REPOSITORY as it stands in the subject of GitHub's tokens."
  validation {
    condition     = can(regex("^[A-Za-z0-9-]+(@[0-9]+)?/[A-Za-z0-9._-]+(@[0-9]+)?$", var.repository))
    error_message = "repository is OWNER/REPOSITORY, without wildcards."
  }
}

variable "repository_id" {
  type        = string
  description = "The repository's number on GitHub: a name can be given to another repository, a number can't."
  validation {
    condition     = can(regex("^[1-9][0-9]*$", var.repository_id))
    error_message = "repository_id is a number: gh api repos/OWNER/REPOSITORY --jq .id"
  }
}

variable "image_prefix" {
  type        = string
  default     = "mcp"
  description = "Prefix of the image repositories' names."
}

variable "state_bucket" {
  type        = string
  description = "Bucket of Terraform's state."
}

variable "host_name" {
  type        = string
  default     = null
  description = "Host name of the agent whose Route 53 records Terraform keeps; null if DNS is kept elsewhere."
}
