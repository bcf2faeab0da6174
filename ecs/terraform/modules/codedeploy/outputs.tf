output "application_name" {
  description = "CodeDeploy application of the service."
  value       = aws_codedeploy_app.this.name
}

output "deployment_group_name" {
  description = "Deployment group of the service."
  value       = aws_codedeploy_deployment_group.this.deployment_group_name
}
