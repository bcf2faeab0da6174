mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  boundary_arn         = "arn:aws:iam::123456789012:policy/mcp-boundary"
  name                 = "net"
  availability_zones   = ["us-east-1a", "us-east-1b"]
  public_subnet_cidrs  = ["10.0.1.0/24", "10.0.2.0/24"]
  private_subnet_cidrs = ["10.0.10.0/24", "10.0.20.0/24"]
  endpoint_policies    = { for e in ["s3", "dynamodb", "ecr.api", "ecr.dkr", "logs", "secretsmanager", "bedrock-runtime", "xray", "bedrock"] : e => "{}" }
}

run "one_nat_gateway_per_zone" {
  command = plan
  module {
    source = "./modules/vpc"
  }
  assert {
    condition     = length(aws_nat_gateway.this) == 2 && toset(keys(aws_route.private_nat)) == toset(var.availability_zones)
    error_message = "a NAT gateway and a default route for each zone"
  }
  assert {
    condition     = toset(keys(aws_vpc_endpoint.interface)) == toset(["ecr.api", "ecr.dkr", "logs", "secretsmanager", "bedrock-runtime", "xray"])
    error_message = "interface endpoints"
  }
  assert {
    condition     = toset(keys(aws_vpc_endpoint.gateway)) == toset(["s3", "dynamodb"])
    error_message = "image layers come from S3, conversations from DynamoDB"
  }
  assert {
    condition     = alltrue([for e in aws_vpc_endpoint.interface : e.private_dns_enabled && length(e.security_group_ids) == 1])
    error_message = "interface endpoints need private DNS and a group that lets the tasks in"
  }
  assert {
    condition     = aws_vpc.this.enable_dns_hostnames && aws_vpc.this.enable_dns_support
    error_message = "private DNS needs both"
  }
  assert {
    condition     = alltrue([for s in aws_subnet.private : s.map_public_ip_on_launch != true])
    error_message = "private subnets give no public address"
  }
}

run "a_single_nat_gateway_serves_both_subnets" {
  command = plan
  module {
    source = "./modules/vpc"
  }
  variables {

    nat_gateway_mode = "single"
  }
  assert {
    condition     = length(aws_nat_gateway.this) == 1 && length(aws_route.private_nat) == 2
    error_message = "one gateway, both subnets"
  }
}

run "no_nat_gateway_and_no_route_to_one" {
  command = plan
  module {
    source = "./modules/vpc"
  }
  variables {

    nat_gateway_mode = "none"
  }
  assert {
    condition     = length(aws_nat_gateway.this) == 0 && length(aws_route.private_nat) == 0
    error_message = "none"
  }
}

run "one_zone_is_refused" {
  command = plan
  module {
    source = "./modules/vpc"
  }
  variables {

    availability_zones   = ["us-east-1a"]
    public_subnet_cidrs  = ["10.0.1.0/24"]
    private_subnet_cidrs = ["10.0.10.0/24"]
  }
  expect_failures = [var.availability_zones]
}

run "an_unknown_endpoint_is_refused" {
  command = plan
  module {
    source = "./modules/vpc"
  }
  variables {

    interface_endpoints = ["bedrock"]
  }
  expect_failures = [var.interface_endpoints]
}

run "an_endpoint_without_a_policy_is_refused" {
  command = plan
  module {
    source = "./modules/vpc"
  }
  variables { endpoint_policies = { s3 = "{}" } }
  expect_failures = [var.endpoint_policies]
}
