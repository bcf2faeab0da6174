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

run "an_environment_has_settings_of_its_own" {
  command = plan
  variables { agent_settings = { AGENT_TOOLS_APPROVERS = "refund_* by group:\"finance\"", AGENT_MODEL_REQUEST_METADATA = "true" } }
  assert {
    condition     = jsondecode(output.task_definition_variables.agent.settings) == { AGENT_MODEL_REQUEST_METADATA = "true", AGENT_TOOLS_APPROVERS = "refund_* by group:\"finance\"" } && output.task_definition_variables.toolbox.settings == "{}"
    error_message = "a deployment reads them"
  }
}

run "the_approval_webhook_has_a_secret_that_only_the_execution_role_reads" {
  command = plan
  variables { approval_webhook_url = "https://hooks.example.com/approvals" }
  assert {
    condition     = jsondecode(output.task_definition_variables.agent.settings).AGENT_APPROVALS_WEBHOOK_URL == "https://hooks.example.com/approvals" && can(regex("^arn:aws:secretsmanager:.*:secret::$", jsondecode(output.task_definition_variables.agent.secrets).AGENT_APPROVALS_WEBHOOK_SECRET))
    error_message = "address and key reach the container"
  }
  assert {
    condition     = output.task_definition_variables.toolbox.secrets == "{}"
    error_message = "the toolbox has nothing of it"
  }
}

run "without_a_webhook_the_agent_is_handed_no_secret" {
  command = plan
  assert {
    condition     = output.task_definition_variables.agent.secrets == "{}"
    error_message = "no secret"
  }
}

run "a_webhook_in_the_clear_is_refused" {
  command = plan
  variables { approval_webhook_url = "http://hooks.example.com/approvals" }
  expect_failures = [var.approval_webhook_url]
}

run "a_secret_among_the_settings_is_refused" {
  command = plan
  variables { agent_settings = { AGENT_APPROVALS_WEBHOOK_SECRET = "whsec_x" } }
  expect_failures = [var.agent_settings]
}

run "a_setting_that_is_given_already_is_refused" {
  command = plan
  variables { agent_settings = { AGENT_BUDGET_CALLER_DAY_TOKENS = "1000000000000" } }
  expect_failures = [var.agent_settings]
}

run "a_property_instead_of_a_variable_is_refused" {
  command = plan
  variables { agent_settings = { "agent.access.operators" = "group:operators" } }
  expect_failures = [var.agent_settings]
}

run "more_settings_than_a_parameter_holds_are_refused" {
  command = plan
  variables { agent_settings = { AGENT_SYSTEM_PROMPT = join("", [for i in range(1000) : "long "]) } }
  expect_failures = [var.agent_settings]
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

run "models_are_the_environments_own" {
  command = plan
  variables {
    region                    = "eu-west-1"
    bedrock_model_id          = "global.anthropic.claude-sonnet-5-5"
    bedrock_fallback_model_id = "eu.anthropic.claude-haiku-4-5-20251001-v1:0"
  }
  assert {
    condition     = output.task_definition_variables.agent.bedrock_model_id == "global.anthropic.claude-sonnet-5-5" && output.task_definition_variables.agent.bedrock_fallback_model_id == "eu.anthropic.claude-haiku-4-5-20251001-v1:0"
    error_message = "the agent is told the environment's models"
  }
  assert {
    condition = alltrue([
      contains(local.profile_models, "arn:aws:bedrock:::foundation-model/anthropic.claude-sonnet-5-5"), contains(local.profile_models, "arn:aws:bedrock:eu-west-1::foundation-model/anthropic.claude-sonnet-5-5"),
      contains(local.profile_models, "arn:aws:bedrock:eu-central-1::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0"), length([for arn in local.profile_models : arn if strcontains(arn, ":us-")]) == 0,
      length([for arn in local.profile_models : arn if strcontains(arn, "sonnet-5-5")]) == 2,
    ])
    error_message = "each model in its own profile's regions, and in no other"
  }
}

run "a_profile_of_another_geography_is_refused" {
  command = plan
  variables { region = "eu-west-1" }
  expect_failures = [var.bedrock_model_id, var.bedrock_fallback_model_id]
}

run "a_geography_that_is_none_is_refused" {
  command = plan
  variables { bedrock_model_id = "mars.anthropic.claude-sonnet-5-5" }
  expect_failures = [var.bedrock_model_id]
}

run "zones_are_the_accounts" {
  command = plan
  override_data {
    target = data.aws_availability_zones.usable
    values = { names = ["us-east-1b", "us-east-1d"] }
  }
  assert {
    condition     = local.zones == tolist(["us-east-1b", "us-east-1d"])
    error_message = "an account may have no zone a"
  }
}

run "too_few_zones_are_said" {
  command = plan
  override_data {
    target = data.aws_availability_zones.usable
    values = { names = ["us-east-1b"] }
  }
  expect_failures = [data.aws_availability_zones.usable]
}

run "no_limit_is_refused" {
  command = plan
  variables { caller_day_tokens = 0 }
  expect_failures = [var.caller_day_tokens]
}

run "public_tasks_in_production_are_refused" {
  command = plan
  variables { task_subnets = "public" }
  expect_failures = [var.task_subnets]
}

run "a_test_listener_for_everybody_is_refused" {
  command = plan
  variables { test_ingress_cidrs = ["0.0.0.0/0"] }
  expect_failures = [var.test_ingress_cidrs]
}

run "service_connect_under_codedeploy_is_refused" {
  command = plan
  variables {
    service_connect = true
    blue_green      = true
  }
  expect_failures = [var.service_connect]
}

run "a_firewall_stricter_than_the_agent_is_refused" {
  command = plan
  variables { waf = { rate_limit = 2000 } }
  expect_failures = [var.waf]
}

run "what_an_environment_keeps_is_remembered" {
  command = apply
  plan_options { target = [terraform_data.fixed] }
  assert {
    condition     = terraform_data.fixed.output.name == "mcp"
    error_message = "its name"
  }
}

run "another_name_is_refused_afterwards" {
  command = plan
  plan_options { target = [terraform_data.fixed] }
  variables { name = "other" }
  expect_failures = [terraform_data.fixed]
}

run "blue_green_is_refused_afterwards" {
  command = plan
  plan_options { target = [terraform_data.fixed] }
  variables { blue_green = true }
  expect_failures = [terraform_data.fixed]
}

run "another_environments_variables_are_refused_afterwards" {
  command = plan
  plan_options { target = [terraform_data.fixed] }
  variables { environment = "dev" }
  expect_failures = [terraform_data.fixed]
}

run "one_more_zone_is_fine_afterwards" {
  command = plan
  plan_options { target = [terraform_data.fixed] }
  variables {
    public_subnet_cidrs  = ["10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24"]
    private_subnet_cidrs = ["10.0.10.0/24", "10.0.20.0/24", "10.0.30.0/24"]
  }
  assert {
    condition     = length(local.zones) == 3
    error_message = "three zones"
  }
}
