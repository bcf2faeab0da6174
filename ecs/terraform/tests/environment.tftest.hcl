mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  environment      = "prod"
  certificate_arn  = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
  collector_digest = "sha256:1111111111111111111111111111111111111111111111111111111111111111"
  database         = { create = true }
}

run "prod_has_the_names_of_the_design" {
  command = plan
  assert {
    condition     = output.service_names == { agent = "mcp-agent-service", toolbox = "mcp-toolbox-service" } && output.cluster_name == "mcp-cluster"
    error_message = "names"
  }
  assert {
    condition     = output.task_definition_variables.agent.mcp_url == "http://toolbox.mcp.local:5000/mcp"
    error_message = "the agent finds the toolbox by its Cloud Map name"
  }
  assert {
    condition     = output.secret_names == { api_keys = "mcp/agent/api-keys", database = "mcp/database/postgres" }
    error_message = "secrets"
  }
  assert {
    condition = { for environment, variables in output.github_variables : environment => join(" ", sort(keys(variables))) } == {
      prod       = "AGENT_URL AWS_DEPLOY_ROLE_ARN AWS_REGION RESOURCE_PREFIX"
      prod-plan  = "AWS_PLAN_ROLE_ARN AWS_REGION TF_STATE_BUCKET"
      prod-apply = "AWS_APPLY_ROLE_ARN AWS_REGION TF_STATE_BUCKET"
    }
    error_message = "the workflows read these variables"
  }
  assert {
    condition     = alltrue([for p in aws_ssm_parameter.task_definition : length(p.value) <= 4096])
    error_message = "a standard parameter holds 4 KB"
  }
}

run "another_environment_collides_in_no_name" {
  command = plan
  variables {
    environment            = "dev"
    name                   = "mcp-dev"
    blue_green             = true
    interface_endpoints    = false
    nat_gateway_mode       = "single"
    enable_execute_command = true
    push_images            = true
    database               = { engine = "mssql", host = "sql.example.internal" }
  }
  assert {
    condition     = output.github_variables["images"] == { AWS_REGION = "us-east-1", AWS_PUSH_ROLE_ARN = "arn:aws:iam::123456789012:role/mcp-github-push", IMAGE_PREFIX = "mcp" }
    error_message = "the job that builds images has an environment and a role of its own"
  }
  assert {
    condition     = output.github_variables["dev"].AWS_DEPLOY_ROLE_ARN == "arn:aws:iam::123456789012:role/mcp-dev-github-deploy" && output.github_variables["dev-apply"].AWS_APPLY_ROLE_ARN == "arn:aws:iam::123456789012:role/mcp-dev-github-apply"
    error_message = "bootstrap's roles, by the names that it gives them"
  }
  assert {
    condition     = output.cluster_name == "mcp-dev-cluster" && output.service_names.agent == "mcp-dev-agent-service" && output.secret_names.database == "mcp-dev/database/mssql"
    error_message = "names"
  }
  assert {
    condition     = output.task_definition_variables.toolbox.database_prefix == "MSSQL" && output.task_definition_variables.toolbox.database_port == "1433" && length(module.codedeploy) == 1
    error_message = "SQL Server, blue/green"
  }
}

run "exec_in_production_is_refused" {
  command = plan
  variables { enable_execute_command = true }
  expect_failures = [var.enable_execute_command]
}

run "no_way_to_aws_is_refused" {
  command = plan
  variables {
    nat_gateway_mode    = "none"
    interface_endpoints = false
  }
  expect_failures = [var.interface_endpoints]
}

run "an_unpinned_collector_is_refused" {
  command = plan
  variables { collector_digest = "latest" }
  expect_failures = [var.collector_digest]
}

run "the_example_digest_is_refused" {
  command = plan
  variables { collector_digest = "sha256:0000000000000000000000000000000000000000000000000000000000000000" }
  expect_failures = [var.collector_digest]
}
