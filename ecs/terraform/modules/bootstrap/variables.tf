variable "name" {
  type        = string
  default     = "mcp"
  description = "Prefix of the state bucket's and the repositories' names."
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,20}$", var.name))
    error_message = "name is 2 to 21 lower-case letters, digits and hyphens, starting with a letter."
  }
}

variable "create_oidc_provider" {
  type        = bool
  default     = true
  description = "Create GitHub's OIDC provider; false where the account has it already (there can be only one)."
}

variable "pull_account_ids" {
  type        = list(string)
  default     = []
  description = "Other accounts whose environments run these images."
  validation {
    condition     = alltrue([for id in var.pull_account_ids : can(regex("^[0-9]{12}$", id))])
    error_message = "An account id has twelve digits."
  }
}

variable "images_kept" {
  type        = number
  default     = 60
  description = "Images that are kept in a repository: how far one can roll back. An image for two architectures counts three times."
  validation {
    condition     = var.images_kept >= 10
    error_message = "Keep at least 10 images."
  }
}

variable "protect" {
  type        = bool
  default     = true
  description = "Refuse to delete a bucket or a repository that isn't empty."
}
