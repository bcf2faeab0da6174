"""Every documented knob of a living environment: turned in place, or refused with a sentence. Nothing that people use is replaced.

A plan is judged by its JSON: no service, load balancer, listener, target group, table, database, network, key or secret may be
deleted, or deleted and made anew.
"""
from report import Result

# What an environment lives by.
KEPT = {
    "aws_ecs_cluster", "aws_ecs_service", "aws_lb", "aws_lb_listener", "aws_lb_target_group", "aws_dynamodb_table", "aws_db_instance", "aws_vpc", "aws_subnet",
    "aws_security_group", "aws_kms_key", "aws_secretsmanager_secret", "aws_route_table", "aws_service_discovery_service",
    "aws_service_discovery_private_dns_namespace", "aws_appautoscaling_target", "aws_sns_topic", "aws_acm_certificate", "aws_iam_role", "aws_ssm_parameter",
}
# Turned all at once, and applied.
LIVE = {
    "agent": "{cpu=2048,memory=4096,min=3,max=30,streams=100}", "toolbox": "{cpu=1024,memory=2048,min=3,max=12}", "nat_gateway_mode": "single",
    "agent_internet_egress": "true", "ingress_cidrs": '["203.0.113.0/24"]', "waf": "{rate_limit=20000}", "service_connect": "true",
    "public_subnet_cidrs": '["10.0.1.0/24","10.0.2.0/24","10.0.3.0/24"]', "private_subnet_cidrs": '["10.0.10.0/24","10.0.20.0/24","10.0.30.0/24"]',
    "database": '{create=true,instance_class="db.t4g.small",multi_az=false}', "container_insights": "enabled", "log_retention_days": "60",
    "trace_sampling_rate": "1", "monthly_budget_dollars": "700", "budget_by_tag": "true", "hourly_cost_dollars": "30", "caller_day_tokens": "100000",
    "agent_settings": '{AGENT_TOOLS_APPROVERS="refund_* by group:finance",AGENT_ACCESS_OPERATORS="group:operators"}',
    "bedrock_model_id": "global.anthropic.claude-sonnet-5-5", "alarm_email": "other@example.com",
}
# Turned back and off: what a second plan must not replace either.
OFF = {"waf": "{enabled=false}", "interface_endpoints": "false", "nat_gateway_mode": "single", "container_insights": "disabled", "monthly_budget_dollars": "null", "protect": "true", "final_snapshot": "false", "alarm_email": "null"}
# Refused: knob => value and what the sentence says. `name` is refused too (tests/environment.tftest.hcl): here it would hide the others.
REFUSED = {
    "vpc_cidr": ("10.1.0.0/16", r"vpc_cidr can't become 10\.1\.0\.0/16"),
    "availability_zones": ('["us-east-1b","us-east-1c"]', r"new zones come after them"),
    "blue_green": ("true", r"blue_green can't become true"),
    "database": ('{create=true,name="other"}', r"The database shop would be deleted"),
    "conversations_table": ("elsewhere", r"Restore the conversations"),
    "capacity_provider_strategy": ('[{capacity_provider="FARGATE",weight=1}]', r"aws ecs update-service .*capacityProvider=FARGATE,base=0,weight=1"),
}


def arguments(knobs: dict) -> list[str]:
    return [f"-var={name}={value if isinstance(value, str) else value[0]}" for name, value in knobs.items()]


def harm(plan: dict) -> list[str]:
    """What PLAN (of `terraform show -json`) takes away from a living environment."""
    return [f"{'/'.join(c['change']['actions'])} {c['address']}" for c in plan.get("resource_changes", []) if c["type"] in KEPT and "delete" in c["change"]["actions"]]


def judge(plan: dict) -> Result:
    result = Result()
    changed = [c for c in plan.get("resource_changes", []) if c["change"]["actions"] not in (["no-op"], ["read"])]
    result.expect(bool(changed), "the knobs turn nothing")
    for change in changed:
        result.expect(not harm({"resource_changes": [change]}), f"a knob would {'/'.join(change['change']['actions'])} {change['address']}")
    return result
