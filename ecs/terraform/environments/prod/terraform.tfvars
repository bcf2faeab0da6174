# Replace by your own values. Nothing here is secret.
region      = "us-east-1"
domain      = { zone_id = "Z00000000EXAMPLE", name = "agent.example.com" } # or certificate_arn = "arn:aws:acm:…"
alarm_email = "ops@example.com"
database    = { create = true } # or { host = "db.example.internal" }, or { engine = "mssql", host = "…" }

# ecs/README.md, "First deployment", step 2
collector_digest = "sha256:0000000000000000000000000000000000000000000000000000000000000000"

# The defaults of variables.tf are prod's.
environment            = "prod"
name                   = "mcp"
monthly_budget_dollars = 600
