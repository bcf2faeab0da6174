# Replace by your own values. Nothing here is secret.
region      = "us-east-1"
domain      = { zone_id = "Z00000000EXAMPLE", name = "agent-dev.example.com" } # or certificate_arn = "arn:aws:acm:…"
alarm_email = "ops@example.com"
database    = { create = true, multi_az = false } # or { host = "db.example.internal" }, or { engine = "mssql", host = "…" }

# ecs/README.md, "First deployment", step 2
collector_digest = "sha256:0000000000000000000000000000000000000000000000000000000000000000"

# How dev differs from prod, whose values are the defaults of variables.tf.
environment                = "dev"
name                       = "mcp-dev"
nat_gateway_mode           = "single"
interface_endpoints        = false # a NAT gateway alone is cheaper for little traffic
agent                      = { min = 1, max = 2 }
toolbox                    = { min = 1, max = 2 }
capacity_provider_strategy = [{ capacity_provider = "FARGATE_SPOT", weight = 1 }]
enable_execute_command     = true
push_images                = true # what is built here goes to prod by its digest
container_insights         = "enabled"
log_retention_days         = 7
trace_sampling_rate        = 1
hourly_cost_dollars        = 5
monthly_budget_dollars     = 200
caller_day_tokens          = 1000000
protect                    = false
final_snapshot             = false
