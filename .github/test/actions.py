"""Stand-ins for the actions that the deployment uses, which live elsewhere and can't be run from here.

Each takes (inputs, environment) and gives (outputs, exported environment, log), and does on AWS's API what the pinned version of the
action does: render 1.9.0 puts the image into the container of that name; deploy 2.6.3 drops what DescribeTaskDefinition adds and
what is empty, registers, updates, waits, and fails if the deployment that it started isn't the one that ended complete.
"""
import json
import tempfile
import time
from pathlib import Path

import boto3

from workflow import Failure

DESCRIBED_ONLY = ("compatibilities", "taskDefinitionArn", "requiresAttributes", "revision", "status", "registeredAt", "deregisteredAt", "registeredBy")


def client(service, env):
    return boto3.client(service, endpoint_url=env["AWS_ENDPOINT_URL"], region_name=env["AWS_REGION"], aws_access_key_id=env["AWS_ACCESS_KEY_ID"], aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"], aws_session_token=env.get("AWS_SESSION_TOKEN"))


def nothing(_inputs, _env):
    return {}, {}, ""


def configure_aws_credentials(inputs, env):
    role = inputs["role-to-assume"]
    if not role.startswith("arn:aws:iam::") or not inputs["aws-region"]:
        raise Failure("Could not load credentials: role-to-assume or aws-region is empty")
    sts = boto3.client("sts", endpoint_url=env["AWS_ENDPOINT_URL"], region_name=inputs["aws-region"], aws_access_key_id="none", aws_secret_access_key="none")
    taken = sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="GitHubActions", WebIdentityToken="token")["Credentials"]
    exported = {"AWS_REGION": inputs["aws-region"], "AWS_DEFAULT_REGION": inputs["aws-region"], "AWS_ACCESS_KEY_ID": taken["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": taken["SecretAccessKey"], "AWS_SESSION_TOKEN": taken["SessionToken"]}
    return {"aws-account-id": role.split(":")[4]}, exported, f"took {role}\n"


def ecr_login(_inputs, env):
    client("ecr", env).get_authorization_token()
    return {"registry": env["TEST_REGISTRY"]}, {}, ""


def render_task_definition(inputs, env):
    source = inputs["task-definition"]
    if not source.endswith(".json"):
        raise Failure("the action reads the file as a module: its name has to end in .json")
    definition = json.loads(Path(source).read_text())
    container = next((c for c in definition["containerDefinitions"] if c["name"] == inputs["container-name"]), None)
    if container is None:
        raise Failure("Invalid task definition: Could not find container definition with matching name")
    container["image"] = inputs["image"]
    with tempfile.NamedTemporaryFile("w", dir=env["RUNNER_TEMP"], prefix="task-definition-", suffix=".json", delete=False) as out:
        json.dump({key: value for key, value in definition.items() if key not in DESCRIBED_ONLY}, out)
    return {"task-definition": out.name}, {}, ""


def without_empty(value):
    if isinstance(value, dict):
        return {key: kept for key, item in value.items() if (kept := without_empty(item)) not in (None, "", [], {})}
    if isinstance(value, list):
        return [kept for item in value if (kept := without_empty(item)) not in (None, "", [], {})]
    return value


def deploy_task_definition(inputs, env):
    ecs = client("ecs", env)
    definition = without_empty(json.loads(Path(inputs["task-definition"]).read_text()))
    for container in definition["containerDefinitions"]:
        for variable in container.get("environment", []):
            variable.setdefault("value", "")
    arn = ecs.register_task_definition(**definition)["taskDefinition"]["taskDefinitionArn"]
    outputs, cluster, name = {"task-definition-arn": arn}, inputs["cluster"], inputs["service"]
    found = ecs.describe_services(cluster=cluster, services=[name])
    if found["failures"]:
        raise Failure(f"{found['failures'][0]['arn']} is {found['failures'][0]['reason']}")
    deadline = time.monotonic() + float(env.get("STEADY_SECONDS", 300))
    if found["services"][0].get("deploymentController", {}).get("type") == "CODE_DEPLOY":
        outputs["codedeploy-deployment-id"] = code_deploy(inputs, env, arn, deadline)
        return outputs, {}, f"deployed {arn} by CodeDeploy\n"
    started = ecs.update_service(cluster=cluster, service=name, taskDefinition=arn, forceNewDeployment=False)["service"]
    mine = next(d["id"] for d in started["deployments"] if d["status"] == "PRIMARY")
    while True:
        service = ecs.describe_services(cluster=cluster, services=[name])["services"][0]
        if len(service["deployments"]) == 1 and service["runningCount"] == service["desiredCount"]:
            break
        if time.monotonic() > deadline:
            raise Failure("Resource is not in the state servicesStable")
        time.sleep(0.05)
    ended = service["deployments"][0]
    if ended["id"] != mine or ended["rolloutState"] != "COMPLETED":
        raise Failure(f"Deployment {mine} is not the primary one any more: it was likely rolled back by the circuit breaker")
    return outputs, {}, f"deployed {arn}\n"


def code_deploy(inputs, env, arn, deadline):
    deploy = client("codedeploy", env)
    spec = json.loads((Path(env["GITHUB_WORKSPACE"]) / inputs["codedeploy-appspec"]).read_text())
    for resource in spec["Resources"]:
        for body in resource.values():
            body["Properties"]["TaskDefinition"] = arn
    started = deploy.create_deployment(applicationName=inputs["codedeploy-application"], deploymentGroupName=inputs["codedeploy-deployment-group"], revision={"revisionType": "AppSpecContent", "appSpecContent": {"content": json.dumps(spec)}})["deploymentId"]
    while (status := deploy.get_deployment(deploymentId=started)["deploymentInfo"]["status"]) != "Succeeded":
        if status in ("Failed", "Stopped") or time.monotonic() > deadline:
            raise Failure(f"Resource is not in the state deploymentSuccessful: {status}")
        time.sleep(0.05)
    return started


STAND_INS = {
    "actions/attest": nothing,
    "actions/checkout": nothing,
    "aws-actions/configure-aws-credentials": configure_aws_credentials,
    "aws-actions/amazon-ecr-login": ecr_login,
    "aws-actions/amazon-ecs-render-task-definition": render_task_definition,
    "aws-actions/amazon-ecs-deploy-task-definition": deploy_task_definition,
    "graalvm/setup-graalvm": nothing,
    "hashicorp/setup-terraform": nothing,
}
