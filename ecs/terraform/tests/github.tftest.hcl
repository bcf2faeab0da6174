mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  name          = "mcp"
  environment   = "prod"
  others        = { dev = "mcp-dev" }
  repository    = "example/mcp-agent"
  repository_id = "123"
  state_bucket  = "mcp-tfstate"
}

run "three_roles_and_a_boundary" {
  command = plan
  module {
    source = "./modules/github"
  }
  assert {
    condition     = toset([for r in aws_iam_role.this : r.name]) == toset(["mcp-github-deploy", "mcp-github-plan", "mcp-github-apply"]) && aws_iam_policy.boundary.name == "mcp-boundary"
    error_message = "names, which the environments derive"
  }
  assert {
    condition     = length(distinct([for t in local.trusted : t.environment])) == 3
    error_message = "two roles of one GitHub environment: whoever gets the one may choose the other"
  }
  assert {
    condition     = join(" ", local.longer_names) == "mcp-dev"
    error_message = "mcp-* also fits mcp-dev-*"
  }
}

run "a_shorter_name_of_another_is_no_part_of_ours" {
  command = plan
  module {
    source = "./modules/github"
  }
  variables {
    name        = "mcp-dev"
    environment = "dev"
    others      = { prod = "mcp" }
  }
  assert {
    condition     = length(local.longer_names) == 0
    error_message = "dev would be denied what is its own"
  }
}

run "two_environments_with_one_prefix_are_refused" {
  command = plan
  module {
    source = "./modules/github"
  }
  variables { others = { dev = "mcp" } }
  expect_failures = [var.others]
}

run "a_wildcard_repository_is_refused" {
  command = plan
  module {
    source = "./modules/github"
  }
  variables { repository = "example/*" }
  expect_failures = [var.repository]
}

run "a_repository_by_name_only_is_refused" {
  command = plan
  module {
    source = "./modules/github"
  }
  variables { repository_id = "0" }
  expect_failures = [var.repository_id]
}
