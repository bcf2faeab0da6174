data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

locals {
  region     = data.aws_region.current.id
  account_id = data.aws_caller_identity.current.account_id
}

# --- who is told
resource "aws_sns_topic" "alarms" {
  name              = "${var.name}-alarms"
  kms_master_key_id = var.kms_key_arn
}

data "aws_iam_policy_document" "alarms" {
  statement {
    sid       = "AwsServicesPublish"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.alarms.arn]
    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com", "budgets.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account_id]
    }
  }
  statement {
    sid       = "EventBridgePublishes" # supports no condition
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.alarms.arn]
    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }
  }
}

resource "aws_sns_topic_policy" "alarms" {
  arn    = aws_sns_topic.alarms.arn
  policy = data.aws_iam_policy_document.alarms.json
}

resource "aws_sns_topic_subscription" "email" {
  count     = var.alarm_email == null ? 0 : 1
  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

# --- what ECS itself says: a deployment that failed, a service that can't place or start tasks
resource "aws_cloudwatch_event_rule" "ecs" {
  for_each = {
    deployment-failed = { type = "ECS Deployment State Change", event = "SERVICE_DEPLOYMENT_FAILED" }
    tasks-impaired    = { type = "ECS Service Action", event = "SERVICE_TASK_START_IMPAIRED" }
  }
  name        = "${var.name}-${each.key}"
  description = "${each.value.event} of ${var.name}'s services"
  event_pattern = jsonencode({
    source        = ["aws.ecs"]
    "detail-type" = [each.value.type]
    resources     = [{ prefix = "arn:aws:ecs:${local.region}:${local.account_id}:service/${var.cluster_name}/" }]
    detail        = { eventName = [each.value.event] }
  })
}

resource "aws_cloudwatch_event_target" "ecs" {
  for_each = aws_cloudwatch_event_rule.ecs
  rule     = each.value.name
  arn      = aws_sns_topic.alarms.arn
}

# --- what it costs: told when it is spent, since a forecast needs about five weeks of history
resource "aws_budgets_budget" "monthly" {
  count        = var.monthly_budget_dollars == null ? 0 : 1
  name         = var.name
  budget_type  = "COST"
  limit_amount = tostring(var.monthly_budget_dollars)
  limit_unit   = "USD"
  time_unit    = "MONTHLY"
  dynamic "cost_filter" {
    for_each = var.budget_by_tag ? [join("$", ["user:Environment", var.environment])] : []
    content {
      name   = "TagKeyValue"
      values = [cost_filter.value]
    }
  }
  dynamic "notification" {
    for_each = [{ type = "ACTUAL", percent = 50 }, { type = "ACTUAL", percent = 100 }, { type = "FORECASTED", percent = 100 }]
    content {
      comparison_operator       = "GREATER_THAN"
      threshold                 = notification.value.percent
      threshold_type            = "PERCENTAGE"
      notification_type         = notification.value.type
      subscriber_sns_topic_arns = [aws_sns_topic.alarms.arn]
    }
  }
}

# --- traces: the agent samples by itself, at the same rate; this rule is for whatever else of that name asks X-Ray
resource "aws_xray_sampling_rule" "this" {
  rule_name      = "${var.name}-agent"
  priority       = 100
  version        = 1
  reservoir_size = 1
  fixed_rate     = var.trace_sampling_rate
  url_path       = "*"
  host           = "*"
  http_method    = "*"
  service_name   = "${var.name}-agent-service" # what QUARKUS_OTEL_SERVICE_NAME says
  service_type   = "*"
  resource_arn   = "*"
}

# --- where the sidecars write the metrics' log lines
resource "aws_cloudwatch_log_group" "metrics" {
  name              = "/ecs/${var.name}-metrics"
  retention_in_days = var.log_retention_days
}
