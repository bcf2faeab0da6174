mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  boundary_arn          = "arn:aws:iam::123456789012:policy/mcp-boundary"
  name                  = "mcp-agent"
  container_name        = "agent"
  container_port        = 8080
  task_definition_file  = "../task-definitions/agent.json"
  collector_config_file = "../task-definitions/collector.yaml"
  task_definition_variables = {
    mcp_url     = "http://toolbox.mcp.local:5000/mcp", bedrock_model_id = "m", bedrock_fallback_model_id = "f", conversation_table = "t", audit_table = "a", api_keys_secret = "s", caller_day_tokens = "5000000",
    environment = "prod", collector_image = "example/collector@sha256:0", metrics_log_group = "/ecs/mcp-metrics", trace_sampling_rate = "0.1"
  }
  settings            = { AGENT_TOOLS_APPROVERS = "refund by group:\"finance\" $${x}" }
  image               = "example/agent:1"
  cpu                 = 1024
  memory              = 2048
  cluster             = { arn = "arn:aws:ecs:us-east-1:123456789012:cluster/c", name = "c", exec_log_group_arn = "arn:aws:logs:us-east-1:123456789012:log-group:x" }
  vpc_id              = "vpc-1"
  subnet_ids          = ["subnet-1", "subnet-2"]
  egress              = { endpoints = { port = 443, security_group_id = "sg-1" } }
  ecr_repository_arns = ["arn:aws:ecr:us-east-1:123456789012:repository/mcp-agent"]
  autoscaling         = { min = 2, max = 20, requests = 1000, alb_resource_label = "app/a/1/targetgroup/b/2" }
  task_policy_json    = "{\"Version\":\"2012-10-17\",\"Statement\":[]}"
}

run "a_rolling_service" {
  command = plan
  module {
    source = "./modules/ecs-service"
  }
  assert {
    condition     = aws_ecs_service.rolling[0].name == "mcp-agent-service" && aws_ecs_task_definition.bootstrap.family == "mcp-agent-task"
    error_message = "names of the design"
  }
  assert {
    condition     = aws_ecs_service.rolling[0].deployment_circuit_breaker[0].enable && aws_ecs_service.rolling[0].deployment_circuit_breaker[0].rollback
    error_message = "a bad deployment must roll back by itself"
  }
  assert {
    condition     = aws_ecs_service.rolling[0].deployment_minimum_healthy_percent == 100
    error_message = "50 % of two tasks leaves one"
  }
  assert {
    condition     = aws_ecs_service.rolling[0].network_configuration[0].assign_public_ip == false
    error_message = "no public addresses"
  }
  assert {
    condition     = jsondecode(aws_ecs_task_definition.bootstrap.container_definitions)[0].image == "example/agent:1"
    error_message = "image"
  }
  assert {
    condition     = alltrue([for c in jsondecode(aws_ecs_task_definition.bootstrap.container_definitions) : c.readonlyRootFilesystem])
    error_message = "read-only root file systems"
  }
  assert {
    condition     = one([for e in jsondecode(aws_ecs_task_definition.bootstrap.container_definitions)[1].environment : e.value if e.name == "AOT_CONFIG_CONTENT"]) == file("../task-definitions/collector.yaml")
    error_message = "the sidecar's configuration arrives byte by byte"
  }
  assert {
    condition = [
      for c in jsondecode(aws_ecs_task_definition.bootstrap.container_definitions) : [for e in c.environment : e.value if e.name == "AGENT_TOOLS_APPROVERS"]
    ] == [["refund by group:\"finance\" $${x}"], []]
    error_message = "further settings are the first container's, byte by byte"
  }
  assert {
    condition     = aws_cloudwatch_log_group.this.name == "/ecs/mcp-agent" && aws_cloudwatch_log_group.this.retention_in_days == 30
    error_message = "log group"
  }
  assert {
    condition     = aws_appautoscaling_policy.cpu.target_tracking_scaling_policy_configuration[0].target_value == 70 && aws_appautoscaling_policy.requests[0].target_tracking_scaling_policy_configuration[0].target_value == 1000
    error_message = "targets of the design"
  }
  assert {
    condition     = alltrue([for p in [aws_appautoscaling_policy.cpu, aws_appautoscaling_policy.requests[0]] : p.target_tracking_scaling_policy_configuration[0].scale_in_cooldown == 300 && p.target_tracking_scaling_policy_configuration[0].scale_out_cooldown == 60])
    error_message = "cooldowns of the design"
  }
}

run "streams_scale_and_service_connect_finds" {
  command = plan
  module {
    source = "./modules/ecs-service"
  }
  variables {
    autoscaling        = { min = 2, max = 20, metric = { namespace = "McpAgent", name = "agent.streams.open", dimensions = { environment = "prod" }, target = 200 } }
    service_connect    = { namespace_arn = "arn:aws:servicediscovery:us-east-1:123456789012:namespace/ns-1", port_name = "http", dns_name = "agent.mcp.local" }
    container_insights = false
  }
  assert {
    condition     = one(aws_appautoscaling_policy.metric[0].target_tracking_scaling_policy_configuration[0].customized_metric_specification).metric_name == "agent.streams.open" && aws_appautoscaling_policy.metric[0].target_tracking_scaling_policy_configuration[0].target_value == 200
    error_message = "scaling by open streams"
  }
  assert {
    condition     = aws_ecs_service.rolling[0].service_connect_configuration[0].service[0].client_alias[0].dns_name == "agent.mcp.local" && aws_ecs_service.rolling[0].service_connect_configuration[0].service[0].discovery_name == "agent-connect"
    error_message = "the same name, by Service Connect"
  }
  assert {
    condition     = length(aws_cloudwatch_metric_alarm.running_tasks) == 0
    error_message = "no alarm on a metric that isn't there"
  }
}

run "exec_needs_a_writable_root" {
  command = plan
  module {
    source = "./modules/ecs-service"
  }
  variables { enable_execute_command = true }
  assert {
    condition     = alltrue([for c in jsondecode(aws_ecs_task_definition.bootstrap.container_definitions) : !c.readonlyRootFilesystem]) && length(aws_iam_role_policy.exec) == 1
    error_message = "ECS Exec's agent writes into the container and opens a session"
  }
}

run "codedeploy_controls_the_service" {
  command = plan
  module {
    source = "./modules/ecs-service"
  }
  variables {
    codedeploy           = true
    attach_load_balancer = true
    target_group_arn     = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/mock/1"
  }
  assert {
    condition     = length(aws_ecs_service.rolling) == 0 && aws_ecs_service.codedeploy[0].deployment_controller[0].type == "CODE_DEPLOY"
    error_message = "deployment controller"
  }
}

run "egress_needs_exactly_one_peer" {
  command = plan
  module {
    source = "./modules/ecs-service"
  }
  variables { egress = { bad = { port = 443 } } }
  expect_failures = [var.egress]
}

run "sizes_that_fargate_lacks_are_refused" {
  command = plan
  module {
    source = "./modules/ecs-service"
  }
  variables { memory = 1024 }
  expect_failures = [var.memory]
}

run "halving_the_capacity_in_a_deployment_is_refused" {
  command = plan
  module {
    source = "./modules/ecs-service"
  }
  variables { deployment_minimum_healthy_percent = 50 }
  expect_failures = [var.deployment_minimum_healthy_percent]
}
