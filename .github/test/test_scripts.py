"""Each script that a step runs, on good input and on bad."""
import base64
import hashlib
import json
import re
import shutil
import tempfile
import urllib.parse
import unittest
from pathlib import Path

import support
from support import ROOT, Cloud, Registry, Stub, commit, run, script

AGENT = "mcp-cluster", "mcp-agent-service"
NOWHERE = "sha256:" + "0" * 64


class ScriptTest(unittest.TestCase):
    def folder(self):
        made = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, made)
        return made

    def refused(self, done, said):
        self.assertNotEqual(0, done.code, done.out)
        self.assertIn(said, done.err + done.out)
        return done

    def stub_command(self, name, text):
        """A folder with a command NAME; for PATH."""
        folder = self.folder()
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
        return folder


class Names(ScriptTest):
    def test_target_should_name_everything_of_a_service(self):
        self.assertEqual({"cluster": "mcp-cluster", "service": "mcp-agent-service", "container": "agent", "repository": "mcp-agent", "codedeploy": "mcp-agent", "agent": "mcp-agent-service"}, script("target", "agent").check().outputs)
        other = script("target", "toolbox", env={"RESOURCE_PREFIX": "mcp-dev"}).check().outputs
        self.assertEqual(("mcp-dev-cluster", "mcp-dev-toolbox-service", "mcp-dev-agent-service"), (other["cluster"], other["service"], other["agent"]))

    def test_target_should_refuse_what_is_no_service_and_no_prefix(self):
        self.refused(script("target", "agents"), "there is no service named 'agents'")
        self.refused(script("target", "agent", env={"RESOURCE_PREFIX": "mcp\ncluster=other"}), "which can't begin a name")

    def test_check_settings_should_name_everything_that_is_missing(self):
        script("check-settings", "ONE", "TWO", env={"ONE": "1", "TWO": "2"}).check()
        self.refused(script("check-settings", "ONE", "TWO", "THREE", env={"ONE": "1", "TWO": ""}), "TWO THREE (")

    # Answers as gh does: where it is, who a login is, which environments and variables there are; refuses what GitHub's plan lacks.
    GH = """#!/bin/sh
echo "$@" >> {folder}/calls
case "$*" in
  "repo view"*) cat {folder}/repository ;;
  *users/*) echo '[{{"type": "User", "id": 7}}]' ;;
  *--input*)
    body=$(cat)
    echo "$body" >> {folder}/calls
    for refused in $(cat {folder}/refused); do
      case $body in *$refused*) echo "gh: Failed to create the environment protection rule (HTTP 422)" >&2; exit 1 ;; esac
    done ;;
  *environments?per_page*) cat {folder}/environments ;;
  *variables/REVIEWED*) cat {folder}/reviewed ;;
esac
"""
    OUTPUTS = {
        "github_variables": {"value": {
            "prod": {"AWS_REGION": "us-east-1", "AGENT_URL": "https://agent.example.com"}, "prod-plan": {"AWS_PLAN_ROLE_ARN": "arn:plan"},
            "prod-apply": {"AWS_APPLY_ROLE_ARN": "arn:apply"}}},
        "alb_dns_name": {"value": "mcp-alb-1.elb.amazonaws.com"},
    }
    DEV = {"github_variables": {"value": {"dev": {"AWS_REGION": "us-east-1"}, "dev-plan": {}, "dev-apply": {}, "images": {"AWS_PUSH_ROLE_ARN": "arn:push"}}}, "alb_dns_name": {"value": "x"}}
    REVIEWERS = [{"type": "branch_policy"}, {"type": "required_reviewers", "reviewers": [{"type": "Team", "reviewer": {"id": 9, "slug": "ops"}}]}]

    def configure_environment(self, *arguments, outputs=None, environments=(), refused="", reviewed="", aws="exit 1"):
        """The script's end, and what it asked of gh. REFUSED: words that GitHub's plan doesn't have."""
        folder = self.folder()
        for environment in ("dev", "prod"):
            (folder / "ecs/terraform/environments" / environment).mkdir(parents=True)
        (folder / ".github").mkdir()
        (folder / ".github/scripts").symlink_to(support.SCRIPTS)
        run(["git", "init", "-q"], cwd=folder).check()
        (folder / "ecs/terraform-in").write_text(f"#!/bin/sh\ncat {folder}/outputs\n")
        (folder / "ecs/terraform-in").chmod(0o755)
        (folder / "outputs").write_text(json.dumps(self.OUTPUTS if outputs is None else outputs))
        (folder / "environments").write_text(json.dumps({"environments": list(environments)}))
        (folder / "repository").write_text("octo-org/fork\n")
        (folder / "refused").write_text(refused)
        if reviewed:
            (folder / "reviewed").write_text(reviewed)
        commands = self.stub_command("gh", self.GH.format(folder=folder))
        (commands / "aws").write_text(f"#!/bin/sh\n{aws}\n")
        (commands / "aws").chmod(0o755)
        done = script("configure-environment", *arguments, env={"PATH": f"{commands}:{support.PATH}"}, cwd=folder)
        return done, (folder / "calls").read_text() if (folder / "calls").exists() else ""

    @staticmethod
    def put(calls, environment):
        """What GitHub was told of ENVIRONMENT: the body of each PUT."""
        found, lines = [], calls.splitlines()
        for n, line in enumerate(lines):
            if line.startswith("api --silent -X PUT") and line.endswith(f"/environments/{environment} --input -"):
                end = next((m for m in range(n + 1, len(lines)) if lines[m].startswith(("api ", "variable ", "repo "))), len(lines))
                found.append(json.loads("\n".join(lines[n + 1:end])))
        return found

    def test_configure_environment_should_set_what_terraform_says(self):
        done, calls = self.configure_environment("prod", "octocat", reviewed='["stage"]')
        self.assertIn("prod of octo-org/fork", done.check().out)
        for expected in (
            "variable set AWS_REGION --repo octo-org/fork --env prod --body us-east-1", "variable set AGENT_URL --repo octo-org/fork --env prod --body https://agent.example.com",
            "variable set AWS_PLAN_ROLE_ARN --repo octo-org/fork --env prod-plan --body arn:plan", "variable set AWS_APPLY_ROLE_ARN --repo octo-org/fork --env prod-apply --body arn:apply",
            "environments/prod/deployment-branch-policies -f name=main", "environments/prod-apply/deployment-branch-policies -f name=main",
            "environments/prod-plan/deployment-branch-policies -f name=refs/pull/*/merge", 'variable set REVIEWED --repo octo-org/fork --body ["stage","prod"]'):
            self.assertIn(expected, calls)
        for environment, reviewers in (("prod", [{"type": "User", "id": 7}]), ("prod-apply", [{"type": "User", "id": 7}]), ("prod-plan", None)):
            self.assertEqual([reviewers], [body.get("reviewers") for body in self.put(calls, environment)])
        self.assertNotIn("environments/images", calls)
        self.refused(self.configure_environment("prod", outputs={})[0], "apply it first")
        self.refused(self.configure_environment("stage")[0], "there is no ecs/terraform/environments/stage")

    def test_configure_environment_should_give_the_image_builds_an_environment_and_dev_no_reviewer_but_for_applies(self):
        done, calls = self.configure_environment("dev", "octocat", outputs=self.DEV)
        done.check()
        self.assertIn("variable set AWS_PUSH_ROLE_ARN --repo octo-org/fork --env images --body arn:push", calls)
        self.assertEqual(([None], [None]), tuple([body.get("reviewers") for body in self.put(calls, e)] for e in ("dev", "images")))
        self.assertEqual([[{"type": "User", "id": 7}]], [body["reviewers"] for body in self.put(calls, "dev-apply")])

    def test_configure_environment_should_keep_the_reviewers_when_it_runs_again(self):
        environments = [{"name": "dev", "protection_rules": []}, *({"name": name, "protection_rules": self.REVIEWERS} for name in ("prod", "prod-apply"))]
        done, calls = self.configure_environment("prod", environments=environments)
        done.check()
        self.assertEqual([[{"type": "Team", "id": 9}]], [body["reviewers"] for body in self.put(calls, "prod")])
        self.assertIn('REVIEWED --repo octo-org/fork --body ["prod"]', calls)
        # where there is none, the key isn't even sent: on some plans it alone is refused
        self.assertEqual([None], [body.get("reviewers") for body in self.put(self.configure_environment("prod")[1], "prod")])

    def test_configure_environment_should_deploy_prod_by_hand_where_github_asks_nobody(self):
        done, calls = self.configure_environment("prod", "octocat", refused="reviewers", reviewed='["prod"]')
        said = done.check().out
        self.assertIn("GitHub's plan has no required reviewers for this repository", said)
        self.assertIn("gh workflow run infra.yml -f environment=prod, and gh workflow run deploy.yml -f prod=true", said)
        self.assertIn("REVIEWED --repo octo-org/fork --body []", calls)
        self.assertIn("variable set AWS_REGION --repo octo-org/fork --env prod", calls)
        self.assertEqual({"protected_branches": False, "custom_branch_policies": True}, self.put(calls, "prod")[-1]["deployment_branch_policy"])
        said = self.configure_environment("prod", refused="deployment_branch_policy reviewers")[0].check().out
        self.assertIn("GitHub's plan has no branch policies for this repository", said)
        self.refused(self.configure_environment("prod", refused="{")[0], "has no environments for this repository")

    def test_configure_environment_should_ask_whether_the_models_may_be_called(self):
        outputs = {**self.OUTPUTS, "task_definition_variables": {"value": {"agent": {"bedrock_model_id": "us.anthropic.claude-x-v1:0", "bedrock_fallback_model_id": ""}}}}
        yes = """echo '{"agreementAvailability": {"status": "AVAILABLE"}, "authorizationStatus": "AUTHORIZED", "entitlementAvailability": "AVAILABLE", "regionAvailability": "AVAILABLE"}'"""
        self.assertIn("ok   anthropic.claude-x-v1:0 may be called", self.configure_environment("prod", outputs=outputs, aws=yes)[0].check().out)
        done, calls = self.configure_environment("prod", outputs=outputs, aws=yes.replace('{"status": "AVAILABLE"}', '{"status": "NOT_AVAILABLE"}'))
        self.refused(done, "nobody in this account has accepted its agreement")
        self.assertIn("GitHub is set up, but the agent couldn't answer yet", done.err)
        self.assertIn("variable set REVIEWED", calls)

    def test_configure_environment_should_leave_the_address_to_whoever_keeps_the_dns(self):
        outputs = json.loads(json.dumps(self.OUTPUTS).replace("https://agent.example.com", "https://mcp-alb-1.elb.amazonaws.com"))
        done, calls = self.configure_environment("prod", outputs=outputs)
        self.assertIn("gh variable set AGENT_URL --env prod", done.check().out)
        self.assertIn("variable set AWS_REGION", calls)
        self.assertNotIn("variable set AGENT_URL", calls)

    def test_locate_image_should_tell_the_account_and_the_replica(self):
        image = f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/mcp-agent@{NOWHERE}"
        self.assertEqual({"image": image, "account": "123456789012"}, script("locate-image", image).check().outputs)
        replica = script("locate-image", image, env={"IMAGE_REGISTRY": "210987654321.dkr.ecr.eu-west-1.amazonaws.com"}).check().outputs
        self.assertEqual(("210987654321", f"210987654321.dkr.ecr.eu-west-1.amazonaws.com/mcp-agent@{NOWHERE}"), (replica["account"], replica["image"]))
        self.refused(script("locate-image", "registry/mcp-agent:latest"), "only a digest says")


class Builds(ScriptTest):
    MAVEN = '#!/bin/sh\nmkdir -p target\necho "$@" > target/arguments\n[ -z "$DIGEST" ] || printf %s "$DIGEST" > "$DIGEST_FILE"\n'

    def repository(self):
        folder = self.folder()
        (folder / "mvnw").write_text(self.MAVEN)
        (folder / "mvnw").chmod(0o755)
        run(["git", "init", "-q"], cwd=folder).check()
        return folder

    def test_build_agent_image_should_push_for_this_machines_architecture(self):
        folder = self.repository()
        env = {"DIGEST": NOWHERE, "DIGEST_FILE": "target/agent-image.digest"}
        self.assertEqual(f"image=registry/mcp-agent@{NOWHERE}\n", script("build-agent-image", "registry/mcp-agent", "abc", env=env, cwd=folder).check().out)
        arguments = (folder / "target/arguments").read_text()
        machine = {"x86_64": "amd64", "aarch64": "arm64"}[run(["uname", "-m"]).out.strip()]
        for expected in ("-Pagent-image package -DskipTests -Dagent.image=registry/mcp-agent:abc", f"-Dagent.platforms=linux/{machine}", "-Dimage.revision="):
            self.assertIn(expected, arguments)

    def test_build_agent_image_should_fail_without_a_digest_of_this_build(self):
        folder = self.repository()
        (folder / "target").mkdir()
        (folder / "target/agent-image.digest").write_text(NOWHERE)
        self.refused(script("build-agent-image", "registry/mcp-agent", "abc", cwd=folder), "the build left no target/agent-image.digest")
        self.refused(script("build-agent-image", "r/a", "abc", env={"DIGEST": "latest", "DIGEST_FILE": "target/agent-image.digest"}, cwd=folder), "holds no digest")

    def test_build_toolbox_image_should_push_and_tell_the_digest(self):
        folder = self.repository()
        env = {"DIGEST": NOWHERE, "DIGEST_FILE": "target/toolbox-image.digest"}
        self.assertEqual(f"image=registry/mcp-toolbox@{NOWHERE}\n", script("build-toolbox-image", "registry/mcp-toolbox", "abc", env=env, cwd=folder).check().out)
        self.assertIn("-Ptoolbox-image package -DskipTests -Dtoolbox.image=registry/mcp-toolbox:abc", (folder / "target/arguments").read_text())
        self.refused(script("build-toolbox-image", "r/t", "abc", cwd=folder), "the build left no target/toolbox-image.digest")

    def test_make_sbom_should_accept_only_a_bill_with_components(self):
        folder, out = self.repository(), self.folder() / "bill.json"
        env = {"DIGEST": '{"bomFormat": "CycloneDX", "components": [{"name": "quarkus-rest"}]}', "DIGEST_FILE": "target/bom.json"}
        script("make-sbom", out, env=env, cwd=folder).check()
        self.assertEqual("quarkus-rest", json.loads(out.read_text())["components"][0]["name"])
        self.refused(script("make-sbom", out, env={**env, "DIGEST": '{"bomFormat": "CycloneDX", "components": []}'}, cwd=folder), "no CycloneDX document with components")

    def test_release_notes_should_list_what_changed_since_the_last_release(self):
        folder, out = self.folder(), self.folder() / "notes.md"
        run(["git", "init", "-q"], cwd=folder).check()
        for number, (message, tag) in enumerate([("The beginning", "v1.0.0"), ("Answer faster", None), ("Forget nothing", "v1.1.0")]):
            (folder / "file").write_text(str(number))
            commit(folder, message)
            if tag:
                run(["git", "tag", tag], cwd=folder).check()
        script("release-notes", "v1.1.0", out, f"ghcr.io/o/mcp-agent@{NOWHERE}", env={"GITHUB_REPOSITORY": "o/r"}, cwd=folder).check()
        notes = out.read_text()
        for expected in ("- Answer faster (", "- Forget nothing (", f"- `ghcr.io/o/mcp-agent@{NOWHERE}`", f"gh attestation verify oci://ghcr.io/o/mcp-agent@{NOWHERE} --repo o/r"):
            self.assertIn(expected, notes)
        self.assertNotIn("The beginning", notes)
        script("release-notes", "v1.0.0", out, "image", cwd=folder).check()
        self.assertIn("The beginning", out.read_text())
        self.refused(script("release-notes", "v9.9.9", out, "image", cwd=folder), "there is no tag v9.9.9")
        self.refused(script("release-notes", "nightly", out, "image", cwd=folder), "is no version")


class Images(ScriptTest):
    @classmethod
    def setUpClass(cls):
        cls.home = Path(tempfile.mkdtemp())
        cls.registry = Registry(cls.home)
        cls.env = {"HOME": str(cls.registry.home)}

    @classmethod
    def tearDownClass(cls):
        support.stop(cls.registry.process)
        shutil.rmtree(cls.home)

    def definition(self, architecture="ARM64"):
        file = self.folder() / "definition.json"
        file.write_text(json.dumps({"runtimePlatform": {"cpuArchitecture": architecture}}))
        return file

    def test_find_image_should_know_what_was_built_already(self):
        folder, name = support.repository(self.folder()), f"{self.registry.address}/found"
        first = run(["git", "rev-parse", "HEAD"], cwd=folder).out.strip()
        self.assertEqual({"tag": first, "image": ""}, script("find-image", "agent", name, env=self.env, cwd=folder).check().outputs)
        image = self.registry.push("found", first)
        self.assertEqual({"tag": first, "image": image}, script("find-image", "agent", name, env=self.env, cwd=folder).check().outputs)
        for harmless in ("README.md", "src/test/java/MainTest.java", "toolbox-config/tools.yaml"):
            (folder / harmless).write_text("changed")
            commit(folder, harmless)
        self.assertEqual(image, script("find-image", "agent", name, env=self.env, cwd=folder).check().outputs["image"])
        (folder / "src/main/java/Main.java").write_text("changed")
        second = commit(folder, "Code")
        self.assertEqual({"tag": second, "image": ""}, script("find-image", "agent", name, env=self.env, cwd=folder).check().outputs)

    def test_find_image_should_know_all_that_the_toolboxs_image_is_made_of(self):
        folder, name = support.repository(self.folder()), f"{self.registry.address}/found"
        for part in ("toolbox-config/global-bundle.pem", "ecs/task-definitions/healthcheck.yaml"):
            (folder / part).write_text("changed")
            last = commit(folder, part)
            self.assertEqual(last, script("find-image", "toolbox", name, env=self.env, cwd=folder).check().outputs["tag"])

    def test_find_image_should_fail_rather_than_build_again_when_the_registry_is_down(self):
        folder = support.repository(self.folder())
        self.refused(script("find-image", "agent", "127.0.0.1:1/found", env=self.env, cwd=folder), "could not ask the registry")
        # a machine without skopeo doesn't know either; nor does a registry that can't be found
        bare = self.folder()
        for command in ("bash", "git", "env", "dirname", "sed", "grep", "cat"):
            (bare / command).symlink_to(shutil.which(command))
        self.refused(script("find-image", "agent", f"{self.registry.address}/found", env={**self.env, "PATH": str(bare)}, cwd=folder), "skopeo isn't installed")
        lost = self.stub_command("skopeo", "#!/bin/sh\necho 'registry.example: host not found' >&2\nexit 1\n")
        self.refused(script("find-image", "agent", f"{self.registry.address}/found", env={**self.env, "PATH": f"{lost}:{support.PATH}"}, cwd=folder), "could not ask the registry")
        clone = self.folder() / "clone"
        (folder / "more").write_text("")
        commit(folder, "More")
        run(["git", "clone", "-q", "--depth", "1", f"file://{folder}", clone]).check()
        self.refused(script("find-image", "agent", f"{self.registry.address}/found", env=self.env, cwd=clone), "the history is cut off")

    def test_check_image_should_compare_the_architecture(self):
        image = self.registry.push("checked", "arm")
        self.assertEqual(image.split("@")[1], script("check-image", image, self.definition(), env=self.env).check().outputs["digests"])
        self.refused(script("check-image", image, self.definition("X86_64"), env=self.env), "is for arm64, but the tasks run on amd64")
        self.refused(script("check-image", f"{self.registry.address}/checked@{NOWHERE}", self.definition(), env=self.env), "the registry doesn't give")

    def test_keep_image_should_tag_once_what_ran_in_prod(self):
        image = self.registry.push("kept", "abc")
        tag = f"prod-{image.split(':')[-1][:12]}"
        self.assertIn(f"is kept as {self.registry.address}/kept:{tag}", script("keep-image", image, "prod", env=self.env).check().out)
        raw = run(["skopeo", "inspect", "--raw", f"docker://{self.registry.address}/kept:{tag}"], env=self.env).check().out
        self.assertEqual(image.split(":")[-1], hashlib.sha256(raw.encode()).hexdigest())
        self.assertIn("is there already", script("keep-image", image, "prod", env=self.env).check().out)
        self.refused(script("keep-image", f"{self.registry.address}/kept:abc", "prod", env=self.env), "isn't NAME@sha256")
        self.refused(script("keep-image", f"{self.registry.address}/kept@{NOWHERE}", "prod", env=self.env), "")

    def test_join_images_should_make_one_image_for_both_architectures(self):
        arm, intel = self.registry.push("joined", "arm"), self.registry.push("joined", "intel", architecture="amd64")
        name = f"{self.registry.address}/joined"
        image = script("join-images", name, "v1.0.0", arm, intel, env=self.env).check().outputs["image"]
        raw = run(["skopeo", "inspect", "--raw", f"docker://{name}:v1.0.0"], env=self.env).check().out
        self.assertEqual(image, f"{name}@sha256:{hashlib.sha256(raw.encode()).hexdigest()}")
        index = json.loads(raw)
        self.assertEqual({("arm64", arm.split("@")[1]), ("amd64", intel.split("@")[1])}, {(m["platform"]["architecture"], m["digest"]) for m in index["manifests"]})
        for architecture in ("ARM64", "X86_64"):
            digests = script("check-image", image, self.definition(architecture), env=self.env).check().outputs["digests"].split()
            self.assertEqual({image.split("@")[1], arm.split("@")[1], intel.split("@")[1]}, set(digests))
        self.refused(script("join-images", name, "v2.0.0", arm, self.registry.push("joined", "arm2", content="2"), env=self.env), "two of the images are for one architecture")


class OnAws(ScriptTest):
    @classmethod
    def setUpClass(cls):
        cls.home = Path(tempfile.mkdtemp())
        cls.registry = Registry(cls.home)
        cls.cloud = Cloud(cls.home, cls.registry)
        cls.env = {**cls.cloud.env, "POLL_SECONDS": "0.1", "TIMEOUT_SECONDS": "300"}

    @classmethod
    def tearDownClass(cls):
        support.stop(cls.cloud.process)
        support.stop(cls.registry.process)
        shutil.rmtree(cls.home)

    def setUp(self):
        self.cloud.reset()
        self.cloud.apply()
        self.ecs = self.cloud.client("ecs")

    def script(self, name, *arguments, **env):
        return script(name, *arguments, env={**self.env, **env})

    def rendered(self):
        """The agent's definition; what Terraform published is the same in every test."""
        out = self.home / "agent.json"
        if not out.exists():
            run([ROOT / "ecs" / "render-task-definition", "dev", "agent", out], env=self.env).check()
        return out

    def register(self, image):
        definition = json.loads(self.rendered().read_text())
        next(c for c in definition["containerDefinitions"] if c["name"] == "agent")["image"] = image
        return self.ecs.register_task_definition(**definition)["taskDefinition"]["taskDefinitionArn"]

    def deployed(self, tag, **image):
        pushed = self.registry.push("mcp-agent", tag, content=tag, **image)
        revision = self.register(pushed)
        self.ecs.update_service(cluster=AGENT[0], service=AGENT[1], taskDefinition=revision)
        states = [self.cloud.service()["deployments"][0]["rolloutState"] for _ in range(5)]
        self.assertEqual("COMPLETED", states[-1])
        return pushed, revision

    def test_service_state_should_say_which_service_is_missing(self):
        self.assertEqual(("ECS", 0), (lambda s: (s["controller"], s["runningCount"]))(json.loads(self.script("service-state", *AGENT).check().out)))
        self.refused(self.script("service-state", "mcp-cluster", "other"), "has no active service other")
        self.refused(self.script("service-state", "other", "other"), "could not ask for other in cluster other")

    def test_has_tasks_should_tell_an_environment_before_its_first_deployment(self):
        self.assertEqual("running=false\n", self.script("has-tasks", *AGENT).check().out)
        self.deployed("first")
        self.assertEqual("running=true\n", self.script("has-tasks", *AGENT).check().out)

    def test_deploy_revision_should_wait_and_should_see_a_rollback(self):
        good = self.register(self.registry.push("mcp-agent", "good", content="good"))
        self.assertIn(f"mcp-agent-service runs {good}", self.script("deploy-revision", *AGENT, good).check().out)
        bad = self.register(self.registry.push("mcp-agent", "bad", labels={"starts": "never"}))
        self.refused(self.script("deploy-revision", *AGENT, bad), f"mcp-agent-service is back on {good}")
        late = self.register(self.registry.push("mcp-agent", "late", content="late"))
        self.refused(self.script("deploy-revision", *AGENT, late, TIMEOUT_SECONDS="0"), "isn't steady after 0 s")

    def test_compare_revision_should_tell_what_changes(self):
        image = self.registry.push("mcp-agent", "compared", content="compared")
        compare = lambda file, image: self.script("compare-revision", *AGENT, file, image, "agent").check()  # noqa: E731
        self.assertEqual({"changed": "true", "previous": ""}, compare(self.rendered(), image).outputs)
        revision = self.register(image)
        self.script("deploy-revision", *AGENT, revision).check()
        self.assertEqual({"changed": "false", "previous": revision}, compare(self.rendered(), image).outputs)
        other = compare(self.rendered(), image.replace("mcp-agent", "mcp-other"))
        self.assertEqual("true", other.outputs["changed"])
        self.assertIn('+      "image": "' + image.replace("mcp-agent", "mcp-other"), other.err)
        definition = json.loads(self.rendered().read_text())
        definition["memory"] = "2048"
        bigger = self.folder() / "bigger.json"
        bigger.write_text(json.dumps(definition))
        self.assertEqual({"changed": "true", "previous": revision}, compare(bigger, image).outputs)

    def test_check_running_should_trust_the_tasks_and_not_the_deployment(self):
        image, revision = self.deployed("running")
        self.assertIn("2 tasks run", self.script("check-running", *AGENT, revision, "agent", image).check().out)
        other = image.split("@")[0] + "@" + NOWHERE
        self.refused(self.script("check-running", *AGENT, revision, "agent", other), f"has {image} for agent, not {other}")
        newer = self.register(other)
        self.refused(self.script("check-running", *AGENT, newer, "agent", other), f"runs {revision}, not {newer}")
        # a task that pulled another image under the same name
        answers = {"describe-services": {"status": "ACTIVE", "taskDefinition": revision, "desiredCount": 1, "runningCount": 1, "deployments": [{"status": "PRIMARY", "taskDefinition": revision, "rolloutState": "COMPLETED"}]},
                   "describe-task-definition": {"containerDefinitions": [{"name": "agent", "image": image}]}, "list-tasks": "arn:aws:ecs:task/1",
                   "describe-tasks": [{"taskArn": "arn:aws:ecs:task/1", "taskDefinitionArn": revision, "lastStatus": "RUNNING", "containers": [{"name": "agent", "imageDigest": NOWHERE}]}]}
        folder = self.folder()
        for name, answer in answers.items():
            (folder / name).write_text(answer if isinstance(answer, str) else json.dumps(answer))
        path = f"{self.stub_command('aws', f'#!/bin/sh{chr(10)}cat {folder}/$2{chr(10)}')}:{support.PATH}"
        self.refused(self.script("check-running", *AGENT, revision, "agent", image, PATH=path), "1 runs " + revision.split("/")[-1] + " with " + NOWHERE)
        self.script("check-running", *AGENT, revision, "agent", image, NOWHERE, PATH=path).check()
        (folder / "list-tasks").write_text("None")
        self.refused(self.script("check-running", *AGENT, revision, "agent", image, PATH=path), "should run 1 tasks, but none runs")

    def test_find_revision_should_take_a_number_a_name_an_arn_and_a_digest(self):
        image, revision = self.deployed("wanted")
        self.deployed("newer")
        number = revision.rsplit(":", 1)[1]
        for what in (number, f"mcp-agent-task:{number}", revision, image.split("@")[1]):
            self.assertEqual({"revision": revision, "image": image}, self.script("find-revision", *AGENT, "agent", what).check().outputs)

    def test_find_revision_should_refuse_what_it_does_not_know(self):
        image, revision = self.deployed("only")
        find = lambda what: self.script("find-revision", *AGENT, "agent", what)  # noqa: E731
        unknown = self.refused(find("99"), "there is no revision mcp-agent-task:99")
        self.assertIn(f"{image}  (runs now)", unknown.err)
        self.refused(find("mcp-toolbox-task:1"), "isn't of the family mcp-agent-task")
        self.refused(find(NOWHERE), "no revision of mcp-agent-task has an image with digest")
        self.refused(find("sha256:abc"), "is no whole digest")
        self.refused(find("latest; reboot"), "is neither a revision nor a digest")
        self.ecs.deregister_task_definition(taskDefinition="mcp-agent-task:1")
        self.refused(find("1"), "mcp-agent-task:1 is INACTIVE")

    def test_blue_green_should_go_through_codedeploy(self):
        self.cloud.apply("bluegreen", "mcp-bg", "CODE_DEPLOY")
        deploy, service = self.cloud.client("codedeploy"), ("mcp-bg-cluster", "mcp-bg-agent-service")
        deploy.create_application(applicationName="mcp-bg-agent", computePlatform="ECS")
        deploy.create_deployment_group(applicationName="mcp-bg-agent", deploymentGroupName="mcp-bg-agent", serviceRoleArn=support.ROLE, ecsServices=[{"clusterName": service[0], "serviceName": service[1]}])
        revision = self.register(self.registry.push("mcp-agent", "blue", content="blue"))
        self.script("deploy-revision", *service, revision, "mcp-bg-agent").check()
        self.assertEqual(revision, self.cloud.service(service[1], service[0])["taskDefinition"])
        broken = self.register(f"{self.registry.address}/mcp-agent:broken")
        self.refused(self.script("deploy-revision", *service, broken, "mcp-bg-agent"), "Failed")
        self.refused(self.script("deploy-revision", *service, revision), "needs the name of its CodeDeploy application")

    def terraform_run(self, folder):
        return lambda *arguments: run([folder / ".github/scripts/terraform-run", *arguments], env={**self.env, **support.TERRAFORM, "STATE_BUCKET": "state", "GITHUB_RUN_ID": "7", "GITHUB_RUN_ATTEMPT": "1"}, cwd=folder)

    def test_terraform_run_should_plan_show_and_apply(self):
        self.cloud.client("s3").create_bucket(Bucket="state")
        folder, comment = support.terraform_repository(self.folder()), self.folder() / "comment.md"
        terraform = self.terraform_run(folder)
        terraform("plan", "dev", comment).check()
        self.assertIn("Plan: 1 to add, 0 to change, 0 to destroy.", comment.read_text())
        self.assertIn("# terraform_data.one will be created", comment.read_text())
        self.assertIn("first of ************", comment.read_text())  # no account's number on a public page
        outputs = terraform("save", "dev", comment).check().outputs
        self.refused(terraform("apply", "dev", "plans/prod/7-1", outputs["digest"]), "is no plan of dev")
        self.refused(terraform("apply", "dev", "plans/dev/../prod/7-1", outputs["digest"]), "is no plan of dev")
        self.refused(terraform("apply", "dev", outputs["plan"], "0" * 64), "isn't the one that was approved")
        self.assertIn("Apply complete", terraform("apply", "dev", outputs["plan"], outputs["digest"]).check().out)
        terraform("plan", "dev", comment).check()
        self.assertIn("No changes.", comment.read_text())
        self.assertEqual({"changes": "false"}, terraform("save", "dev", comment).check().outputs)
        (folder / "ecs/terraform/main.tf").write_text((folder / "ecs/terraform/main.tf").read_text() + 'output "x" {\n  value = 123456789012 * one\n}\n')
        failed = terraform("plan", "dev", comment)
        self.assertNotEqual(0, failed.code)
        self.assertIn("**The plan failed.**", comment.read_text())
        self.assertNotIn("123456789012", comment.read_text() + failed.out + failed.err)
        self.refused(self.script("terraform-run", "plan", "dev", comment), "TF_STATE_BUCKET isn't set")

    def test_terraform_run_should_refuse_to_save_what_would_lose_a_database(self):
        self.cloud.client("s3").create_bucket(Bucket="state")
        folder, comment = support.terraform_repository(self.folder()), self.folder() / "comment.md"
        # the same plan, but the thing that would be made anew holds data
        check = folder / ".github/scripts/check-plan"
        shutil.copy(check, folder / "check")
        check.write_text(f"#!/bin/sh\nsed 's/terraform_data/aws_db_instance/g' | {folder}/check \"$@\"\n")
        terraform = self.terraform_run(folder)
        made = terraform("save", "dev", comment).check().outputs
        terraform("apply", "dev", made["plan"], made["digest"]).check()
        main = folder / "ecs/terraform/main.tf"
        main.write_text(main.read_text().replace('  input =', '  triggers_replace = "now"\n  input ='))
        refused = self.refused(terraform("save", "dev", comment), "aws_db_instance.one would be replaced")
        self.assertEqual({}, refused.outputs)
        terraform("plan", "dev", comment).check()
        self.assertIn("gh workflow run infra.yml -f environment=dev -f deletes='aws_db_instance.one'", comment.read_text())
        self.assertEqual("true", terraform("save", "dev", comment, "aws_db_instance.one").check().outputs["changes"])


    # --- what an account answers before anything is made in it; a test changes one answer

    MODEL = {"agreementAvailability": {"status": "AVAILABLE"}, "authorizationStatus": "AUTHORIZED", "entitlementAvailability": "AVAILABLE", "regionAvailability": "AVAILABLE"}
    QUOTAS = {"L-3032A538": 100, "L-36FBB829": 100, "L-0263D0A3": 5, "L-F678F1CE": 5}

    def preflight(self, environment="dev", model=None, form=200, status="ACTIVE", quotas=None, tokens=500_000, budgets=200, private=False, plan="team", number="123"):
        quotas = {**self.QUOTAS, **(quotas or {})}

        def answer(_method, path, headers, body):
            target = (headers.get("X-Amz-Target") or "").split(".")[-1]
            if path == "/use-case-for-model-access":
                return form, {"formData": "eA=="} if form == 200 else {"__type": "ResourceNotFoundException", "message": "ResourceNotFoundException"}
            if path.startswith("/foundation-model-availability/"):
                return 200, {"modelId": path.split("/")[-1], **self.MODEL, **(model or {})}
            if path.startswith("/foundation-models/"):
                return 200, {"modelDetails": {"modelArn": "arn:aws:bedrock:us-east-1::foundation-model/x", "modelId": "x", "modelLifecycle": {"status": status}}}
            if path.startswith("/inference-profiles/"):
                return 200, {"models": [{"modelArn": f"arn:aws:bedrock:{r}::foundation-model/x"} for r in ("us-west-2", "us-east-1")]}
            if target == "GetServiceQuota":
                return 200, {"Quota": {"Value": quotas[json.loads(body)["QuotaCode"]]}}
            if target == "ListServiceQuotas":
                kinds = ("Cross-region model inference tokens per minute for Anthropic", "Cross-region model inference requests per minute for Anthropic", "On-demand model inference tokens per minute for Anthropic")
                return 200, {"Quotas": [{"QuotaName": f"{kind} {name}", "Value": tokens if "tokens" in kind else 1} for name in self.models(folder) for kind in kinds]}
            if target == "DescribeBudgets":
                return budgets, {"Budgets": []} if budgets == 200 else {"__type": "AccessDeniedException", "message": "not authorized"}
            return 500, {"message": path}

        folder, stub = self.folder(), Stub(answer)
        self.addCleanup(stub.close)
        shutil.copytree(ROOT / "ecs" / "terraform", folder / "ecs" / "terraform", ignore=shutil.ignore_patterns(".terraform", "modules", "tests"))
        (folder / ".github").mkdir()
        (folder / ".github/scripts").symlink_to(support.SCRIPTS)
        run(["git", "init", "-q"], cwd=folder).check()
        zone = self.cloud.client("route53").create_hosted_zone(Name="example.com", CallerReference=str(len(stub.url)))["HostedZone"]["Id"].split("/")[-1]
        values = folder / "ecs/terraform/environments" / environment / "terraform.tfvars"
        values.write_text(values.read_text().replace("Z00000000EXAMPLE", zone).replace("sha256:" + "0" * 64, "sha256:" + "1" * 64))
        bootstrap = folder / "ecs/terraform/bootstrap/terraform.tfvars"
        bootstrap.write_text(bootstrap.read_text().replace('"0"', '"123"'))
        view = json.dumps({"nameWithOwner": "o/r", "isPrivate": private})
        gh = f"""#!/bin/sh\ncase "$*" in "repo view"*) echo '{view}' ;; *repos/o/r*) echo {number} ;; *orgs/o*) echo {plan} ;; esac\n"""
        env = {**self.env, **{f"AWS_ENDPOINT_URL_{s}": stub.url for s in ("BEDROCK", "SERVICE_QUOTAS", "BUDGETS")}, "CHECKPOINT_DISABLE": "1", "TF_CLI_CONFIG_FILE": "/dev/null"}
        return run([folder / ".github/scripts/preflight", environment], env={**env, "PATH": f"{self.stub_command('gh', gh)}:{support.PATH}"}, cwd=folder)

    @staticmethod
    def models(folder):
        """Names of the default models as Service Quotas writes them: Claude Sonnet 4.5."""
        ids = re.findall(r'default\s+= "us\.anthropic\.claude-([a-z]+)-(\d+)(?:-(\d))?[-"]', (folder / "ecs/terraform/variables.tf").read_text())
        return [f"Claude {family.capitalize()} {major}{'.' + minor if minor else ''}" for family, major, minor in ids]

    def test_preflight_should_say_that_an_account_is_ready(self):
        for environment in ("dev", "prod"):
            done = self.preflight(environment).check()
            self.assertIn("ready: nothing is missing that could be asked for", done.out)
            self.assertNotRegex(done.out, r"(?m)^(no|\?) ")
        for said in ("account 123456789012, region us-east-1", "zones that Fargate runs in, 2 wanted", "use-case form is sent", "is a profile of us-east-1; it asks in us-east-1 us-west-2", "500000 tokens a minute, about 50 turns", "budgets may be made", "agent.example.com is in the zone example.com.", "bootstrap makes it", "o/r is public"):
            self.assertIn(said, done.out)
        called = {line.split()[1].split(":")[1] for line in self.cloud.operations.read_text().splitlines() if not line.startswith("setup")}
        self.assertEqual(set(), {c for c in called if not c.startswith(("Get", "Describe", "List", "Head"))}, "it only reads")

    def test_preflight_should_name_what_is_missing(self):
        self.cloud.client("iam").create_open_id_connect_provider(Url="https://token.actions.githubusercontent.com", ClientIDList=["sts.amazonaws.com"])
        done = self.preflight(
            form=404, model={"agreementAvailability": {"status": "NOT_AVAILABLE"}, "authorizationStatus": "NOT_AUTHORIZED"}, status="LEGACY", tokens=20_000, budgets=400, private=True, number="456",
            quotas={"L-36FBB829": 2, "L-0263D0A3": 0})
        self.assertEqual(1, done.code, done.out + done.err)
        for said in (
            "no   Anthropic's use-case form isn't sent: aws bedrock put-use-case-for-model-access", "nobody in this account has accepted its agreement; this account is not authorized",
            "is LEGACY: an account that hasn't called it lately is refused", "no   Fargate Spot's vCPUs: 2, but 3 are needed: aws service-quotas request-service-quota-increase --service-code fargate --quota-code L-36FBB829",
            "no   Elastic IP addresses (0 in use): 0, but 1 are needed", "20000 tokens a minute are about 2 turns", "no   billing is closed to IAM", "-var create_oidc_provider=false",
            "no   o/r has the number 456", "is private, outside GitHub Enterprise: nobody can be asked"):
            self.assertIn(said, done.out)
        self.assertRegex(done.out, r"\d+ missing: mend each")

    def test_preflight_should_ask_nothing_of_an_environment_that_is_not_there(self):
        self.refused(script("preflight", "stage", env=self.env, cwd=ROOT), "there is no ecs/terraform/environments/stage/terraform.tfvars")

    def test_smoke_test_should_look_at_the_models_when_the_agent_does_not_answer(self):
        agent = Stub(lambda method, path, headers, body: (200, {}) if path == "/health" else (503, {"title": "Service Unavailable"}))
        bedrock = Stub(lambda *_: (200, {"modelId": "x", **self.MODEL, "agreementAvailability": {"status": "PENDING"}}))
        self.addCleanup(agent.close)
        self.addCleanup(bedrock.close)
        self.cloud.client("ssm").put_parameter(Name="/mcp/dev/task-definition/agent", Type="String", Overwrite=True, Value=json.dumps({"bedrock_model_id": "us.anthropic.claude-a", "bedrock_fallback_model_id": "us.anthropic.claude-b"}))
        done = self.script("smoke-test", agent.url, "", "/mcp/dev/task-definition/agent", AWS_ENDPOINT_URL_BEDROCK=bedrock.url, AGENT_API_KEY="k", HEALTH_WAIT_SECONDS="0")
        self.refused(done, "/chat answers 503: Service Unavailable")
        for model in "ab":
            self.assertIn(f"no   anthropic.claude-{model}: its agreement is on its way: wait up to 15 minutes", done.err)
        # without that parameter it says what it knows
        self.refused(self.script("smoke-test", agent.url, "", "/mcp/other/task-definition/agent", AGENT_API_KEY="k", HEALTH_WAIT_SECONDS="0"), "/chat answers 503: Service Unavailable")
        self.assertEqual(["/foundation-model-availability/anthropic.claude-a", "/foundation-model-availability/anthropic.claude-b"], [path for _, path, *_ in bedrock.requests])

    def test_the_runbook_should_sign_for_the_models_with_commands_that_the_aws_cli_knows(self):
        def answer(_method, path, _headers, body):
            if path.startswith("/list-foundation-model-agreement-offers/"):
                return 200, {"modelId": "x", "offers": [{"offerToken": "token of " + urllib.parse.unquote(path.split("/")[-1])}]}
            return 201, {"modelId": "x"}

        bedrock, folder = Stub(answer), self.folder()
        self.addCleanup(bedrock.close)
        (folder / "ecs").symlink_to(ROOT / "ecs")
        runbook = (ROOT / "ecs/README.md").read_text()
        step = runbook[runbook.index("**0. What only an administrator does"):runbook.index("**1. What an administrator gives")]
        block = re.findall(r"```bash\n(.*?)```", step, re.S)[1].replace("…", "x")
        run(["bash", "-euo", "pipefail", "-c", block], env={**self.env, "AWS_ENDPOINT_URL_BEDROCK": bedrock.url}, cwd=folder).check()
        asked = {path: json.loads(body) if body else {} for method, path, _, body in bedrock.requests}
        form = json.loads(base64.b64decode(asked["/use-case-for-model-access"]["formData"]))
        self.assertEqual({"companyName", "companyWebsite", "intendedUsers", "industryOption", "otherIndustryOption", "useCases"}, set(form))
        signed = [json.loads(body)["modelId"] for method, path, _, body in bedrock.requests if path == "/create-foundation-model-agreement"]
        defaults = re.findall(r'default\s+= "us\.(anthropic\.[^"]+)"', (ROOT / "ecs/terraform/variables.tf").read_text())
        self.assertEqual((2, sorted(defaults)), (len(signed), sorted(signed)))
        self.assertEqual("token of " + asked["/create-foundation-model-agreement"]["modelId"], asked["/create-foundation-model-agreement"]["offerToken"])

    def test_check_models_should_say_what_each_model_lacks(self):
        def check(**answer):
            stub = Stub(lambda *_: (403, {"__type": "AccessDeniedException", "message": "no"}) if "denied" in answer else (200, {"modelId": "x", **self.MODEL, **answer}))
            self.addCleanup(stub.close)
            return self.script("check-models", "global.anthropic.claude-a", AWS_ENDPOINT_URL_BEDROCK=stub.url)

        self.assertEqual("ok   anthropic.claude-a may be called\n", check().check().out)
        self.refused(check(regionAvailability="NOT_AVAILABLE"), "this region does not have it")
        self.refused(check(entitlementAvailability="NOT_AVAILABLE"), "has not subscribed to it")
        self.refused(check(denied=True), "Bedrock doesn't say whether it may be called")


class Plans(ScriptTest):
    def check(self, *arguments, **changes):
        plan = {"format_version": "1.2", "resource_changes": [{"address": a, "type": a.split(".")[-2], "change": {"before": None, "after": None, **c}} for a, c in changes.items()]}
        return run([support.SCRIPTS / "check-plan", *arguments], stdin=json.dumps(plan))

    def test_check_plan_should_refuse_what_cannot_be_had_back(self):
        both = {"actions": ["delete", "create"]}
        for address in ("module.agent.aws_ecs_service.rolling[0]", "module.conversations.aws_dynamodb_table.this", "module.database.aws_db_instance.this[0]", "module.alb.aws_lb.this", "aws_kms_key.this"):
            for change, said in ((both, "would be replaced"), ({"actions": ["create", "delete"]}, "would be replaced"), ({"actions": ["delete"]}, "would be deleted")):
                done = self.refused(self.check(**{address: change}), f"{address} {said}")
                self.assertEqual(f"{address}\n", done.out)
        self.refused(self.check(**{"aws_dynamodb_table.t": {"actions": ["update"], "before": {"deletion_protection_enabled": True}, "after": {"deletion_protection_enabled": False}}}), "would lose its protection")
        self.refused(run([support.SCRIPTS / "check-plan"], stdin="{}"), "can't be read")
        self.refused(run([support.SCRIPTS / "check-plan"], stdin=""), "can't be read")

    def test_check_plan_should_let_the_rest_pass_and_what_is_named(self):
        both = {"actions": ["delete", "create"]}
        self.check().check()
        self.check(**{"aws_cloudwatch_metric_alarm.x": {"actions": ["delete"]}, "aws_ecs_service.a": {"actions": ["update"], "before": {}, "after": {}}, "aws_db_instance.new": {"actions": ["create"]}}).check()
        named = self.check("aws_ecs_service.a", **{"aws_ecs_service.a": both})
        self.assertIn("as this run was told", named.check().err)
        # a name lets nothing else pass, not even what begins with it
        self.refused(self.check("aws_ecs_service.a", **{"aws_ecs_service.a": both, "aws_ecs_service.ab": both}), "aws_ecs_service.ab would be replaced")
        self.refused(self.check("aws_ecs_service", **{"aws_ecs_service.a": both}), "aws_ecs_service.a would be replaced")

    def test_check_provenance_should_ask_for_this_repositorys_workflow_on_main(self):
        calls = self.folder() / "calls"
        env = {"GITHUB_REPOSITORY": "o/r", "PATH": f"{self.stub_command('gh', f'#!/bin/sh{chr(10)}echo $@ > {calls}{chr(10)}exit $GH_CODE{chr(10)}')}:{support.PATH}"}
        image = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/mcp-agent@{NOWHERE}"
        script("check-provenance", image, env={**env, "GH_CODE": "0"}).check()
        self.assertEqual(f"attestation verify oci://{image} --repo o/r --signer-workflow o/r/.github/workflows/deploy.yml --source-ref refs/heads/main --deny-self-hosted-runners\n", calls.read_text())
        self.refused(script("check-provenance", image, env={**env, "GH_CODE": "1"}), "no attestation says")

    def scan(self, answer, *digests, **env):
        """The answer of ECR, or of each call by its number; the real aws command sends the questions."""
        answers = answer if isinstance(answer, list) else [answer]

        def reply(_method, _path, _headers, body):
            asked.append(json.loads(body))
            given = answers[min(len(asked), len(answers)) - 1]
            return (400, {"__type": given, "message": given}) if isinstance(given, str) else (200, given)

        asked, stub = [], Stub(reply)
        self.addCleanup(stub.close)
        image = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/mcp-agent@{NOWHERE}"
        aws = {"AWS_ENDPOINT_URL": stub.url, "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_MAX_ATTEMPTS": "1", "POLL_SECONDS": "0.1"}
        return script("check-scan", image, *digests, env={**aws, **env}), asked

    def test_check_scan_should_refuse_critical_vulnerabilities(self):
        found = lambda *findings: {"imageScanStatus": {"status": "COMPLETE"}, "imageScanFindings": {"findings": [{"name": n, "severity": s} for n, s in findings]}}  # noqa: E731
        done, asked = self.scan(found(("CVE-1", "HIGH")))
        self.assertIn("nothing critical", done.check().out)
        self.assertEqual(("123456789012", "mcp-agent", {"imageDigest": NOWHERE}), (asked[0]["registryId"], asked[0]["repositoryName"], asked[0]["imageId"]))
        critical = found(("CVE-1", "CRITICAL"), ("CVE-2", "CRITICAL"))
        self.refused(self.scan(critical)[0], "critical vulnerabilities: CVE-1 CVE-2 (")
        self.refused(self.scan(critical, ACCEPTED_FINDINGS="CVE-1, CVE-22")[0], "critical vulnerabilities: CVE-2 (")
        self.scan(critical, ACCEPTED_FINDINGS="CVE-1,CVE-2")[0].check()
        enhanced = {"imageScanStatus": {"status": "ACTIVE"}, "imageScanFindings": {"enhancedFindings": [{"severity": "CRITICAL", "packageVulnerabilityDetails": {"vulnerabilityId": "CVE-3", "source": "NVD"}}]}}
        self.refused(self.scan(enhanced)[0], "critical vulnerabilities: CVE-3 (")

    def test_check_scan_should_wait_for_a_scan_and_know_what_cannot_be_scanned(self):
        clean = {"imageScanStatus": {"status": "COMPLETE"}, "imageScanFindings": {"findings": []}}
        done, asked = self.scan(["ScanNotFoundException", {"imageScanStatus": {"status": "IN_PROGRESS"}}, clean])
        done.check()
        self.assertEqual(3, len(asked))
        self.refused(self.scan({"imageScanStatus": {"status": "IN_PROGRESS"}}, SCAN_WAIT_SECONDS="0")[0], "isn't scanned after 0 s")
        self.refused(self.scan({"imageScanStatus": {"status": "FAILED", "description": "broken layer"}})[0], "is FAILED: broken layer")
        self.refused(self.scan("AccessDeniedException")[0], "ECR doesn't say what it found")
        self.assertIn("ECR can't scan", self.scan({"imageScanStatus": {"status": "UNSUPPORTED_IMAGE"}})[0].check().out)
        # of an index, its images are asked for
        children = ["sha256:" + n * 64 for n in "12"]
        self.assertEqual(children, [a["imageId"]["imageDigest"] for a in self.scan(clean, NOWHERE, *children)[1]])
        self.refused(script("check-scan", "registry/mcp-agent:latest"), "is no image of ECR")


class OverHttp(ScriptTest):
    def stub(self, answer):
        stub = Stub(answer)
        self.addCleanup(stub.close)
        return stub

    def smoke(self, health=200, chat=(200, {"answer": "Here.", "notices": [], "model": "a model"}), key="secret-key", **env):
        stub = self.stub(lambda method, path, headers, body: (health, {}) if path == "/health" else chat)
        done = script("smoke-test", stub.url, env={"HEALTH_WAIT_SECONDS": "0", "AGENT_API_KEY": key, **env})
        self.assertNotIn("secret-key", done.out + done.err)
        return done, stub

    def test_smoke_test_should_ask_for_health_and_one_answer(self):
        done, stub = self.smoke()
        self.assertIn("/chat: 200, answered by a model", done.check().out)
        method, path, headers, body = stub.requests[-1]
        self.assertEqual(("POST", "/chat", "secret-key"), (method, path, headers["X-API-Key"]))
        self.assertIn("message", json.loads(body))

    def test_smoke_test_should_be_red_for_every_way_not_to_answer(self):
        self.refused(self.smoke(health=503)[0], "/health answers 503")
        self.refused(self.smoke(chat=(401, {"title": "Unauthorized", "detail": "secret-key"}))[0], "/chat answers 401: Unauthorized")
        self.refused(self.smoke(chat=(200, {"answer": ""}))[0], "200 without an answer")
        self.refused(self.smoke(chat=(200, {"answer": "Here.", "notices": ["No tools: the toolbox can't be reached"]}))[0], "No tools: the toolbox can't be reached")
        self.refused(self.smoke(key="")[0], "no API key for the smoke test")
        self.refused(script("smoke-test", ""), "AGENT_URL is ''")
        self.refused(script("smoke-test", "http://example.com"), "set it to https://")
        self.refused(script("smoke-test", "http://127.0.0.1:1", env={"AGENT_API_KEY": "k", "HEALTH_WAIT_SECONDS": "0"}), "/health answers 000")

    def test_comment_on_pull_request_should_write_one_comment_a_topic(self):
        comments = []

        def answer(method, path, headers, body):
            if headers["Authorization"] != "Bearer token":
                return 401, {}
            if method == "GET":
                return 200, comments if path.endswith("page=1") else []
            if method == "POST":
                comments.append({"id": len(comments) + 1, "html_url": f"https://github.example/{len(comments)}", **json.loads(body)})
                return 201, comments[-1]
            comments[int(path.rsplit("/", 1)[1]) - 1].update(json.loads(body))
            return 200, comments[int(path.rsplit("/", 1)[1]) - 1]

        stub, text = self.stub(answer), self.folder() / "text.md"
        env = {"GITHUB_TOKEN": "token", "GITHUB_REPOSITORY": "o/r", "GITHUB_API_URL": stub.url}
        for topic, content in (("dev", "first"), ("prod", "other"), ("dev", "second")):
            text.write_text(content)
            script("comment-on-pull-request", "7", topic, text, env=env).check()
        self.assertEqual(["<!-- dev -->\nsecond", "<!-- prod -->\nother"], [c["body"] for c in comments])
        text.write_text("x" * 100_000)
        script("comment-on-pull-request", "7", "dev", text, env=env).check()
        self.assertLess(len(comments[0]["body"]), 65_536)
        self.refused(script("comment-on-pull-request", "7", "dev", text, env={**env, "GITHUB_TOKEN": "wrong"}), "401")
        self.refused(script("comment-on-pull-request", "7/../8", "dev", text, env=env), "is no pull request")


if __name__ == "__main__":
    unittest.main()
