"""What may be done through the VPC's endpoints, from their policies as they stand in the account.

usage: endpoints.py NAME
"""
import json
import sys

import boto3

from permissions import Roles, listed
from report import ACCOUNT, REGION, Result, exit_with

OURS, THEIRS = {"aws:PrincipalAccount": ACCOUNT}, {"aws:PrincipalAccount": "210987654321"}


def cases(name: str) -> dict[str, list[tuple[str, str, dict, bool]]]:
    """Service => action, resource, who asks, and whether it may."""
    arn = lambda service, rest, account=ACCOUNT: f"arn:aws:{service}:{REGION}:{account}:{rest}"
    pull = lambda account: arn("ecr", "repository/mcp-agent", account)
    return {
        "s3": [
            ("s3:GetObject", f"arn:aws:s3:::prod-{REGION}-starport-layer-bucket/x", {}, True),
            ("s3:GetObject", "arn:aws:s3:::somebody-elses/x", OURS, False), ("s3:PutObject", "arn:aws:s3:::somebody-elses/x", THEIRS, False),
            ("s3:PutObject", f"arn:aws:s3:::mcp-tfstate-{ACCOUNT}-{REGION}/x", OURS, False),
        ],
        "dynamodb": [
            ("dynamodb:Query", arn("dynamodb", f"table/{name}-conversations"), OURS, True), ("dynamodb:Query", arn("dynamodb", f"table/{name}-conversations"), THEIRS, False),
            ("dynamodb:PutItem", arn("dynamodb", "table/x", "210987654321"), THEIRS, False), ("dynamodb:Scan", arn("dynamodb", f"table/{name}-conversations"), OURS, False),
        ],
        "ecr.dkr": [("ecr:BatchGetImage", pull(ACCOUNT), OURS, True), ("ecr:PutImage", pull(ACCOUNT), OURS, False), ("ecr:BatchGetImage", pull("210987654321"), THEIRS, False)],
        "ecr.api": [("ecr:GetAuthorizationToken", "*", OURS, True), ("ecr:PutImage", pull(ACCOUNT), OURS, False)],
        "logs": [
            ("logs:PutLogEvents", arn("logs", f"log-group:/ecs/{name}-agent:log-stream:x"), OURS, True),
            ("logs:PutLogEvents", arn("logs", "log-group:/x:log-stream:x", "210987654321"), THEIRS, False), ("logs:DeleteLogGroup", arn("logs", f"log-group:/ecs/{name}-agent"), OURS, False),
        ],
        "secretsmanager": [
            ("secretsmanager:GetSecretValue", arn("secretsmanager", f"secret:{name}/agent/api-keys-AbCdEf"), OURS, True),
            ("secretsmanager:GetSecretValue", arn("secretsmanager", "secret:other-AbCdEf"), OURS, False), ("secretsmanager:PutSecretValue", arn("secretsmanager", f"secret:{name}/agent/api-keys-AbCdEf"), OURS, False),
        ],
        "bedrock-runtime": [("bedrock:InvokeModel", "arn:aws:bedrock:us-east-1::foundation-model/x", OURS, True), ("bedrock:InvokeModel", "arn:aws:bedrock:us-east-1::foundation-model/x", THEIRS, False)],
        "xray": [("xray:PutTraceSegments", "*", OURS, True), ("xray:PutTraceSegments", "*", THEIRS, False)],
    }


def check(name: str) -> Result:
    result, expected = Result(), cases(name)
    for endpoint in boto3.client("ec2").describe_vpc_endpoints()["VpcEndpoints"]:
        service = endpoint["ServiceName"].split(".", 3)[3]
        statements = listed(json.loads(endpoint.get("PolicyDocument") or '{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}')["Statement"])
        for action, resource, context, allowed in expected.get(service, [("*:*", "*", THEIRS, False)]):
            may = {s["Effect"] for s in statements if Roles._applies(s, action, resource, context)} == {"Allow"}  # noqa: SLF001
            who = "another account" if context == THEIRS else "a task"
            result.expect(may == allowed, f"through the endpoint of {service}, {who} {'may not' if allowed else 'may'} {action} on {resource}")
    return result


if __name__ == "__main__":
    exit_with(check(sys.argv[1]), "rights")
