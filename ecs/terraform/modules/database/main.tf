locals {
  # Each life has a last snapshot of its own: a name that is taken would stop the second destroy. An instance that came from a
  # snapshot is another life.
  life  = join("-", compact([trimprefix(aws_security_group.this.id, "sg-"), var.snapshot == null ? "" : substr(md5(coalesce(var.snapshot, "none")), 0, 6)]))
  ports = { postgres = 5432, mssql = 1433 }
  port  = local.ports[var.engine]
}

# The tasks open their connections to this group, even if the database is not ours: an existing one is put into it.
resource "aws_security_group" "this" {
  name        = "${var.name}-database"
  description = "Database of the toolbox"
  vpc_id      = var.vpc_id
  tags        = { Name = "${var.name}-database" }
}

resource "aws_vpc_security_group_ingress_rule" "clients" {
  for_each                     = merge(var.client_security_group_ids, { operators = aws_security_group.operators.id })
  security_group_id            = aws_security_group.this.id
  description                  = "${var.engine} from ${each.key}"
  referenced_security_group_id = each.value
  ip_protocol                  = "tcp"
  from_port                    = local.port
  to_port                      = local.port
}

# For people: a CloudShell in the VPC gets this group, and nothing of ours runs in it.
resource "aws_security_group" "operators" {
  name        = "${var.name}-database-operators"
  description = "Shells of people who look after the database"
  vpc_id      = var.vpc_id
  tags        = { Name = "${var.name}-database-operators" }
}

resource "aws_vpc_security_group_egress_rule" "operators" {
  security_group_id            = aws_security_group.operators.id
  description                  = "To the database"
  referenced_security_group_id = aws_security_group.this.id
  ip_protocol                  = "tcp"
  from_port                    = local.port
  to_port                      = local.port
}

resource "aws_db_subnet_group" "this" {
  count      = var.create ? 1 : 0
  name       = var.name
  subnet_ids = var.subnet_ids
}

# RDS would make it itself, to be kept without end.
resource "aws_cloudwatch_log_group" "postgresql" {
  count             = var.create ? 1 : 0
  name              = "/aws/rds/instance/${var.name}/postgresql"
  retention_in_days = var.log_retention_days
}

# From PostgreSQL 15 on, RDS refuses connections without TLS by itself.
resource "aws_db_instance" "this" {
  count                           = var.create ? 1 : 0
  identifier                      = var.name
  engine                          = "postgres"
  engine_version                  = "16"
  instance_class                  = var.instance_class
  allocated_storage               = 20
  max_allocated_storage           = 100
  storage_type                    = "gp3"
  storage_encrypted               = true
  kms_key_id                      = var.kms_key_arn
  db_name                         = var.database_name
  username                        = "mcp_admin"
  manage_master_user_password     = true
  db_subnet_group_name            = aws_db_subnet_group.this[0].name
  vpc_security_group_ids          = [aws_security_group.this.id]
  multi_az                        = var.multi_az
  backup_retention_period         = 7
  deletion_protection             = var.protect
  snapshot_identifier             = var.snapshot
  skip_final_snapshot             = !var.final_snapshot
  final_snapshot_identifier       = var.final_snapshot ? "${var.name}-final-${local.life}" : null
  enabled_cloudwatch_logs_exports = ["postgresql"]
  performance_insights_enabled    = true # since July 2026 this switches on Database Insights, standard
  copy_tags_to_snapshot           = true
  auto_minor_version_upgrade      = true
  depends_on                      = [aws_cloudwatch_log_group.postgresql]

  lifecycle {
    # It says where the data came from when the instance was made: later it would replace the instance.
    ignore_changes = [snapshot_identifier]
  }
}

resource "aws_cloudwatch_metric_alarm" "storage" {
  count               = var.create ? 1 : 0
  alarm_name          = "${var.name}-database-storage"
  alarm_description   = "Less than 2 GiB of the database's storage is free"
  namespace           = "AWS/RDS"
  metric_name         = "FreeStorageSpace"
  statistic           = "Minimum"
  comparison_operator = "LessThanThreshold"
  threshold           = 2 * 1024 * 1024 * 1024
  period              = 300
  evaluation_periods  = 1
  dimensions          = { DBInstanceIdentifier = aws_db_instance.this[0].identifier }
  alarm_actions       = var.alarm_topic_arns
  ok_actions          = var.alarm_topic_arns
}
