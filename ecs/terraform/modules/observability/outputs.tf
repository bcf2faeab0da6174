output "alarm_topic_arn" {
  description = "Topic that gets every alarm."
  value       = aws_sns_topic.alarms.arn
  depends_on  = [aws_sns_topic_policy.alarms]
}

output "metrics_log_group" {
  description = "Name and ARN of the log group that the sidecars write metrics to."
  value       = { name = aws_cloudwatch_log_group.metrics.name, arn = aws_cloudwatch_log_group.metrics.arn }
}

output "dashboard_url" {
  description = "Dashboard in the console."
  value       = "https://${local.region}.console.aws.amazon.com/cloudwatch/home?region=${local.region}#dashboards/dashboard/${aws_cloudwatch_dashboard.this.dashboard_name}"
}

output "metrics_namespace" {
  description = "CloudWatch namespace of the agent's own metrics."
  value       = local.catalogue.namespace
}

output "metric_names" {
  description = "Names of the agent's own metrics: a misspelt one is an error, not a policy that never acts."
  value       = local.metric
}

output "deployment_alarm_names" {
  description = "Alarms that roll a deployment back."
  value       = [aws_cloudwatch_metric_alarm.unexpected.alarm_name]
}
