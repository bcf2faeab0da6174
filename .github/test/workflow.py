"""Runs a job of a workflow on this machine: its steps in the order in which they stand in the file, with the file's own conditions,
expressions and environment. `run` steps are run for real; `uses` steps by the stand-ins that are handed in."""
import json
import os
import re
import subprocess
from pathlib import Path

from lint import load

TOKEN = re.compile(r"\s*(?:(?P<string>'(?:[^']|'')*')|(?P<number>\d+)|(?P<word>[A-Za-z_][\w-]*)|(?P<sign>==|!=|&&|\|\||[!().,\[\]]))")


class Expression:
    """GitHub's expressions, as far as our workflows use them."""

    def __init__(self, text, contexts):
        self.tokens, end, text = [], 0, text.strip()
        while end < len(text):
            match = TOKEN.match(text, end)
            if not match:
                raise ValueError(f"can't read the expression {text!r} at {text[end:]!r}")
            self.tokens.append((match.lastgroup, match[match.lastgroup]))
            end = match.end()
        self.contexts = contexts

    def value(self):
        result = self.either()
        if self.tokens:
            raise ValueError(f"what is {self.tokens} doing there?")
        return result

    def at(self, *signs):
        return bool(self.tokens) and self.tokens[0] in [("sign", sign) for sign in signs] and self.tokens.pop(0)[1]

    def either(self):
        left = self.both()
        while self.at("||"):
            right = self.both()
            left = left or right
        return left

    def both(self):
        left = self.compared()
        while self.at("&&"):
            right = self.compared()
            left = left and right
        return left

    def compared(self):
        left = self.single()
        while sign := self.at("==", "!="):
            right = self.single()
            left = (self.text(left) == self.text(right)) is (sign == "==")
        return left

    def single(self):
        if self.at("!"):
            return not self.single()
        if self.at("("):
            result = self.either()
            self.at(")")
            return result
        kind, token = self.tokens.pop(0)
        if kind == "string":
            return token[1:-1].replace("''", "'")
        if kind == "number":
            return int(token)
        if token in ("true", "false"):
            return token == "true"
        if self.at("("):
            return self.call(token)
        result = self.contexts[token]
        while self.at("."):
            result = (result or {}).get(self.tokens.pop(0)[1])
        return result

    def call(self, name):
        arguments = []
        while not self.at(")"):
            arguments.append(self.either())
            self.at(",")
        status = self.contexts["job"]["status"]
        return {
            "contains": lambda where, what: self.text(what) in self.text(where),
            "fromJSON": json.loads,
            "failure": lambda: status == "failure",
            "success": lambda: status == "success",
            "always": lambda: True,
            "cancelled": lambda: False,
        }[name](*arguments)

    @staticmethod
    def text(value):
        return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def fill(value, contexts):
    """VALUE with each ${{ }} in it replaced."""
    if not isinstance(value, str):
        return Expression.text(value)
    return re.sub(r"\$\{\{(.*?)\}\}", lambda match: Expression.text(Expression(match[1], contexts).value()), value)


class Job:
    """One run of one job. `steps` tells, by id or name, each step's outcome and outputs; `log` is what they printed."""

    def __init__(self, path, job_id, workspace, temp, stand_ins, inputs=None, variables=None, github=None, env=None, needs=None, matrix=None):
        self.workflow = load(path)
        self.job = self.workflow["jobs"][job_id]
        self.workspace, self.temp, self.stand_ins = Path(workspace), Path(temp), stand_ins
        self.env = {"PATH": os.environ["PATH"], "HOME": str(temp), "GITHUB_WORKSPACE": str(workspace), "RUNNER_TEMP": str(temp), "LANG": "C.UTF-8", "GITHUB_STEP_SUMMARY": str(self.temp / "summary.md"), "GITHUB_REPOSITORY": "example/mcp-agent", "GITHUB_RUN_ID": "1", "GITHUB_RUN_ATTEMPT": "1", **(env or {})}
        self.steps, self.order, self.log, self.status = {}, [], "", "success"
        declared = (self.workflow["on"].get("workflow_call") or self.workflow["on"].get("workflow_dispatch") or {}).get("inputs", {})
        if inputs is not None and inputs.keys() != declared.keys():
            raise ValueError(f"inputs are {sorted(declared)}, not {sorted(inputs)}")
        self.contexts = {
            "inputs": inputs or {}, "vars": variables or {}, "github": {"ref": "refs/heads/main", "event_name": "push", **(github or {})},
            "steps": self.steps, "runner": {"temp": str(temp)}, "job": {"status": "success"}, "needs": needs or {}, "matrix": matrix or {}, "env": {},
        }

    def run(self):
        for number, step in enumerate(self.job["steps"], 1):
            name = step.get("id") or step.get("name") or step["uses"].split("@")[0]
            self.contexts["job"]["status"] = self.status
            condition = str(step.get("if", "success()"))
            condition = condition.removeprefix("${{").removesuffix("}}")
            if not re.search(r"\b(success|failure|always|cancelled)\(", condition):
                condition = f"success() && ({condition})"
            record = self.steps[name] = {"outcome": "skipped", "outputs": {}}
            if not Expression(condition, self.contexts).value():
                continue
            self.order.append(name)
            env = {**self.env}
            for part in (self.workflow.get("env", {}), self.job.get("env", {}), step.get("env", {})):
                env.update({key: fill(value, self.contexts) for key, value in part.items()})
            self.log += f"--- {number} {name}\n"
            try:
                record["outputs"] = self.use(step, env) if "uses" in step else self.script(step, env, number)
                record["outcome"] = "success"
            except Failure as failure:
                record["outcome"] = self.status = "failure"
                self.log += f"{failure}\n"
        self.contexts["job"]["status"] = self.status
        return self

    def outputs(self):
        return {name: fill(value, self.contexts) for name, value in self.job["outputs"].items()}

    def use(self, step, env):
        inputs = {key: fill(value, self.contexts) for key, value in step.get("with", {}).items()}
        action = step["uses"].split("@")[0]
        outputs, exported, said = self.stand_ins[action](inputs, env)
        self.env.update(exported)
        self.log += said
        return outputs

    def script(self, step, env, number):
        written = self.temp / f"output-{number}"
        written.write_text("")
        file = self.temp / f"step-{number}.sh"
        file.write_text(step["run"])
        done = subprocess.run(["bash", "--noprofile", "--norc", "-eo", "pipefail", file], cwd=self.workspace, env={**env, "GITHUB_OUTPUT": str(written)}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
        self.log += done.stdout
        if done.returncode:
            raise Failure(f"exit code {done.returncode}")
        return dict(line.split("=", 1) for line in written.read_text().splitlines())


class Failure(Exception):
    """A step failed, and with it the job."""
