mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  name                      = "mcp"
  vpc_id                    = "vpc-1"
  subnet_ids                = ["subnet-1", "subnet-2"]
  client_security_group_ids = { toolbox = "sg-toolbox" }
  kms_key_arn               = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000"
}

run "an_existing_database_gets_groups_only" {
  command = plan
  module {
    source = "./modules/database"
  }
  variables { engine = "mssql" }
  assert {
    condition     = length(aws_db_instance.this) == 0 && output.port == 1433 && aws_vpc_security_group_ingress_rule.clients["toolbox"].from_port == 1433
    error_message = "the engine's port, nothing created"
  }
}

run "a_created_database_is_private_encrypted_and_has_tls" {
  command = plan
  module {
    source = "./modules/database"
  }
  variables { create = true }
  assert {
    condition     = aws_db_instance.this[0].storage_encrypted && aws_db_instance.this[0].multi_az && aws_db_instance.this[0].deletion_protection && aws_db_instance.this[0].manage_master_user_password && aws_db_instance.this[0].publicly_accessible != true
    error_message = "instance"
  }
  assert {
    condition     = tonumber(aws_db_instance.this[0].engine_version) >= 15
    error_message = "before PostgreSQL 15 RDS also takes connections without TLS"
  }
  assert {
    condition     = aws_cloudwatch_log_group.postgresql[0].name == "/aws/rds/instance/mcp/postgresql" && aws_cloudwatch_log_group.postgresql[0].retention_in_days == 30
    error_message = "a log group that RDS makes is kept for ever"
  }
}

run "a_database_from_a_snapshot_has_a_last_snapshot_of_its_own" {
  command = plan
  module {
    source = "./modules/database"
  }
  override_resource {
    target          = aws_security_group.this
    values          = { id = "sg-0123" }
    override_during = plan
  }
  variables {
    create   = true
    snapshot = "mcp-final-0000"
  }
  assert {
    condition     = aws_db_instance.this[0].snapshot_identifier == "mcp-final-0000" && aws_db_instance.this[0].final_snapshot_identifier == "mcp-final-0123-${substr(md5("mcp-final-0000"), 0, 6)}"
    error_message = "a name that is taken stops the second destroy"
  }
}

run "a_created_sql_server_is_refused" {
  command = plan
  module {
    source = "./modules/database"
  }
  variables {
    create = true
    engine = "mssql"
  }
  expect_failures = [var.create]
}
