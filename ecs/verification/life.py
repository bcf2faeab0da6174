"""The life of one environment in an emulated account: applied, looked at, deployed to, damaged, healed, destroyed.

usage: life.py dev|prod PORT WORK_FOLDER
Prints a line for each step, "ok …" or "FAIL …". prod is created by the runbook's way from an empty account, with its own
certificate and name in Route 53, rolling; dev has a given certificate, CodeDeploy, ECS Exec and no interface endpoints.
"""
import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Callable, Iterator

import boto3

import deployments
import endpoints
import firewall
import knobs
import live_counterexamples
import metrics
import network
import permissions
import task_definitions as td
import terraform
from counterexamples import Defect, must_say, put
from report import ACCOUNT, REGION, Result

REPOSITORY = terraform.ECS.parent
# Writes down what it is told; the clone's repository is all that it knows.
GH = '#!/bin/sh\necho "$*" >> "$GH_CALLS"\ncase "$*" in "repo view"*) echo octo-org/mcp-agent ;; *--input*) cat > /dev/null ;; esac\n'
AWS = '#!/bin/sh\nexec {} --endpoint-url "$AWS_ENDPOINT_URL" "$@"\n'
BUCKET = f"mcp-tfstate-{ACCOUNT}-{REGION}"
# The S3 backend of an emulator: no virtual-host names, no validation of the throw-away credentials.
BACKEND = [f"-backend-config={k}" for k in (f"bucket={BUCKET}", f"region={REGION}", "use_path_style=true", "skip_credentials_validation=true", "skip_requesting_account_id=true")]
# An operation that the emulator lacks answers 500, which the provider would try 25 times.
FEW_RETRIES = 'provider "aws" {\n  max_retries = 2\n}\n'


def require(result: Result) -> str:
    """Fails with the problems of RESULT; returns its count for the report."""
    if result.problems or not result.checked:
        raise AssertionError("\n".join(result.problems) or "nothing was checked")
    return f"{result.checked} checks"


class Life:
    """The steps, in order; each builds on those before it."""

    def __init__(self, environment: str, port: int, work: Path) -> None:
        self.environment, self.work = environment, work
        self.name = "mcp" if environment == "prod" else "mcp-dev"
        self.env = {**terraform.environment(work), "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "OPERATIONS": str(work / "operations")}
        os.environ.update(self.env)
        self.copy = terraform.copy_of_ecs(work / "ecs")
        self.log = work / "terraform.log"
        self.folder = self._folder("", (str(self.copy / "terraform-in"), environment))
        self.emulator = self._start_emulator(port)
        self._stand_ins()
        self.bootstrap_variables = ["-var=protect=false", "-var=github_repository_id=123"]
        self.failed = False

    def _folder(self, path: str, command: tuple[str, ...] = ("terraform",)) -> terraform.Folder:
        folder = self.copy / "terraform" / path
        (folder / "zz_override.tf").write_text(FEW_RETRIES)
        return terraform.Folder(folder, self.env, self.log, command)

    def _start_emulator(self, port: int) -> int:
        done = subprocess.run([str(self.copy / "verification" / "moto_start.sh"), str(port), str(self.work / "emulator.log")], env=self.env, text=True, capture_output=True, check=True)
        return int(done.stdout)

    def _stand_ins(self) -> None:
        """Makes the work folder a clone as the documented commands see it, with a `gh` that only records."""
        (self.work / ".github").symlink_to(REPOSITORY / ".github")
        subprocess.run(["git", "init", "-q", str(self.work)], check=True)
        (self.work / "bin").mkdir()
        (self.work / "bin" / "gh").write_text(GH)
        (self.work / "bin" / "gh").chmod(0o755)

    def documented(self, file: str, step: str, mistake: tuple[str, str] = ("", "")) -> str:
        """Runs the first commands after STEP in a page as they stand there, but for `terraform`, and for what a reader fills in.

        MISTAKE is put into them: it stands for a page that is out of date."""
        commands = []
        for readme, heading in (("ecs/README.md", "## First deployment"), (file, step)):
            text = (REPOSITORY / readme).read_text()
            commands.append(textwrap.dedent(re.search(r"```bash\n(.*?)```", text[text.index(heading):], re.S)[1]))
        commands[0] += f"export ENV={self.environment} NAME={self.name}"
        script = re.sub(r"^\s*(terraform|ecs/terraform-in) .*\n", "", "\n".join(commands).replace("sha256:…", td.DIGEST).replace("…", "example").replace(*mistake), flags=re.M)
        env = {**self.env, "PATH": f"{self.work / 'bin'}:{self.env['PATH']}", "GH_CALLS": str(self.work / "gh"), "POLL_SECONDS": "0.1"}
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=self.work, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode:
            raise AssertionError(f"{file}, {step}: ended with {done.returncode}\n{done.stdout[-1500:]}")
        return done.stdout

    def step(self, name: str, action: Callable[[], str | None]) -> bool:
        start = time.monotonic()
        try:
            detail = action()
        except Exception as problem:  # a step that can't even run has failed
            self.failed = True
            print(f"FAIL {time.monotonic() - start:5.0f}s  {self.environment}: {name}", *(f"        {line}" for line in (str(problem) or repr(problem)).splitlines()), sep="\n", flush=True)
            return False
        print(f"ok   {time.monotonic() - start:5.0f}s  {self.environment}: {name}{f': {detail}' if detail else ''}", flush=True)
        return True

    # --- from an empty account

    def bootstrap(self) -> str:
        """State bucket, repositories, OIDC provider, GitHub's roles; then their own state moves into the bucket."""
        folder = self._folder("bootstrap")
        if self.environment == "dev":  # the same for both: word for word is enough once
            folder.init()
            output = folder.run("apply", "-no-color", "-auto-approve", "-parallelism=30", *self.bootstrap_variables)
        else:
            output = self.runbook("**1. What an administrator gives the account**", *self.bootstrap_variables)
            folder.run("plan", "-no-color", "-detailed-exitcode", *self.bootstrap_variables)
        return re.search(r"Apply complete! (.*)", output)[1]

    @contextlib.contextmanager
    def called_by(self, key: str) -> Iterator[None]:
        """Terraform calls AWS with KEY: whoever called what is written down (OPERATIONS)."""
        before = self.folder.env
        self.folder.env = {**before, "AWS_ACCESS_KEY_ID": key}
        try:
            yield
        finally:
            self.folder.env = before

    def enough(self) -> str:
        return require(permissions.enough(self.name, (self.work / "operations").read_text()))

    def too_little_is_seen(self) -> None:
        """An operation that the plan role lacks, as one that a new resource brings."""
        must_say(permissions.enough(self.name, "plan sqs:GetQueueAttributes\napply sqs:CreateQueue\n").problems, "github-plan may not sqs:GetQueueAttributes")

    def changeable(self) -> str:
        return require(permissions.changes(self.name, self.environment, json.loads(self.folder.run("show", "-json", "-no-color"))))

    def fill_in(self, **values: str) -> None:
        """Puts what depends on the account into terraform.tfvars, as its user does."""
        file = self.copy / "terraform" / "environments" / self.environment / "terraform.tfvars"
        text = file.read_text()
        for name, value in values.items():
            text, found = re.subn(rf"(?m)^{name} *=.*$", f"{name} = {value}", text)
            text += "" if found else f"{name} = {value}\n"
        file.write_text(text)

    def apply(self) -> str:
        if self.environment == "prod":
            zone = boto3.client("route53").create_hosted_zone(Name="example.com", CallerReference="1")["HostedZone"]["Id"].split("/")[-1]
            self.fill_in(domain=f'{{ zone_id = "{zone}", name = "agent.example.com" }}', protect="false", collector_digest=f'"{td.DIGEST}"')
        else:
            arn = boto3.client("acm").request_certificate(DomainName="agent-dev.example.com", ValidationMethod="DNS")["CertificateArn"]
            self.fill_in(domain="null", certificate_arn=f'"{arn}"', blue_green="true", collector_digest=f'"{td.DIGEST}"')
        with self.called_by("apply"):
            output = self.runbook("**3. The environment.**")
        return re.search(r"Apply complete! (.*)", output)[1]

    def plan(self) -> list[str]:
        with self.called_by("plan"):
            output = self.folder.run("plan", "-no-color", "-detailed-exitcode", "-parallelism=20", expect=(0, 2))
        return terraform.changes(output) or (["something"] if "No changes." not in output else [])

    def plan_is_empty(self) -> None:
        changes = self.plan()
        if changes:
            raise AssertionError("the plan isn't empty: " + ", ".join(changes))

    def upgraded(self, file: str = "") -> list[str]:
        """What a plan takes away from this environment, if its state were one of the first release's; without FILE of the configuration."""
        copy = terraform.copy_of_ecs(self.work / f"upgraded{file}", self.copy)
        (copy / "terraform" / file).unlink() if file else None
        folder = terraform.Folder(copy / "terraform", self.env, self.log)
        (folder.path / "zz_override.tf").write_text(FEW_RETRIES + 'terraform {\n  backend "local" {}\n}\n')
        state = json.loads(self.folder.run("state", "pull"))
        for resource in state["resources"]:
            if resource.get("module") != "module.audit" and resource["type"] != "terraform_data":  # what came later
                resource["module"] = ".".join(filter(None, ["module.mcp", resource.get("module")]))
        (folder.path / "terraform.tfstate").write_text(json.dumps(state))
        folder.init()
        folder.run("plan", "-no-color", "-refresh=false", "-out=plan", f"-var-file=environments/{self.environment}/terraform.tfvars")
        return knobs.harm(json.loads(folder.run("show", "-json", "plan")))

    def upgrade(self) -> str:
        lost = self.upgraded()
        if lost:
            raise AssertionError("\n".join(lost))
        return "nothing is replaced"

    def upgrade_without_moves_is_seen(self) -> str:
        lost = self.upgraded("upgrade.tf")
        must_say(lost, r"delete module\.mcp\.module\.conversations\.aws_dynamodb_table")
        return f"{len(lost)} losses"

    # --- change without harm

    def planned(self, *arguments: str) -> dict:
        """The JSON of a plan, without asking the account again: nobody else changes it."""
        file = str(self.work / "plan")
        self.folder.run("plan", "-no-color", "-refresh=false", f"-out={file}", *arguments)
        return json.loads(self.folder.run("show", "-json", file))

    def turned(self, knobs_: dict) -> str:
        return require(knobs.judge(self.planned(*knobs.arguments(knobs_))))

    def turn(self) -> str:
        """Applies the plan that `turned` judged, and looks whether the account then is as the variables say."""
        output = self.folder.run("apply", "-no-color", "-parallelism=30", str(self.work / "plan"))
        moved, goes = output.find('private_nat["us-east-1b"]: Modifications complete'), output.find('aws_nat_gateway.this["us-east-1b"]: Destroying')
        if not 0 <= moved < goes:
            raise AssertionError("a NAT gateway goes before its subnet's route has moved")
        self.folder.run("plan", "-no-color", "-detailed-exitcode", "-parallelism=20", *knobs.arguments(knobs.LIVE))
        container = self.render("agent", f"@{td.DIGEST}")["containerDefinitions"][0]
        given = {e["name"]: e["value"] for e in container["environment"]}
        must_say([given.get("AGENT_TOOLS_APPROVERS", "")], r"^refund_\* by group:finance$")
        handed = {e["name"]: e["valueFrom"] for e in container.get("secrets", [])}
        must_say([handed.get("AGENT_APPROVALS_WEBHOOK_SECRET", "")], rf":secret:{self.name}/agent/approval-webhook-\w{{6}}:secret::$")
        return "applied, a second plan is empty, and the next deployment has the agent's settings"

    def refused_knobs(self) -> str:
        output = self.folder.run("plan", "-no-color", "-refresh=false", *knobs.arguments(knobs.REFUSED), expect=(1,))
        said = re.sub(r"[\s│]+", " ", output)
        for knob, (_, sentence) in knobs.REFUSED.items():
            must_say([said], sentence)
        return f"{len(knobs.REFUSED)} knobs"

    def unguarded_knobs_are_seen(self) -> str:
        """The same knobs without what refuses them: the judge must see what Terraform would replace."""
        broken = terraform.copy_of_ecs(self.work / "unguarded", self.copy)
        for defect in (
            Defect("", "fixed.tf", "condition     = ", "condition     = true || ", ""),
            Defect("", "modules/ecs-service/main.tf", "ignore_changes = [task_definition, desired_count, capacity_provider_strategy]", "ignore_changes = [task_definition, desired_count]", ""),
        ):
            put(broken / "terraform", defect)
        folder = terraform.Folder(broken / "terraform", self.env, self.log, (str(broken / "terraform-in"), self.environment))
        folder.init(*BACKEND)
        file = str(self.work / "unguarded-plan")
        folder.run("plan", "-no-color", "-refresh=false", f"-out={file}", *knobs.arguments(knobs.REFUSED))
        found = knobs.harm(json.loads(folder.run("show", "-json", file)))
        for kind in ("aws_ecs_service", "aws_lb_listener", "aws_dynamodb_table", "aws_db_instance", "aws_vpc", "aws_subnet"):
            must_say(found, rf"delete.* \S*{kind}\.")
        return f"{len(found)} losses"

    def spot(self) -> str:
        """As the sentence says it: the AWS CLI first, then Terraform."""
        for service in ("agent", "toolbox"):
            subprocess.run(["aws", "ecs", "update-service", "--cluster", f"{self.name}-cluster", "--service", f"{self.name}-{service}-service", "--force-new-deployment", "--capacity-provider-strategy",
                            "capacityProvider=FARGATE,base=0,weight=1"], env=self.env, check=True, capture_output=True)
        self.folder.run("plan", "-no-color", "-detailed-exitcode", *knobs.arguments({**knobs.LIVE, "capacity_provider_strategy": knobs.REFUSED["capacity_provider_strategy"]}))
        return "the plan is empty"

    def back(self) -> str:
        """The account gets the values of terraform.tfvars again; the CLI's change stays, and is written down there."""
        kept = {knob: knobs.LIVE[knob] for knob in ("public_subnet_cidrs", "private_subnet_cidrs")}  # a zone that has tasks stays
        self.fill_in(capacity_provider_strategy=knobs.REFUSED["capacity_provider_strategy"][0], **kept)
        output = self.folder.run("apply", "-no-color", "-auto-approve", "-parallelism=30")
        return re.search(r"Apply complete! (.*)", output)[1]

    # --- backups

    def runbook(self, heading: str, *variables: str) -> str:
        """Runs a section's commands as they stand in ecs/README.md, Terraform's too; VARIABLES are for its applies.

        What the emulator and a script need beside them is in the environment: Terraform asks nothing, and finds S3's buckets by path."""
        text = (REPOSITORY / "ecs" / "README.md").read_text()
        first, own = (textwrap.dedent(re.search(r"```bash\n(.*?)```", text[text.index(part):], re.S)[1]) for part in ("## First deployment", heading))
        script = f"{first}export ENV={self.environment} NAME={self.name}\n{own}".replace("ecs/terraform-in", str(self.copy / "terraform-in"))
        (self.work / "bin" / "aws").write_text(AWS.format(shutil.which("aws")))  # version 1 asks RDS in us-east-1 at its own address, whatever it is told
        (self.work / "bin" / "aws").chmod(0o755)
        env = {
            **self.folder.env, "PATH": f"{self.work / 'bin'}:{self.env['PATH']}", "TF_CLI_ARGS": "-no-color", "TF_CLI_ARGS_apply": " ".join(["-auto-approve -parallelism=30", *variables]),
            "TF_CLI_ARGS_init": " ".join(["-lockfile=readonly", "-force-copy", *(a for a in BACKEND if "skip" in a or "path_style" in a)]),
        }
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=self.work, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        with self.log.open("a") as log:
            log.write(f"$ {heading}\n{done.stdout}\n-> {done.returncode}\n")
        if done.returncode:
            raise AssertionError(f"{heading}: ended with {done.returncode}\n{done.stdout[-2500:]}")
        return done.stdout

    def restore_table(self) -> str:
        client, key = boto3.client("dynamodb"), {"pk": {"S": "a conversation"}, "sk": {"S": "1"}}
        client.put_item(TableName=f"{self.name}-conversations", Item=key)
        self.runbook("**Restore the conversations.**")
        self.fill_in(conversations_table=f'"{self.name}-conversations-restored"')
        table = f"{self.name}-conversations-restored"
        if "Item" not in client.get_item(TableName=table, Key=key):
            raise AssertionError("the conversation isn't in the restored table")
        if client.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] != "ENABLED":
            raise AssertionError("the restored table has no backups of its own")
        value = json.loads(boto3.client("ssm").get_parameter(Name=f"/mcp/{self.environment}/task-definition/agent")["Parameter"]["Value"])
        if value["conversation_table"] != table:
            raise AssertionError(f"the next deployment would use {value['conversation_table']}")
        self.plan_is_empty()
        client.delete_table(TableName=f"{self.name}-conversations")
        return "from a point in time, and the next deployment uses it"

    def restore_database(self) -> str:
        self.runbook("**Restore the database.**")
        names = self.final_snapshots()
        if len(names) != 1:
            raise AssertionError(f"last snapshots of the instance that went: {names}")
        return f"from a snapshot; the instance before left {names[0]}"

    def final_snapshots(self) -> list[str]:
        return sorted(s["DBSnapshotIdentifier"] for s in boto3.client("rds").describe_db_snapshots()["DBSnapshots"] if s["DBSnapshotIdentifier"].startswith(f"{self.name}-final"))

    def two_final_snapshots(self) -> str:
        names = self.final_snapshots()
        if len(names) != 2:
            raise AssertionError(f"two instances were destroyed, and left {names}")
        return ", ".join(names)

    # --- task definitions and deployments

    def render(self, service: str, image: str) -> dict:
        out = self.work / f"{service}.json"
        registry = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
        done = subprocess.run([str(self.copy / "render-task-definition"), self.environment, service, str(out), f"{registry}/mcp-{service}{image}"], env=self.env, text=True, capture_output=True)
        if done.returncode:
            raise AssertionError(done.stderr)
        must_say([done.stdout], rf"cluster={self.name}-cluster\nservice={self.name}-{service}-service")
        return json.loads(out.read_text())

    def task_definitions(self) -> str:
        result, rendered = Result(), {s: self.render(s, f"@{td.DIGEST}") for s in ("agent", "toolbox")}
        for service, definition in rendered.items():
            result.add(td.judge_by_botocore(definition)).add(td.judge_by_rules(definition, exec_enabled=self.environment == "dev"))
            result.add(td.drift(f"{self.name}-{service}-task", definition))
        return require(result.add(td.same_sidecar(rendered["agent"], rendered["toolbox"])).add(td.judge_by_cfn_lint(rendered)))

    def drift_of_a_definition_is_seen(self) -> None:
        definition = self.render("agent", f"@{td.DIGEST}")
        definition["containerDefinitions"][0]["environment"][0]["value"] = "mars-north-1"
        must_say(td.drift(f"{self.name}-agent-task", definition).problems, "mars-north-1")

    def missing_value_is_seen(self) -> None:
        parameter = f"/mcp/{self.environment}/task-definition/agent"
        ssm = boto3.client("ssm")
        values = json.loads(ssm.get_parameter(Name=parameter)["Parameter"]["Value"])
        ssm.put_parameter(Name="/mcp/broken/task-definition/agent", Type="String", Value=json.dumps({k: v for k, v in values.items() if k != "mcp_url"}))
        done = subprocess.run([str(self.copy / "render-task-definition"), "broken", "agent", str(self.work / "broken.json")], env=self.env, text=True, capture_output=True)
        ssm.delete_parameter(Name="/mcp/broken/task-definition/agent")
        if done.returncode == 0:
            raise AssertionError("a definition with a placeholder left was rendered without complaint")
        must_say([done.stderr], r"mcp_url")

    def register(self, service: str, image: str) -> str:
        ecs = boto3.client("ecs")
        arn = ecs.register_task_definition(**self.render(service, image))["taskDefinition"]["taskDefinitionArn"]
        if service == "agent" and self.environment == "dev":
            spec = json.loads((self.copy / "appspec.json").read_text().replace("<TASK_DEFINITION>", arn))
            content = {"revisionType": "AppSpecContent", "appSpecContent": {"content": json.dumps(spec)}}
            boto3.client("codedeploy").create_deployment(applicationName=f"{self.name}-agent", deploymentGroupName=f"{self.name}-agent", revision=content)
        else:
            ecs.update_service(cluster=f"{self.name}-cluster", service=f"{self.name}-{service}-service", taskDefinition=arn)
        return arn

    def running(self, service: str) -> str:
        found = boto3.client("ecs").describe_services(cluster=f"{self.name}-cluster", services=[f"{self.name}-{service}-service"])
        return found["services"][0]["taskDefinition"]

    def secrets(self) -> str:
        """Both documented ways: each leaves a key that the smoke test finds and whose hash the agent finds, and a login."""
        for file, step in (("docs/operations.md", "4. **The environment**"), ("ecs/README.md", "**5. The secrets.**")):
            self.documented(file, step)
            value = lambda name: json.loads(boto3.client("secretsmanager").get_secret_value(SecretId=f"{self.name}/{name}")["SecretString"])
            key = boto3.client("ssm").get_parameter(Name=f"/mcp/{self.environment}/smoke-test-api-key", WithDecryption=True)["Parameter"]["Value"]
            expected = {"smoke-test": hashlib.sha256(key.encode()).hexdigest()}
            if value("agent/api-keys") != expected or value("database/postgres") != {"username": "toolbox_ro", "password": "example"}:
                raise AssertionError(f"{file}, {step}: {value('agent/api-keys')} and {value('database/postgres')}, expected {expected}")
        return "the commands of docs/operations.md and of the runbook"

    def stale_readme_is_seen(self) -> None:
        try:
            self.documented("docs/operations.md", "4. **The environment**", ("$NAME/agent/api-keys", "$NAME/agent/keys"))
        except AssertionError as problem:
            must_say([str(problem)], "ResourceNotFoundException")
        else:
            raise AssertionError("a page that names a secret that isn't there went through")

    def github(self) -> str:
        self.documented("docs/operations.md", "5. **Tell GitHub**")
        calls = (self.work / "gh").read_text().splitlines()
        variables = json.loads(self.folder.run("output", "-json"))["github_variables"]["value"]
        expected = {(environment, name): value for environment, given in variables.items() for name, value in given.items()}
        if self.environment == "dev":  # its DNS is kept elsewhere
            del expected["dev", "AGENT_URL"]
        given = {(c[6], c[2]): c[8] for c in map(str.split, calls) if c[:2] == ["variable", "set"] and "--env" in c}
        if given != expected:
            raise AssertionError(f"gh was told {given}, expected {expected}")
        return f"{len(given)} variables from Terraform's outputs"

    def deploy(self) -> str:
        """A new revision of both services, by the runbook's commands."""
        self.documented("ecs/README.md", "**7. The first revision**")
        for service in ("toolbox", "agent"):
            if not self.running(service).endswith(f"{self.name}-{service}-task:2"):
                raise AssertionError(f"{service} runs {self.running(service)}")
        return "revision 2 of both services runs"

    def bad_image_rolls_back(self) -> str:
        """The emulator takes the tag :broken for tasks that never get healthy."""
        before = self.running("agent")
        self.register("agent", ":broken")
        if self.running("agent") != before:
            raise AssertionError("the broken revision was left in place")
        return "still revision 2"

    # --- damage and repair

    def drift_is_seen(self) -> str:
        """Somebody changed things by hand: the checks say what no longer works, the plan says what it would put right."""
        ec2, elb = boto3.client("ec2"), boto3.client("elbv2")
        agent = live_counterexamples.group_of(f"{self.name}-agent")
        rules = ec2.describe_security_group_rules()["SecurityGroupRules"]
        layers = next(r for r in rules if r["GroupId"] == agent and r["IsEgress"] and r.get("Description") == "To s3-layers")
        ec2.revoke_security_group_egress(GroupId=agent, SecurityGroupRuleIds=[layers["SecurityGroupRuleId"]])
        group = next(g for g in elb.describe_target_groups()["TargetGroups"] if g["TargetGroupName"].startswith(f"{self.name}-alb-blue"))
        elb.modify_target_group_attributes(TargetGroupArn=group["TargetGroupArn"], Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "30"}])
        must_say(network.check(self.name).problems, "agent can't reach S3:443")
        expected = ['module.agent.aws_vpc_security_group_egress_rule.this["s3-layers"]', 'module.alb.aws_lb_target_group.agent["blue"]']
        changes = sorted(set(self.plan()))
        if changes != expected:
            raise AssertionError(f"the plan would change {changes}, expected {expected}")
        return "found by the checks, and by the plan, which leaves the deployed revisions alone"

    def heal(self) -> str:
        output = self.folder.run("apply", "-no-color", "-auto-approve", "-parallelism=20")
        must_say([output], r"1 added, 1 changed, 0 destroyed")
        for service in ("agent", "toolbox"):
            if not self.running(service).endswith(":2"):
                raise AssertionError(f"the apply undid the deployment of {service}: {self.running(service)}")
        return f"{require(network.check(self.name))}, deployed revisions untouched"

    def destroy(self) -> str:
        output = self.folder.run("destroy", "-no-color", "-auto-approve", "-parallelism=30")
        ecs = boto3.client("ecs")
        clusters = ecs.describe_clusters(clusters=ecs.list_clusters()["clusterArns"])["clusters"]
        left = [v["VpcId"] for v in boto3.client("ec2").describe_vpcs(Filters=[{"Name": "tag:Project", "Values": ["mcp"]}])["Vpcs"]]
        left += [c["clusterName"] for c in clusters if c["status"] != "INACTIVE"]
        left += [r["RoleName"] for r in boto3.client("iam").list_roles()["Roles"] if r["RoleName"].startswith("mcp") and "-github-" not in r["RoleName"]]
        if left:
            raise AssertionError(f"left behind: {left}")
        return re.search(r"Destroy complete! (.*)", output)[1]

    def destroy_bootstrap(self) -> str:
        """The state comes back out of the bucket before the bucket goes."""
        folder = terraform.Folder(self.copy / "terraform" / "bootstrap", self.env, self.log)
        (folder.path / "backend.tf").unlink()
        folder.run("init", "-no-color", "-migrate-state", "-force-copy")
        output = folder.run("destroy", "-no-color", "-auto-approve", "-parallelism=30", *self.bootstrap_variables)
        left = [b["Name"] for b in boto3.client("s3").list_buckets()["Buckets"]] + [r["RoleName"] for r in boto3.client("iam").list_roles()["Roles"]]
        if left:
            raise AssertionError(f"left behind: {left}")
        return re.search(r"Destroy complete! (.*)", output)[1]

    def nothing_was_missing(self) -> None:
        missing = sorted(set(re.findall(r"NotImplementedError: (.*)", (self.work / "emulator.log").read_text())))
        if missing:
            raise AssertionError(f"the emulator lacks {missing}: what was asked for wasn't checked")

    def live(self) -> bool:
        if not self.step("bootstrap an empty account" + (", its state moved into its bucket" if self.environment == "prod" else ""), self.bootstrap) or not self.step("apply", self.apply):
            return False
        self.step("second plan is empty", self.plan_is_empty)
        if self.environment == "dev":
            self.step("a state of the first release", self.upgrade)
            self.step("counter-example: the same without upgrade.tf", self.upgrade_without_moves_is_seen)
        self.step("connections", lambda: require(network.check(self.name)))
        self.step("permissions", lambda: require(permissions.check(self.name, self.environment)))
        self.step("the pipeline may do what its Terraform does", self.enough)
        self.step("counter-example: an operation that the pipeline may not", self.too_little_is_seen)
        self.step("this environment's pipeline may change it, another one's may not", self.changeable)
        self.step("endpoints' policies", lambda: require(endpoints.check(self.name)))
        self.step("firewall lets people chat", lambda: require(firewall.check(self.name)))
        self.step("deployments tell a bad version from a bad day", lambda: require(deployments.check(self.name)))
        self.step("alarms and dashboard against metrics.json", lambda: require(metrics.check_applied(self.name, self.environment, self.copy)))
        self.step("task definitions, rendered from what Terraform published", self.task_definitions)
        self.step("counter-example: a definition that differs from Terraform's", self.drift_of_a_definition_is_seen)
        self.step("counter-example: a placeholder that Terraform didn't publish", self.missing_value_is_seen)
        if self.environment == "dev":  # prod's life is the longer one
            for name, proof in live_counterexamples.cases(self.name, self.environment):
                self.step(f"counter-example: {name}", proof)
        self.step("secrets, as documented", self.secrets)
        if self.environment == "dev":
            self.step("counter-example: a README with another secret's name", self.stale_readme_is_seen)
        self.step("variables of the GitHub environments, as documented", self.github)
        self.step("deployment, as documented", self.deploy)
        self.step("deployment of a broken image", self.bad_image_rolls_back)
        self.step("plan after the deployments and a drift: the drift alone", self.drift_is_seen)
        self.step("apply after the deployments heals the drift", self.heal)
        if self.environment == "dev":
            self.step("knobs of dev that are turned in place", lambda: self.turned(knobs.LIVE_DEV))
        else:
            self.step("knobs that are turned in place", lambda: self.turned(knobs.LIVE))
            self.step("turned, and applied", self.turn)
            self.step("knobs that are refused", self.refused_knobs)
            self.step("counter-example: the same knobs without their guards", self.unguarded_knobs_are_seen)
            self.step("other capacity providers, as the refusal says", self.spot)
            self.step("apply with the variables as they were", lambda: self.back())
            self.step("knobs that are turned off", lambda: self.turned(knobs.OFF))
            self.step("restore the conversations, as documented", self.restore_table)
            self.step("restore the database, as documented", self.restore_database)
        self.step("destroy", self.destroy)
        if self.environment == "prod":
            self.step("two destroyed databases left two last snapshots", self.two_final_snapshots)
            self.step("destroy what bootstrap made", self.destroy_bootstrap)
        self.step("the emulator had every operation", self.nothing_was_missing)
        return not self.failed


def main() -> None:
    environment, port, work = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    work.mkdir(parents=True, exist_ok=True)
    life = Life(environment, port, work)
    try:
        good = life.live()
    finally:
        os.kill(life.emulator, 15)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
