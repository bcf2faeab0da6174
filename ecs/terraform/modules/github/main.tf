# Who may do what to one environment from GitHub Actions, and the most that the environment's own roles may do. An administrator
# applies this, with bootstrap: no pipeline may change what a pipeline may.
data "aws_region" "current" {}
data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  region     = data.aws_region.current.name
  issuer     = "token.actions.githubusercontent.com"
  slug       = replace(var.repository, "/@[0-9]+/", "") # the workflows' references have no ids in them
  name       = var.name

  here     = "${local.region}:${local.account_id}" # of most ARNs
  iam      = "arn:${local.partition}:iam::${local.account_id}"
  state    = "arn:${local.partition}:s3:::${var.state_bucket}/mcp/${var.environment}/terraform.tfstate"
  plans    = "arn:${local.partition}:s3:::${var.state_bucket}/plans/${var.environment}/*"
  main     = "refs/heads/main"
  services = { for service in ["agent", "toolbox"] : service => "arn:${local.partition}:ecs:${local.here}:service/${local.name}-cluster/${local.name}-${service}-service" }

  # Exactly the roles that an environment makes. A pattern such as mcp-* would cover mcp-dev-* and the roles below.
  task_roles    = [for role in ["agent-execution", "agent-task", "toolbox-execution", "toolbox-task"] : "${local.iam}:role/${local.name}-${role}"]
  managed_roles = concat(local.task_roles, [for role in ["agent-codedeploy", "flow-logs"] : "${local.iam}:role/${local.name}-${role}"])

  # role => its GitHub environment, and the only workflows whose jobs may take it: code of another workflow, or of another branch,
  # doesn't get it, whatever environment it names. A plan runs the branch's own code, so its role only reads.
  trusted = {
    deploy = { environment = var.environment, workflows = ["deploy-service.yml@${local.main}", "rollback.yml@${local.main}"] }
    plan   = { environment = "${var.environment}-plan", workflows = ["infra.yml@refs/pull/*/merge", "infra-environment.yml@${local.main}", "drift.yml@${local.main}"] }
    apply  = { environment = "${var.environment}-apply", workflows = ["infra-environment.yml@${local.main}"] }
  }
}

data "aws_iam_policy_document" "trust" {
  for_each = local.trusted
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = ["${local.iam}:oidc-provider/${local.issuer}"]
    }
    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:aud"
      values   = ["sts.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:sub"
      values   = ["repo:${var.repository}:environment:${each.value.environment}"]
    }
    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:repository_id"
      values   = [var.repository_id]
    }
    condition {
      test     = "StringLike"
      variable = "${local.issuer}:job_workflow_ref"
      values   = [for workflow in each.value.workflows : "${local.slug}/.github/workflows/${workflow}"]
    }
  }
}

resource "aws_iam_role" "this" {
  for_each             = local.trusted
  name                 = "${local.name}-github-${each.key}"
  assume_role_policy   = data.aws_iam_policy_document.trust[each.key].json
  max_session_duration = 3600
}

# --- the most that a role of the environment may do, whatever its policies say
data "aws_iam_policy_document" "boundary" {
  statement {
    sid       = "NoResource"
    actions   = ["ecr:GetAuthorizationToken", "logs:DescribeLogGroups", "xray:PutTraceSegments", "xray:PutTelemetryRecords", "cloudwatch:DescribeAlarms"]
    resources = ["*"]
  }
  statement {
    sid       = "PullImages" # of whatever account: the repository's own policy lets it in
    actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    resources = ["arn:${local.partition}:ecr:${local.region}:*:repository/${var.image_prefix}-*"]
  }
  statement {
    sid     = "WriteLogs"
    actions = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    resources = [
      for group in ["ecs/${local.name}-agent", "ecs/${local.name}-toolbox", "ecs/${local.name}-metrics", "ecs/${local.name}-cluster/exec", "vpc/${local.name}/flow-logs"] :
      "arn:${local.partition}:logs:${local.here}:log-group:/${group}:*"
    ]
  }
  statement {
    sid       = "ReadSecrets"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = ["arn:${local.partition}:secretsmanager:${local.here}:secret:${local.name}/*"]
  }
  statement {
    sid       = "DecryptSecrets"
    actions   = ["kms:Decrypt"]
    resources = ["arn:${local.partition}:kms:${local.here}:key/*"]
    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["secretsmanager.${local.region}.amazonaws.com"]
    }
  }
  statement {
    sid       = "AskModels" # and nothing of AWS Marketplace: an administrator subscribes to a model, once
    actions   = ["bedrock:ApplyGuardrail", "bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"]
    resources = ["*"]
  }
  statement {
    sid = "KeepConversations"
    actions = [
      "dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:GetItem",
      "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem",
    ]
    resources = ["arn:${local.partition}:dynamodb:${local.here}:table/${local.name}-conversations*", "arn:${local.partition}:dynamodb:${local.here}:table/${local.name}-conversations*/index/*"]
  }
  statement {
    sid       = "AddToAudit"
    actions   = ["dynamodb:PutItem", "dynamodb:Query"]
    resources = ["arn:${local.partition}:dynamodb:${local.here}:table/${local.name}-audit"]
  }
  statement {
    sid       = "EcsExec"
    actions   = ["ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel"]
    resources = ["*"]
  }
  # CodeDeploy's own role shifts the agent's traffic.
  statement {
    sid     = "ShiftTraffic"
    actions = ["ecs:CreateTaskSet", "ecs:DeleteTaskSet", "ecs:DescribeServices", "ecs:UpdateServicePrimaryTaskSet"]
    resources = [
      local.services.agent, "arn:${local.partition}:ecs:${local.here}:task-set/${local.name}-cluster/${local.name}-agent-service/*",
    ]
  }
  statement {
    sid       = "SeeListeners"
    actions   = ["elasticloadbalancing:DescribeListeners", "elasticloadbalancing:DescribeRules", "elasticloadbalancing:DescribeTargetGroups"]
    resources = ["*"] # these take no resource
  }
  statement {
    sid     = "TurnListeners"
    actions = ["elasticloadbalancing:ModifyListener", "elasticloadbalancing:ModifyRule"]
    resources = [
      "arn:${local.partition}:elasticloadbalancing:${local.here}:listener/app/${local.name}-alb/*",
      "arn:${local.partition}:elasticloadbalancing:${local.here}:listener-rule/app/${local.name}-alb/*",
    ]
  }
  statement {
    sid       = "PassTaskRoles"
    actions   = ["iam:PassRole"]
    resources = local.task_roles
    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["ecs-tasks.amazonaws.com"]
    }
  }
}

resource "aws_iam_policy" "boundary" {
  name        = "${local.name}-boundary"
  description = "The most that a role of ${local.name} may do"
  policy      = data.aws_iam_policy_document.boundary.json
}

# --- deploy: new revisions of two services, nothing else
data "aws_iam_policy_document" "deploy" {
  statement {
    sid = "NoResource" # these take none
    actions = [
      "bedrock:GetFoundationModelAvailability", "ecr:GetAuthorizationToken", "ecs:RegisterTaskDefinition", "ecs:DescribeTaskDefinition",
      "ecs:ListTaskDefinitions",
    ]
    resources = ["*"]
  }
  statement {
    sid = "ReadImages" # of whatever account: the repository's own policy lets it in
    actions = [
      "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:DescribeImageScanFindings", "ecr:DescribeImages", "ecr:GetDownloadUrlForLayer",
    ]
    resources = [for image in ["agent", "toolbox"] : "arn:${local.partition}:ecr:${local.region}:*:repository/${var.image_prefix}-${image}"]
  }
  statement {
    sid       = "DeployServices"
    actions   = ["ecs:DescribeServices", "ecs:UpdateService", "ecs:ListServiceDeployments"]
    resources = values(local.services)
  }
  statement {
    sid       = "FollowDeployments"
    actions   = ["ecs:DescribeServiceDeployments"]
    resources = [for arn in values(local.services) : "${replace(arn, ":service/", ":service-deployment/")}/*"]
  }
  statement {
    sid       = "SeeTasks"
    actions   = ["ecs:DescribeTasks"]
    resources = ["arn:${local.partition}:ecs:${local.here}:task/${local.name}-cluster/*"]
  }
  statement {
    sid       = "ListTasks"
    actions   = ["ecs:ListTasks"] # takes no resource of Fargate, so the cluster is a condition
    resources = ["*"]
    condition {
      test     = "ArnEquals"
      variable = "ecs:cluster"
      values   = ["arn:${local.partition}:ecs:${local.here}:cluster/${local.name}-cluster"]
    }
  }
  statement {
    sid       = "PassTaskRoles"
    actions   = ["iam:PassRole"]
    resources = local.task_roles
    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["ecs-tasks.amazonaws.com"]
    }
  }
  statement {
    sid       = "ReadParameters"
    actions   = ["ssm:GetParameter"]
    resources = [for path in ["task-definition/agent", "task-definition/toolbox", "smoke-test-api-key"] : "arn:${local.partition}:ssm:${local.here}:parameter/mcp/${var.environment}/${path}"]
  }
  statement {
    sid = "BlueGreen"
    actions = [
      "codedeploy:CreateDeployment", "codedeploy:GetDeployment", "codedeploy:GetDeploymentConfig",
      "codedeploy:GetDeploymentGroup", "codedeploy:GetApplicationRevision", "codedeploy:RegisterApplicationRevision",
    ]
    resources = [
      "arn:${local.partition}:codedeploy:${local.here}:application:${local.name}-agent",
      "arn:${local.partition}:codedeploy:${local.here}:deploymentgroup:${local.name}-agent/${local.name}-agent",
      "arn:${local.partition}:codedeploy:${local.here}:deploymentconfig:*",
    ]
  }
}

resource "aws_iam_role_policy" "deploy" {
  name   = "deploy"
  role   = aws_iam_role.this["deploy"].id
  policy = data.aws_iam_policy_document.deploy.json
}

# --- plan: reads the configuration of what a plan looks at, and the content of nothing
data "aws_iam_policy_document" "read" {
  statement {
    sid = "Configuration"
    actions = [
      "acm:DescribeCertificate", "acm:ListTagsForCertificate",
      "application-autoscaling:Describe*", "application-autoscaling:ListTagsForResource",
      "budgets:ListTagsForResource", "budgets:ViewBudget",
      "cloudwatch:DescribeAlarms", "cloudwatch:GetDashboard", "cloudwatch:ListTagsForResource",
      "codedeploy:GetApplication", "codedeploy:GetDeploymentConfig", "codedeploy:GetDeploymentGroup", "codedeploy:ListTagsForResource",
      "dynamodb:DescribeContinuousBackups", "dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive", "dynamodb:ListTagsOfResource",
      "ec2:Describe*", "ec2:GetManagedPrefixListEntries", "ec2:GetSecurityGroupsForVpc",
      "ecs:Describe*", "ecs:List*",
      "elasticloadbalancing:Describe*",
      "events:DescribeRule", "events:ListTagsForResource", "events:ListTargetsByRule",
      "kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListAliases", "kms:ListResourceTags",
      "logs:DescribeLogGroups", "logs:DescribeMetricFilters", "logs:DescribeResourcePolicies", "logs:ListTagsForResource",
      "rds:Describe*", "rds:ListTagsForResource",
      "route53:GetChange", "route53:GetHostedZone", "route53:ListHostedZones", "route53:ListResourceRecordSets", "route53:ListTagsForResource",
      "secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy",
      "servicediscovery:Get*", "servicediscovery:List*",
      "sns:GetSubscriptionAttributes", "sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic", "sns:ListTagsForResource",
      "ssm:DescribeParameters",
      "wafv2:GetLoggingConfiguration", "wafv2:GetWebACL", "wafv2:GetWebACLForResource", "wafv2:ListTagsForResource",
      "xray:GetSamplingRules", "xray:ListTagsForResource",
    ]
    resources = ["*"]
  }
  statement {
    sid = "OwnRoles"
    actions = [
      "iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole", "iam:ListRolePolicies", "iam:ListRoleTags",
    ]
    resources = local.managed_roles
  }
  statement {
    sid       = "OwnParameters" # what Terraform publishes; not the smoke test's key
    actions   = ["ssm:GetParameter", "ssm:GetParameters", "ssm:ListTagsForResource"]
    resources = ["arn:${local.partition}:ssm:${local.here}:parameter/mcp/${var.environment}/task-definition/*"]
  }
  statement {
    sid = "OwnBuckets"
    actions = [
      "s3:GetAccelerateConfiguration", "s3:GetBucket*", "s3:GetEncryptionConfiguration", "s3:GetLifecycleConfiguration",
      "s3:GetReplicationConfiguration", "s3:ListBucket", "s3:ListTagsForResource",
    ]
    resources = ["arn:${local.partition}:s3:::${local.name}-alb-logs-*"]
  }
  statement {
    sid       = "FindState"
    actions   = ["s3:ListBucket"]
    resources = ["arn:${local.partition}:s3:::${var.state_bucket}"]
    condition {
      test     = "StringLike"
      variable = "s3:prefix"
      values   = ["mcp/${var.environment}/*"]
    }
  }
  statement {
    sid       = "ReadState"
    actions   = ["s3:GetObject"]
    resources = [local.state]
  }
}

resource "aws_iam_policy" "read" {
  name        = "${local.name}-github-read"
  description = "What a plan of ${local.name} reads"
  policy      = data.aws_iam_policy_document.read.json
}

resource "aws_iam_role_policy_attachment" "read" {
  for_each   = toset(["plan", "apply"])
  role       = aws_iam_role.this[each.key].name
  policy_arn = aws_iam_policy.read.arn
}

data "aws_iam_policy_document" "plan" {
  statement {
    sid       = "LeavePlans" # for apply, which takes only the one whose digest the run told it
    actions   = ["s3:PutObject"]
    resources = [local.plans]
  }
}

resource "aws_iam_role_policy" "plan" {
  name   = "plan"
  role   = aws_iam_role.this["plan"].id
  policy = data.aws_iam_policy_document.plan.json
}

# --- apply: makes and changes what an environment consists of; no secret's value, no conversation, nothing of another environment,
# and of IAM only the environment's own roles, and those only within their boundary.
data "aws_iam_policy_document" "apply" {
  statement {
    sid       = "State"
    actions   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
    resources = [local.state, "${local.state}.tflock"]
  }
  statement {
    sid       = "Plans"
    actions   = ["s3:GetObject"]
    resources = [local.plans]
  }
  statement {
    sid = "WithoutNames" # their ARNs hold ids: the tag Environment keeps what is another environment's apart (below)
    actions = [
      "acm:AddTagsToCertificate", "acm:DeleteCertificate", "acm:RemoveTagsFromCertificate", "acm:RequestCertificate",
      "application-autoscaling:Delete*", "application-autoscaling:DeregisterScalableTarget", "application-autoscaling:Put*",
      "application-autoscaling:RegisterScalableTarget", "application-autoscaling:TagResource", "application-autoscaling:UntagResource",
      "ec2:*Address*", "ec2:*FlowLogs", "ec2:*InternetGateway", "ec2:*NatGateway", "ec2:*Route", "ec2:*RouteTable*", "ec2:*SecurityGroup*",
      "ec2:*Subnet*", "ec2:*Tags", "ec2:*Vpc", "ec2:*VpcAttribute", "ec2:*VpcEndpoint*", "ec2:*VpcCidrBlock",
      "ecs:DeregisterTaskDefinition", "ecs:RegisterTaskDefinition",
      "kms:CancelKeyDeletion", "kms:CreateKey", "kms:DisableKeyRotation", "kms:EnableKeyRotation", "kms:PutKeyPolicy",
      "kms:ScheduleKeyDeletion", "kms:TagResource", "kms:UntagResource", "kms:UpdateKeyDescription",
      "kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias",
      "logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:GetLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:UpdateLogDelivery",
      "route53:AssociateVPCWithHostedZone", "route53:CreateHostedZone", "route53:DeleteHostedZone", "route53:ListHostedZonesByName",
      "servicediscovery:Create*", "servicediscovery:Delete*", "servicediscovery:TagResource", "servicediscovery:UntagResource", "servicediscovery:Update*",
      "sns:SetSubscriptionAttributes", "sns:Unsubscribe",
      "wafv2:AssociateWebACL", "wafv2:DisassociateWebACL",
    ]
    resources = ["*"]
  }
  statement {
    sid = "WithNames"
    actions = [
      "budgets:ModifyBudget", "budgets:TagResource", "budgets:UntagResource",
      "cloudwatch:Delete*", "cloudwatch:PutDashboard", "cloudwatch:PutMetricAlarm", "cloudwatch:TagResource", "cloudwatch:UntagResource",
      "codedeploy:Create*", "codedeploy:Delete*", "codedeploy:TagResource", "codedeploy:UntagResource", "codedeploy:Update*",
      "dynamodb:CreateTable", "dynamodb:DeleteTable", "dynamodb:TagResource", "dynamodb:UntagResource", "dynamodb:UpdateContinuousBackups",
      "dynamodb:UpdateTable", "dynamodb:UpdateTimeToLive",
      "ecs:Create*", "ecs:Delete*", "ecs:Put*", "ecs:TagResource", "ecs:UntagResource", "ecs:Update*",
      "elasticloadbalancing:Add*", "elasticloadbalancing:Create*", "elasticloadbalancing:Delete*", "elasticloadbalancing:Modify*",
      "elasticloadbalancing:Remove*", "elasticloadbalancing:Set*",
      "events:DeleteRule", "events:PutRule", "events:PutTargets", "events:RemoveTargets", "events:TagResource", "events:UntagResource",
      "logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:DeleteMetricFilter", "logs:DeleteRetentionPolicy", "logs:PutMetricFilter",
      "logs:PutRetentionPolicy", "logs:TagResource", "logs:UntagResource",
      "rds:AddTagsToResource", "rds:Create*", "rds:Delete*", "rds:Modify*", "rds:RebootDBInstance", "rds:RemoveTagsFromResource",
      "s3:CreateBucket", "s3:DeleteBucket*", "s3:Put*Configuration", "s3:PutBucket*",
      "secretsmanager:CreateSecret", "secretsmanager:DeleteSecret", "secretsmanager:RestoreSecret", "secretsmanager:TagResource",
      "secretsmanager:UntagResource", "secretsmanager:UpdateSecret",
      "sns:CreateTopic", "sns:DeleteTopic", "sns:SetTopicAttributes", "sns:Subscribe", "sns:TagResource", "sns:UntagResource",
      "ssm:AddTagsToResource", "ssm:DeleteParameter*", "ssm:PutParameter", "ssm:RemoveTagsFromResource",
      "wafv2:AssociateWebACL", "wafv2:Create*", "wafv2:Delete*", "wafv2:DisassociateWebACL", "wafv2:PutLoggingConfiguration", "wafv2:TagResource",
      "wafv2:UntagResource", "wafv2:Update*",
      "xray:CreateSamplingRule", "xray:DeleteSamplingRule", "xray:TagResource", "xray:UntagResource", "xray:UpdateSamplingRule",
    ]
    resources = [for arn in [
      "budgets::${local.account_id}:budget/${local.name}*",
      "cloudwatch::${local.account_id}:dashboard/${local.name}*",
      "cloudwatch:${local.here}:alarm:${local.name}-*",
      "cloudwatch:${local.here}:alarm:TargetTracking-service/${local.name}-cluster/*", # autoscaling's own
      "codedeploy:${local.here}:*:${local.name}-*",
      "dynamodb:${local.here}:table/${local.name}-*",
      "ecs:${local.here}:cluster/${local.name}-cluster",
      "ecs:${local.here}:*/${local.name}-cluster/*",
      "ecs:${local.here}:task-definition/${local.name}-*",
      "elasticloadbalancing:${local.here}:*/${local.name}-*",
      "events:${local.here}:rule/${local.name}-*",
      "logs:${local.here}:log-group:/ecs/${local.name}-*",
      "logs:${local.here}:log-group:/vpc/${local.name}/*",
      "logs:${local.here}:log-group:/aws/rds/instance/${local.name}*",
      "logs:${local.here}:log-group:aws-waf-logs-${local.name}-*",
      "rds:${local.here}:*:${local.name}*",
      "rds:${local.here}:og:default*", # AWS's groups, which a new database names
      "rds:${local.here}:pg:default*",
      "s3:::${local.name}-alb-logs-*",
      "secretsmanager:${local.here}:secret:${local.name}/*",
      "secretsmanager:${local.here}:secret:rds!*", # the administrator's password, which RDS keeps there on our behalf
      "sns:${local.here}:${local.name}-*",
      "ssm:${local.here}:parameter/mcp/${var.environment}/task-definition/*",
      "wafv2:${local.here}:*/${local.name}-*",
      "wafv2:${local.region}:*:*/managedruleset/*", # AWS's rule groups, which a web ACL names
      "xray:${local.here}:sampling-rule/${local.name}*",
    ] : "arn:${local.partition}:${arn}"]
  }
  statement {
    sid       = "KeysOnBehalf" # of services that encrypt with the environment's key: never for data that it asks for itself
    actions   = ["kms:CreateGrant", "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
    resources = ["arn:${local.partition}:kms:${local.here}:key/*"]
    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = [for service in ["dynamodb", "rds", "secretsmanager"] : "${service}.${local.region}.amazonaws.com"]
    }
  }
  dynamic "statement" {
    for_each = var.host_name == null ? [] : [1]
    content {
      sid       = "OwnRecords" # a zone may hold the records of others: prod's, the mail's
      actions   = ["route53:ChangeResourceRecordSets"]
      resources = ["arn:${local.partition}:route53:::hostedzone/*"]
      condition {
        test     = "ForAllValues:StringLike"
        variable = "route53:ChangeResourceRecordSetsNormalizedRecordNames"
        values   = [var.host_name, "_*.${var.host_name}"] # and the record by which ACM knows the owner
      }
    }
  }
  statement {
    sid       = "RolesWithinTheirBoundary"
    actions   = ["iam:AttachRolePolicy", "iam:CreateRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"]
    resources = local.managed_roles
    condition {
      test     = "StringEquals"
      variable = "iam:PermissionsBoundary"
      values   = [aws_iam_policy.boundary.arn]
    }
  }
  statement {
    sid       = "OwnRoles"
    actions   = ["iam:DeleteRole", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:UpdateRoleDescription"]
    resources = local.managed_roles
  }
  statement {
    sid       = "PassOwnRoles"
    actions   = ["iam:PassRole"]
    resources = local.managed_roles
    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["ecs-tasks.amazonaws.com", "codedeploy.amazonaws.com", "vpc-flow-logs.amazonaws.com"]
    }
  }
  statement {
    sid       = "RolesOfServices" # AWS's own, which an account lacks until a service is first used
    actions   = ["iam:CreateServiceLinkedRole"]
    resources = ["${local.iam}:role/aws-service-role/*"]
    condition {
      test     = "StringEquals"
      variable = "iam:AWSServiceName"
      values   = [for service in ["ecs", "elasticloadbalancing", "rds", "ecs.application-autoscaling", "wafv2"] : "${service}.amazonaws.com"]
    }
  }
  # --- what no statement above, and none that is added later, may give
  statement {
    sid    = "NoContent"
    effect = "Deny"
    actions = [
      "secretsmanager:GetSecretValue", "secretsmanager:BatchGetSecretValue", "secretsmanager:PutSecretValue",
      "dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:PartiQLSelect",
    ]
    resources = ["*"]
  }
  statement {
    sid           = "NoOtherIdentity" # not itself, not its siblings, not the boundary
    effect        = "Deny"
    actions       = ["iam:Add*", "iam:Attach*", "iam:Create*", "iam:Delete*", "iam:Detach*", "iam:PassRole", "iam:Put*", "iam:Set*", "iam:Update*"]
    not_resources = concat(local.managed_roles, ["${local.iam}:role/aws-service-role/*"])
  }
  statement {
    sid       = "NoRoleWithoutBoundary"
    effect    = "Deny"
    actions   = ["iam:DeleteRolePermissionsBoundary"]
    resources = ["*"]
  }
  dynamic "statement" {
    for_each = length(var.others) > 0 ? [1] : []
    content {
      sid       = "NothingTaggedAsAnothers"
      effect    = "Deny"
      actions   = ["*"]
      resources = ["*"]
      condition {
        test     = "StringEquals"
        variable = "aws:ResourceTag/Environment"
        values   = keys(var.others)
      }
    }
  }
  # mcp-* also fits mcp-dev-*: what has a longer prefix than ours, of another environment, isn't ours.
  dynamic "statement" {
    for_each = length(local.longer_names) > 0 ? [1] : []
    content {
      sid     = "NothingNamedAsAnothers"
      effect  = "Deny"
      actions = ["*"]
      resources = flatten([for other in local.longer_names : [for service in [
        "budgets", "cloudwatch", "codedeploy", "dynamodb", "ecs", "elasticloadbalancing", "events", "logs", "rds", "secretsmanager", "sns", "wafv2", "xray",
      ] : "arn:${local.partition}:${service}:*:${local.account_id}:*${other}*"]])
    }
  }
}

locals {
  longer_names = sort([for other in values(var.others) : other if startswith(other, local.name)])
}

resource "aws_iam_role_policy" "apply" {
  name   = "apply"
  role   = aws_iam_role.this["apply"].id
  policy = data.aws_iam_policy_document.apply.json
}
