"""What each role may and may not do, decided from its policies as applied.

The emulator's own IAM ignores Resource and Condition, so this evaluates the statements itself: Allow and Deny, Action and
NotAction, Resource and NotResource, the condition operators that are used here. It knows no service control policies and no
policies of resources.

usage: permissions.py NAME ENVIRONMENT
"""
import fnmatch
import json
import sys
from dataclasses import dataclass, field

import boto3

from report import ACCOUNT, REGION, Result, exit_with

ISSUER = "token.actions.githubusercontent.com"
OPERATORS = {
    "StringEquals": lambda wanted, have: wanted == have,
    "StringLike": lambda wanted, have: matches(wanted, have),
    "ArnLike": lambda wanted, have: matches(wanted, have),
    "ArnEquals": lambda wanted, have: matches(wanted, have),
}


def listed(value) -> list:
    return value if isinstance(value, list) else [value]


def matches(pattern: str, value: str) -> bool:
    return fnmatch.fnmatchcase(value, pattern.replace("[", "[[]"))


def holds(condition: dict | None, context: dict) -> bool:
    """Whether every operator of a Condition block is satisfied; a missing key satisfies none."""
    for operator, keys in (condition or {}).items():
        for key, wanted in keys.items():
            if key not in context or not any(OPERATORS[operator](w, context[key]) for w in listed(wanted)):
                return False
    return True


class Roles:
    """The account's roles with all of their statements."""

    def __init__(self) -> None:
        self.iam = boto3.client("iam")
        self.names = [r["RoleName"] for page in self.iam.get_paginator("list_roles").paginate() for r in page["Roles"]]
        self.own = {name: self._inline(name) for name in self.names}
        self.managed = {name: self._attached(name) for name in self.names}

    def may(self, role: str, action: str, resource: str, context: dict) -> bool:
        effects = {s["Effect"] for s in self.own[role] + self.managed[role] if self._applies(s, action, resource, context)}
        return effects == {"Allow"}

    def trusts(self, role: str, context: dict) -> bool:
        document = self.iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
        return any(holds(s.get("Condition"), context) for s in listed(document["Statement"]))

    def _inline(self, role: str) -> list[dict]:
        names = self.iam.list_role_policies(RoleName=role)["PolicyNames"]
        return [s for n in names for s in listed(self.iam.get_role_policy(RoleName=role, PolicyName=n)["PolicyDocument"]["Statement"])]

    def _attached(self, role: str) -> list[dict]:
        found = []
        for policy in self.iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
            version = self.iam.get_policy(PolicyArn=policy["PolicyArn"])["Policy"]["DefaultVersionId"]
            found += listed(self.iam.get_policy_version(PolicyArn=policy["PolicyArn"], VersionId=version)["PolicyVersion"]["Document"]["Statement"])
        return found

    @staticmethod
    def _applies(statement: dict, action: str, resource: str, context: dict) -> bool:
        def among(patterns, value: str, fold: bool) -> bool:
            return any(matches(p.lower() if fold else p, value.lower() if fold else value) for p in listed(patterns))

        acts = among(statement["Action"], action, True) if "Action" in statement else not among(statement["NotAction"], action, True)
        on = not among(statement["NotResource"], resource, False) if "NotResource" in statement else among(statement.get("Resource", "*"), resource, False)
        return acts and on and holds(statement.get("Condition"), context)


@dataclass(frozen=True)
class Case:
    """ROLE may (or may not) do ACTION on RESOURCE."""

    role: str
    action: str
    resource: str
    allowed: bool
    context: dict = field(default_factory=dict)

    def __str__(self) -> str:
        context = f" with {self.context}" if self.context else ""
        return f"{self.role} {'may not' if self.allowed else 'may'} {self.action} on {self.resource}{context}"


class Names:
    """ARNs of one environment."""

    def __init__(self, name: str, environment: str) -> None:
        self.name, self.environment = name, environment
        secrets = boto3.client("secretsmanager")
        self.database_secret = secrets.describe_secret(SecretId=f"{name}/database/postgres")["ARN"]
        self.other_secret = secrets.describe_secret(SecretId=f"{name}/database/mssql")["ARN"]
        self.api_keys = secrets.describe_secret(SecretId=f"{name}/agent/api-keys")["ARN"]
        aliases = boto3.client("kms").list_aliases()["Aliases"]
        self.key = self.arn("kms", "key/" + next(a["TargetKeyId"] for a in aliases if a["AliasName"] == f"alias/{name}"))
        self.table = self.arn("dynamodb", f"table/{name}-conversations")

    @staticmethod
    def arn(service: str, rest: str, region: str = REGION, account: str = ACCOUNT) -> str:
        return f"arn:aws:{service}:{region}:{account}:{rest}"

    def role(self, role: str) -> str:
        return f"{self.name}-{role}"

    def role_arn(self, role: str) -> str:
        return self.arn("iam", f"role/{self.name}-{role}", region="")

    def service(self, service: str) -> str:
        return self.arn("ecs", f"service/{self.name}-cluster/{service}")

    def stream(self, group: str) -> str:
        return self.arn("logs", f"log-group:/ecs/{self.name}-{group}:log-stream:x/y/1")

    def parameter(self, path: str) -> str:
        return self.arn("ssm", f"parameter/mcp/{self.environment}/{path}")


def execution_cases(n: Names) -> list[Case]:
    agent, toolbox = n.role("agent-execution"), n.role("toolbox-execution")
    through = {"kms:ViaService": f"secretsmanager.{REGION}.amazonaws.com"}
    repository = lambda image: n.arn("ecr", f"repository/mcp-{image}")
    return [
        Case(agent, "ecr:GetAuthorizationToken", "*", True),
        *[Case(agent, "ecr:BatchGetImage", repository(i), allowed) for i, allowed in (("agent", True), ("collector", True), ("toolbox", False))],
        *[Case(toolbox, "ecr:BatchGetImage", repository(i), allowed) for i, allowed in (("agent", False), ("collector", True), ("toolbox", True))],
        *[Case(agent, "logs:PutLogEvents", n.stream(g), g == "agent") for g in ("agent", "toolbox")],
        *[Case(toolbox, "logs:CreateLogStream", n.stream(g), g == "toolbox") for g in ("agent", "toolbox")],
        *[Case(agent, "secretsmanager:GetSecretValue", s, False) for s in (n.database_secret, n.other_secret, n.api_keys)],
        Case(toolbox, "secretsmanager:GetSecretValue", n.database_secret, True),
        *[Case(toolbox, "secretsmanager:GetSecretValue", s, False) for s in (n.other_secret, n.api_keys, n.arn("secretsmanager", "secret:other-AbCdEf"))],
        Case(toolbox, "kms:Decrypt", n.key, True, through),
        Case(toolbox, "kms:Decrypt", n.key, False),
        Case(agent, "kms:Decrypt", n.key, False, through),
    ]


def task_cases(n: Names) -> list[Case]:
    agent, toolbox = n.role("agent-task"), n.role("toolbox-task")
    # The models are Terraform's variables: what the agent is told, and the regions of their geography.
    told = json.loads(boto3.client("ssm").get_parameter(Name=n.parameter("task-definition/agent").split(":parameter")[1])["Parameter"]["Value"])
    sonnet, haiku = told["bedrock_model_id"], told["bedrock_fallback_model_id"]
    regions = lambda model: {"us": ("us-east-1", "us-east-2", "us-west-2"), "global": (REGION, "")}[model.split(".")[0]]
    profile = lambda model: n.arn("bedrock", f"inference-profile/{model}")
    model_in = lambda model, region: n.arn("bedrock", f"foundation-model/{model.split('.', 1)[1]}", region=region, account="")
    by = lambda model: {"bedrock:InferenceProfileArn": profile(model)}
    keys = {"kms:ViaService": f"secretsmanager.{REGION}.amazonaws.com", "kms:EncryptionContext:SecretARN": n.api_keys}
    stream = "bedrock:InvokeModelWithResponseStream"
    return [
        *[Case(agent, action, profile(m), True) for m in (sonnet, haiku) for action in ("bedrock:InvokeModel", stream)],
        *[Case(agent, stream, model_in(m, r), True, by(m)) for m in (sonnet, haiku) for r in regions(m)],
        Case(agent, "bedrock:InvokeModel", model_in(sonnet, "us-east-1"), False),
        Case(agent, "bedrock:InvokeModel", model_in(sonnet, "eu-west-1"), False, by(sonnet)),
        Case(agent, "bedrock:InvokeModel", model_in("us.amazon.titan-text-express-v1", "us-east-1"), False, by(sonnet)),
        Case(agent, "bedrock:InvokeModel", model_in("us.anthropic.claude-opus-4-1-20250805-v1:0", "us-east-1"), False, by(sonnet)),
        *[Case(agent, f"dynamodb:{a}", n.table, True) for a in ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "ConditionCheckItem", "BatchWriteItem")],
        *[Case(agent, f"dynamodb:{a}", n.table, False) for a in ("Scan", "DescribeTable", "DeleteTable", "UpdateTable")],
        Case(agent, "dynamodb:GetItem", n.arn("dynamodb", "table/other"), False),
        Case(agent, "secretsmanager:GetSecretValue", n.api_keys, True),
        Case(agent, "secretsmanager:PutSecretValue", n.api_keys, False),
        Case(agent, "secretsmanager:GetSecretValue", n.database_secret, False),
        Case(agent, "kms:Decrypt", n.key, True, keys),
        Case(agent, "kms:Decrypt", n.key, False, {**keys, "kms:EncryptionContext:SecretARN": n.database_secret}),
        *[Case(role, "xray:PutTraceSegments", "*", True) for role in (agent, toolbox)],
        *[Case(role, "xray:GetSamplingRules", "*", False) for role in (agent, toolbox)],
        *[Case(role, "logs:PutLogEvents", n.stream("metrics"), True) for role in (agent, toolbox)],
        *[Case(role, "logs:PutLogEvents", n.stream("agent"), False) for role in (agent, toolbox)],
        *[Case(role, "ssmmessages:OpenDataChannel", "*", n.environment == "dev") for role in (agent, toolbox)],
        Case(toolbox, "secretsmanager:GetSecretValue", n.database_secret, False),
        Case(toolbox, "bedrock:InvokeModel", profile(sonnet), False),
        Case(toolbox, "dynamodb:GetItem", n.table, False),
    ]


def github_cases(n: Names) -> list[Case]:
    deploy, plan, apply = n.role("github-deploy"), n.role("github-plan"), n.role("github-apply")
    state = f"arn:aws:s3:::mcp-tfstate-{ACCOUNT}-{REGION}/mcp/{n.environment}/terraform.tfstate"
    to_ecs = {"iam:PassedToService": "ecs-tasks.amazonaws.com"}
    agent = n.service(f"{n.name}-agent-service")
    return [
        *[Case(deploy, a, agent, True) for a in ("ecs:UpdateService", "ecs:DescribeServices")],
        Case(deploy, "ecs:UpdateService", n.service("other"), False),
        Case(deploy, "ecs:DeleteService", agent, False),
        Case(deploy, "ecs:RegisterTaskDefinition", "*", True),
        Case(deploy, "ecs:ListTasks", "*", True, {"ecs:cluster": n.arn("ecs", f"cluster/{n.name}-cluster")}),
        Case(deploy, "ecs:ListTasks", "*", False, {"ecs:cluster": n.arn("ecs", "cluster/other")}),
        Case(deploy, "ecs:DescribeTasks", n.arn("ecs", f"task/{n.name}-cluster/1"), True),
        Case(deploy, "ecr:PutImage", n.arn("ecr", "repository/mcp-agent"), n.environment == "dev"),
        Case(deploy, "ecr:BatchGetImage", n.arn("ecr", "repository/mcp-agent"), True),
        Case(deploy, "ecr:DeleteRepository", n.arn("ecr", "repository/mcp-agent"), False),
        *[Case(deploy, "iam:PassRole", n.role_arn(r), True, to_ecs) for r in ("agent-task", "agent-execution", "toolbox-task", "toolbox-execution")],
        Case(deploy, "iam:PassRole", n.role_arn("agent-task"), False, {"iam:PassedToService": "lambda.amazonaws.com"}),
        Case(deploy, "iam:PassRole", n.role_arn("github-apply"), False, to_ecs),
        Case(deploy, "iam:PassRole", n.arn("iam", "role/Admin", region=""), False, to_ecs),
        Case(deploy, "secretsmanager:GetSecretValue", n.database_secret, False),
        *[Case(deploy, "ssm:GetParameter", n.parameter(p), True) for p in ("task-definition/agent", "task-definition/toolbox", "smoke-test-api-key")],
        Case(deploy, "ssm:GetParameter", n.arn("ssm", "parameter/other"), False),
        *[Case(plan, a, "*", True) for a in ("ec2:DescribeVpcs", "ecs:DescribeServices", "iam:GetRole")],
        Case(plan, "s3:GetObject", state, True),
        Case(plan, "s3:GetObject", "arn:aws:s3:::something/else", False),
        Case(plan, "s3:PutObject", state, False),
        *[Case(plan, a, "*", False) for a in ("ec2:CreateVpc", "ecs:UpdateService", "iam:CreateRole", "secretsmanager:GetSecretValue", "kms:Decrypt", "logs:FilterLogEvents")],
        *[Case(plan, f"dynamodb:{a}", n.table, False) for a in ("GetItem", "Query", "Scan")],
        *[Case(apply, a, "*", True) for a in ("ec2:CreateVpc", "ecs:CreateService", "rds:CreateDBInstance", "s3:PutObject")],
        Case(apply, "iam:CreateRole", n.role_arn("agent-task"), True),
        Case(apply, "iam:CreateRole", n.arn("iam", "role/Admin", region=""), False),
        Case(apply, "iam:CreateUser", n.arn("iam", "user/x", region=""), False),
        Case(apply, "iam:PassRole", n.role_arn("agent-task"), True, to_ecs),
        Case(apply, "iam:PassRole", n.role_arn("agent-task"), False, {"iam:PassedToService": "ec2.amazonaws.com"}),
        *[Case(apply, "secretsmanager:GetSecretValue", s, False) for s in (n.database_secret, n.api_keys)],
        Case(apply, "dynamodb:Scan", n.table, False),
    ]


def alarms_arrive(names: Names) -> Result:
    """Alarms, budgets and events reach the encrypted topic: both its policy and its key's let those services in, and no other account."""
    result, ours, theirs = Result(), {"aws:SourceAccount": ACCOUNT}, {"aws:SourceAccount": "210987654321"}
    topic = next(t["TopicArn"] for t in boto3.client("sns").list_topics()["Topics"] if t["TopicArn"].endswith(f":{names.name}-alarms"))
    policies = {
        "sns:Publish": json.loads(boto3.client("sns").get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"]),
        "kms:GenerateDataKey": json.loads(boto3.client("kms").get_key_policy(KeyId=names.key, PolicyName="default")["Policy"]),
    }
    for action, document in policies.items():
        def lets(service: str, context: dict) -> bool:
            return any(
                s["Effect"] == "Allow" and f"{service}.amazonaws.com" in listed(s["Principal"].get("Service", [])) and action in listed(s["Action"]) and holds(s.get("Condition"), context)
                for s in listed(document["Statement"]))

        for service in ("cloudwatch", "budgets"):
            result.expect(lets(service, ours), f"{service} may not {action}: its messages wouldn't arrive")
            result.expect(not lets(service, theirs), f"{service} may {action} on behalf of another account")
        # EventBridge gives no account to the key, so a condition there would drop every event without a word.
        result.expect(lets("events", {}), f"events may not {action} without a condition: its messages wouldn't arrive")
    return result


def check(name: str, environment: str) -> Result:
    roles, names, result = Roles(), Names(name, environment), Result()
    for case in execution_cases(names) + task_cases(names) + github_cases(names):
        result.expect(roles.may(case.role, case.action, case.resource, case.context) == case.allowed, str(case))

    def subject(environment_or_ref: str, repository: str = "example/mcp-agent") -> dict:
        return {f"{ISSUER}:aud": "sts.amazonaws.com", f"{ISSUER}:sub": f"repo:{repository}:{environment_or_ref}"}

    for role, own in (("deploy", environment), ("plan", f"{environment}-plan"), ("apply", environment)):
        for environment_or_ref in (f"environment:{environment}", f"environment:{environment}-plan", "environment:other", "ref:refs/heads/main", "pull_request"):
            expected = environment_or_ref == f"environment:{own}"
            result.expect(roles.trusts(names.role(f"github-{role}"), subject(environment_or_ref)) == expected, f"github-{role} {'refuses' if expected else 'trusts'} {environment_or_ref}")
        result.expect(not roles.trusts(names.role(f"github-{role}"), subject(f"environment:{own}", "evil/mcp-agent")), f"github-{role} trusts another repository")
    for role in ("agent-task", "agent-execution", "toolbox-task", "toolbox-execution"):
        own = {"aws:SourceAccount": ACCOUNT, "aws:SourceArn": names.arn("ecs", "task/x")}
        result.expect(roles.trusts(names.role(role), own), f"{role} can't be taken by ECS")
        result.expect(not roles.trusts(names.role(role), {**own, "aws:SourceAccount": "210987654321"}), f"{role} can be taken on behalf of another account")
    result.add(alarms_arrive(names))
    for role, statements in roles.own.items():
        wide = [a for s in statements if s["Effect"] == "Allow" for a in listed(s.get("Action", "*")) if a == "*" or a.endswith(":*")]
        result.expect(not wide, f"{role} has a wildcard action: {wide}")
    return result


if __name__ == "__main__":
    exit_with(check(sys.argv[1], sys.argv[2]), "permissions")
