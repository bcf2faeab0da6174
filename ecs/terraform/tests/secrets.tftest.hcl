mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000"
  secrets     = { "mcp/database/postgres" = "login", "mcp/agent/api-keys" = "keys" }
}

run "places_without_values" {
  command = plan
  module {
    source = "./modules/secrets"
  }
  assert {
    condition     = toset(keys(output.arns)) == toset(["mcp/database/postgres", "mcp/agent/api-keys"])
    error_message = "names"
  }
  assert {
    condition     = alltrue([for s in aws_secretsmanager_secret.this : s.kms_key_id == var.kms_key_arn && s.recovery_window_in_days == 30])
    error_message = "own key, and time to get a deleted secret back"
  }
}

run "a_name_like_an_arn_suffix_is_refused" {
  command = plan
  module {
    source = "./modules/secrets"
  }
  variables { secrets = { "mcp/agent-abcdef" = "x" } }
  expect_failures = [var.secrets]
}
