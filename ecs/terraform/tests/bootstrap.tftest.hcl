mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  repository    = "example/mcp-agent"
  repository_id = "123"
}

run "state_images_and_provider" {
  command = plan
  module {
    source = "./modules/bootstrap"
  }
  assert {
    condition     = aws_s3_bucket_versioning.state.versioning_configuration[0].status == "Enabled" && aws_s3_bucket_public_access_block.state.restrict_public_buckets
    error_message = "state bucket"
  }
  assert {
    condition     = aws_s3_bucket.state.bucket == "mcp-tfstate-123456789012-us-east-1"
    error_message = "the environments derive this name"
  }
  assert {
    condition     = toset([for r in aws_ecr_repository.this : r.name]) == toset(["mcp-agent", "mcp-toolbox", "mcp-collector"]) && alltrue([for r in aws_ecr_repository.this : r.image_tag_mutability == "IMMUTABLE" && r.image_scanning_configuration[0].scan_on_push])
    error_message = "repositories"
  }
  assert {
    condition     = length(aws_iam_openid_connect_provider.github) == 1 && length(aws_ecr_repository_policy.pull) == 0
    error_message = "provider, and nobody else pulls"
  }
  assert {
    condition     = aws_iam_role.push.name == "mcp-github-push"
    error_message = "the environments derive this name"
  }
}

run "what_ran_in_prod_is_never_expired" {
  command = plan
  module {
    source = "./modules/bootstrap"
  }
  # ECR takes the rules by their priority, and an image that fits the tags of one isn't expired by a later one.
  assert {
    condition     = alltrue([for p in aws_ecr_lifecycle_policy.this : jsondecode(p.policy).rules[0].selection.tagPrefixList == ["prod-"] && jsondecode(p.policy).rules[0].selection.countNumber >= 1000])
    error_message = "the first rule doesn't keep what ran in prod"
  }
  assert {
    condition     = alltrue([for p in aws_ecr_lifecycle_policy.this : alltrue([for i, r in jsondecode(p.policy).rules : r.rulePriority == i + 1])])
    error_message = "order of the rules"
  }
}

run "another_account_pulls" {
  command = plan
  module {
    source = "./modules/bootstrap"
  }
  variables {
    pull_account_ids     = ["210987654321"]
    create_oidc_provider = false
  }
  assert {
    condition     = length(aws_ecr_repository_policy.pull) == 3 && length(aws_iam_openid_connect_provider.github) == 0
    error_message = "policy for the other account, no second provider"
  }
}

run "a_bad_account_id_is_refused" {
  command = plan
  module {
    source = "./modules/bootstrap"
  }
  variables { pull_account_ids = ["1"] }
  expect_failures = [var.pull_account_ids]
}
