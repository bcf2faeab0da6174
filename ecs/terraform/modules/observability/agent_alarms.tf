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
      description = "The agent gave up on a model or on the toolbox in three of five minutes"
      metric      = local.metric["agent.breaker.open"], dimensions = {}
      # The sidecar writes about once in 60 s, so of three minutes in a row one may stay empty.
      statistic = "Maximum", period = 60, periods = 5, of = 3, threshold = 0
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
    unpriced-model = {
      description = "A model is asked that has no price: no limit counts its dollars. Set agent.model.prices"
      metric      = local.metric["agent.model.unpriced"], dimensions = {}
      statistic   = "Sum", period = 300, periods = 1, threshold = 0
    }
    model-ends = {
      description = "A model that the agent asks ends within 60 days, or has ended: see docs/models.md, and set bedrock_model_id or the fallback"
      metric      = local.metric["agent.model.days_left"], dimensions = {}
      statistic   = "Minimum", period = 3600, periods = 1, threshold = 60, comparison = "LessThanThreshold"
    }
    usage-refused = {
      description = "The service reported an impossible usage of a model call; its reservation was charged"
      metric      = local.metric["agent.model.usage.refused"], dimensions = {}
      statistic   = "Sum", period = 300, periods = 1, threshold = 0
    }
    audit-failures = {
      description = "Audit records can't be stored, so tools that may write don't run"
      metric      = local.metric["agent.audit.failures"], dimensions = {}
      statistic   = "Sum", period = 60, periods = 1, threshold = 0
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
  comparison_operator = try(each.value.comparison, "GreaterThanThreshold")
  threshold           = each.value.threshold
  period              = each.value.period
  evaluation_periods  = each.value.periods
  datapoints_to_alarm = try(each.value.of, each.value.periods)
  treat_missing_data  = "notBreaching" # an idle agent reports nothing
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

# --- what tells a bad version from a bad day
# The agent names why a turn failed. Throttling, overload, a store or a model that is away are named so with any version, and roll
# nothing back. What is left is a fault of the version or of its settings: these, and connections that the process broke off.
resource "aws_cloudwatch_log_metric_filter" "unexpected" {
  name           = "${var.name}-unexpected"
  log_group_name = var.agent_log_group
  pattern        = "{ ($.mdc.problem = \"internal-error\") || ($.mdc.problem = \"model-refused\") || ($.loggerName = \"io.mcpagent.problem.ProblemMapper\" && $.level = \"ERROR\") }"
  metric_transformation {
    namespace     = "${local.catalogue.namespace}/Log"
    name          = "${var.name}-unexpected"
    value         = "1"
    default_value = "0"
  }
}

resource "aws_cloudwatch_metric_alarm" "unexpected" {
  alarm_name          = "${var.name}-agent-unexpected"
  alarm_description   = "Over 5 % of the requests fail by a fault of the agent or of its settings, in two of three minutes: rolls a deployment back"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]

  metric_query {
    id          = "bad"
    expression  = "IF(FILL(faults, 0) + FILL(broken, 0) >= 3 AND 20 * (FILL(faults, 0) + FILL(broken, 0)) > FILL(requests, 0), 1, 0)"
    label       = "Faults are over 5 %"
    return_data = true
  }
  metric_query {
    id = "faults"
    metric {
      namespace   = aws_cloudwatch_log_metric_filter.unexpected.metric_transformation[0].namespace
      metric_name = aws_cloudwatch_log_metric_filter.unexpected.metric_transformation[0].name
      stat        = "Sum"
      period      = 60
    }
  }
  dynamic "metric_query" {
    for_each = { broken = "HTTPCode_ELB_502_Count", requests = "RequestCount" }
    content {
      id = metric_query.key
      metric {
        namespace   = "AWS/ApplicationELB"
        metric_name = metric_query.value
        stat        = "Sum"
        period      = 60
        dimensions  = { LoadBalancer = var.load_balancer }
      }
    }
  }
}
