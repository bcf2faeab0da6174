# The cheapest dev that works: ecs/terraform-in dev apply -var-file=environments/dev/cheapest.tfvars (with each later plan and apply, too).
# What it gives up: tasks have public addresses (their security groups let in as little as ever), there is no firewall, no count of
# running tasks, and the database is one that you have.
task_subnets           = "public"
nat_gateway_mode       = "none"
interface_endpoints    = false
waf                    = { enabled = false }
container_insights     = "disabled"
database               = { host = "db.example.internal" } # a server in the security group mcp-dev-database; create = true costs 14 dollars more
agent                  = { cpu = 512, memory = 1024, min = 1, max = 2 }
toolbox                = { cpu = 256, memory = 512, min = 1, max = 2 }
monthly_budget_dollars = 75
