terraform {
  required_version = ">= 1.11.0"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100.0, < 6.0.0"
    }
  }
  backend "s3" {
    key          = "mcp/prod/terraform.tfstate"
    use_lockfile = true # S3's own lock: no DynamoDB table
    encrypt      = true
  }
}

provider "aws" {
  region = var.region
  default_tags {
    tags = { Project = "mcp", Environment = "prod", ManagedBy = "terraform" }
  }
}

module "mcp" {
  source      = "../.."
  environment = "prod"
  # How this environment differs from the other one.
  name                   = "mcp"
  availability_zones     = ["${var.region}a", "${var.region}b"]
  nat_gateway_mode       = "per_az"
  interface_endpoints    = true
  database               = var.database
  blue_green             = var.blue_green
  monthly_budget_dollars = 600

  # What depends on the account: terraform.tfvars.
  certificate_arn  = var.certificate_arn
  domain           = var.domain
  image_account_id = var.image_account_id
  collector_digest = var.collector_digest
  alarm_email      = var.alarm_email
  protect          = var.protect
}
