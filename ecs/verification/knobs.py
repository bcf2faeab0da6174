"""Every documented knob of a living environment: turned in place, or refused with a sentence. Nothing that people use is replaced.

A plan is judged by its JSON: no service, load balancer, listener, target group, table, database, network, key or secret may be
deleted, or deleted and made anew.
"""
import re

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
    "approval_webhook_url": "https://hooks.example.com/approvals",
    "agent_settings": '{AGENT_TOOLS_APPROVERS="refund_* by group:finance",AGENT_ACCESS_OPERATORS="group:operators"}',
    "bedrock_model_id": "global.anthropic.claude-sonnet-5-5", "bedrock_fallback_model_id": "global.anthropic.claude-haiku-5-5", "bedrock_inference_regions": '["us-east-1","us-west-2"]',
    "bedrock_guardrail_arn": "arn:aws:bedrock:us-east-1:123456789012:guardrail/abc123", "alarm_email": "other@example.com", "image_account_id": "210987654321",
    "collector_digest": "sha256:" + "2" * 64, "push_images": "true", "state_bucket": "elsewhere",
}
# Those that prod can't have, or the emulated prod has no use for.
LIVE_DEV = {
    "enable_execute_command": "false", "task_subnets": "public", "test_ingress_cidrs": '["203.0.113.0/24"]',
    "certificate_arn": "arn:aws:acm:us-east-1:123456789012:certificate/11111111-1111-1111-1111-111111111111",
}
# Turned back and off: what a second plan must not replace either.
OFF = {"waf": "{enabled=false}", "interface_endpoints": "false", "nat_gateway_mode": "single", "container_insights": "disabled", "monthly_budget_dollars": "null", "protect": "true", "final_snapshot": "false"}
# Turned nowhere here, and why.
ELSEWHERE = {
    "name": "refused (tests/environment.tftest.hcl): here it would hide the others", "environment": "the same", "region": "the same", "domain": "another host name is another certificate",
    "image_prefix": "bootstrap's name of the repositories",
}
# Refused: knob => value and what the sentence says.
REFUSED = {
    "vpc_cidr": ("10.1.0.0/16", r"vpc_cidr can't become 10\.1\.0\.0/16"),
    "availability_zones": ('["us-east-1b","us-east-1c"]', r"new zones come after them"),
    "blue_green": ("true", r"blue_green can't become true"),
    "database": ('{create=true,name="other"}', r"The database shop would be deleted"),
    "conversations_table": ("elsewhere", r"Restore the conversations"),
    "capacity_provider_strategy": ('[{capacity_provider="FARGATE",weight=1}]', r"aws ecs update-service .*capacityProvider=FARGATE,base=0,weight=1"),
}


def complete(variables: str) -> Result:
    """Each variable of VARIABLES (variables.tf) is turned, refused or left out for a reason; each is told of a living environment."""
    result = Result()
    known = {*LIVE, *LIVE_DEV, *OFF, *REFUSED, *ELSEWHERE}
    for name in re.findall(r'(?m)^variable "(\w+)"', variables):
        result.expect(name in known, f"{name}: nobody knows what it does to a living environment (knobs.py)")
    return result


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
