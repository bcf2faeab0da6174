# What an account has once, before its first environment: the bucket of Terraform's state, the image repositories and
# GitHub's OIDC provider. Its own state goes into that bucket after the first apply (ecs/README.md, "First deployment").
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
  create_oidc_provider = var.create_oidc_provider
  pull_account_ids     = var.pull_account_ids
  protect              = var.protect
}

output "state_bucket" {
  description = "Bucket for `terraform init -backend-config=bucket=…`."
  value       = module.bootstrap.state_bucket
}

output "repository_urls" {
  description = "Where images are pushed to."
  value       = module.bootstrap.repository_urls
}
