mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  name   = "mcp-cluster"
  vpc_id = "vpc-1"
}

run "insights_providers_and_namespace" {
  command = plan
  module {
    source = "./modules/ecs-cluster"
  }
  assert {
    condition     = one([for s in aws_ecs_cluster.this.setting : s.value if s.name == "containerInsights"]) == "enhanced"
    error_message = "Container Insights"
  }
  assert {
    condition     = toset(aws_ecs_cluster_capacity_providers.this.capacity_providers) == toset(["FARGATE", "FARGATE_SPOT"])
    error_message = "capacity providers"
  }
  assert {
    condition     = aws_service_discovery_private_dns_namespace.this.name == "mcp.local" && output.name == "mcp-cluster"
    error_message = "names of the design"
  }
  assert {
    condition     = one(one(one(aws_ecs_cluster.this.configuration).execute_command_configuration).log_configuration).cloud_watch_log_group_name == aws_cloudwatch_log_group.exec.name
    error_message = "ECS Exec sessions are recorded"
  }
}

run "two_bases_are_refused" {
  command = plan
  module {
    source = "./modules/ecs-cluster"
  }
  variables {
    default_capacity_provider_strategy = [{ capacity_provider = "FARGATE", base = 1, weight = 1 }, { capacity_provider = "FARGATE_SPOT", base = 1, weight = 1 }]
  }
  expect_failures = [var.default_capacity_provider_strategy]
}
