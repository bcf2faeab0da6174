"""From a commit to the revision that runs, and back: the workflows' own steps, against emulators."""
import json
import re
import shutil
import tempfile
import unittest
from pathlib import Path

import support
from actions import STAND_INS
from support import ROLE, ROOT, Cloud, Registry, Stub
from workflow import Job

WORKFLOWS = ROOT / ".github" / "workflows"
# Stands in for Maven: pushes a small image instead of a built one, and leaves the digest where Jib leaves it.
MAVEN = """#!/usr/bin/env python3
import pathlib, sys
sys.path.insert(0, {test!r})
import support
registry = support.Registry.__new__(support.Registry)
registry.address, registry.home, registry.folder = {address!r}, pathlib.Path({home!r}), pathlib.Path({folder!r})
properties = dict(a[2:].split("=", 1) for a in sys.argv if a.startswith("-D") and "=" in a)
kind, = (kind for kind in ("toolbox", "agent") if f"{{kind}}.image" in properties)
reference = properties[f"{{kind}}.image"]
name, tag = reference.split("/", 1)[1].rsplit(":", 1)
source = pathlib.Path("toolbox-config/tools.yaml" if kind == "toolbox" else "src/main/java/Main.java").read_text()
labels = {{"starts": "never"}} if "dies at start" in source else {{}}
image = registry.push(name, tag, labels=labels, content=source)
pathlib.Path("target").mkdir(exist_ok=True)
pathlib.Path(f"target/{{kind}}-image.digest").write_text(image.split("@")[1])
"""


class Deployment(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="deploy-"))
        cls.registry = Registry(cls.folder)
        cls.cloud = Cloud(cls.folder, cls.registry)
        cls.mute = set()
        cls.agent = Stub(cls.answer)
        # GitHub's own command: it knows no attestation of the images in the file `unsigned`.
        (cls.folder / "bin").mkdir()
        (cls.folder / "bin" / "gh").write_text(f'#!/bin/sh\necho "$@" >> {cls.folder}/gh\n! grep -qF "${{3#oci://}}" {cls.folder}/unsigned\n')
        (cls.folder / "bin" / "gh").chmod(0o755)

    @classmethod
    def tearDownClass(cls):
        cls.agent.close()
        support.stop(cls.cloud.process)
        support.stop(cls.registry.process)
        shutil.rmtree(cls.folder)

    @classmethod
    def answer(cls, method, path, headers, _body):
        """The agent: as healthy as the image that its service runs."""
        if path == "/health":
            return 200, {"status": "UP"}
        if headers.get("X-API-Key") != "a-key-for-tests":
            return 401, {"title": "Unauthorized"}
        if cls.cloud.running_image() in cls.mute:
            return 500, {"title": "Internal Server Error"}
        return 200, {"conversationId": "1", "answer": "Here.", "toolCalls": [], "model": "a model", "notices": []}

    def setUp(self):
        self.cloud.reset()
        self.cloud.apply()
        self.cloud.operations.write_text("")
        self.mute.clear()
        self.agent.requests.clear()
        (self.folder / "unsigned").write_text("")
        (self.folder / "gh").write_text("")
        self.workspace = Path(tempfile.mkdtemp(dir=self.folder))

    def job(self, file, job_id, workspace=None, inputs=None, variables=None, env=None, github=None, needs=None, matrix=None):
        temp = Path(tempfile.mkdtemp(dir=self.folder))
        env = {**{k: v for k, v in self.cloud.env.items() if k in ("AWS_ENDPOINT_URL", "HOME", "AWS_MAX_ATTEMPTS", "AWS_EC2_METADATA_DISABLED", "AWS_PAGER")}, "PATH": f"{self.folder}/bin:{support.PATH}", "TEST_REGISTRY": self.registry.address, "POLL_SECONDS": "0.1", "HEALTH_WAIT_SECONDS": "30", **(env or {})}
        given = {"AWS_DEPLOY_ROLE_ARN": ROLE, "AWS_PUSH_ROLE_ARN": ROLE, "AWS_REGION": support.REGION, "AGENT_URL": self.agent.url, "ENVIRONMENTS": '["dev","prod"]', **(variables or {})}
        return Job(WORKFLOWS / file, job_id, workspace or ROOT, temp, STAND_INS, inputs, given, github, env, needs, matrix).run()

    def deploy(self, image, service="agent", environment="dev", env=None, **variables):
        return self.job("deploy-service.yml", "deploy", inputs={"environment": environment, "service": service, "image": image}, variables=variables, env=env)

    def roll_back(self, to, service="agent"):
        return self.job("rollback.yml", "rollback", inputs={"environment": "dev", "service": service, "to": to})

    def push(self, tag, **image):
        return self.registry.push("mcp-agent", tag, content=tag, **image)

    def should(self, job, status):
        self.assertEqual(status, job.status, job.log)
        return job

    def test_should_go_from_a_commit_to_the_new_revision_in_dev_and_prod(self):
        repository = support.repository(self.workspace)
        maven = MAVEN.format(test=str(ROOT / ".github" / "test"), address=self.registry.address, home=str(self.registry.home), folder=str(self.folder))
        (repository / "mvnw").write_text(maven)
        (repository / "mvnw").chmod(0o755)
        (repository / ".gitignore").write_text("target/\n")
        (repository / "src/main/java/Main.java").write_text("the first version")
        first = support.commit(repository, "First version")

        images = self.should(self.job("deploy.yml", "images", repository), "success")
        built = images.outputs()
        self.assertEqual(["build-agent", "build-toolbox"], [s for s in images.order if s.startswith("build")])
        self.assertEqual(first, images.steps["agent"]["outputs"]["tag"])
        self.assertRegex(built["agent"], rf"^{self.registry.address}/mcp-agent@sha256:[0-9a-f]{{64}}$")

        # the toolbox goes first: there is no agent yet that the smoke test could ask
        toolbox = self.should(self.deploy(built["toolbox"], "toolbox"), "success")
        self.assertNotIn("smoke", toolbox.order)
        agent = self.should(self.deploy(built["agent"]), "success")
        self.assertIn("smoke", agent.order)
        self.assertEqual(built["agent"], self.cloud.running_image())
        self.assertEqual(built["toolbox"], self.cloud.running_image("toolbox"))

        # a commit that changes the agent only: the toolbox is neither built nor restarted
        (repository / "src/main/java/Main.java").write_text("the second version")
        second = support.commit(repository, "Second version")
        images = self.should(self.job("deploy.yml", "images", repository), "success")
        again = images.outputs()
        self.assertEqual(["build-agent"], [s for s in images.order if s.startswith("build")])
        self.assertEqual((second, built["toolbox"]), (images.steps["agent"]["outputs"]["tag"], again["toolbox"]))
        self.assertNotEqual(built["agent"], again["agent"])
        self.assertNotIn("deploy", self.should(self.deploy(again["toolbox"], "toolbox"), "success").order)
        self.should(self.deploy(again["agent"]), "success")
        self.assertEqual(again["agent"], self.cloud.running_image())

        # a commit that changes neither: nothing is built, nothing restarted
        (repository / "README.md").write_text("words")
        support.commit(repository, "Words")
        images = self.should(self.job("deploy.yml", "images", repository), "success")
        self.assertEqual(([], again), ([s for s in images.order if s.startswith("build")], images.outputs()))

        # prod, which has its own names in the same account, gets the same digest
        self.cloud.apply("prod", "mcp-prod")
        self.should(self.deploy(again["toolbox"], "toolbox", "prod", RESOURCE_PREFIX="mcp-prod"), "success")
        self.should(self.deploy(again["agent"], "agent", "prod", RESOURCE_PREFIX="mcp-prod"), "success")
        self.assertEqual(again["agent"], self.cloud.running_image(prefix="mcp-prod"))

        # a commit that dies at start: red, and the second version is back
        (repository / "src/main/java/Main.java").write_text("dies at start")
        support.commit(repository, "A mistake")
        bad = self.should(self.job("deploy.yml", "images", repository), "success").outputs()["agent"]
        job = self.should(self.deploy(bad), "failure")
        self.assertEqual("failure", job.steps["deploy"]["outcome"], job.log)
        self.assertIn("likely rolled back", job.log)
        self.assertEqual(again["agent"], self.cloud.running_image())

        # by hand, back to the first version by its digest
        self.should(self.roll_back(built["agent"].split("@")[1]), "success")
        self.assertEqual(built["agent"], self.cloud.running_image())

    def test_should_be_red_before_anything_changes_when_the_image_is_missing_or_for_another_machine(self):
        before = self.cloud.service()["taskDefinition"]
        missing = self.deploy(f"{self.registry.address}/mcp-agent@sha256:{'0' * 64}")
        self.assertIn("the registry doesn't give", self.should(missing, "failure").log)
        wrong = self.deploy(self.push("intel", architecture="amd64"))
        self.assertIn("exec format error", self.should(wrong, "failure").log)
        tag = self.deploy(f"{self.registry.address}/mcp-agent:latest")
        self.assertIn("only a digest says", self.should(tag, "failure").log)
        for job in (missing, wrong, tag):
            self.assertEqual("skipped", job.steps["deploy"]["outcome"])
        self.assertEqual(before, self.cloud.service()["taskDefinition"])

    def test_should_be_red_before_anything_changes_when_nobody_signed_where_the_image_comes_from(self):
        image, before = self.push("smuggled"), self.cloud.service()["taskDefinition"]
        (self.folder / "unsigned").write_text(image)
        job = self.should(self.deploy(image), "failure")
        self.assertIn(f"no attestation says that {image} was built by example/mcp-agent's deploy.yml on main", job.log)
        self.assertEqual(("skipped", before), (job.steps["deploy"]["outcome"], self.cloud.service()["taskDefinition"]))
        self.assertIn("--signer-workflow example/mcp-agent/.github/workflows/deploy.yml --source-ref refs/heads/main", (self.folder / "gh").read_text())
        # a private repository outside GitHub Enterprise has no attestations; one inside says that it has them
        private = {"event": {"repository": {"private": True}}}
        inputs = {"environment": "dev", "service": "agent", "image": image}
        self.should(self.job("deploy-service.yml", "deploy", inputs=inputs, github=private, variables={"PROVENANCE": "required"}), "failure")
        self.should(self.job("deploy-service.yml", "deploy", inputs=inputs, github=private), "success")

    def test_should_keep_what_runs_in_prod(self):
        toolbox, agent = self.registry.push("mcp-toolbox", "kept", content="toolbox"), self.push("kept")
        needs = {"images": {"outputs": {"agent": agent, "toolbox": toolbox}}, "prod-toolbox": {"result": "success"}, "prod-agent": {"result": "failure"}}
        tags = lambda name: support.run(["skopeo", "list-tags", f"docker://{self.registry.address}/{name}"], env={"HOME": str(self.registry.home)}).check().out  # noqa: E731
        self.should(self.job("deploy.yml", "keep", needs=needs), "success")
        self.assertIn(f"prod-{toolbox.split(':')[-1][:12]}", tags("mcp-toolbox"))
        self.assertNotIn("prod-", tags("mcp-agent"))
        needs["prod-agent"]["result"] = "success"
        job = self.should(self.job("deploy.yml", "keep", needs=needs), "success")
        self.assertIn("is there already", job.log)
        self.assertIn(f"prod-{agent.split(':')[-1][:12]}", tags("mcp-agent"))

    def test_should_apply_the_plan_that_was_shown_and_no_other(self):
        s3, workspace = self.cloud.client("s3"), self.workspace
        s3.create_bucket(Bucket="state")
        support.terraform_repository(workspace)
        variables = {"AWS_PLAN_ROLE_ARN": ROLE, "AWS_APPLY_ROLE_ARN": ROLE, "TF_STATE_BUCKET": "state"}
        inputs = {"environment": "dev", "deletes": ""}
        infra = lambda job, needs=None, **more: self.job("infra-environment.yml", job, workspace, {**inputs, **more}, variables, support.TERRAFORM, needs=needs)  # noqa: E731
        planned = self.should(infra("plan"), "success")
        outputs = planned.outputs()
        self.assertEqual(("true", "plans/dev/1-1"), (outputs["changes"], outputs["plan"]))
        self.assertIn("terraform_data.one will be created", (planned.temp / "summary.md").read_text())
        # somebody who may plan puts another plan in its place
        good = s3.get_object(Bucket="state", Key=outputs["plan"])["Body"].read()
        s3.put_object(Bucket="state", Key=outputs["plan"], Body=good + b"x")
        job = self.should(infra("apply", {"plan": {"outputs": outputs}}), "failure")
        self.assertIn("isn't the one that was approved", job.log)
        s3.put_object(Bucket="state", Key=outputs["plan"], Body=good)
        applied = self.should(infra("apply", {"plan": {"outputs": outputs}}), "success")
        self.assertEqual({"applied": "true"}, applied.outputs())
        self.assertEqual({"changes": "false", "plan": "", "digest": ""}, self.should(infra("plan"), "success").outputs())
        # the plan of another day, after the state has changed
        job = self.should(infra("apply", {"plan": {"outputs": outputs}}), "failure")
        self.assertIn("Saved plan is stale", job.log)
        # and the daily look sees what main doesn't say
        drift = lambda: self.job("drift.yml", "drift", workspace, variables=variables, env=support.TERRAFORM, matrix={"environment": "dev"})  # noqa: E731
        self.should(drift(), "success")
        (workspace / "ecs/terraform/environments/dev/terraform.tfvars").write_text('text = "second"\n')
        job = self.should(drift(), "failure")
        self.assertIn("dev isn't what main says: Plan: 0 to add, 1 to change, 0 to destroy.", job.log)

    def test_should_be_red_when_the_first_image_never_starts(self):
        # it can't become steady, and there is nothing to go back to: the wait for it ends at its limit
        job = self.should(self.deploy(self.push("stillborn", labels={"starts": "never"}), env={"STEADY_SECONDS": "3"}), "failure")
        self.assertEqual("failure", job.steps["deploy"]["outcome"], job.log)
        self.assertIn("not in the state servicesStable", job.log)

    def test_should_put_the_last_revision_back_when_the_new_one_runs_but_does_not_answer(self):
        good, bad = self.push("answers"), self.push("mute")
        self.should(self.deploy(good), "success")
        self.mute.add(bad)
        job = self.should(self.deploy(bad), "failure")
        self.assertEqual("failure", job.steps["smoke"]["outcome"], job.log)
        self.assertEqual("It runs but doesn't answer, so back to the revision before", job.order[-1])
        self.assertIn("/chat answers 500", job.log)
        self.assertEqual(good, self.cloud.running_image())

    def test_should_pull_from_the_replica_when_the_environment_has_its_own_registry(self):
        image = self.push("replicated")
        job = self.should(self.deploy(image.replace(self.registry.address, "210987654321.dkr.ecr.us-east-1.amazonaws.com"), IMAGE_REGISTRY=self.registry.address), "success")
        self.assertEqual({"image": image, "account": ""}, job.steps["located"]["outputs"])
        self.assertEqual(image, self.cloud.running_image())

    def test_should_refuse_to_roll_back_to_what_is_not_known(self):
        image = self.push("known")
        self.should(self.deploy(image), "success")
        job = self.should(self.roll_back("sha256:" + "1" * 64), "failure")
        self.assertIn("no revision of mcp-agent-task has an image with digest", job.log)
        self.assertIn(image, job.log)
        self.assertEqual(image, self.cloud.running_image())

    def test_should_say_what_is_not_configured(self):
        image = self.push("anything")
        job = self.should(self.deploy(image, AWS_DEPLOY_ROLE_ARN="", AGENT_URL=""), "failure")
        self.assertIn("not set among the variables of this GitHub environment: AWS_DEPLOY_ROLE_ARN AGENT_URL", job.log)
        self.assertIn("is RESOURCE_PREFIX right", self.should(self.deploy(image, RESOURCE_PREFIX="other"), "failure").log)

    def test_should_call_only_what_the_deploy_role_may(self):
        allowed = set()
        for file in (ROOT / "ecs" / "terraform").rglob("*.tf"):
            for block in re.findall(r'data "aws_iam_policy_document" "(?:github_)?deploy" \{.*?\n\}', file.read_text(), re.S):
                allowed |= set(re.findall(r'"([a-z-]+:[A-Z]\w+)"', block))
        image = self.push("role")
        self.should(self.deploy(image), "success")
        self.should(self.roll_back(image.split("@")[1]), "success")
        called = {line.split()[1] for line in self.cloud.operations.read_text().splitlines() if not line.startswith(("setup ", "- ", "none "))}
        self.assertLessEqual({"ecs:RegisterTaskDefinition", "ecs:UpdateService", "ecs:ListTasks"}, called)
        self.assertEqual(set(), called - allowed, "the deploy role lacks these")


if __name__ == "__main__":
    unittest.main()
