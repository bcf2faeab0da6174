mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  boundary_arn       = "arn:aws:iam::123456789012:policy/mcp-boundary"
  name               = "mcp-agent"
  cluster_name       = "mcp-cluster"
  service_name       = "mcp-agent-service"
  listener_arns      = { production = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/m/1/1", test = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/m/1/2" }
  target_group_names = { blue = "b", green = "g" }
  alarm_names        = ["mcp-agent-unexpected"]
  alarm_topic_arn    = "arn:aws:sns:us-east-1:123456789012:mcp-alarms"
}

run "canary_with_rollback" {
  command = plan
  module {
    source = "./modules/codedeploy"
  }
  assert {
    condition     = aws_codedeploy_deployment_group.this.deployment_config_name == "CodeDeployDefault.ECSCanary10Percent5Minutes" && aws_codedeploy_deployment_group.this.auto_rollback_configuration[0].enabled
    error_message = "canary and rollback"
  }
  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.failed.event_pattern).detail.state == ["FAILURE", "STOP"] && aws_cloudwatch_event_target.failed.arn == var.alarm_topic_arn
    error_message = "somebody is told of a deployment that failed"
  }
}

run "one_target_group_is_refused" {
  command = plan
  module {
    source = "./modules/codedeploy"
  }
  variables { target_group_names = { blue = "b" } }
  expect_failures = [var.target_group_names]
}
