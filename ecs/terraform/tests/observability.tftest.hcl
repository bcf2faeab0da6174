mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  name                   = "mcp"
  environment            = "prod"
  metrics_file           = "../metrics.json"
  kms_key_arn            = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000"
  alarm_email            = "ops@example.com"
  cluster_name           = "mcp-cluster"
  service_names          = ["mcp-agent-service", "mcp-toolbox-service"]
  load_balancer          = "app/mock/1"
  table_name             = "mcp-conversations"
  agent_log_group        = "/ecs/mcp-agent"
  monthly_budget_dollars = 400
}

run "alarms_dashboard_budget_and_sampling" {
  command = plan
  module {
    source = "./modules/observability"
  }
  assert {
    condition     = alltrue([for a in aws_cloudwatch_metric_alarm.agent : a.namespace == "McpAgent" && a.dimensions.environment == "prod" && length(a.alarm_actions) == 1])
    error_message = "the agent's alarms"
  }
  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets) == 12
    error_message = "dashboard"
  }
  assert {
    condition     = toset(flatten([for w in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : [for m in w.properties.metrics : m[1] if m[0] == "McpAgent"]])) == toset(keys(jsondecode(file("../metrics.json")).metrics))
    error_message = "the dashboard shows each metric of the agent"
  }
  assert {
    condition     = aws_budgets_budget.monthly[0].limit_amount == "400" && aws_xray_sampling_rule.this.fixed_rate == 0.1 && length(aws_sns_topic_subscription.email) == 1
    error_message = "budget, sampling, subscription"
  }
  assert {
    condition     = toset([for n in aws_budgets_budget.monthly[0].notification : "${n.notification_type} ${n.threshold}"]) == toset(["ACTUAL 50", "ACTUAL 100", "FORECASTED 100"]) && length(aws_budgets_budget.monthly[0].cost_filter) == 0
    error_message = "what is spent is told, since a forecast needs weeks"
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.agent["breaker-open"].datapoints_to_alarm == 3 && aws_cloudwatch_metric_alarm.agent["breaker-open"].evaluation_periods == 5
    error_message = "one minute may be missing"
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.agent["model-ends"].comparison_operator == "LessThanThreshold" && aws_cloudwatch_metric_alarm.agent["model-ends"].threshold == 60 && aws_cloudwatch_metric_alarm.agent["dollars"].comparison_operator == "GreaterThanThreshold"
    error_message = "a model's end is told in time"
  }
  assert {
    condition     = output.deployment_alarm_names == ["mcp-agent-unexpected"] && aws_cloudwatch_metric_alarm.unexpected.datapoints_to_alarm == 2 && aws_cloudwatch_metric_alarm.agent["unpriced-model"].alarm_name == "mcp-agent-unpriced-model"
    error_message = "what decides about a deployment, and a model without a price"
  }
  assert {
    condition     = toset(keys(aws_cloudwatch_event_rule.ecs)) == toset(["deployment-failed", "tasks-impaired"])
    error_message = "events of ECS"
  }
}

run "a_budget_is_optional_and_may_count_a_tag" {
  command = plan
  module {
    source = "./modules/observability"
  }
  variables { monthly_budget_dollars = null }
  assert {
    condition     = length(aws_budgets_budget.monthly) == 0
    error_message = "an account may not let IAM see its bills"
  }
}

run "a_budget_by_tag" {
  command = plan
  module {
    source = "./modules/observability"
  }
  variables { budget_by_tag = true }
  assert {
    condition     = one(aws_budgets_budget.monthly[0].cost_filter).values == tolist(["user:Environment$prod"])
    error_message = "only this environment's"
  }
}

run "no_address_no_subscription" {
  command = plan
  module {
    source = "./modules/observability"
  }
  variables { alarm_email = null }
  assert {
    condition     = length(aws_sns_topic_subscription.email) == 0
    error_message = "nobody subscribed"
  }
}

run "a_sampling_rate_over_one_is_refused" {
  command = plan
  module {
    source = "./modules/observability"
  }
  variables { trace_sampling_rate = 2 }
  expect_failures = [var.trace_sampling_rate]
}
