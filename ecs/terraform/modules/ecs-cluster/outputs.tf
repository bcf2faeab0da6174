output "arn" {
  description = "ARN of the cluster."
  value       = aws_ecs_cluster.this.arn
}

output "name" {
  description = "Name of the cluster."
  value       = aws_ecs_cluster.this.name
}

output "exec_log_group_arn" {
  description = "Log group that records ECS Exec sessions."
  value       = aws_cloudwatch_log_group.exec.arn
}

output "namespace_id" {
  description = "Id of the Cloud Map namespace."
  value       = aws_service_discovery_private_dns_namespace.this.id
}

output "namespace_arn" {
  description = "ARN of the Cloud Map namespace, for Service Connect."
  value       = aws_service_discovery_private_dns_namespace.this.arn
}

output "namespace_name" {
  description = "Name of the Cloud Map namespace: services are found at NAME.<namespace>."
  value       = aws_service_discovery_private_dns_namespace.this.name
}
