output "agent_url" {
  description = "Where users reach the agent."
  value       = module.mcp.agent_url
}

output "alb_dns_name" {
  description = "AWS's own name of the load balancer."
  value       = module.mcp.alb_dns_name
}

output "cluster_name" {
  description = "Cluster of the services."
  value       = module.mcp.cluster_name
}

output "service_names" {
  description = "Services, by container."
  value       = module.mcp.service_names
}

output "log_groups" {
  description = "Log groups, by service."
  value       = module.mcp.log_groups
}

output "secret_names" {
  description = "Secrets that wait for their values."
  value       = module.mcp.secret_names
}

output "database" {
  description = "Address, administrator's secret and security groups of the database."
  value       = module.mcp.database
}

output "network" {
  description = "VPC and private subnets."
  value       = module.mcp.network
}

output "github_variables" {
  description = "Variables of the GitHub environments: environment => name => value."
  value       = module.mcp.github_variables
}

output "task_definition_variables" {
  description = "Values of the task definitions' placeholders."
  value       = module.mcp.task_definition_variables
}

output "dashboard_url" {
  description = "CloudWatch dashboard."
  value       = module.mcp.dashboard_url
}
