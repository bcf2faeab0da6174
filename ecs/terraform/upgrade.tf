# An environment of the first release had a root of its own, which called all of this as its module mcp. Its resources stay what they are
# (ecs/README.md, "An environment of the first release").
moved {
  from = module.mcp.aws_kms_key.this
  to   = aws_kms_key.this
}

moved {
  from = module.mcp.aws_kms_alias.this
  to   = aws_kms_alias.this
}

moved {
  from = module.mcp.aws_ssm_parameter.task_definition
  to   = aws_ssm_parameter.task_definition
}

moved {
  from = module.mcp.module.vpc
  to   = module.vpc
}

moved {
  from = module.mcp.module.ecs_cluster
  to   = module.ecs_cluster
}

moved {
  from = module.mcp.module.secrets
  to   = module.secrets
}

moved {
  from = module.mcp.module.alb
  to   = module.alb
}

moved {
  from = module.mcp.module.conversations
  to   = module.conversations
}

moved {
  from = module.mcp.module.database
  to   = module.database
}

moved {
  from = module.mcp.module.observability
  to   = module.observability
}

moved {
  from = module.mcp.module.codedeploy
  to   = module.codedeploy
}

moved {
  from = module.mcp.module.agent
  to   = module.agent
}

moved {
  from = module.mcp.module.toolbox
  to   = module.toolbox
}
