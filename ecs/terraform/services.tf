# The agent and the toolbox: what they are told, what they may do, whom they may talk to.
locals {
  secret_names = {
    postgres         = "${var.name}/database/postgres"
    mssql            = "${var.name}/database/mssql"
    api_keys         = "${var.name}/agent/api-keys"
    approval_webhook = "${var.name}/agent/approval-webhook"
  }

  # --- settings of the agent: those of every environment, and whatever else this one's variables name (agent_settings)
  agent_definition = "${path.module}/../task-definitions/agent.json"
  given_settings   = [for given in jsondecode(file(local.agent_definition)).containerDefinitions[0].environment : given.name]

  # --- the approval webhook: the place of its key, which the task's execution role hands to the container
  webhook_arns = var.approval_webhook_url == null ? [] : [module.secrets.arns[local.secret_names.approval_webhook]]

  # --- images
  image_account    = coalesce(var.image_account_id, local.account_id)
  registry         = "${local.image_account}.dkr.ecr.${local.region}.amazonaws.com"
  repository_arns  = { for image in ["agent", "toolbox", "collector"] : image => "arn:${local.partition}:ecr:${local.region}:${local.image_account}:repository/${var.image_prefix}-${image}" }
  collector_image  = "${local.registry}/${var.image_prefix}-collector@${var.collector_digest}"
  bootstrap_images = { for image in ["agent", "toolbox"] : image => "${local.registry}/${var.image_prefix}-${image}:bootstrap" } # never pushed: the first deployment replaces it

  # --- network: what every Fargate task opens before its own code runs (image manifest and layers, logs, secrets)
  task_subnet_ids = var.task_subnets == "public" ? module.vpc.public_subnet_ids : module.vpc.private_subnet_ids
  platform_egress = merge(
    { s3-layers = { port = 443, prefix_list_id = module.vpc.prefix_list_ids["s3"] } },
    var.interface_endpoints ? { endpoints = { port = 443, security_group_id = module.vpc.endpoint_security_group_id } } : { aws-through-nat = { port = 443, cidr = "0.0.0.0/0" } },
  )

  cluster = { arn = module.ecs_cluster.arn, name = module.ecs_cluster.name, exec_log_group_arn = module.ecs_cluster.exec_log_group_arn }

  # --- models: an id with a geography in front is an inference profile, which routes to the model in several regions
  # geography => regions that may ask for it, and regions that it routes to (Bedrock user guide, "Supported cross-Region inference profiles")
  geographies = {
    us        = { source = "^(us-(east|west)-|ca-)", regions = ["us-east-1", "us-east-2", "us-west-2"] }
    us-gov    = { source = "^us-gov-", regions = ["us-gov-east-1", "us-gov-west-1"] }
    eu        = { source = "^(eu|il)-", regions = ["eu-central-1", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-3"] }
    jp        = { source = "^ap-northeast-[13]$", regions = ["ap-northeast-1", "ap-northeast-3"] }
    au        = { source = "^ap-southeast-[246]$", regions = ["ap-southeast-2", "ap-southeast-4"] }
    apac      = { source = "^ap-", regions = ["ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2", "ap-southeast-1", "ap-southeast-2", "ap-southeast-4"] }
    global    = { source = "^(af|ap|ca|eu|il|me|mx|sa|us)-(north|south|east|west|central)", regions = [var.region] } # the others are named by no region
    anthropic = { source = ".", regions = [var.region] }                                                             # a bare id: the environment's own region
  }
  model_ids    = toset([var.bedrock_model_id, var.bedrock_fallback_model_id])
  profile_ids  = [for id in local.model_ids : id if !startswith(id, "anthropic.")]
  direct_ids   = setsubtract(local.model_ids, local.profile_ids)
  profile_arns = [for id in local.profile_ids : "arn:${local.partition}:bedrock:${local.region}:${local.account_id}:inference-profile/${id}"]
  # Each profile's own model in each of its own regions, and no other pair.
  profile_models = distinct(flatten([
    for id in local.profile_ids : [
      for region in concat(coalesce(var.bedrock_inference_regions, local.geographies[split(".", id)[0]].regions), startswith(id, "global.") ? [""] : []) :
      "arn:${local.partition}:bedrock:${region}::foundation-model/${substr(id, length(split(".", id)[0]) + 1, -1)}"
    ]
  ]))

  telemetry_variables = {
    environment       = var.environment
    collector_image   = local.collector_image
    metrics_log_group = module.observability.metrics_log_group.name
  }
}

# --- roles of the tasks' own code
data "aws_iam_policy_document" "telemetry" {
  statement {
    sid       = "Traces"
    actions   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
    resources = ["*"] # these take no resource
  }
  statement {
    sid       = "Metrics"
    actions   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    resources = ["${module.observability.metrics_log_group.arn}:*"]
  }
}

data "aws_iam_policy_document" "agent" {
  source_policy_documents = [data.aws_iam_policy_document.telemetry.json]

  dynamic "statement" {
    for_each = length(local.profile_arns) > 0 ? [1] : []
    content {
      sid       = "InvokeProfiles"
      actions   = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"] # Converse and ConverseStream are authorized by these
      resources = local.profile_arns
    }
  }
  dynamic "statement" {
    for_each = length(local.profile_arns) > 0 ? [1] : []
    content {
      sid       = "InvokeModelsOfProfiles"
      actions   = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"]
      resources = local.profile_models
      condition {
        test     = "StringEquals"
        variable = "bedrock:InferenceProfileArn"
        values   = local.profile_arns
      }
    }
  }
  dynamic "statement" {
    for_each = length(local.direct_ids) > 0 ? [1] : []
    content {
      sid       = "InvokeModels"
      actions   = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"]
      resources = [for id in local.direct_ids : "arn:${local.partition}:bedrock:${local.region}::foundation-model/${id}"]
    }
  }
  dynamic "statement" {
    for_each = var.bedrock_guardrail_arn == null ? [] : [1]
    content {
      sid       = "ApplyGuardrail"
      actions   = ["bedrock:ApplyGuardrail"]
      resources = [var.bedrock_guardrail_arn]
    }
  }
  statement {
    sid       = "Conversations"
    actions   = local.table_actions
    resources = [module.conversations.table_arn]
  }
  statement {
    sid       = "Audit"
    actions   = ["dynamodb:PutItem", "dynamodb:Query"]
    resources = [module.audit.table_arn]
  }
  statement {
    sid       = "NoAuditChange" # whatever is added to this role later
    effect    = "Deny"
    actions   = ["dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:DeleteTable", "dynamodb:PartiQLDelete", "dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate", "dynamodb:UpdateItem", "dynamodb:UpdateTimeToLive"]
    resources = [module.audit.table_arn]
  }
  statement {
    sid       = "ApiKeys"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [module.secrets.arns[local.secret_names.api_keys]]
  }
  statement {
    sid       = "DecryptApiKeys"
    actions   = ["kms:Decrypt"]
    resources = [aws_kms_key.this.arn]
    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["secretsmanager.${local.region}.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "kms:EncryptionContext:SecretARN"
      values   = [module.secrets.arns[local.secret_names.api_keys]]
    }
  }
}

module "agent" {
  source                = "./modules/ecs-service"
  name                  = "${var.name}-agent"
  container_name        = "agent"
  container_port        = 8080
  task_definition_file  = local.agent_definition
  settings              = merge(var.agent_settings, var.approval_webhook_url == null ? {} : { AGENT_APPROVALS_WEBHOOK_URL = var.approval_webhook_url })
  secrets               = { for arn in local.webhook_arns : "AGENT_APPROVALS_WEBHOOK_SECRET" => "${arn}:secret::" }
  secret_arns           = local.webhook_arns
  kms_key_arns          = var.approval_webhook_url == null ? [] : [aws_kms_key.this.arn]
  collector_config_file = "${path.module}/../task-definitions/collector.yaml"
  task_definition_variables = merge(local.telemetry_variables, {
    mcp_url                   = "http://toolbox.${module.ecs_cluster.namespace_name}:5000/mcp"
    bedrock_model_id          = var.bedrock_model_id
    bedrock_fallback_model_id = var.bedrock_fallback_model_id
    conversation_table        = module.conversations.table_name
    audit_table               = module.audit.table_name
    api_keys_secret           = local.secret_names.api_keys
    trace_sampling_rate       = tostring(var.trace_sampling_rate)
    caller_day_tokens         = format("%d", var.caller_day_tokens)
  })
  image            = local.bootstrap_images.agent
  cpu              = var.agent.cpu
  memory           = var.agent.memory
  cluster          = local.cluster
  boundary_arn     = local.boundary_arn
  vpc_id           = module.vpc.vpc_id
  subnet_ids       = local.task_subnet_ids
  assign_public_ip = var.task_subnets == "public"
  ingress          = { alb = module.alb.security_group_id }
  egress = merge(local.platform_egress,
    { dynamodb = { port = 443, prefix_list_id = module.vpc.prefix_list_ids["dynamodb"] } },
    { toolbox = { port = 5000, security_group_id = module.toolbox.security_group_id } },
    var.agent_internet_egress && var.interface_endpoints ? { internet = { port = 443, cidr = "0.0.0.0/0" } } : {},
  )
  desired_count              = var.agent.min
  capacity_provider_strategy = var.capacity_provider_strategy
  target_group_arn           = module.alb.target_groups["blue"].arn
  attach_load_balancer       = true
  codedeploy                 = var.blue_green
  deployment_alarm_names     = module.observability.deployment_alarm_names
  service_discovery          = { namespace_id = module.ecs_cluster.namespace_id, name = "agent" }
  service_connect            = var.service_connect ? { namespace_arn = module.ecs_cluster.namespace_arn } : null
  autoscaling = {
    min                = var.agent.min
    max                = var.agent.max
    requests           = var.blue_green ? null : 1000 # this metric can't follow a swap of target groups
    alb_resource_label = "${module.alb.arn_suffix}/${module.alb.target_groups["blue"].arn_suffix}"
    # A task that waits for the model uses hardly any CPU: what it has to do is the streams that it keeps open.
    metric = { namespace = module.observability.metrics_namespace, name = module.observability.metric_names["agent.streams.open"], dimensions = { environment = var.environment }, target = var.agent.streams }
  }
  task_policy_json       = data.aws_iam_policy_document.agent.json
  ecr_repository_arns    = [local.repository_arns.agent, local.repository_arns.collector]
  enable_execute_command = var.enable_execute_command
  container_insights     = var.container_insights != "disabled"
  log_retention_days     = var.log_retention_days
  alarm_topic_arns       = [module.observability.alarm_topic_arn]
}

module "toolbox" {
  source                = "./modules/ecs-service"
  name                  = "${var.name}-toolbox"
  container_name        = "toolbox"
  container_port        = 5000
  task_definition_file  = "${path.module}/../task-definitions/toolbox.json"
  collector_config_file = "${path.module}/../task-definitions/collector.yaml"
  task_definition_variables = merge(local.telemetry_variables, {
    tools_file          = var.toolbox.tools_file
    allowed_hosts       = "toolbox.${module.ecs_cluster.namespace_name},127.0.0.1,localhost"
    database_prefix     = upper(var.database.engine)
    database_host       = var.database.create ? module.database.address : var.database.host
    database_port       = tostring(module.database.port)
    database_name       = var.database.name
    database_ca_file    = var.database.ca_file
    database_secret_arn = module.secrets.arns[local.secret_names[var.database.engine]]
  })
  image                      = local.bootstrap_images.toolbox
  cpu                        = var.toolbox.cpu
  memory                     = var.toolbox.memory
  cluster                    = local.cluster
  boundary_arn               = local.boundary_arn
  vpc_id                     = module.vpc.vpc_id
  subnet_ids                 = local.task_subnet_ids
  assign_public_ip           = var.task_subnets == "public"
  ingress                    = { agent = module.agent.security_group_id }
  egress                     = merge(local.platform_egress, { database = { port = module.database.port, security_group_id = module.database.security_group_id } })
  desired_count              = var.toolbox.min
  capacity_provider_strategy = var.capacity_provider_strategy
  service_discovery          = { namespace_id = module.ecs_cluster.namespace_id, name = "toolbox" }
  service_connect            = var.service_connect ? { namespace_arn = module.ecs_cluster.namespace_arn, port_name = "mcp", dns_name = "toolbox.${module.ecs_cluster.namespace_name}" } : null
  autoscaling                = { min = var.toolbox.min, max = var.toolbox.max }
  task_policy_json           = data.aws_iam_policy_document.telemetry.json
  secret_arns                = [module.secrets.arns[local.secret_names[var.database.engine]]]
  kms_key_arns               = [aws_kms_key.this.arn]
  ecr_repository_arns        = [local.repository_arns.toolbox, local.repository_arns.collector]
  enable_execute_command     = var.enable_execute_command
  container_insights         = var.container_insights != "disabled"
  log_retention_days         = var.log_retention_days
  alarm_topic_arns           = [module.observability.alarm_topic_arn]
}
