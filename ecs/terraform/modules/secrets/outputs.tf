output "arns" {
  description = "Name => full ARN with its random suffix: what roles and task definitions must name."
  value       = { for name, secret in aws_secretsmanager_secret.this : name => secret.arn }
}
