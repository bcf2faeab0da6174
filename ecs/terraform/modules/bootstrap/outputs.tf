output "state_bucket" {
  description = "Bucket for `terraform init -backend-config=bucket=…` and for TF_STATE_BUCKET."
  value       = aws_s3_bucket.state.id
}

output "repository_urls" {
  description = "Where images are pushed to."
  value       = { for k, r in aws_ecr_repository.this : k => r.repository_url }
}

output "oidc_provider_arn" {
  description = "GitHub's OIDC provider, or null if it was there already."
  value       = one(aws_iam_openid_connect_provider.github[*].arn)
}

output "push_role_arn" {
  description = "Role of the job that builds images."
  value       = aws_iam_role.push.arn
  depends_on  = [aws_iam_role_policy.push]
}
