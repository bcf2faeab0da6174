output "role_arns" {
  description = "Roles for GitHub Actions: deploy, plan and apply."
  value       = { for k, role in aws_iam_role.this : k => role.arn }
  depends_on  = [aws_iam_role_policy.deploy, aws_iam_role_policy.plan, aws_iam_role_policy.apply]
}

output "boundary_arn" {
  description = "The most that a role of this environment may do."
  value       = aws_iam_policy.boundary.arn
}
