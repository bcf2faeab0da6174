"""Shows that the checks which need no account can fail: each defect is put into a copy, and its check must say so.

A check that accepts everything is worth nothing, and nobody would notice.
"""
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import costs
import metrics
import settings
import task_definitions as td
import terraform
from report import Result


@dataclass(frozen=True)
class Defect:
    """NAME describes it; FILE is changed from OLD to NEW; the check must then complain in words that match SAYS."""

    name: str
    file: str
    old: str
    new: str
    says: str



RULES = [
    Defect("a size that Fargate doesn't have", "agent.json", '"memory": "${memory}"', '"memory": "9000"', r"no size of 1024 CPU units with 9000"),
    Defect("a password in plain text", "toolbox.json", '{ "name": "OTEL_EXPORTER_OTLP_INSECURE", "value": "true" }', '{ "name": "OTEL_EXPORTER_OTLP_INSECURE", "value": "true" }, { "name": "POSTGRES_PASSWORD2", "value": "x" }, { "name": "DB_PASSWORD", "value": "hunter2" }', r"plain text in the environment"),
    Defect("no health check", "agent.json", '"healthCheck": { "command": ["CMD", "/app/agent", "health"], "interval": 15, "timeout": 5, "retries": 3, "startPeriod": 30 },', "", r"agent: no health check"),
    Defect("a health check that needs a shell", "toolbox.json", '["CMD", "/toolbox", "invoke", "healthz", "--config", "/app/healthcheck.yaml", "--log-level", "ERROR"]', '["CMD-SHELL", "curl -f http://127.0.0.1:5000/healthz"]', r"toolbox: the health check needs a shell"),
    Defect("no stopTimeout", "agent.json", '"stopTimeout": 120,', "", r"stopTimeout isn't 2 to 120"),
    Defect("a stopTimeout that Fargate refuses", "agent.json", '"stopTimeout": 120', '"stopTimeout": 300', r"stopTimeout isn't 2 to 120"),
    Defect("killed while draining", "agent.json", '"stopTimeout": 120', '"stopTimeout": 110', r"may need \d+ s to end, but is killed after 110"),
    Defect("a drain after the drain", "agent.json", '"name": "AWS_REGION", "value": "${aws_region}" },\n        { "name": "MCP_URL"', '"name": "QUARKUS_SHUTDOWN_TIMEOUT", "value": "110s" },\n        { "name": "MCP_URL"', r"comes on top of the drain"),
    Defect("a setting that the agent doesn't have", "agent.json", "AGENT_CONVERSATION_TABLE", "AGENT_CONVERSATIONS_TABLE", r"AGENT_CONVERSATIONS_TABLE is no setting of the agent"),
    Defect("a setting that is fixed when the agent is built", "agent.json", "QUARKUS_OTEL_TRACES_SAMPLER_ARG", "QUARKUS_OTEL_TRACES_SAMPLER", r"QUARKUS_OTEL_TRACES_SAMPLER is no setting"),
    Defect("metrics that add up from the start", "agent.json", '"value": "delta"', '"value": "cumulative"', r"histograms would lose"),
    Defect("a writable root file system", "agent.json", '"readonlyRootFilesystem": true,\n      "stopTimeout": 120', '"readonlyRootFilesystem": false,\n      "stopTimeout": 120', r"agent: the root file system is writable"),
    Defect("runs as root", "toolbox.json", '"user": "65532",\n      "readonlyRootFilesystem": true,\n      "stopTimeout": 30', '"user": "0",\n      "readonlyRootFilesystem": true,\n      "stopTimeout": 30', r"toolbox: runs as root"),
    Defect("an image by tag", "agent.json", '"image": "${collector_image}"', '"image": "public.ecr.aws/aws-observability/aws-otel-collector:latest"', r"isn't pinned by its digest"),
    Defect("a secret's ARN without its suffix", "toolbox.json", '"${database_secret_arn}:username::"', '"arn:aws:secretsmanager:us-east-1:123456789012:secret:mcp/database/postgres:username::"', r"isn't a full ARN"),
    Defect("a toolbox that listens on 127.0.0.1", "toolbox.json", '"0.0.0.0"', '"127.0.0.1"', r"listens on 127\.0\.0\.1 only"),
    Defect("a file that the toolbox's image doesn't have", "toolbox.json", '"${database_ca_file}"', '"/app/rds.pem"', r"toolbox: \['/app/rds\.pem'\] aren't in its image"),
    Defect("a toolbox with its web page", "toolbox.json", '"--disable-reload",', '"--disable-reload", "--ui",', r"--ui.*isn't for production"),
    Defect("a key that may cost anything", "agent.json", '{ "name": "AGENT_BUDGET_CALLER_DAY_TOKENS", "value": "${caller_day_tokens}" },', "", r"nothing limits what a leaked key may cost"),
    Defect("the old transport", "agent.json", '"${mcp_url}"', '"http://toolbox.mcp.local:5000/mcp/sse"', r"MCP_URL"),
    Defect("a volume that isn't there", "agent.json", '"sourceVolume": "tmp"', '"sourceVolume": "temp"', r"no volume temp"),
    Defect("x86 by default", "agent.json", '"cpuArchitecture": "ARM64", ', "", r"cpuArchitecture"),
    Defect("a placeholder without a value", "agent.json", "${mcp_url}", "${mcp_uri}", r"placeholders are left: \['mcp_uri'\]"),
    Defect("an essential sidecar", "agent.json", '"essential": false', '"essential": true', r"the sidecar isn't"),
    Defect("a field that ECS doesn't know", "agent.json", '"networkMode"', '"networkMod": "awsvpc",\n  "networkMode"', r"Unknown parameter in input: \"networkMod\""),
    Defect("a value that ECS doesn't know", "agent.json", '"protocol": "tcp"', '"protocol": "tpc"', r"'tpc' is none of"),
    Defect("a sidecar that was changed in one file only", "toolbox.json", '"memory": 256', '"memory": 200', r"collectors differ"),
]

METRICS = [
    Defect("a metric under another name", "task-definitions/collector.yaml", r"'^agent\.turns$'", r"'^agent\.turn$'", r"turn\$ means 0 metrics"),
    Defect("a metric that isn't passed on", "task-definitions/collector.yaml", "          - '^agent\\.cost\\.dollars$'\n", "", r"agent\.cost\.dollars: the sidecar makes no series"),
    Defect("a missing dimension", "task-definitions/collector.yaml", "[environment, outcome, tool]", "[environment, outcome]", r"agent\.tool\.calls: the sidecar makes no series with \['environment', 'outcome', 'tool'\]"),
    Defect("a dimension of its own", "task-definitions/collector.yaml", "dimensions: [[environment], [environment, outcome]]\n", "dimensions: [[environment], [environment, outcome], [environment, conversation]]\n", r"dimensions that the list doesn't have"),
    Defect("a key that the collector doesn't know", "task-definitions/collector.yaml", "    namespace: McpAgent\n", "    namespace: McpAgent\n    log_group: x\n", r"exporters\.awsemf has no key log_group"),
    Defect("a component that AWS's distribution lacks", "task-definitions/collector.yaml", "  cumulativetodelta: {}", "  interval: {}\n  cumulativetodelta: {}", r"has no processors interval"),
    Defect("a unit that CloudWatch refuses", "task-definitions/collector.yaml", "      - { metric_name: agent.turns, unit: Count, overwrite: true }\n", "", r"agent\.turns: CloudWatch refuses the unit \{turn\}"),
    Defect("a receiver that is open to the network", "task-definitions/collector.yaml", "endpoint: 127.0.0.1:4318", "endpoint: 0.0.0.0:4318", r"http listens on 0\.0\.0\.0:4318"),
    Defect("another namespace", "metrics.json", '"McpAgent"', '"McpAgents"', r"the sidecar's namespace is McpAgent, the list's McpAgents"),
]

# One defect for each module and for the whole: the test file that must fail => what is broken.
MODULES = {
    "alb": Defect("", "alb/main.tf", "    enabled = true\n  }\n\n  depends_on", "    enabled = false\n  }\n\n  depends_on", ""),
    "bootstrap": Defect("", "bootstrap/main.tf", '"IMMUTABLE"', '"MUTABLE"', ""),
    "codedeploy": Defect("", "codedeploy/main.tf", "auto_rollback_configuration {\n    enabled = true", "auto_rollback_configuration {\n    enabled = false", ""),
    "conversations": Defect("", "conversations/main.tf", "point_in_time_recovery {\n    enabled = true", "point_in_time_recovery {\n    enabled = false", ""),
    "database": Defect("", "database/main.tf", "storage_encrypted               = true", "storage_encrypted               = false", ""),
    "ecs-cluster": Defect("", "ecs-cluster/main.tf", '["FARGATE", "FARGATE_SPOT"]', '["FARGATE"]', ""),
    "ecs-service": Defect("", "ecs-service/main.tf", "enable   = true\n    rollback = true", "enable   = true\n    rollback = false", ""),
    "github": Defect("", "github/main.tf", '"${var.environment}-apply"', "var.environment", ""),
    "observability": Defect("", "observability/agent_alarms.tf", "alarm_actions       = [aws_sns_topic.alarms.arn]", "alarm_actions       = []", ""),
    "secrets": Defect("", "secrets/main.tf", "kms_key_id              = var.kms_key_arn", "kms_key_id              = null", ""),
    "vpc": Defect("", "vpc/main.tf", "private_dns_enabled = true", "private_dns_enabled = false", ""),
    "environment": Defect("", "../services.tf", ":5000/mcp\"", ":5000/mcp/sse\"", ""),
}


def put(folder: Path, defect: Defect) -> None:
    """Changes FOLDER; a defect whose place isn't there any more is an error, not a pass."""
    file = folder / defect.file
    text = file.read_text()
    if defect.old not in text:
        raise AssertionError(f"the counter-example {defect.name or defect.file!r} doesn't fit any more: {defect.old!r} isn't in {defect.file}")
    file.write_text(text.replace(defect.old, defect.new))


def must_say(problems: list[str], says: str) -> None:
    if not any(re.search(says, p) for p in problems):
        raise AssertionError(f"the defect wasn't found: expected a complaint like {says!r}, got {problems or 'none'}")


def _rules(defect: Defect, work: Path) -> None:
    folder = work / "broken-definitions"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(terraform.ECS / "task-definitions", folder)
    put(folder, defect)
    agent, toolbox = td.render(folder, "agent"), td.render(folder, "toolbox")
    result = Result().add(td.same_sidecar(agent, toolbox))
    for definition in (agent, toolbox):
        result.add(td.judge_by_botocore(definition)).add(td.judge_by_rules(definition))
    must_say(result.problems, defect.says)


def _read_only_with_exec() -> None:
    definition = td.render(terraform.ECS / "task-definitions", "agent")
    must_say(td.judge_by_rules(definition, exec_enabled=True).problems, r"ECS Exec is on, but can't work with a read-only root")


def _cfn_lint() -> None:
    definition = td.render(terraform.ECS / "task-definitions", "agent")
    definition["memory"] = "9000"
    definition["containerDefinitions"][0]["portMappings"][0]["protocol"] = "tpc"
    problems = td.judge_by_cfn_lint({"Broken": definition}).problems
    must_say(problems, r"E3047|9000")
    must_say(problems, r"E3030|tpc")


def _metrics(defect: Defect, work: Path) -> None:
    folder = work / "broken-metrics"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "task-definitions").mkdir(parents=True)
    shutil.copy(terraform.ECS / "metrics.json", folder)
    for file in ("collector.yaml", "agent.json"):
        shutil.copy(terraform.ECS / "task-definitions" / file, folder / "task-definitions")
    put(folder, defect)
    must_say(metrics.check_collector(folder).problems, defect.says)


def _misspelt_setting(work: Path) -> None:
    folder = work / "broken-variables" / "dev"
    folder.mkdir(parents=True)
    (folder / "terraform.tfvars").write_text('agent_settings = {\n  AGENT_TOOLS_APPROVERS = "refund_* by group:A = {b}"\n  "AGENT_TOOLS_APROVERS" = "x" # AGENT_TOOLS_NONE = 1\n}\nname = "x"\n')
    problems = settings.check_variables(folder.parent).problems
    if problems != ["dev/terraform.tfvars: AGENT_TOOLS_APROVERS in agent_settings is no setting of the agent"]:
        raise AssertionError(f"expected one misspelt setting, got {problems}")


def _unformatted(work: Path, env: dict[str, str]) -> None:
    folder = terraform.copy_of_ecs(work / "unformatted") / "terraform"
    put(folder, Defect("an unformatted file", "outputs.tf", "  description", "    description", ""))
    output = terraform.Folder(folder, env, work / "counterexamples.log").run("fmt", "-check", "-recursive", expect=(3,))
    must_say([output], r"outputs\.tf")


def _invalid(work: Path, env: dict[str, str]) -> None:
    copy = terraform.copy_of_ecs(work / "invalid") / "terraform"
    put(copy, Defect("an argument that the provider doesn't know", "modules/bootstrap/main.tf", "image_tag_mutability", "image_tag_mutable", ""))
    folder = terraform.Folder(copy / "bootstrap", env, work / "counterexamples.log")
    folder.init("-backend=false")
    must_say([folder.run("validate", "-no-color", expect=(1,))], r"image_tag_mutable")


def cases(work: Path, env: dict[str, str]) -> list[tuple[str, Callable[[], None]]]:
    """Name and proof of each, quick ones."""
    found = [(f"task definition with {d.name}", lambda d=d: _rules(d, work)) for d in RULES]
    found += [("task definition with a read-only root and ECS Exec", _read_only_with_exec), ("task definition that cfn-lint refuses", _cfn_lint)]
    found += [(f"sidecar with {d.name}", lambda d=d: _metrics(d, work)) for d in METRICS]
    found += [("cost table with a wrong price", lambda: must_say(costs.check(costs.README.read_text().replace("| Logs | 5.00", "| Logs | 6.00")).problems, r"worked out, and not in the README.*\| Logs \| 5\.00"))]
    found += [("cost table with a row of its own", lambda: must_say(costs.check(costs.README.read_text().replace("| Logs |", "| Lunch | 1 | 1 | 1 | 1 |\n| Logs |", 1)).problems, r"in the README, and not worked out: \| Lunch"))]
    found += [("variables with a setting that the agent doesn't have", lambda: _misspelt_setting(work))]
    return found + [("unformatted file", lambda: _unformatted(work, env)), ("unknown argument", lambda: _invalid(work, env))]


def broken_modules(work: Path, env: dict[str, str]) -> list[tuple[str, Callable[[], None]]]:
    """One copy with a defect in every module: every test file must fail, and none for another reason than its assertion."""
    copy = terraform.copy_of_ecs(work / "broken-modules") / "terraform"
    for defect in MODULES.values():
        put(copy / "modules", defect)
    whole = copy / "tests" / "environment.tftest.hcl"  # its first run finds the defect, and each of them plans everything
    whole.write_text(re.match(r"(?s).*?\nrun .*?\n}\n", whole.read_text())[0])
    folder = terraform.Folder(copy, env, work / "broken-modules.log")
    folder.init("-backend=false")
    output = folder.run("test", "-no-color", expect=(1,))

    def proof(module: str) -> Callable[[], None]:
        def prove() -> None:
            must_say([output], rf"(?m)^tests/{module}\.tftest\.hcl\.\.\. fail$")
        return prove

    tested = {Path(f).name.removesuffix(".tftest.hcl") for f in (copy / "tests").glob("*.tftest.hcl")}
    if tested != set(MODULES):
        raise AssertionError(f"test files without a counter-example, or the other way round: {tested ^ set(MODULES)}")
    return [(f"terraform test with a defect in {module}", proof(module)) for module in MODULES]
