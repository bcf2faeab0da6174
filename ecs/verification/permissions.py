"""What each role may and may not do, decided from its policies as applied.

The emulator's own IAM ignores Resource and Condition, so this evaluates the statements itself: Allow and Deny, Action and
NotAction, Resource and NotResource, the condition operators that are used here, and permissions boundaries. It knows no service
control policies and no policies of resources.

usage: permissions.py NAME ENVIRONMENT
"""
import fnmatch
import functools
import json
import sys
from dataclasses import dataclass, field

import boto3

from report import ACCOUNT, REGION, Result, exit_with

ISSUER = "token.actions.githubusercontent.com"
WORKFLOWS = ".github/workflows"
MAIN = "refs/heads/main"
OPERATORS = {
    "StringEquals": lambda wanted, have: wanted == have,
    "StringLike": lambda wanted, have: matches(wanted, have),
    "ForAllValues:StringLike": lambda wanted, have: matches(wanted, have), # one value is asked for here
    "ArnLike": lambda wanted, have: matches(wanted, have),
    "ArnEquals": lambda wanted, have: matches(wanted, have),
}
# IAM's limits, in characters without white space: all inline policies of a role, and one managed policy.
INLINE_LIMIT, MANAGED_LIMIT = 10_240, 6_144


def listed(value) -> list:
    return value if isinstance(value, list) else [value]


@functools.cache  # the same pairs come in thousands
def matches(pattern: str, value: str) -> bool:
    return fnmatch.fnmatchcase(value, pattern.replace("[", "[[]"))


def size(document: dict) -> int:
    return len(json.dumps(document, separators=(",", ":")))


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
        self.sizes: dict[str, tuple[int, int]] = {}
        self.own = {name: self._inline(name) for name in self.names}
        self.managed = {name: self._attached(name) for name in self.names}
        described = {name: self.iam.get_role(RoleName=name)["Role"] for name in self.names}
        self.trust = {name: listed(role["AssumeRolePolicyDocument"]["Statement"]) for name, role in described.items()}
        self.boundary = {name: role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn") for name, role in described.items()}
        self.limits = {name: self._document(arn) if arn else None for name, arn in self.boundary.items()}

    def may(self, role: str, action: str, resource: str, context: dict) -> bool:
        def effects(statements: list[dict]) -> set[str]:
            return {s["Effect"] for s in statements if self._applies(s, action, resource, context)}

        limit = self.limits[role]
        return effects(self.own[role] + self.managed[role]) == {"Allow"} and (limit is None or effects(limit) == {"Allow"})

    def ever(self, role: str, action: str) -> bool:
        """Whether any statement gives ACTION, on whatever resource and condition."""
        return any(s["Effect"] == "Allow" and any(matches(a.lower(), action.lower()) for a in listed(s.get("Action", []))) for s in self.own[role] + self.managed[role])

    def trusts(self, role: str, context: dict) -> bool:
        return any(holds(s.get("Condition"), context) for s in self.trust[role])

    def _inline(self, role: str) -> list[dict]:
        documents = [self.iam.get_role_policy(RoleName=role, PolicyName=n)["PolicyDocument"] for n in self.iam.list_role_policies(RoleName=role)["PolicyNames"]]
        self.sizes[f"inline policies of {role}"] = sum(size(d) for d in documents), INLINE_LIMIT
        return [s for d in documents for s in listed(d["Statement"])]

    def _attached(self, role: str) -> list[dict]:
        return [s for policy in self.iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] for s in self._document(policy["PolicyArn"])]

    def _document(self, arn: str) -> list[dict]:
        version = self.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        document = self.iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
        self.sizes[arn] = size(document), MANAGED_LIMIT
        return listed(document["Statement"])

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


PUSH = "mcp-github-push"


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
        self.audit = self.arn("dynamodb", f"table/{name}-audit")

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


def marketplace_cases(n: Names) -> list[Case]:
    """An administrator subscribes to a model, once; whoever answers questions from the internet doesn't sign contracts."""
    roles = [n.role(r) for r in ("agent-task", "agent-execution", "toolbox-task", "toolbox-execution", "github-deploy", "github-plan", "github-apply")]
    actions = ("aws-marketplace:Subscribe", "aws-marketplace:Unsubscribe", "aws-marketplace:ViewSubscriptions", "bedrock:CreateFoundationModelAgreement", "bedrock:PutUseCaseForModelAccess")
    return [Case(role, action, "*", False) for role in (*roles, PUSH) for action in actions]


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
        # It adds to the audit trail and shows it to auditors; nothing that changes or removes a record, or the table, is given to it.
        *[Case(agent, f"dynamodb:{a}", n.audit, True) for a in ("PutItem", "Query")],
        *[Case(agent, f"dynamodb:{a}", n.audit, False) for a in (
            "UpdateItem", "DeleteItem", "BatchWriteItem", "PartiQLInsert", "PartiQLUpdate", "PartiQLDelete", "DeleteTable", "UpdateTable", "UpdateTimeToLive",
            "UpdateContinuousBackups", "GetItem", "Scan")],
        *[Case(toolbox, f"dynamodb:{a}", n.audit, False) for a in ("PutItem", "Query", "UpdateItem", "DeleteItem")],
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
    deploy, plan = n.role("github-deploy"), n.role("github-plan")
    bucket = f"arn:aws:s3:::mcp-tfstate-{ACCOUNT}-{REGION}"
    state, waiting = f"{bucket}/mcp/{n.environment}/terraform.tfstate", f"{bucket}/plans/{n.environment}/1-1"
    to_ecs = {"iam:PassedToService": "ecs-tasks.amazonaws.com"}
    agent = n.service(f"{n.name}-agent-service")
    image = n.arn("ecr", "repository/mcp-agent")
    return [
        *[Case(PUSH, f"ecr:{a}", image, True) for a in ("InitiateLayerUpload", "PutImage", "BatchGetImage")],
        *[Case(PUSH, f"ecr:{a}", n.arn("ecr", "repository/mcp-collector"), False) for a in ("PutImage", "BatchGetImage")],
        *[Case(PUSH, f"ecr:{a}", image, False) for a in ("BatchDeleteImage", "DeleteRepository", "PutImageTagMutability", "PutLifecyclePolicy")],
        *[Case(PUSH, a, "*", False) for a in ("ecs:UpdateService", "ecs:RegisterTaskDefinition", "ssm:GetParameter", "s3:GetObject", "sts:AssumeRole")],
        *[Case(PUSH, "iam:PassRole", n.role_arn(r), False, to_ecs) for r in ("agent-task", "github-apply")],
        *[Case(deploy, a, agent, True) for a in ("ecs:UpdateService", "ecs:DescribeServices")],
        Case(deploy, "ecs:UpdateService", n.service("other"), False),
        Case(deploy, "ecs:DeleteService", agent, False),
        Case(deploy, "ecs:RegisterTaskDefinition", "*", True),
        Case(deploy, "ecs:ListTasks", "*", True, {"ecs:cluster": n.arn("ecs", f"cluster/{n.name}-cluster")}),
        Case(deploy, "ecs:ListTasks", "*", False, {"ecs:cluster": n.arn("ecs", "cluster/other")}),
        Case(deploy, "ecs:DescribeTasks", n.arn("ecs", f"task/{n.name}-cluster/1"), True),
        Case(deploy, "bedrock:GetFoundationModelAvailability", "*", True),
        Case(deploy, "bedrock:InvokeModel", "*", False),
        *[Case(deploy, f"ecr:{a}", image, False) for a in ("PutImage", "InitiateLayerUpload", "DeleteRepository")],
        *[Case(deploy, f"ecr:{a}", image, True) for a in ("BatchGetImage", "DescribeImageScanFindings")],
        *[Case(deploy, "iam:PassRole", n.role_arn(r), True, to_ecs) for r in ("agent-task", "agent-execution", "toolbox-task", "toolbox-execution")],
        Case(deploy, "iam:PassRole", n.role_arn("agent-task"), False, {"iam:PassedToService": "lambda.amazonaws.com"}),
        Case(deploy, "iam:PassRole", n.role_arn("github-apply"), False, to_ecs),
        Case(deploy, "iam:PassRole", n.arn("iam", "role/Admin", region=""), False, to_ecs),
        Case(deploy, "secretsmanager:GetSecretValue", n.database_secret, False),
        *[Case(deploy, "ssm:GetParameter", n.parameter(p), True) for p in ("task-definition/agent", "task-definition/toolbox", "smoke-test-api-key")],
        Case(deploy, "ssm:GetParameter", n.arn("ssm", "parameter/other"), False),
        *[Case(plan, a, "*", True) for a in ("ec2:DescribeVpcs", "ecs:DescribeServices", "rds:DescribeDBInstances")],
        Case(plan, "iam:GetRole", n.role_arn("agent-task"), True),
        Case(plan, "s3:GetObject", state, True),
        Case(plan, "s3:PutObject", waiting, True),
        *[Case(plan, a, waiting, False) for a in ("s3:GetObject", "s3:DeleteObject")],
        Case(plan, "s3:GetObject", "arn:aws:s3:::something/else", False),
        *[Case(plan, a, state, False) for a in ("s3:PutObject", "s3:DeleteObject")],
        *[Case(plan, a, "*", False) for a in ("ec2:CreateVpc", "ecs:UpdateService", "iam:CreateRole", "secretsmanager:GetSecretValue", "kms:Decrypt", "logs:FilterLogEvents")],
        *[Case(plan, f"dynamodb:{a}", table, False) for a in ("GetItem", "Query", "Scan") for table in (n.table, n.audit)],
        # what AWS's own ReadOnlyAccess would give, of the whole account
        *[Case(plan, a, "*", False) for a in ("sqs:ReceiveMessage", "rds:DownloadDBLogFilePortion", "lambda:GetFunction", "ecr:BatchGetImage", "ec2:GetConsoleOutput", "cloudformation:GetTemplate", "iam:ListUsers")],
        *[Case(plan, "ssm:GetParameter", n.parameter(p), allowed) for p, allowed in (("task-definition/agent", True), ("smoke-test-api-key", False))],
        Case(plan, "iam:GetRole", n.arn("iam", "role/Admin", region=""), False),
        *apply_cases(n, state, waiting, to_ecs),
    ]


def apply_cases(n: Names, state: str, waiting: str, to_ecs: dict) -> list[Case]:
    """It makes an environment; it doesn't make itself, its siblings or anything of another environment more than they are."""
    apply = n.role("github-apply")
    bounded = {"iam:PermissionsBoundary": n.arn("iam", f"policy/{n.name}-boundary", region="")}
    elsewhere = {"iam:PermissionsBoundary": n.arn("iam", "policy/anything", region="")}
    other, other_environment = ("mcp", "prod") if n.environment == "dev" else ("mcp-dev", "dev")
    theirs = {"aws:ResourceTag/Environment": other_environment}
    write = ("CreateRole", "PutRolePolicy", "AttachRolePolicy", "DeleteRolePolicy", "DetachRolePolicy", "PutRolePermissionsBoundary")
    any_write = (*write, "DeleteRole", "UpdateAssumeRolePolicy", "UpdateRole", "PassRole", "TagRole")
    sacred = [n.role_arn(f"github-{r}") for r in ("apply", "plan", "deploy")] + [n.arn("iam", f"role/{r}", region="") for r in (PUSH, "Admin", f"{other}-agent-task", f"{other}-github-apply", f"{n.name}-anything")]
    host = "agent-dev.example.com" if n.environment == "dev" else "agent.example.com"
    zone = "arn:aws:route53:::hostedzone/Z1"
    record = lambda name: {"route53:ChangeResourceRecordSetsNormalizedRecordNames": name}
    return [
        *[Case(apply, f"iam:{a}", n.role_arn(r), True, bounded) for a in write for r in ("agent-task", "flow-logs", "agent-codedeploy")],
        *[Case(apply, f"iam:{a}", n.role_arn("agent-task"), False, context) for a in write for context in ({}, elsewhere)],
        *[Case(apply, f"iam:{a}", role, False, {**bounded, **to_ecs}) for a in any_write for role in sacred],
        Case(apply, "iam:DeleteRolePermissionsBoundary", n.role_arn("agent-task"), False, bounded),
        *[Case(apply, f"iam:{a}", n.arn("iam", f"policy/{p}", region=""), False) for a in ("CreatePolicy", "CreatePolicyVersion", "SetDefaultPolicyVersion", "DeletePolicy") for p in (f"{n.name}-boundary", f"{n.name}-github-read", "new")],
        *[Case(apply, f"iam:{a}", "*", False) for a in ("CreateUser", "CreateAccessKey", "CreateOpenIDConnectProvider", "UpdateOpenIDConnectProviderThumbprint", "AddClientIDToOpenIDConnectProvider", "CreateLoginProfile")],
        Case(apply, "sts:AssumeRole", n.arn("iam", "role/Admin", region=""), False),
        Case(apply, "iam:PassRole", n.role_arn("agent-task"), True, to_ecs),
        Case(apply, "iam:PassRole", n.role_arn("agent-task"), False, {"iam:PassedToService": "ec2.amazonaws.com"}),
        *[Case(apply, "secretsmanager:GetSecretValue", s, False) for s in (n.database_secret, n.api_keys)],
        Case(apply, "dynamodb:Scan", n.table, False),
        *[Case(apply, a, "*", False) for a in ("ec2:RunInstances", "lambda:CreateFunction", "organizations:LeaveOrganization", "ecr:DeleteRepository", "ecr:PutImage", "bedrock:InvokeModel")],
        *[Case(apply, a, state, True) for a in ("s3:GetObject", "s3:PutObject")],
        Case(apply, "s3:GetObject", waiting, True),
        Case(apply, "s3:PutObject", waiting, False),
        Case(apply, "s3:GetObject", waiting.replace(f"/{n.environment}/", f"/{other_environment}/"), False),
        *[Case(apply, a, state.replace(f"/mcp/{n.environment}/", f"/mcp/{e}/"), False) for a in ("s3:GetObject", "s3:PutObject") for e in (other_environment, "bootstrap")],
        *[Case(apply, a, f"arn:aws:s3:::mcp-tfstate-{ACCOUNT}-{REGION}", False) for a in ("s3:DeleteBucket", "s3:PutBucketPolicy")],
        *[Case(apply, a, "*", True) for a in ("ec2:CreateVpc", "kms:CreateKey")],
        *[Case(apply, a, "*", False, theirs) for a in ("ec2:DeleteVpc", "ec2:DeleteTags", "ec2:RevokeSecurityGroupEgress", "kms:ScheduleKeyDeletion", "kms:PutKeyPolicy", "servicediscovery:DeleteService", "acm:DeleteCertificate")],
        *[Case(apply, "route53:ChangeResourceRecordSets", zone, True, record(r)) for r in (host, f"_0a1b.{host}")],
        *[Case(apply, "route53:ChangeResourceRecordSets", zone, False, record(r)) for r in ("example.com", "www.example.com", "agent.example.com" if n.environment == "dev" else "agent-dev.example.com")],
    ]


# What the pipeline does to each kind of thing that it made; its ARN is the attribute `arn`, or the one named here.
CHANGES = {
    "aws_acm_certificate": ("acm:DeleteCertificate",),
    "aws_appautoscaling_target": ("application-autoscaling:DeregisterScalableTarget",),
    "aws_budgets_budget": ("budgets:ModifyBudget",),
    "aws_cloudwatch_dashboard": ("cloudwatch:PutDashboard", "cloudwatch:DeleteDashboards"),
    "aws_cloudwatch_event_rule": ("events:PutRule", "events:PutTargets", "events:DeleteRule"),
    "aws_cloudwatch_log_group": ("logs:PutRetentionPolicy", "logs:DeleteLogGroup"),
    "aws_cloudwatch_metric_alarm": ("cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms"),
    "aws_codedeploy_app": ("codedeploy:UpdateApplication", "codedeploy:DeleteApplication"),
    "aws_codedeploy_deployment_group": ("codedeploy:UpdateDeploymentGroup", "codedeploy:DeleteDeploymentGroup"),
    "aws_db_instance": ("rds:ModifyDBInstance", "rds:DeleteDBInstance"),
    "aws_db_parameter_group": ("rds:ModifyDBParameterGroup",),
    "aws_db_subnet_group": ("rds:ModifyDBSubnetGroup", "rds:DeleteDBSubnetGroup"),
    "aws_dynamodb_table": ("dynamodb:UpdateTable", "dynamodb:DeleteTable", "dynamodb:UpdateContinuousBackups"),
    "aws_ecs_cluster": ("ecs:UpdateCluster", "ecs:PutClusterCapacityProviders", "ecs:DeleteCluster"),
    "aws_ecs_service": ("ecs:UpdateService", "ecs:DeleteService"),
    "aws_ecs_task_definition": (),
    "aws_eip": ("ec2:ReleaseAddress",),
    "aws_flow_log": ("ec2:DeleteFlowLogs",),
    "aws_iam_role": ("iam:PutRolePolicy", "iam:CreateRole", "iam:DeleteRole"),
    "aws_internet_gateway": ("ec2:DetachInternetGateway",),
    "aws_kms_alias": ("kms:UpdateAlias",),
    "aws_kms_key": ("kms:PutKeyPolicy", "kms:EnableKeyRotation"),
    "aws_lb": ("elasticloadbalancing:ModifyLoadBalancerAttributes", "elasticloadbalancing:SetSecurityGroups", "elasticloadbalancing:DeleteLoadBalancer"),
    "aws_lb_listener": ("elasticloadbalancing:ModifyListener", "elasticloadbalancing:DeleteListener"),
    "aws_lb_listener_rule": ("elasticloadbalancing:ModifyRule",),
    "aws_lb_target_group": ("elasticloadbalancing:ModifyTargetGroupAttributes", "elasticloadbalancing:DeleteTargetGroup"),
    "aws_nat_gateway": ("ec2:DeleteNatGateway",),
    "aws_route_table": ("ec2:CreateRoute", "ec2:ReplaceRouteTableAssociation"),
    "aws_s3_bucket": ("s3:PutBucketPolicy", "s3:PutLifecycleConfiguration", "s3:PutEncryptionConfiguration", "s3:PutBucketPublicAccessBlock", "s3:DeleteBucket"),
    "aws_secretsmanager_secret": ("secretsmanager:UpdateSecret", "secretsmanager:DeleteSecret"),
    "aws_security_group": ("ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupEgress", "ec2:DeleteSecurityGroup"),
    "aws_service_discovery_private_dns_namespace": ("servicediscovery:DeleteNamespace",),
    "aws_service_discovery_service": ("servicediscovery:UpdateService",),
    "aws_sns_topic": ("sns:SetTopicAttributes", "sns:Subscribe"),
    "aws_ssm_parameter": ("ssm:PutParameter", "ssm:DeleteParameter"),
    "aws_subnet": ("ec2:ModifySubnetAttribute", "ec2:DeleteSubnet"),
    "aws_vpc": ("ec2:ModifyVpcAttribute", "ec2:DeleteVpc"),
    "aws_vpc_endpoint": ("ec2:ModifyVpcEndpoint",),
    "aws_wafv2_web_acl": ("wafv2:UpdateWebACL", "wafv2:PutLoggingConfiguration"),
    "aws_xray_sampling_rule": ("xray:UpdateSamplingRule",),
}
# Their ARNs say no more than an id, and IAM knows no tag of theirs: what an alias opens is the key's, which has one.
UNTAGGED = {"aws_kms_alias", "aws_cloudwatch_dashboard", "aws_route_table_association"}
OF_ITS_PARENT = {"aws_default_security_group", "aws_vpc_security_group_egress_rule", "aws_vpc_security_group_ingress_rule", "aws_sns_topic_policy", "aws_sns_topic_subscription", "aws_cloudwatch_event_target", "aws_secretsmanager_secret_policy", "aws_appautoscaling_policy", "aws_appautoscaling_scheduled_action", "aws_wafv2_web_acl_association", "aws_wafv2_web_acl_logging_configuration", "aws_cloudwatch_log_metric_filter"}


def changes(name: str, environment: str, state: dict) -> Result:
    """The pipeline may change each thing of this environment's state, and no other environment's pipeline may: prod is safe beside dev."""
    roles, result = Roles(), Result()
    other = "mcp" if environment == "dev" else "mcp-dev"
    tag = {"aws:ResourceTag/Environment": environment}

    def resources(module: dict):
        yield from (r for r in module.get("resources", []) if r["mode"] == "managed")
        for child in module.get("child_modules", []):
            yield from resources(child)

    for resource in resources(state["values"]["root_module"]):
        kind, values = resource["type"], resource["values"]
        arn = values.get("dashboard_arn") or values.get("arn") or (values["id"] if str(values.get("id")).startswith("arn:") else None)
        if not arn or kind in OF_ITS_PARENT:
            continue
        result.expect(kind in CHANGES, f"{resource['address']}: permissions.py doesn't know what a pipeline does to a {kind}")
        context = {**tag, "iam:PermissionsBoundary": values.get("permissions_boundary") or "none"}
        if kind not in UNTAGGED:
            tagged = (values.get("tags_all") or {}).get("Environment") == environment
            result.expect(tagged, f"{resource['address']} has no tag Environment = {environment}: another environment's pipeline could change it")
        else:
            context.pop("aws:ResourceTag/Environment")
        for action in CHANGES.get(kind, ()):
            result.expect(roles.may(f"{name}-github-apply", action, arn, context), f"{name}-github-apply may not {action} on {arn}")
            if kind != "aws_kms_alias":
                for role in ("apply", "deploy", "plan"):
                    result.expect(not roles.may(f"{other}-github-{role}", action, arn, context), f"{other}-github-{role} may {action} on {arn}")
    return result


# Operations that IAM knows by another name.
ACTIONS = {
    "budgets:DescribeBudget": "budgets:ViewBudget", "budgets:DescribeNotificationsForBudget": "budgets:ViewBudget",
    "budgets:DescribeSubscribersForNotification": "budgets:ViewBudget", "budgets:CreateBudget": "budgets:ModifyBudget",
    "budgets:CreateNotification": "budgets:ModifyBudget", "budgets:DeleteBudget": "budgets:ModifyBudget",
    "wafv2:CreateWebACL": "wafv2:CreateWebACL",
}
SERVICES = {"elbv2": "elasticloadbalancing", "monitoring": "cloudwatch", "applicationautoscaling": "application-autoscaling", "service-discovery": "servicediscovery"}
WHO_AM_I = {"sts:GetCallerIdentity"}  # needs no permission


def enough(name: str, log: str) -> Result:
    """The plan role may do whatever Terraform asked for with the key `plan`, the apply role whatever with the key `apply`."""
    roles, result = Roles(), Result()
    for line in sorted(set(log.splitlines())):
        key, operation = line.split()
        service, _, verb = operation.partition(":")
        action = f"{SERVICES.get(service, service)}:{verb}"
        if key in ("plan", "apply") and action not in WHO_AM_I:
            role = f"{name}-github-{key}"
            result.expect(roles.ever(role, ACTIONS.get(action, action)), f"{role} may not {ACTIONS.get(action, action)}, which a {key} does")
    return result


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


def claims(environment: str, workflow: str, repository: str = "example/mcp-agent", number: str = "123") -> dict:
    """What GitHub's token says of a job, as far as a trust policy asks."""
    return {
        f"{ISSUER}:aud": "sts.amazonaws.com", f"{ISSUER}:sub": f"repo:{repository}:environment:{environment}",
        f"{ISSUER}:repository_id": number, f"{ISSUER}:job_workflow_ref": f"{repository}/{WORKFLOWS}/{workflow}",
    }


def trust(roles: Roles, names: Names) -> Result:
    """Each role is taken by the jobs of its own GitHub environment and its own workflows on main, and by nobody else."""
    result, here = Result(), names.environment
    takers = {
        PUSH: ("images", [f"deploy.yml@{MAIN}"]),
        names.role("github-deploy"): (here, [f"deploy-service.yml@{MAIN}", f"rollback.yml@{MAIN}"]),
        names.role("github-plan"): (f"{here}-plan", ["infra.yml@refs/pull/7/merge", f"infra-environment.yml@{MAIN}", f"drift.yml@{MAIN}"]),
        names.role("github-apply"): (f"{here}-apply", [f"infra-environment.yml@{MAIN}"]),
    }
    workflows = {w for _, own in takers.values() for w in own} | {f"ci.yml@{MAIN}", f"evil.yml@{MAIN}", "deploy-service.yml@refs/heads/feature", "infra-environment.yml@refs/pull/7/merge", "deploy.yml@refs/tags/v1"}
    for role, (own, its_workflows) in takers.items():
        for environment in ("images", "dev", "dev-plan", "dev-apply", "prod", "prod-plan", "prod-apply", "release", "other"):
            for workflow in workflows:
                expected = environment == own and workflow in its_workflows
                result.expect(roles.trusts(role, claims(environment, workflow)) == expected, f"{role} {'refuses' if expected else 'trusts'} {workflow} in the environment {environment}")
        good = claims(own, its_workflows[0])
        result.expect(not roles.trusts(role, claims(own, its_workflows[0], repository="evil/mcp-agent")), f"{role} trusts another repository")
        result.expect(not roles.trusts(role, claims(own, its_workflows[0], number="456")), f"{role} trusts another repository of the same name")
        for subject in ("ref:refs/heads/main", "pull_request"):
            result.expect(not roles.trusts(role, {**good, f"{ISSUER}:sub": f"repo:example/mcp-agent:{subject}"}), f"{role} trusts a job without an environment: {subject}")
    return result


def check(name: str, environment: str) -> Result:
    roles, names, result = Roles(), Names(name, environment), Result()
    for case in execution_cases(names) + task_cases(names) + marketplace_cases(names) + github_cases(names):
        result.expect(roles.may(case.role, case.action, case.resource, case.context) == case.allowed, str(case))
    result.add(trust(roles, names))
    for role in ("agent-task", "agent-execution", "toolbox-task", "toolbox-execution"):
        own = {"aws:SourceAccount": ACCOUNT, "aws:SourceArn": names.arn("ecs", "task/x")}
        result.expect(roles.trusts(names.role(role), own), f"{role} can't be taken by ECS")
        result.expect(not roles.trusts(names.role(role), {**own, "aws:SourceAccount": "210987654321"}), f"{role} can be taken on behalf of another account")
    result.add(alarms_arrive(names))
    for role in (r for r in roles.names if "-github-" not in r and not r.startswith("AWSServiceRole")):
        wanted = names.arn("iam", f"policy/{name}-boundary", region="")
        result.expect(roles.boundary[role] == wanted, f"{role} has the boundary {roles.boundary[role]}, not {wanted}")
    for what, (have, limit) in roles.sizes.items():
        result.expect(have <= limit, f"{what}: {have} characters, IAM takes {limit}")
    for role in roles.names:
        statements = roles.own[role] + roles.managed[role]
        wide = [a for s in statements if s["Effect"] == "Allow" for a in listed(s.get("Action", "*")) if a == "*" or a.endswith(":*")]
        result.expect(not wide, f"{role} has a wildcard action: {wide}")
    return result


if __name__ == "__main__":
    exit_with(check(sys.argv[1], sys.argv[2]), "permissions")
