output "security_group_id" {
  description = "Group of the database: an existing database joins it to be reached."
  value       = aws_security_group.this.id
}

output "operators_security_group_id" {
  description = "Group that a person's CloudShell in the VPC takes to reach the database."
  value       = aws_security_group.operators.id
}

output "port" {
  description = "Port of the engine."
  value       = local.port
}

output "address" {
  description = "Host name of the created instance, or null."
  value       = one(aws_db_instance.this[*].address)
}

output "master_secret_arn" {
  description = "Secret of the created instance's administrator, kept and rotated by RDS, or null."
  value       = try(aws_db_instance.this[0].master_user_secret[0].secret_arn, null)
}
