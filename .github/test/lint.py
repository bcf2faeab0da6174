"""Rules for the workflows that actionlint doesn't have: where code comes from, what it may do, and that names fit together.

usage: python3 lint.py FOLDER_OF_WORKFLOWS      prints every violation, exits 1 if there is one
"""
import functools
import json
import re
import subprocess
import sys
from pathlib import Path

import yaml

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
ACTIONS = json.loads((HERE / "action-inputs.json").read_text())
SCRIPT = re.compile(r"(?<![\w/.-])((?:\.github/scripts|ecs)/[a-z][\w-]*)(?![\w.-]*/)")
LONGEST_JOB_MINUTES = 60
# Which GitHub environment a role is for: its trust policy lets in no other, and a job gets no other role by its environment.
ROLES = {
    "AWS_PUSH_ROLE_ARN": r"images",
    "AWS_DEPLOY_ROLE_ARN": r"\$\{\{ inputs\.environment \}\}",
    "AWS_PLAN_ROLE_ARN": r"\$\{\{ (inputs|matrix)\.environment \}\}-plan",
    "AWS_APPLY_ROLE_ARN": r"\$\{\{ (inputs|matrix)\.environment \}\}-apply",
}
TRUST = "".join((ROOT / "ecs" / "terraform" / "modules" / module / "main.tf").read_text() for module in ("github", "bootstrap"))


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """YAML 1.2's booleans, as GitHub reads them: `on` is a word."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


def load(path):
    return parse(Path(path).read_text())


@functools.cache
def parse(text):
    return yaml.load(text, Loader)


def triggers(workflow):
    on = workflow["on"]
    return {on: {}} if isinstance(on, str) else dict.fromkeys(on, {}) if isinstance(on, list) else on


@functools.cache
def shellcheck(script):
    return subprocess.run(["shellcheck", "-s", "bash", "-f", "gcc", "-"], input=script, capture_output=True, text=True).stdout.strip()


class Lint:
    """Collects what is wrong with all workflows of one folder."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.problems = []
        self.workflows = {p.name: load(p) for p in sorted(self.folder.glob("*.y*ml"))}
        self.pins = {}

    def run(self):
        for name, workflow in self.workflows.items():
            self.check_workflow(name, workflow)
            for job_id, job in workflow["jobs"].items():
                at = f"{name}, job {job_id}"
                self.check_rights(at, workflow, job)
                self.check_concurrency(at, workflow, job)
                if "uses" in job:
                    self.check_call(at, job)
                else:
                    self.check_runner(at, job)
                    self.check_roles(at, name, job)
                    self.check_containers(at, job)
                    self.check_steps(at, name, workflow, job)
        self.check_pins_agree()
        return self.problems

    def say(self, at, what):
        self.problems.append(f"{at}: {what}")

    def check_workflow(self, name, workflow):
        if workflow.get("permissions") != {}:
            self.say(name, "permissions at the top aren't {}")
        for event in triggers(workflow):
            if event in ("pull_request_target", "workflow_run"):
                self.say(name, f"{event} gives a stranger's branch this repository's rights")
        if any("run" in step for job in workflow["jobs"].values() for step in job.get("steps", [])):
            if workflow.get("defaults", {}).get("run", {}).get("shell") != "bash":
                self.say(name, "defaults.run.shell isn't bash: without it a pipe's first command may fail unseen")
        if re.search(r"secrets\.(AWS|ECR)_", (self.folder / name).read_text()):
            self.say(name, "a stored AWS key: roles are taken by OIDC")

    def check_rights(self, at, workflow, job):
        rights = job.get("permissions")
        if not isinstance(rights, dict):
            self.say(at, f"permissions are {rights or 'not given'}: name each right that the job needs")
            return
        if rights.get("id-token") == "write" and "uses" not in job:
            if not job.get("environment"):
                self.say(at, "may take an OIDC token without an environment")
            condition = str(job.get("if", ""))
            if "pull_request" in triggers(workflow) and not ("head.repo.full_name == github.repository" in condition or "event_name != 'pull_request'" in condition):
                self.say(at, "a fork's pull request reaches a job that may take an OIDC token")
        if job.get("secrets") == "inherit":
            self.say(at, "secrets: inherit hands over every secret")

    def check_concurrency(self, at, workflow, job):
        own = job.get("concurrency") or workflow.get("concurrency")
        cancel = own.get("cancel-in-progress") if isinstance(own, dict) else None
        events = triggers(workflow)
        if "pull_request" in events and cancel != "${{ github.event_name == 'pull_request' }}":
            self.say(at, "pull requests don't cancel their older runs (and only those)")
        elif job.get("environment") and "pull_request" not in events and cancel is not False:
            self.say(at, "a deployment could be cancelled, or two could run at once")

    def check_call(self, at, job):
        target = self.workflows.get(Path(job["uses"]).name) if job["uses"].startswith("./") else None
        if target is None or "workflow_call" not in triggers(target):
            self.say(at, f"{job['uses']} is no reusable workflow here")
            return
        inputs = (triggers(target)["workflow_call"] or {}).get("inputs", {})
        given = job.get("with", {})
        for name in given.keys() - inputs.keys():
            self.say(at, f"{job['uses']} has no input {name}")
        for name, value in inputs.items():
            if value.get("required") and name not in given:
                self.say(at, f"{job['uses']} needs the input {name}")
        granted = job.get("permissions") if isinstance(job.get("permissions"), dict) else {}
        order = {None: 0, "none": 0, "read": 1, "write": 2}
        for callee_id, callee in target["jobs"].items():
            wanted = callee.get("permissions") if isinstance(callee.get("permissions"), dict) else {}
            for scope, level in wanted.items():
                if order[level] > order[granted.get(scope)]:
                    self.say(at, f"grants {scope}: {granted.get(scope, 'none')}, but job {callee_id} of {job['uses']} needs {level}")

    def check_runner(self, at, job):
        minutes = job.get("timeout-minutes")
        if not isinstance(minutes, int) or not 0 < minutes <= LONGEST_JOB_MINUTES:
            self.say(at, f"timeout-minutes is {minutes}: without one a job that hangs costs six hours (at most {LONGEST_JOB_MINUTES})")
        runner = str(job.get("runs-on"))
        matrix = job.get("strategy", {}).get("matrix", {})
        key = re.fullmatch(r"\$\{\{ matrix\.([\w-]+) \}\}", runner)
        runners = [runner]
        if key:
            runners = list(matrix.get(key[1], [])) + [entry[key[1]] for entry in matrix.get("include", []) if key[1] in entry]
        for image in runners or [runner]:
            if not re.fullmatch(r"ubuntu-\d\d\.\d\d(-arm)?", str(image)):
                self.say(at, f"runs on {image}, which isn't one fixed image")

    def check_roles(self, at, name, job):
        environment = job.get("environment")
        environment = environment.get("name") if isinstance(environment, dict) else environment
        for role in {m for step in job["steps"] for m in re.findall(r"vars\.(AWS_[A-Z]+_ROLE_ARN)", str(step.get("with", {}).get("role-to-assume", "")))}:
            if not re.fullmatch(ROLES.get(role, "(?!)"), str(environment)):
                self.say(at, f"takes {role} in the environment {environment}, which isn't that role's")
            if not re.search(rf'[/"]{re.escape(name)}@', TRUST):
                self.say(at, f"takes {role}, but no trust policy names {name}: AWS would refuse it")

    def check_containers(self, at, job):
        for place in (job, *job.get("services", {}).values()):
            image = place.get("container", place.get("image"))
            image = image.get("image") if isinstance(image, dict) else image
            if image and not re.search(r"@sha256:[0-9a-f]{64}$", image):
                self.say(at, f"the image {image} isn't pinned by its digest")

    def check_steps(self, at, name, workflow, job):
        seen = {}
        for number, step in enumerate(job["steps"], 1):
            where = f"{at}, step {step.get('name') or step.get('id') or step.get('uses', '').split('@')[0] or number}"
            for reference in re.findall(r"steps\.([\w-]+)\.outputs\.([\w-]+)", json.dumps(step)):
                self.check_output(where, seen, *reference)
            if "uses" in step:
                self.check_action(where, name, step)
            if "run" in step:
                self.check_script(where, step["run"], {**workflow.get("env", {}), **job.get("env", {}), **step.get("env", {})})
            if "id" in step:
                seen[step["id"]] = step
        for reference in re.findall(r"steps\.([\w-]+)\.outputs\.([\w-]+)", json.dumps(job.get("outputs", {}))):
            self.check_output(f"{at}, outputs", seen, *reference)

    def check_output(self, where, seen, step_id, output):
        step = seen.get(step_id)
        if step is None:
            self.say(where, f"steps.{step_id} isn't an earlier step")
        elif "uses" in step:
            known = ACTIONS.get(self.action(step["uses"], step.get("_version", "")))
            if known is None:
                known = next((v for k, v in ACTIONS.items() if k.split("@")[0] == step["uses"].split("@")[0]), None)
            if known and output not in known["outputs"]:
                self.say(where, f"{step['uses'].split('@')[0]} has no output {output}")
        elif "GITHUB_OUTPUT" not in step["run"]:
            self.say(where, f"step {step_id} writes no outputs")

    @staticmethod
    def action(uses, version):
        return f"{uses.split('@')[0]}@{version.split('.')[0]}"

    def check_action(self, where, name, step):
        uses, given = step["uses"], step.get("with", {})
        if uses.startswith("./"):
            return
        if not re.search(r"@[0-9a-f]{40}$", uses):
            self.say(where, f"{uses} isn't pinned to a commit")
        line = next((x for x in (self.folder / name).read_text().splitlines() if uses in x), "")
        version = re.search(r"# (v\d+\.\d+\.\d+)$", line)
        if not version:
            self.say(where, f"{uses} has no comment with its version (# v1.2.3)")
            return
        self.pins.setdefault(uses.split("@")[0], {}).setdefault((uses, version[1]), where)
        known = ACTIONS.get(self.action(uses, version[1]))
        if known is None:
            self.say(where, f"{self.action(uses, version[1])} isn't in action-inputs.json: add its inputs and outputs from its action.yml")
            return
        for key in given.keys() - known["inputs"].keys():
            self.say(where, f"{uses.split('@')[0]} has no input {key}")
        for key, required in known["inputs"].items():
            if required and not given.get(key):
                self.say(where, f"{uses.split('@')[0]} needs the input {key}")
        if uses.startswith("actions/checkout@") and given.get("persist-credentials") is not False:
            self.say(where, "persist-credentials isn't false: every later step could push with the token")
        if {"aws-access-key-id", "aws-secret-access-key"} & given.keys():
            self.say(where, "a stored AWS key: roles are taken by OIDC")

    def check_script(self, where, script, env):
        if "${{" in script:
            self.say(where, "an expression inside a script is text that becomes code: pass it by env")
        for path in SCRIPT.findall(script):
            file = ROOT / path
            if file.is_dir():
                continue
            if not file.is_file():
                self.say(where, f"there is no {path}")
            elif not file.stat().st_mode & 0o100:
                self.say(where, f"{path} isn't executable")
        declared = "".join(f"export {name}=''\n" for name in env)
        complaint = shellcheck(f"set -eo pipefail\n{declared}{script}\n")
        if complaint:
            self.say(where, f"shellcheck: {complaint}")

    def check_pins_agree(self):
        for action, pins in self.pins.items():
            if len(pins) > 1:
                self.say(action, f"is pinned to {len(pins)} versions: {', '.join(v for _, v in pins)}")


if __name__ == "__main__":
    found = Lint(sys.argv[1] if len(sys.argv) > 1 else ROOT / ".github" / "workflows").run()
    print(*found, f"{len(found)} problems", sep="\n")
    sys.exit(bool(found))
