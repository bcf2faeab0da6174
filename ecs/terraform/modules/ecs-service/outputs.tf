output "service_name" {
  description = "Name of the service."
  value       = local.service_name
}

output "security_group_id" {
  description = "Group of the tasks."
  value       = aws_security_group.this.id
}

output "execution_role_arn" {
  description = "Role with which ECS pulls images, writes logs and reads secrets."
  value       = aws_iam_role.execution.arn
}

output "task_role_arn" {
  description = "Role of the task's own code."
  value       = aws_iam_role.task.arn
}

output "task_definition_arn" {
  description = "First revision, registered so that the service can be created."
  value       = aws_ecs_task_definition.bootstrap.arn
}

output "task_definition_variables" {
  description = "Values that the deploy workflow puts into the task definition."
  value       = local.task_definition_variables
}

output "log_group_name" {
  description = "Log group of the containers."
  value       = aws_cloudwatch_log_group.this.name
}
