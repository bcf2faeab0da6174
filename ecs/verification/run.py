"""Everything that can be verified of ecs/ without an AWS account. Started by ecs/verify.

usage: run.py [--fast]      --fast leaves out what needs an emulated account
"""
import contextlib
import importlib.util
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Callable, Iterator

import costs
import counterexamples
import knobs
import metrics
import settings
import task_definitions as td
import terraform
from counterexamples import must_say
from life import require


class Report:
    """Counts what passed and failed, and prints it as it comes, from any thread."""

    def __init__(self) -> None:
        self.passed = self.failed = 0
        self.lock = threading.Lock()

    def line(self, text: str) -> None:
        with self.lock:
            self.passed += text.startswith("ok ")
            self.failed += text.startswith("FAIL ")
            print(text.rstrip("\n"), flush=True)

    def step(self, name: str, action: Callable[[], str | None]) -> None:
        start = time.monotonic()
        try:
            detail = action()
            self.line(f"ok   {time.monotonic() - start:5.0f}s  {name}{f': {detail}' if detail else ''}")
        except Exception as problem:  # a step that can't even run has failed
            text = "\n".join(f"        {line}" for line in (str(problem) or repr(problem)).splitlines())
            self.line(f"FAIL {time.monotonic() - start:5.0f}s  {name}\n{text}")


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@contextlib.contextmanager
def preloaded_aws(work: Path) -> Iterator[None]:
    """An aws command that is loaded already, at the front of PATH: the documents' commands are dozens of calls."""
    with tempfile.TemporaryDirectory(prefix="aws-") as folder, subprocess.Popen([sys.executable, str(terraform.ECS.parent / ".github" / "test" / "aws_server.py"), f"{folder}/socket", folder]) as server:
        try:
            while not os.access(f"{folder}/aws", os.X_OK):
                if server.poll() is not None:
                    raise AssertionError("the preloaded aws command didn't start")
                time.sleep(0.05)
            os.environ["PATH"] = f"{folder}:{os.environ['PATH']}"
            yield
        finally:
            server.terminate()


def validate(path: str, work: Path, env: dict[str, str]) -> None:
    folder = terraform.Folder(work / "ecs" / "terraform" / path, env, work / f"validate-{path}.log")
    folder.init("-backend=false")
    folder.run("validate", "-no-color")


def terraform_test(work: Path, env: dict[str, str]) -> str:
    """Every module's contract and the whole's, with a provider that answers without an account."""
    folder = terraform.Folder(work / "ecs" / "terraform", env, work / "test.log")
    folder.init("-backend=false")
    output = folder.run("test", "-no-color", expect=(0, 1))
    summary = output.strip().splitlines()[-1]
    if not summary.startswith("Success!") or "skipped" in summary:
        raise AssertionError("\n".join(line for line in output.splitlines() if not line.endswith("pass"))[:3000])
    return summary.removeprefix("Success! ")


def planned(work: Path, env: dict[str, str]) -> dict[str, dict]:
    """What each column of the cost table would make in an empty account, as the JSON of its plan."""
    env = {**env, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{(port := free_port())}", "OPERATIONS": str(work / "planned-operations")}
    copy = terraform.copy_of_ecs(work / "planned")
    folder = terraform.Folder(copy / "terraform", env, work / "planned.log")
    (folder.path / "zz_override.tf").write_text('terraform {\n  backend "local" {}\n}\nprovider "aws" {\n  max_retries = 2\n}\n')
    emulator = subprocess.run([str(copy / "verification" / "moto_start.sh"), str(port), str(work / "planned-emulator.log")], env=env, text=True, capture_output=True, check=True).stdout
    try:
        folder.init()
        plans = {}
        for shape, files in costs.VARIABLES.items():
            folder.run("plan", "-no-color", "-out=plan", *(f"-var-file=environments/{file}.tfvars" for file in files), f"-var=collector_digest={td.DIGEST}")
            plans[shape] = json.loads(folder.run("show", "-json", "plan"))
        return plans
    finally:
        os.kill(int(emulator), 15)


def without_account(report: Report, work: Path, env: dict[str, str]) -> None:
    terraform.copy_of_ecs(work / "ecs")
    whole = terraform.Folder(work / "ecs" / "terraform", env, work / "fmt.log")

    def terraform_steps() -> None:
        report.step("terraform fmt", lambda: whole.run("fmt", "-check", "-recursive") and None)
        report.step("terraform validate ecs/terraform/bootstrap", lambda: validate("bootstrap", work, env))  # the other root is planned
        broken = []
        report.step("terraform test with a broken copy of every module", lambda: broken.extend(counterexamples.broken_modules(work, env)) or f"{len(broken)} defects")
        for name, proof in broken:
            report.step(f"counter-example: {name}", proof)

    def other_steps() -> None:
        report.step("terraform test, every module and the whole", lambda: terraform_test(work, env))
        report.step("task definitions: botocore, cfn-lint and our rules", lambda: require(td.check_files(terraform.ECS / "task-definitions")))
        report.step("settings of the environments", lambda: require(settings.check_variables(terraform.ECS / "terraform" / "environments")))
        variables = (terraform.ECS / "terraform" / "variables.tf").read_text()
        report.step("every variable is turned or refused", lambda: require(knobs.complete(variables)))
        report.step("counter-example: a variable that nobody turned", lambda: must_say(knobs.complete(variables + 'variable "zeal" {}\n').problems, "zeal: nobody knows"))
        report.step("telemetry sidecar against metrics.json", lambda: require(metrics.check_collector()))
        report.step("cost table adds up", lambda: require(costs.check(costs.README.read_text())))
        plans = {}
        report.step("plans into an empty account", lambda: plans.update(planned(work, env)))
        for shape, plan in plans.items():
            report.step(f"numbers of the cost table: {shape}", lambda shape=shape, plan=plan: require(costs.check_planned(costs.SHAPES[shape], plan)))
        report.step("counter-example: a cheapest dev with more than its column counts", lambda: must_say(costs.check_planned(costs.SHAPES["cheapest dev"], plans["dev"]).problems, "1 NAT gateways, the cost table counts 0"))
        for name, proof in counterexamples.cases(work, env):
            report.step(f"counter-example: {name}", proof)

    with ThreadPoolExecutor() as pool:
        for done in [pool.submit(terraform_steps), pool.submit(other_steps)]:
            done.result()


def live(report: Report, environment: str, work: Path) -> None:
    """One environment's life, in a process of its own: the AWS SDK's endpoint is the process's."""
    script = Path(__file__).with_name("life.py")
    with subprocess.Popen([sys.executable, str(script), environment, str(free_port()), str(work / environment)], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        steps = 0
        for line in process.stdout:
            steps += line.startswith(("ok ", "FAIL "))
            report.line(line)
    if steps == 0 or (process.returncode != 0 and report.failed == 0):
        report.line(f"FAIL     0s  {environment}: its verification broke off with {process.returncode}")


def main() -> int:
    start, report = time.monotonic(), Report()
    work = Path(tempfile.mkdtemp(prefix="ecs-verify-"))
    env = terraform.environment(work)
    os.environ.update({k: v for k, v in env.items() if k.startswith("AWS_")})
    fast = "--fast" in sys.argv[1:]
    loaded = preloaded_aws(work) if not fast and importlib.util.find_spec("awscli") else contextlib.nullcontext()
    with loaded, ThreadPoolExecutor() as pool:
        environments = [] if fast else [pool.submit(live, report, e, work) for e in ("prod", "dev")]
        without_account(report, work, env)
        for environment in environments:
            environment.result()
    if report.failed:
        print(f"logs: {work}")
    else:
        subprocess.run(["rm", "-rf", str(work)], check=False)
    print(f"{time.monotonic() - start:.0f} s")
    print(f"{report.passed} passed, {report.failed} failed")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
