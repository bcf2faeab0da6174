mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables { name = "mcp-conversations" }

run "keys_ttl_and_recovery" {
  command = plan
  module {
    source = "./modules/conversations"
  }
  assert {
    condition     = aws_dynamodb_table.this.hash_key == "pk" && aws_dynamodb_table.this.range_key == "sk" && toset([for a in aws_dynamodb_table.this.attribute : "${a.name}:${a.type}"]) == toset(["pk:S", "sk:S"])
    error_message = "keys that the agent uses"
  }
  assert {
    condition     = aws_dynamodb_table.this.ttl[0].enabled && aws_dynamodb_table.this.ttl[0].attribute_name == "expiresAt"
    error_message = "expiry"
  }
  assert {
    condition     = aws_dynamodb_table.this.point_in_time_recovery[0].enabled && aws_dynamodb_table.this.deletion_protection_enabled && aws_dynamodb_table.this.billing_mode == "PAY_PER_REQUEST"
    error_message = "protection and billing"
  }
}

run "a_bad_name_is_refused" {
  command = plan
  module {
    source = "./modules/conversations"
  }
  variables { name = "no spaces" }
  expect_failures = [var.name]
}
