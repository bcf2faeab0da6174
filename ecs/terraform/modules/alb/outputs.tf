output "arn_suffix" {
  description = "What CloudWatch's LoadBalancer dimension wants."
  value       = aws_lb.this.arn_suffix
}

output "dns_name" {
  description = "AWS's own name of the load balancer."
  value       = aws_lb.this.dns_name
}

output "url" {
  description = "Where users reach the agent."
  value       = "https://${var.domain == null ? aws_lb.this.dns_name : var.domain.name}"
}

output "security_group_id" {
  description = "Group of the load balancer: who the agent lets in."
  value       = aws_security_group.this.id
}

output "target_groups" {
  description = "Target groups by colour; there is only blue without blue/green."
  value       = { for k, tg in aws_lb_target_group.agent : k => { arn = tg.arn, arn_suffix = tg.arn_suffix, name = tg.name } }
}

output "listener_arns" {
  description = "HTTPS listeners: production, and test with blue/green."
  value       = merge({ for l in aws_lb_listener.https : "production" => l.arn }, { for k, l in aws_lb_listener.https_codedeploy : k => l.arn })
}

output "access_log_bucket" {
  description = "Bucket of the access logs."
  value       = aws_s3_bucket.logs.id
}
