terraform {
  required_version = ">= 1.11.0"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100.0, < 6.0.0"
    }
  }
  backend "s3" {
    key          = "mcp/dev/terraform.tfstate"
    use_lockfile = true # S3's own lock: no DynamoDB table
    encrypt      = true
  }
}

provider "aws" {
  region = var.region
  default_tags {
    tags = { Project = "mcp", Environment = "dev", ManagedBy = "terraform" }
  }
}

module "mcp" {
  source      = "../.."
  environment = "dev"
  # How this environment differs from the other one.
  name                       = "mcp-dev"
  availability_zones         = ["${var.region}a", "${var.region}b"]
  nat_gateway_mode           = "single"
  interface_endpoints        = false # a NAT gateway alone is cheaper for little traffic
  agent                      = { min = 1, max = 2 }
  toolbox                    = { min = 1, max = 2 }
  capacity_provider_strategy = [{ capacity_provider = "FARGATE_SPOT", weight = 1 }]
  enable_execute_command     = true
  push_images                = true # what is built here goes to prod by its digest
  container_insights         = "enabled"
  database                   = var.database
  blue_green                 = var.blue_green
  log_retention_days         = 7
  trace_sampling_rate        = 1
  hourly_cost_dollars        = 5
  monthly_budget_dollars     = 200

  # What depends on the account: terraform.tfvars.
  certificate_arn  = var.certificate_arn
  domain           = var.domain
  image_account_id = var.image_account_id
  collector_digest = var.collector_digest
  alarm_email      = var.alarm_email
  protect          = var.protect
}
