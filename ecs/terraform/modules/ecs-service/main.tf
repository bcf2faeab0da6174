data "aws_region" "current" {}
data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  service_name = "${var.name}-service"

  # Published by the root module: with these and the two files of ecs/task-definitions, the deploy workflow renders the
  # same definition as this module does here.
  task_definition_variables = merge(var.task_definition_variables, {
    aws_region             = data.aws_region.current.id
    family                 = "${var.name}-task"
    cpu                    = tostring(var.cpu)
    memory                 = tostring(var.memory)
    execution_role_arn     = aws_iam_role.execution.arn
    task_role_arn          = aws_iam_role.task.arn
    log_group              = aws_cloudwatch_log_group.this.name
    cluster                = var.cluster.name
    service                = local.service_name
    enable_execute_command = tostring(var.enable_execute_command)
    settings               = jsonencode(var.settings)
    secrets                = jsonencode(var.secrets)
  })

  # The placeholders stand inside JSON strings, so their values are escaped as such.
  placeholders = {
    for name, value in merge(local.task_definition_variables, { image = var.image, collector_config = file(var.collector_config_file) }) :
    name => trimsuffix(trimprefix(jsonencode(value), "\""), "\"")
  }
  definition = jsondecode(templatefile(var.task_definition_file, local.placeholders))

  # ECS Exec writes its agent's files into the container, so it and a read-only root exclude each other.
  containers = [for i, c in local.definition.containerDefinitions : merge(c, {
    readonlyRootFilesystem = !var.enable_execute_command
    environment            = concat(c.environment, i == 0 ? [for name, value in var.settings : { name = name, value = value }] : [])
    }, i == 0 && length(var.secrets) > 0 ? {
    secrets = concat(try(c.secrets, []), [for name, from in var.secrets : { name = name, valueFrom = from }])
  } : {})]
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/ecs/${var.name}"
  retention_in_days = var.log_retention_days
}

# --- roles
data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
    condition { # confused deputy
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${data.aws_partition.current.partition}:ecs:${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}:*"]
    }
  }
}

resource "aws_iam_role" "execution" {
  name                 = "${var.name}-execution"
  assume_role_policy   = data.aws_iam_policy_document.assume.json
  permissions_boundary = var.boundary_arn
}

data "aws_iam_policy_document" "execution" {
  statement {
    sid       = "EcrLogin"
    actions   = ["ecr:GetAuthorizationToken"] # takes no resource
    resources = ["*"]
  }
  statement {
    sid       = "PullImages"
    actions   = ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"]
    resources = var.ecr_repository_arns
  }
  statement {
    sid       = "WriteLogs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.this.arn}:*"]
  }
  dynamic "statement" {
    for_each = length(var.secret_arns) > 0 ? [1] : []
    content {
      sid       = "ReadSecrets"
      actions   = ["secretsmanager:GetSecretValue"]
      resources = var.secret_arns
    }
  }
  dynamic "statement" {
    for_each = length(var.kms_key_arns) > 0 ? [1] : []
    content {
      sid       = "DecryptSecrets"
      actions   = ["kms:Decrypt"]
      resources = var.kms_key_arns
      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["secretsmanager.${data.aws_region.current.id}.amazonaws.com"]
      }
    }
  }
}

resource "aws_iam_role_policy" "execution" {
  name   = "execution"
  role   = aws_iam_role.execution.id
  policy = data.aws_iam_policy_document.execution.json
}

resource "aws_iam_role" "task" {
  name                 = "${var.name}-task"
  assume_role_policy   = data.aws_iam_policy_document.assume.json
  permissions_boundary = var.boundary_arn
}

resource "aws_iam_role_policy" "task" {
  name   = "task"
  role   = aws_iam_role.task.id
  policy = var.task_policy_json
}

data "aws_iam_policy_document" "exec" {
  statement {
    sid       = "EcsExec"
    actions   = ["ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel"]
    resources = ["*"] # these take no resource
  }
  statement {
    sid       = "EcsExecLogs"
    actions   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    resources = ["${var.cluster.exec_log_group_arn}:*"]
  }
  statement {
    sid       = "EcsExecFindLogGroup"
    actions   = ["logs:DescribeLogGroups"]
    resources = ["*"]
  }
}

resource "aws_iam_role_policy" "exec" {
  count  = var.enable_execute_command ? 1 : 0
  name   = "ecs-exec"
  role   = aws_iam_role.task.id
  policy = data.aws_iam_policy_document.exec.json
}

# --- network
resource "aws_security_group" "this" {
  name        = var.name
  description = "Tasks of ${local.service_name}"
  vpc_id      = var.vpc_id
  tags        = { Name = var.name }
}

resource "aws_vpc_security_group_ingress_rule" "this" {
  for_each                     = var.ingress
  security_group_id            = aws_security_group.this.id
  description                  = "From ${each.key}"
  referenced_security_group_id = each.value
  ip_protocol                  = "tcp"
  from_port                    = var.container_port
  to_port                      = var.container_port
}

resource "aws_vpc_security_group_egress_rule" "this" {
  for_each                     = var.egress
  security_group_id            = aws_security_group.this.id
  description                  = "To ${each.key}"
  referenced_security_group_id = each.value.security_group_id
  prefix_list_id               = each.value.prefix_list_id
  cidr_ipv4                    = each.value.cidr
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_service_discovery_service" "this" {
  count = var.service_discovery == null ? 0 : 1
  name  = var.service_discovery.name
  dns_config {
    namespace_id   = var.service_discovery.namespace_id
    routing_policy = "MULTIVALUE"
    dns_records {
      type = "A"
      ttl  = 10
    }
  }
  health_check_custom_config {
    failure_threshold = 1
  }
  force_destroy = true
}

# --- task definition: registered once, so that the service can be made; the deploy workflow registers every later one
resource "aws_ecs_task_definition" "bootstrap" {
  family                   = local.definition.family
  network_mode             = local.definition.networkMode
  requires_compatibilities = local.definition.requiresCompatibilities
  cpu                      = local.definition.cpu
  memory                   = local.definition.memory
  execution_role_arn       = local.definition.executionRoleArn
  task_role_arn            = local.definition.taskRoleArn
  container_definitions    = jsonencode(local.containers)
  skip_destroy             = true

  runtime_platform {
    cpu_architecture        = local.definition.runtimePlatform.cpuArchitecture
    operating_system_family = local.definition.runtimePlatform.operatingSystemFamily
  }

  dynamic "volume" {
    for_each = { for v in try(local.definition.volumes, []) : v.name => v }
    content {
      name = volume.key
    }
  }

  lifecycle {
    ignore_changes = all
  }
}

# --- service
resource "aws_ecs_service" "rolling" {
  count                              = var.codedeploy ? 0 : 1
  name                               = local.service_name
  cluster                            = var.cluster.arn
  task_definition                    = aws_ecs_task_definition.bootstrap.arn
  desired_count                      = var.desired_count
  platform_version                   = "LATEST"
  deployment_minimum_healthy_percent = var.deployment_minimum_healthy_percent
  deployment_maximum_percent         = var.deployment_maximum_percent
  health_check_grace_period_seconds  = var.attach_load_balancer ? var.health_check_grace_period_seconds : null
  enable_execute_command             = var.enable_execute_command
  enable_ecs_managed_tags            = true
  propagate_tags                     = "SERVICE"
  availability_zone_rebalancing      = "ENABLED"
  wait_for_steady_state              = false

  dynamic "capacity_provider_strategy" {
    for_each = var.capacity_provider_strategy
    content {
      capacity_provider = capacity_provider_strategy.value.capacity_provider
      base              = capacity_provider_strategy.value.base
      weight            = capacity_provider_strategy.value.weight
    }
  }

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  dynamic "alarms" {
    for_each = length(var.deployment_alarm_names) > 0 ? [1] : []
    content {
      enable      = true
      rollback    = true
      alarm_names = var.deployment_alarm_names
    }
  }

  network_configuration {
    subnets          = var.subnet_ids
    security_groups  = [aws_security_group.this.id]
    assign_public_ip = var.assign_public_ip
  }

  dynamic "load_balancer" {
    for_each = var.attach_load_balancer ? [1] : []
    content {
      target_group_arn = var.target_group_arn
      container_name   = var.container_name
      container_port   = var.container_port
    }
  }

  dynamic "service_registries" {
    for_each = aws_service_discovery_service.this
    content {
      registry_arn = service_registries.value.arn
    }
  }

  # Beside Cloud Map's DNS: the server's tasks are found under the same name through a proxy in each client's task.
  dynamic "service_connect_configuration" {
    for_each = var.service_connect == null ? [] : [var.service_connect]
    content {
      enabled   = true
      namespace = service_connect_configuration.value.namespace_arn
      dynamic "service" {
        for_each = service_connect_configuration.value.port_name == null ? [] : [service_connect_configuration.value]
        content {
          port_name      = service.value.port_name
          discovery_name = "${var.container_name}-connect" # Cloud Map has the plain name already
          client_alias {
            dns_name = service.value.dns_name
            port     = var.container_port
          }
          timeout {
            idle_timeout_seconds        = 0 # the client's own timeouts hold: a tool's answer may take its time
            per_request_timeout_seconds = 0
          }
        }
      }
    }
  }

  lifecycle {
    # Provider 5 replaces the service for another strategy, and with it the revision that runs; provider 6.15 changes it in place.
    ignore_changes = [task_definition, desired_count, capacity_provider_strategy]
    postcondition {
      condition = toset([for s in self.capacity_provider_strategy : "${s.capacity_provider} ${s.base} ${s.weight}"]) == toset([for s in var.capacity_provider_strategy : "${s.capacity_provider} ${s.base} ${s.weight}"])
      error_message = join(" ", [
        "${local.service_name} lives with another capacity_provider_strategy than the variable says, and Terraform would replace it. Change it first:",
        "aws ecs update-service --cluster ${var.cluster.name} --service ${local.service_name} --force-new-deployment --capacity-provider-strategy",
        join(" ", [for s in var.capacity_provider_strategy : "capacityProvider=${s.capacity_provider},base=${s.base},weight=${s.weight}"]),
      ])
    }
  }

  depends_on = [aws_iam_role_policy.execution, aws_iam_role_policy.task]
}

resource "aws_ecs_service" "codedeploy" {
  count                             = var.codedeploy ? 1 : 0
  name                              = local.service_name
  cluster                           = var.cluster.arn
  task_definition                   = aws_ecs_task_definition.bootstrap.arn
  desired_count                     = var.desired_count
  launch_type                       = "FARGATE"
  health_check_grace_period_seconds = var.health_check_grace_period_seconds
  enable_execute_command            = var.enable_execute_command
  enable_ecs_managed_tags           = true
  propagate_tags                    = "SERVICE"

  deployment_controller {
    type = "CODE_DEPLOY"
  }

  network_configuration {
    subnets          = var.subnet_ids
    security_groups  = [aws_security_group.this.id]
    assign_public_ip = var.assign_public_ip
  }

  load_balancer {
    target_group_arn = var.target_group_arn
    container_name   = var.container_name
    container_port   = var.container_port
  }

  dynamic "service_registries" {
    for_each = aws_service_discovery_service.this
    content {
      registry_arn = service_registries.value.arn
    }
  }

  lifecycle {
    ignore_changes = [task_definition, desired_count, load_balancer]
  }

  depends_on = [aws_iam_role_policy.execution, aws_iam_role_policy.task]
}

# --- autoscaling
resource "aws_appautoscaling_target" "this" {
  service_namespace  = "ecs"
  scalable_dimension = "ecs:service:DesiredCount"
  resource_id        = "service/${var.cluster.name}/${local.service_name}"
  min_capacity       = var.autoscaling.min
  max_capacity       = var.autoscaling.max
  depends_on         = [aws_ecs_service.rolling, aws_ecs_service.codedeploy]
}

resource "aws_appautoscaling_policy" "cpu" {
  name               = "${var.name}-cpu"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.this.service_namespace
  scalable_dimension = aws_appautoscaling_target.this.scalable_dimension
  resource_id        = aws_appautoscaling_target.this.resource_id
  target_tracking_scaling_policy_configuration {
    target_value       = var.autoscaling.cpu_target
    scale_in_cooldown  = var.autoscaling.scale_in_cooldown
    scale_out_cooldown = var.autoscaling.scale_out_cooldown
    predefined_metric_specification {
      predefined_metric_type = "ECSServiceAverageCPUUtilization"
    }
  }
}

resource "aws_appautoscaling_policy" "requests" {
  count              = var.autoscaling.requests == null ? 0 : 1
  name               = "${var.name}-requests"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.this.service_namespace
  scalable_dimension = aws_appautoscaling_target.this.scalable_dimension
  resource_id        = aws_appautoscaling_target.this.resource_id
  target_tracking_scaling_policy_configuration {
    target_value       = var.autoscaling.requests
    scale_in_cooldown  = var.autoscaling.scale_in_cooldown
    scale_out_cooldown = var.autoscaling.scale_out_cooldown
    predefined_metric_specification {
      predefined_metric_type = "ALBRequestCountPerTarget"
      resource_label         = var.autoscaling.alb_resource_label
    }
  }
}

resource "aws_appautoscaling_policy" "metric" {
  count              = var.autoscaling.metric == null ? 0 : 1
  name               = "${var.name}-metric"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.this.service_namespace
  scalable_dimension = aws_appautoscaling_target.this.scalable_dimension
  resource_id        = aws_appautoscaling_target.this.resource_id
  target_tracking_scaling_policy_configuration {
    target_value       = var.autoscaling.metric.target
    scale_in_cooldown  = var.autoscaling.scale_in_cooldown
    scale_out_cooldown = var.autoscaling.scale_out_cooldown
    customized_metric_specification {
      namespace   = var.autoscaling.metric.namespace
      metric_name = var.autoscaling.metric.name
      statistic   = "Average" # each task reports its own number each minute
      dynamic "dimensions" {
        for_each = var.autoscaling.metric.dimensions
        content {
          name  = dimensions.key
          value = dimensions.value
        }
      }
    }
  }
}

# --- alarms
resource "aws_cloudwatch_metric_alarm" "utilization" {
  for_each            = { cpu = "CPUUtilization", memory = "MemoryUtilization" }
  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = "${each.value} of ${local.service_name} over 80%"
  namespace           = "AWS/ECS"
  metric_name         = each.value
  statistic           = "Average"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 80
  period              = 60
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  dimensions          = { ClusterName = var.cluster.name, ServiceName = local.service_name }
  alarm_actions       = var.alarm_topic_arns
  ok_actions          = var.alarm_topic_arns
}

resource "aws_cloudwatch_metric_alarm" "running_tasks" {
  count               = var.container_insights ? 1 : 0 # without it there is no such metric, and the alarm would never be quiet
  alarm_name          = "${var.name}-running-tasks"
  alarm_description   = "Fewer tasks of ${local.service_name} run than its minimum"
  namespace           = "ECS/ContainerInsights"
  metric_name         = "RunningTaskCount"
  statistic           = "Minimum"
  comparison_operator = "LessThanThreshold"
  threshold           = var.autoscaling.min
  period              = 60
  evaluation_periods  = 5
  treat_missing_data  = "breaching"
  dimensions          = { ClusterName = var.cluster.name, ServiceName = local.service_name }
  alarm_actions       = var.alarm_topic_arns
  ok_actions          = var.alarm_topic_arns
}
