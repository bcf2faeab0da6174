locals {
  catalogue = jsondecode(file(var.metrics_file))
  # A name that the catalogue doesn't have is an error here, not an alarm that never goes off.
  metric = { for name in keys(local.catalogue.metrics) : name => name }

  agent_alarms = {
    failed-turns = {
      description = "More than 10 turns failed within 5 minutes"
      metric      = local.metric["agent.turns"], dimensions = { outcome = "failed" }
      statistic   = "Sum", period = 300, periods = 1, threshold = 10
    }
    failed-tool-calls = {
      description = "More than 50 tool calls failed within 5 minutes: the load balancer doesn't see them"
      metric      = local.metric["agent.tool.calls"], dimensions = { outcome = "error" }
      statistic   = "Sum", period = 300, periods = 1, threshold = 50
    }
    breaker-open = {
      description = "The agent has given up on a model or on the toolbox for 3 minutes"
      metric      = local.metric["agent.breaker.open"], dimensions = {}
      statistic   = "Maximum", period = 60, periods = 3, threshold = 0
    }
    slow-model = {
      description = "Model calls take over 30 s on average"
      metric      = local.metric["gen_ai.client.operation.duration"], dimensions = {}
      statistic   = "Average", period = 300, periods = 2, threshold = 30
    }
    slow-first-token = {
      description = "Users wait over 10 s on average for the first word"
      metric      = local.metric["agent.time_to_first_token"], dimensions = {}
      statistic   = "Average", period = 300, periods = 2, threshold = 10
    }
    dollars = {
      description = "Model calls cost more than ${var.hourly_cost_dollars} dollars within an hour"
      metric      = local.metric["agent.cost.dollars"], dimensions = {}
      statistic   = "Sum", period = 3600, periods = 1, threshold = var.hourly_cost_dollars
    }
    budget-refusals = {
      description = "More than 20 requests were refused within 5 minutes because a budget is used up"
      metric      = local.metric["agent.budget.refusals"], dimensions = {}
      statistic   = "Sum", period = 300, periods = 1, threshold = 20
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "agent" {
  for_each            = local.agent_alarms
  alarm_name          = "${var.name}-agent-${each.key}"
  alarm_description   = each.value.description
  namespace           = local.catalogue.namespace
  metric_name         = each.value.metric
  dimensions          = merge({ environment = var.environment }, each.value.dimensions)
  statistic           = each.value.statistic
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  period              = each.value.period
  evaluation_periods  = each.value.periods
  treat_missing_data  = "notBreaching" # an idle agent reports nothing
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}
