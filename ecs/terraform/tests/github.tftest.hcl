mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  name                = "mcp"
  repository          = "example/mcp-agent"
  github_environments = { deploy = "prod", plan = "prod-plan", apply = "prod" }
  cluster_name        = "mcp-cluster"
  service_names       = ["mcp-agent-service"]
  task_role_arns      = ["arn:aws:iam::123456789012:role/mcp-agent-task"]
  parameter_arns      = ["arn:aws:ssm:us-east-1:123456789012:parameter/mcp/prod/task-definition/agent"]
  ecr_repository_arns = ["arn:aws:ecr:us-east-1:123456789012:repository/mcp-agent"]
  state_bucket        = "mcp-tfstate"
  state_key           = "mcp/prod/terraform.tfstate"
}

run "three_roles" {
  command = plan
  module {
    source = "./modules/github"
  }
  assert {
    condition     = toset([for r in aws_iam_role.this : r.name]) == toset(["mcp-github-deploy", "mcp-github-plan", "mcp-github-apply"])
    error_message = "roles"
  }
  assert {
    condition     = endswith(aws_iam_role_policy_attachment.plan.policy_arn, "policy/ReadOnlyAccess")
    error_message = "a plan reads"
  }
}

run "a_plan_in_the_deployments_environment_is_refused" {
  command = plan
  module {
    source = "./modules/github"
  }
  variables { github_environments = { deploy = "prod", plan = "prod", apply = "prod" } }
  expect_failures = [var.github_environments]
}

run "a_wildcard_repository_is_refused" {
  command = plan
  module {
    source = "./modules/github"
  }
  variables { repository = "example/*" }
  expect_failures = [var.repository]
}
