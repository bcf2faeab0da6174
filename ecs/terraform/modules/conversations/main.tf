# One table: of the conversations (the partition key names the conversation, caller or idempotency key), or of the audit trail (it names the day).
resource "aws_dynamodb_table" "this" {
  name                        = var.name
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "pk"
  range_key                   = "sk"
  deletion_protection_enabled = var.deletion_protection

  attribute {
    name = "pk"
    type = "S"
  }
  attribute {
    name = "sk"
    type = "S"
  }
  ttl {
    attribute_name = "expiresAt"
    enabled        = true
  }
  point_in_time_recovery {
    enabled = true
  }
  server_side_encryption {
    enabled = true # with the account's own DynamoDB key: its use is in CloudTrail, and it needs no key policy
  }
}

# A throttled table fails turns; with on-demand billing that isn't normal.
resource "aws_cloudwatch_metric_alarm" "throttled" {
  for_each            = { reads = "ReadThrottleEvents", writes = "WriteThrottleEvents" }
  alarm_name          = "${var.name}-throttled-${each.key}"
  alarm_description   = "DynamoDB throttles ${each.key} of ${var.name}"
  namespace           = "AWS/DynamoDB"
  metric_name         = each.value
  statistic           = "Sum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  period              = 60
  evaluation_periods  = 3
  treat_missing_data  = "notBreaching" # the metric isn't reported without throttling
  dimensions          = { TableName = aws_dynamodb_table.this.name }
  alarm_actions       = var.alarm_topic_arns
  ok_actions          = var.alarm_topic_arns
}
