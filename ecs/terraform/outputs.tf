output "agent_url" {
  description = "Where users reach the agent. Without domain: point your host name at alb_dns_name."
  value       = module.alb.url
}

output "alb_dns_name" {
  description = "AWS's own name of the load balancer, for a CNAME or ALIAS kept elsewhere."
  value       = module.alb.dns_name
}

output "cluster_name" {
  description = "Cluster, for aws ecs … --cluster."
  value       = module.ecs_cluster.name
}

output "service_names" {
  description = "Services, for aws ecs … --service."
  value       = { agent = module.agent.service_name, toolbox = module.toolbox.service_name }
}

output "log_groups" {
  description = "Log groups, for aws logs tail."
  value       = { agent = module.agent.log_group_name, toolbox = module.toolbox.log_group_name }
}

output "secret_names" {
  description = "Secrets that wait for their values: aws secretsmanager put-secret-value --secret-id NAME."
  value       = { api_keys = local.secret_names.api_keys, database = local.secret_names[var.database.engine] }
}

output "database" {
  description = "Address, administrator's secret, and the security group for a person's CloudShell."
  value = {
    address                     = var.database.create ? module.database.address : var.database.host
    master_secret_arn           = module.database.master_secret_arn
    operators_security_group_id = module.database.operators_security_group_id
    security_group_id           = module.database.security_group_id
  }
}

output "network" {
  description = "VPC and private subnets, for a person's CloudShell or a peering."
  value       = { vpc_id = module.vpc.vpc_id, private_subnet_ids = module.vpc.private_subnet_ids }
}

output "github_variables" {
  description = "Variables of the GitHub environments: environment => name => value."
  value = merge({
    (var.environment) = {
      AWS_REGION          = local.region
      AWS_DEPLOY_ROLE_ARN = local.github_roles["deploy"]
      RESOURCE_PREFIX     = var.name
      AGENT_URL           = module.alb.url
    }
    "${var.environment}-plan" = {
      AWS_REGION        = local.region
      AWS_PLAN_ROLE_ARN = local.github_roles["plan"]
      TF_STATE_BUCKET   = local.state_bucket
    }
    "${var.environment}-apply" = {
      AWS_REGION         = local.region
      AWS_APPLY_ROLE_ARN = local.github_roles["apply"]
      TF_STATE_BUCKET    = local.state_bucket
    }
    }, var.push_images ? {
    images = {
      AWS_REGION        = local.region
      AWS_PUSH_ROLE_ARN = "${local.iam}:role/${var.image_prefix}-github-push"
      IMAGE_PREFIX      = var.image_prefix
    }
  } : {})
}

output "task_definition_variables" {
  description = "Values of the task definitions' placeholders, as published for the deploy workflow."
  value       = { agent = module.agent.task_definition_variables, toolbox = module.toolbox.task_definition_variables }
}

output "task_definition_arns" {
  description = "First revisions, registered by Terraform."
  value       = { agent = module.agent.task_definition_arn, toolbox = module.toolbox.task_definition_arn }
}

output "dashboard_url" {
  description = "CloudWatch dashboard."
  value       = module.observability.dashboard_url
}
