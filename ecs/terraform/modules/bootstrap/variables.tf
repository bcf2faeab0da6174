variable "name" {
  type        = string
  default     = "mcp"
  description = "Prefix of the state bucket's and the repositories' names."
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,20}$", var.name))
    error_message = "name is 2 to 21 lower-case letters, digits and hyphens, starting with a letter."
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
  description = "Images that are kept in a repository beside those that ran in prod. An image for two architectures counts three times."
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
