# Replace by your own values. Nothing here is secret.
region               = "us-east-1"
github_repository    = "example/mcp-agent"
github_repository_id = "0" # gh api repos/OWNER/REPOSITORY --jq .id

# The environments of this account. host_name only where Route 53 keeps it, so that the pipeline may change its records.
environments = {
  dev  = { name = "mcp-dev", host_name = "agent-dev.example.com" }
  prod = { name = "mcp", host_name = "agent.example.com" }
}
