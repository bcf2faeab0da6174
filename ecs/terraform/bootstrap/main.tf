# What an administrator gives an account, before its first environment: the bucket of Terraform's state, the image repositories,
# GitHub's OIDC provider, the roles of GitHub Actions and the boundary of each environment's own roles. No pipeline may apply this.
# Its own state goes into that bucket after the first apply (ecs/README.md, "First deployment").
terraform {
  required_version = ">= 1.11.0"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100.0, < 7.0.0"
    }
  }
}

provider "aws" {
  region = var.region
  default_tags {
    tags = { Project = "mcp", Environment = "shared", ManagedBy = "terraform" }
  }
}

variable "region" {
  type        = string
  default     = "us-east-1"
  description = "Region of the state bucket and the repositories."
}

variable "github_repository" {
  type        = string
  description = "OWNER/REPOSITORY as it stands in the subject of GitHub's tokens."
}

variable "github_repository_id" {
  type        = string
  description = "The repository's number: gh api repos/OWNER/REPOSITORY --jq .id"
}

variable "environments" {
  type        = map(object({ name = string, host_name = optional(string) }))
  default     = { dev = { name = "mcp-dev" }, prod = { name = "mcp" } }
  description = "This account's environments: prefix of the names, and the host name whose Route 53 records the pipeline may change."
}

variable "create_oidc_provider" {
  type        = bool
  default     = true
  description = "Create GitHub's OIDC provider; false where the account has it already."
}

variable "pull_account_ids" {
  type        = list(string)
  default     = []
  description = "Other accounts whose environments run these images."
}

variable "protect" {
  type        = bool
  default     = true
  description = "Refuse to delete a bucket or a repository that isn't empty."
}

module "bootstrap" {
  source               = "../modules/bootstrap"
  repository           = var.github_repository
  repository_id        = var.github_repository_id
  create_oidc_provider = var.create_oidc_provider
  pull_account_ids     = var.pull_account_ids
  protect              = var.protect
}

module "github" {
  source        = "../modules/github"
  for_each      = var.environments
  environment   = each.key
  name          = each.value.name
  others        = { for environment, other in var.environments : environment => other.name if environment != each.key }
  repository    = var.github_repository
  repository_id = var.github_repository_id
  state_bucket  = module.bootstrap.state_bucket
  host_name     = each.value.host_name
}

output "state_bucket" {
  description = "Bucket for `terraform init -backend-config=bucket=…`."
  value       = module.bootstrap.state_bucket
}

output "repository_urls" {
  description = "Where images are pushed to."
  value       = module.bootstrap.repository_urls
}
