# One environment: network, cluster, the two services (services.tf), load balancer, secrets, conversations, database and alarms.
# What an administrator gives an account (state bucket, images, OIDC provider, the roles of GitHub Actions) is in bootstrap/.
data "aws_region" "current" {}
data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

# Zones that need no opt-in, without those that Fargate doesn't run in (Amazon ECS developer guide, "Supported Regions").
data "aws_availability_zones" "usable" {
  state            = "available"
  exclude_zone_ids = ["use1-az3", "usw1-az2", "apne1-az3"]
  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
  lifecycle {
    postcondition {
      condition     = var.availability_zones != null || length(self.names) >= length(var.private_subnet_cidrs)
      error_message = "This account has ${length(self.names)} zones in ${var.region} that Fargate runs in, fewer than the subnets that are asked for."
    }
  }
}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  region     = data.aws_region.current.id

  # The account's own zones, in the order of their letters: a letter that one account has, another one may lack.
  zones = var.availability_zones != null ? var.availability_zones : slice(data.aws_availability_zones.usable.names, 0, length(var.private_subnet_cidrs))

  conversations_table = coalesce(var.conversations_table, "${var.name}-conversations")

  # What the tasks talk to inside AWS. Without its endpoint, a service is reached through the NAT gateway.
  needed_endpoints    = toset(concat(["ecr.api", "ecr.dkr", "logs", "secretsmanager", "bedrock-runtime", "xray"], var.enable_execute_command ? ["ssmmessages"] : []))
  interface_endpoints = var.interface_endpoints ? local.needed_endpoints : toset([])
}

# --- encryption
data "aws_iam_policy_document" "key" {
  statement {
    sid       = "Account" # leaves the decision to IAM
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:${local.partition}:iam::${local.account_id}:root"]
    }
  }
  statement {
    sid       = "AlarmsToEncryptedTopic"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = ["*"]
    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com", "budgets.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account_id]
    }
  }
  statement {
    sid       = "EventsToEncryptedTopic" # EventBridge says nothing of its account here: with a condition no event would arrive
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = ["*"]
    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }
  }
}

resource "aws_kms_key" "this" {
  description             = "Secrets, alarms and database of ${var.name}"
  enable_key_rotation     = true
  deletion_window_in_days = var.protect ? 30 : 7
  policy                  = data.aws_iam_policy_document.key.json
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.name}"
  target_key_id = aws_kms_key.this.key_id
}

module "vpc" {
  source                  = "./modules/vpc"
  name                    = var.name
  cidr                    = var.vpc_cidr
  availability_zones      = local.zones
  public_subnet_cidrs     = var.public_subnet_cidrs
  private_subnet_cidrs    = var.private_subnet_cidrs
  nat_gateway_mode        = var.nat_gateway_mode
  interface_endpoints     = local.interface_endpoints
  endpoint_policies       = { for service, document in data.aws_iam_policy_document.endpoint : service => document.json }
  flow_log_retention_days = var.log_retention_days
  boundary_arn            = local.boundary_arn
}

module "ecs_cluster" {
  source             = "./modules/ecs-cluster"
  name               = "${var.name}-cluster"
  vpc_id             = module.vpc.vpc_id
  namespace          = "${var.name}.local"
  container_insights = var.container_insights
  log_retention_days = var.log_retention_days
}

module "secrets" {
  source                  = "./modules/secrets"
  kms_key_arn             = aws_kms_key.this.arn
  recovery_window_in_days = var.protect ? 30 : 0
  secrets = merge({
    (local.secret_names.postgres) = "PostgreSQL login of the toolbox: {\"username\", \"password\"}"
    (local.secret_names.mssql)    = "SQL Server login of the toolbox: {\"username\", \"password\"}"
    (local.secret_names.api_keys) = "API keys of the agent's callers: {name: SHA-256 of the key in hex}"
    }, var.approval_webhook_url == null ? {} : {
    (local.secret_names.approval_webhook) = "Signing key of the approval webhook: {\"secret\": \"whsec_…\"}"
  })
}

module "alb" {
  source                   = "./modules/alb"
  name                     = "${var.name}-alb"
  vpc_id                   = module.vpc.vpc_id
  public_subnet_ids        = module.vpc.public_subnet_ids
  target_security_group_id = module.agent.security_group_id
  certificate_arn          = var.certificate_arn
  domain                   = var.domain
  ingress_cidrs            = var.ingress_cidrs
  test_ingress_cidrs       = var.test_ingress_cidrs
  waf                      = var.waf
  blue_green               = var.blue_green
  protect                  = var.protect
  log_retention_days       = var.log_retention_days
  alarm_topic_arns         = [module.observability.alarm_topic_arn]
}

module "conversations" {
  source              = "./modules/conversations"
  name                = local.conversations_table
  deletion_protection = var.protect
  alarm_topic_arns    = [module.observability.alarm_topic_arn]
}

# The audit trail: a table of its own, which the agent can only add to (services.tf).
module "audit" {
  source              = "./modules/conversations"
  name                = "${var.name}-audit"
  deletion_protection = var.protect
  alarm_topic_arns    = [module.observability.alarm_topic_arn]
}

module "database" {
  source                    = "./modules/database"
  name                      = var.name
  engine                    = var.database.engine
  create                    = var.database.create
  vpc_id                    = module.vpc.vpc_id
  subnet_ids                = module.vpc.private_subnet_ids
  client_security_group_ids = { toolbox = module.toolbox.security_group_id }
  kms_key_arn               = aws_kms_key.this.arn
  database_name             = var.database.name
  instance_class            = var.database.instance_class
  multi_az                  = var.database.multi_az
  protect                   = var.protect
  final_snapshot            = var.final_snapshot
  snapshot                  = var.database.snapshot
  log_retention_days        = var.log_retention_days
  alarm_topic_arns          = [module.observability.alarm_topic_arn]
}

module "observability" {
  source                 = "./modules/observability"
  name                   = var.name
  environment            = var.environment
  metrics_file           = "${path.module}/../metrics.json"
  kms_key_arn            = aws_kms_key.this.arn
  alarm_email            = var.alarm_email
  cluster_name           = module.ecs_cluster.name
  service_names          = [module.agent.service_name, module.toolbox.service_name]
  load_balancer          = module.alb.arn_suffix
  table_name             = module.conversations.table_name
  agent_log_group        = module.agent.log_group_name
  monthly_budget_dollars = var.monthly_budget_dollars
  budget_by_tag          = var.budget_by_tag
  hourly_cost_dollars    = var.hourly_cost_dollars
  trace_sampling_rate    = var.trace_sampling_rate
  log_retention_days     = var.log_retention_days
}

module "codedeploy" {
  source             = "./modules/codedeploy"
  count              = var.blue_green ? 1 : 0
  name               = "${var.name}-agent"
  cluster_name       = module.ecs_cluster.name
  service_name       = module.agent.service_name
  listener_arns      = module.alb.listener_arns
  target_group_names = { for colour, group in module.alb.target_groups : colour => group.name }
  alarm_names        = module.observability.deployment_alarm_names
  alarm_topic_arn    = module.observability.alarm_topic_arn
  boundary_arn       = local.boundary_arn
}

# --- GitHub Actions: its roles and the boundary are bootstrap's, so that no pipeline can change them; their names are known
locals {
  state_bucket = coalesce(var.state_bucket, "mcp-tfstate-${local.account_id}-${local.region}")
  iam          = "arn:${local.partition}:iam::${local.account_id}"
  boundary_arn = "${local.iam}:policy/${var.name}-boundary"
  github_roles = { for role in ["deploy", "plan", "apply"] : role => "${local.iam}:role/${var.name}-github-${role}" }
}

# What the deploy workflow reads: the values of the task definitions' placeholders.
resource "aws_ssm_parameter" "task_definition" {
  for_each    = { agent = module.agent.task_definition_variables, toolbox = module.toolbox.task_definition_variables }
  name        = "/mcp/${var.environment}/task-definition/${each.key}"
  description = "Values of the placeholders in ecs/task-definitions/${each.key}.json"
  type        = "String"
  value       = jsonencode(each.value)
}
