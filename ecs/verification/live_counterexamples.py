"""Shows that the checks of a living account can fail: each defect is put into the emulated account and taken out again."""
import contextlib
import json
from typing import Callable, Iterator

import boto3

import deployments
import endpoints
import firewall
import metrics
import network
import permissions
from counterexamples import must_say
from report import ACCOUNT, REGION

# What the design document gives the agent: one role for everything, foundation models only.
DESIGN_EXECUTION = [
    {"Effect": "Allow", "Action": ["ecr:GetAuthorizationToken", "ecr:BatchGetImage"], "Resource": "*"},
    {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "arn:aws:logs:*:*:log-group:/ecs/mcp-*"},
    {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "arn:aws:secretsmanager:*:*:secret:mcp*/*"},
]
DESIGN_TASK = [{"Effect": "Allow", "Action": ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"], "Resource": "arn:aws:bedrock:*::foundation-model/anthropic.claude-*"}]
ROLES_BY_PREFIX = [{"Effect": "Allow", "Action": ["iam:CreateRole", "iam:PutRolePolicy"], "Resource": f"arn:aws:iam::{ACCOUNT}:role/mcp-*"}]
WILDCARD = [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]


@contextlib.contextmanager
def role_policy(role: str, policy: str, statements: list[dict]) -> Iterator[None]:
    """The role's inline policy is another one, or there is one more."""
    iam = boto3.client("iam")
    before = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"] if policy in iam.list_role_policies(RoleName=role)["PolicyNames"] else None
    iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}))
    try:
        yield
    finally:
        if before is None:
            iam.delete_role_policy(RoleName=role, PolicyName=policy)
        else:
            iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(before))


@contextlib.contextmanager
def trust(role: str, condition: dict) -> Iterator[None]:
    """The role is given to whoever satisfies CONDITION."""
    iam = boto3.client("iam")
    before = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    wide = json.loads(json.dumps(before))
    wide["Statement"][0]["Condition"] = condition
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(wide))
    try:
        yield
    finally:
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(before))


@contextlib.contextmanager
def managed_policy(role: str, name: str) -> Iterator[None]:
    """AWS's policy NAME is attached to the role."""
    iam, arn = boto3.client("iam"), f"arn:aws:iam::aws:policy/{name}"
    iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    try:
        yield
    finally:
        iam.detach_role_policy(RoleName=role, PolicyArn=arn)


@contextlib.contextmanager
def no_boundary(role: str) -> Iterator[None]:
    """The role's boundary is taken off."""
    iam = boto3.client("iam")
    before = iam.get_role(RoleName=role)["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"]
    iam.delete_role_permissions_boundary(RoleName=role)
    try:
        yield
    finally:
        iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=before)


@contextlib.contextmanager
def subscribing_task(role: str) -> Iterator[None]:
    """What an error message of Bedrock's suggests: Marketplace rights for the caller. The boundary alone would stop it."""
    with no_boundary(role), role_policy(role, "more", [{"Effect": "Allow", "Action": "aws-marketplace:Subscribe", "Resource": "*"}]):
        yield


@contextlib.contextmanager
def careless_task(role: str) -> Iterator[None]:
    """A task's own policy without its denial. The boundary alone would stop it, too."""
    with no_boundary(role), role_policy(role, "task", [{"Effect": "Allow", "Action": ["dynamodb:PutItem", "dynamodb:UpdateItem"], "Resource": "*"}]):
        yield


@contextlib.contextmanager
def key_policy(name: str, sid: str, condition: dict) -> Iterator[None]:
    """The statement SID of the environment's key has a condition."""
    kms = boto3.client("kms")
    key = next(a["TargetKeyId"] for a in kms.list_aliases()["Aliases"] if a["AliasName"] == f"alias/{name}")
    before = kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]
    document = json.loads(before)
    next(s for s in document["Statement"] if s["Sid"] == sid)["Condition"] = condition
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(document))
    try:
        yield
    finally:
        kms.put_key_policy(KeyId=key, PolicyName="default", Policy=before)


@contextlib.contextmanager
def ingress(group: str, port: int, peer: dict) -> Iterator[None]:
    """One more rule lets PEER into GROUP."""
    ec2 = boto3.client("ec2")
    group_id = group_of(group)
    rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **peer}
    ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=[rule])
    try:
        yield
    finally:
        ec2.revoke_security_group_ingress(GroupId=group_id, IpPermissions=[rule])


@contextlib.contextmanager
def agent_to_database(name: str) -> Iterator[None]:
    """Both ends: the agent's group lets out, the database's lets in."""
    ec2 = boto3.client("ec2")
    agent, database = group_of(f"{name}-agent"), group_of(f"{name}-database")
    out = [{"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "UserIdGroupPairs": [{"GroupId": database}]}]
    ec2.authorize_security_group_egress(GroupId=agent, IpPermissions=out)
    try:
        with ingress(f"{name}-database", 5432, {"UserIdGroupPairs": [{"GroupId": agent}]}):
            yield
    finally:
        ec2.revoke_security_group_egress(GroupId=agent, IpPermissions=out)


@contextlib.contextmanager
def no_gateway_routes(service: str) -> Iterator[None]:
    """The gateway endpoint is in no route table."""
    ec2 = boto3.client("ec2")
    endpoint = next(e for e in ec2.describe_vpc_endpoints()["VpcEndpoints"] if e["ServiceName"].endswith(f".{service}"))
    tables = list(endpoint["RouteTableIds"])
    ec2.modify_vpc_endpoint(VpcEndpointId=endpoint["VpcEndpointId"], RemoveRouteTableIds=tables)
    try:
        yield
    finally:
        ec2.modify_vpc_endpoint(VpcEndpointId=endpoint["VpcEndpointId"], AddRouteTableIds=tables)


@contextlib.contextmanager
def alarm(name: str, metric: str, dimensions: dict[str, str]) -> Iterator[None]:
    """One more alarm in our namespace."""
    cloudwatch = boto3.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName=name, Namespace="McpAgent", MetricName=metric, Dimensions=[{"Name": k, "Value": v} for k, v in dimensions.items()],
        Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold", AlarmActions=[f"arn:aws:sns:{REGION}:{ACCOUNT}:x"])
    try:
        yield
    finally:
        cloudwatch.delete_alarms(AlarmNames=[name])


@contextlib.contextmanager
def dashboard_without(name: str, metric: str) -> Iterator[None]:
    """The dashboard shows METRIC under a misspelt name."""
    cloudwatch = boto3.client("cloudwatch")
    body = cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"]
    cloudwatch.put_dashboard(DashboardName=name, DashboardBody=body.replace(f'"{metric}"', f'"{metric}s"'))
    try:
        yield
    finally:
        cloudwatch.put_dashboard(DashboardName=name, DashboardBody=body)


# The deployment alarm as it was: ten server errors in a minute, of which a throttled model makes any number.
FORMER_ALARM = {
    "Namespace": "AWS/ApplicationELB", "MetricName": "HTTPCode_Target_5XX_Count", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1, "Threshold": 10,
    "ComparisonOperator": "GreaterThanThreshold", "Dimensions": [{"Name": "LoadBalancer", "Value": "x"}],
}


@contextlib.contextmanager
def other_alarm(name: str, **changes) -> Iterator[None]:
    """The alarm NAME is another one, or says something else."""
    cloudwatch = boto3.client("cloudwatch")
    taken = ("AlarmName", "AlarmActions", "OKActions", "AlarmDescription", "ComparisonOperator", "EvaluationPeriods", "DatapointsToAlarm", "Threshold", "TreatMissingData", "Metrics")
    before = {k: v for k, v in cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0].items() if k in taken}
    cloudwatch.put_metric_alarm(**({"AlarmName": name, **changes} if "MetricName" in changes else {**before, **changes}))
    try:
        yield
    finally:
        cloudwatch.delete_alarms(AlarmNames=[name])
        cloudwatch.put_metric_alarm(**before)


@contextlib.contextmanager
def metric_filter(name: str, pattern: str) -> Iterator[None]:
    """The filter of the agent's log looks for something else."""
    logs = boto3.client("logs")
    group = f"/ecs/{name}-agent"
    before = next(f for f in logs.describe_metric_filters(logGroupName=group)["metricFilters"])
    put = lambda wanted: logs.put_metric_filter(logGroupName=group, filterName=before["filterName"], filterPattern=wanted, metricTransformations=before["metricTransformations"])
    put(pattern)
    try:
        yield
    finally:
        put(before["filterPattern"])


@contextlib.contextmanager
def endpoint_policy(service: str, document: dict) -> Iterator[None]:
    """The endpoint of SERVICE lets more through."""
    ec2 = boto3.client("ec2")
    endpoint = next(e for e in ec2.describe_vpc_endpoints()["VpcEndpoints"] if e["ServiceName"].endswith(f".{service}"))
    ec2.modify_vpc_endpoint(VpcEndpointId=endpoint["VpcEndpointId"], PolicyDocument=json.dumps(document))
    try:
        yield
    finally:
        ec2.modify_vpc_endpoint(VpcEndpointId=endpoint["VpcEndpointId"], PolicyDocument=endpoint["PolicyDocument"])


@contextlib.contextmanager
def balancing(name: str, algorithm: str) -> Iterator[None]:
    elb = boto3.client("elbv2")
    group = next(g["TargetGroupArn"] for g in elb.describe_target_groups()["TargetGroups"] if g["TargetGroupName"].startswith(f"{name}-alb-blue"))
    put = lambda value: elb.modify_target_group_attributes(TargetGroupArn=group, Attributes=[{"Key": "load_balancing.algorithm.type", "Value": value}])
    put(algorithm)
    try:
        yield
    finally:
        put("least_outstanding_requests")


def firewall_with(name: str, change: Callable[[dict], None]) -> "firewall.Result":
    """What is said of the environment's firewall after CHANGE."""
    acl = json.loads(json.dumps(firewall.web_acl(name), default=str))
    change(acl)
    return firewall.judge(acl)


def without_overrides(acl: dict) -> None:
    for rule in acl["Rules"]:
        rule["Statement"].get("ManagedRuleGroupStatement", {}).pop("RuleActionOverrides", None)


def stricter(acl: dict) -> None:
    next(r["Statement"]["RateBasedStatement"] for r in acl["Rules"] if "RateBasedStatement" in r["Statement"])["Limit"] = 2000


def without_words(acl: dict) -> None:
    acl["CustomResponseBodies"] = {}


def group_of(name: str) -> str:
    return next(g["GroupId"] for g in boto3.client("ec2").describe_security_groups()["SecurityGroups"] if g["GroupName"] == name)


def cases(name: str, environment: str) -> list[tuple[str, Callable[[], None]]]:
    """Name and proof of each."""
    world = {"IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    role = lambda suffix: f"{name}-{suffix}"

    def proof(defect: Callable, check: Callable, says: str) -> Callable[[], None]:
        def prove() -> None:
            with defect():
                problems = check().problems
            must_say(problems, says)
        return prove

    connections = lambda: network.check(name)
    rights = lambda: permissions.check(name, environment)
    series = lambda: metrics.check_applied(name, environment)
    decides = lambda: deployments.check(name)
    through = lambda: endpoints.check(name)
    open_policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}
    return [
        ("a toolbox open to the world", proof(lambda: ingress(role("toolbox"), 5000, world), connections, "something but the load balancer is open to the world")),
        ("an agent that reaches the database", proof(lambda: agent_to_database(name), connections, "agent reaches the database past the toolbox")),
        ("S3's gateway endpoint in no route table", proof(lambda: no_gateway_routes("s3"), connections, "can't reach S3:443")),
        ("the design document's execution role", proof(lambda: role_policy(role("agent-execution"), "execution", DESIGN_EXECUTION), rights, "agent-execution may secretsmanager:GetSecretValue")),
        ("the design document's task role", proof(lambda: role_policy(role("agent-task"), "task", DESIGN_TASK), rights, "agent-task may not bedrock:InvokeModel on .*inference-profile")),
        ("a role with a wildcard action", proof(lambda: role_policy(role("toolbox-task"), "more", WILDCARD), rights, "wildcard action")),
        ("a task that may change the audit trail", proof(lambda: careless_task(role("agent-task")), rights, f"agent-task may dynamodb:UpdateItem on .*table/{name}-audit")),
        ("a plan role that may read content", proof(lambda: role_policy(role("github-plan"), "plan", [{"Effect": "Allow", "Action": "dynamodb:Scan", "Resource": "*"}]), rights, "github-plan may dynamodb:Scan")),
        ("a role that every job of the repository may take", proof(lambda: trust(role("github-deploy"), {"StringLike": {f"{permissions.ISSUER}:sub": "repo:example/mcp-agent:*"}}), rights, "github-deploy trusts a job without an environment: ref:refs/heads/main")),
        ("an apply role that the job of the images may take", proof(lambda: trust(role("github-apply"), {"StringEquals": {f"{permissions.ISSUER}:sub": "repo:example/mcp-agent:environment:images"}}), rights, "github-apply trusts deploy.yml@refs/heads/main in the environment images")),
        ("a role for whatever workflow names its environment", proof(lambda: trust(role("github-apply"), {"StringEquals": {f"{permissions.ISSUER}:sub": f"repo:example/mcp-agent:environment:{environment}-apply"}}), rights, f"github-apply trusts evil.yml@refs/heads/main in the environment {environment}-apply")),
        ("an apply role that may write its own policies", proof(lambda: role_policy(role("github-apply"), "apply", ROLES_BY_PREFIX), rights, f"github-apply may iam:PutRolePolicy on .*role/{name}-github-apply")),
        ("an apply role without a boundary for what it makes", proof(lambda: role_policy(role("github-apply"), "apply", ROLES_BY_PREFIX), rights, f"github-apply may iam:CreateRole on .*role/{name}-agent-task$")),
        ("an apply role for the whole account", proof(lambda: managed_policy(role("github-apply"), "PowerUserAccess"), rights, "github-apply may ec2:RunInstances")),
        ("a plan role that reads the whole account", proof(lambda: managed_policy(role("github-plan"), "ReadOnlyAccess"), rights, "github-plan may lambda:GetFunction")),
        ("a task role without its boundary", proof(lambda: no_boundary(role("agent-task")), rights, "agent-task has the boundary None")),
        ("a task role that may subscribe to models", proof(lambda: subscribing_task(role("agent-task")), rights, "agent-task may aws-marketplace:Subscribe")),
        ("a push role that may deploy", proof(lambda: role_policy(permissions.PUSH, "more", [{"Effect": "Allow", "Action": "ecs:UpdateService", "Resource": "*"}]), rights, "mcp-github-push may ecs:UpdateService")),
        ("an inline policy that is too long", proof(lambda: role_policy(role("github-plan"), "more", [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": [f"arn:aws:s3:::something/{n:0500}" for n in range(20)]}]), rights, "inline policies of .*github-plan: .* IAM takes 10240")),
        ("a key that drops events", proof(lambda: key_policy(name, "EventsToEncryptedTopic", {"StringEquals": {"aws:SourceAccount": ACCOUNT}}), rights, "events may not kms:GenerateDataKey")),
        ("a deployment that is rolled back for a throttled model", proof(lambda: other_alarm(role("agent-unexpected"), **FORMER_ALARM), decides, "rise when the model is throttled, and would roll a good version back")),
        ("a deployment that one bad minute decides about", proof(lambda: other_alarm(role("agent-unexpected"), EvaluationPeriods=1, DatapointsToAlarm=1), decides, "one bad minute decides")),
        ("a throttled model counted as a fault", proof(lambda: metric_filter(name, '{ $.mdc.problem = "model-busy" }'), decides, r"counts \['model-busy'\]")),
        ("a test listener for everybody", proof(lambda: ingress(role("alb"), 8443, world), decides, "everybody can use the version under test")),
        ("targets in turn, whatever they have to do", proof(lambda: balancing(name, "round_robin"), decides, "counts a stream as done when it begins")),
        ("an S3 endpoint that takes writes to any bucket", proof(lambda: endpoint_policy("s3", open_policy), through, r"another account may s3:PutObject on arn:aws:s3:::somebody-elses")),
        ("a firewall that reads what people ask", proof(contextlib.nullcontext, lambda: firewall_with(name, without_overrides), "CrossSiteScripting_BODY: a question with <script> is refused")),
        ("a firewall that is stricter than the agent", proof(contextlib.nullcontext, lambda: firewall_with(name, stricter), "one caller alone may make 3000")),
        ("a firewall that says no in its own words", proof(contextlib.nullcontext, lambda: firewall_with(name, without_words), "answers without a problem that the agent knows")),
        ("an alarm on a misspelt metric", proof(lambda: alarm(role("x"), "agent.turnz", {"environment": environment}), series, r"agent\.turnz isn't in metrics.json")),
        ("an alarm without the environment", proof(lambda: alarm(role("x"), "agent.turns", {"outcome": "failed"}), series, "the sidecar makes no series of agent.turns")),
        ("an alarm on an outcome that never comes", proof(lambda: alarm(role("x"), "agent.turns", {"environment": environment, "outcome": "exploded"}), series, "outcome is never exploded")),
        ("a dashboard with a misspelt metric", proof(lambda: dashboard_without(name, "agent.cost.dollars"), series, r"the dashboard lacks \['agent.cost.dollars'\]")),
    ]
