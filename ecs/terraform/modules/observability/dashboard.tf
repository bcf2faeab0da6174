locals {
  namespace = local.catalogue.namespace
  common    = ["environment", var.environment]

  # Rows of widgets: title, statistic, and metrics as CloudWatch's dashboard body wants them.
  rows = [
    [
      { title = "Turns", statistic = "Sum", metrics = [for outcome in local.catalogue.metrics["agent.turns"].attributes.outcome : concat([local.namespace, local.metric["agent.turns"]], local.common, ["outcome", outcome])] },
      { title = "Turn and first token, seconds", statistic = "Average", metrics = [for m in [local.metric["agent.turn.duration"], local.metric["agent.time_to_first_token"], local.metric["gen_ai.client.operation.duration"]] : concat([local.namespace, m], local.common)] },
      { title = "Tool calls", statistic = "Sum", metrics = [for outcome in local.catalogue.metrics["agent.tool.calls"].attributes.outcome : concat([local.namespace, local.metric["agent.tool.calls"]], local.common, ["outcome", outcome])] },
    ],
    [
      { title = "Tokens", statistic = "Sum", metrics = [for type in local.catalogue.metrics["gen_ai.client.token.usage"].attributes["gen_ai.token.type"] : concat([local.namespace, local.metric["gen_ai.client.token.usage"]], local.common, ["gen_ai.token.type", type])] },
      { title = "Dollars, refusals, calls that money could not be counted of, audit records that were lost", statistic = "Sum", metrics = [for m in [local.metric["agent.cost.dollars"], local.metric["agent.budget.refusals"], local.metric["agent.model.unpriced"], local.metric["agent.model.usage.refused"], local.metric["agent.audit.failures"]] : concat([local.namespace, m], local.common)] },
      { title = "Cache hits, open turns and streams, open breakers, days that the models have left", statistic = "Average", metrics = [for m in [local.metric["agent.cache.hit_ratio"], local.metric["agent.turns.open"], local.metric["agent.streams.open"], local.metric["agent.breaker.open"], local.metric["agent.model.days_left"]] : concat([local.namespace, m], local.common)] },
    ],
    [
      { title = "Requests", statistic = "Sum", metrics = [for m in ["RequestCount", "HTTPCode_Target_4XX_Count", "HTTPCode_Target_5XX_Count", "HTTPCode_ELB_5XX_Count"] : ["AWS/ApplicationELB", m, "LoadBalancer", var.load_balancer]] },
      { title = "First byte, seconds", statistic = "p95", metrics = [["AWS/ApplicationELB", "TargetResponseTime", "LoadBalancer", var.load_balancer]] },
      { title = "Conversations table", statistic = "Sum", metrics = [for m in ["ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits", "ReadThrottleEvents", "WriteThrottleEvents"] : ["AWS/DynamoDB", m, "TableName", var.table_name]] },
    ],
    [
      for title, metric in { "CPU, percent" = ["AWS/ECS", "CPUUtilization"], "Memory, percent" = ["AWS/ECS", "MemoryUtilization"], "Running tasks" = ["ECS/ContainerInsights", "RunningTaskCount"] } :
      { title = title, statistic = "Average", metrics = [for service in var.service_names : concat(metric, ["ClusterName", var.cluster_name, "ServiceName", service])] }
    ],
  ]
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name
  dashboard_body = jsonencode({
    widgets = flatten([
      for y, row in local.rows : [
        for x, widget in row : {
          type       = "metric", x = 8 * x, y = 6 * y, width = 8, height = 6
          properties = { title = widget.title, region = local.region, stat = widget.statistic, period = 60, metrics = widget.metrics }
        }
      ]
    ])
  })
}
