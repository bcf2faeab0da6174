# What may be done through the VPC's endpoints. Roles say it too; here it holds for whatever runs in a task, with whatever
# credentials it has: nothing is written to another account's bucket, log group or queue through them.
locals {
  table_actions = [
    "dynamodb:BatchWriteItem", "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem",
    "dynamodb:Query", "dynamodb:UpdateItem",
  ]
  ours = { test = "StringEquals", variable = "aws:PrincipalAccount", values = [local.account_id] }
  endpoint_statements = {
    # ECR signs the addresses of the layers with credentials of its own, so there is no account to ask for.
    s3       = [{ actions = ["s3:GetObject"], resources = ["arn:${local.partition}:s3:::prod-${local.region}-starport-layer-bucket/*"], ours = false }]
    dynamodb = [{ actions = local.table_actions, resources = ["arn:${local.partition}:dynamodb:${local.region}:${local.account_id}:table/${var.name}-*", module.conversations.table_arn], ours = true }]
    "ecr.api" = [
      { actions = ["ecr:GetAuthorizationToken"], resources = ["*"], ours = true },
      { actions = ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"], resources = values(local.repository_arns), ours = true },
    ]
    "ecr.dkr" = [
      { actions = ["ecr:GetAuthorizationToken"], resources = ["*"], ours = true },
      { actions = ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"], resources = values(local.repository_arns), ours = true },
    ]
    logs            = [{ actions = ["logs:CreateLogStream", "logs:DescribeLogGroups", "logs:DescribeLogStreams", "logs:PutLogEvents"], resources = ["arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:/ecs/${var.name}-*"], ours = true }]
    secretsmanager  = [{ actions = ["secretsmanager:GetSecretValue"], resources = ["arn:${local.partition}:secretsmanager:${local.region}:${local.account_id}:secret:${var.name}/*"], ours = true }]
    bedrock-runtime = [{ actions = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream", "bedrock:ApplyGuardrail"], resources = ["*"], ours = true }]
    xray            = [{ actions = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], resources = ["*"], ours = true }]
    ssmmessages     = [{ actions = ["ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel"], resources = ["*"], ours = true }]
  }
}

data "aws_iam_policy_document" "endpoint" {
  for_each = local.endpoint_statements
  dynamic "statement" {
    for_each = each.value
    content {
      actions   = statement.value.actions
      resources = statement.value.resources
      principals {
        type        = "*"
        identifiers = ["*"]
      }
      dynamic "condition" {
        for_each = statement.value.ours ? [local.ours] : []
        content {
          test     = condition.value.test
          variable = condition.value.variable
          values   = condition.value.values
        }
      }
    }
  }
}
