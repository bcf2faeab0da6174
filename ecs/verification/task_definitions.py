"""What a task definition must be, beside what ECS itself would refuse.

Three judges: botocore's model of RegisterTaskDefinition (fields and types, and its enumerations), cfn-lint's schemas of
AWS::ECS::TaskDefinition (AWS's own, sizes too), and the rules below, which know this system.

usage: task_definitions.py RENDERED.json...
       task_definitions.py --drift FAMILY RENDERED.json     Terraform's first revision against what a deployment would register
"""
import json
import re
import sys
from pathlib import Path

import boto3
import botocore.session
from botocore.validate import ParamValidator

import settings
from report import ACCOUNT, REGION, Result, exit_with

SIZES = {
    256: [512, 1024, 2048], 512: range(1024, 4097, 1024), 1024: range(2048, 8193, 1024), 2048: range(4096, 16385, 1024),
    4096: range(8192, 30721, 1024), 8192: range(16384, 61441, 4096), 16384: range(32768, 122881, 8192),
}
SECRET_ARN = re.compile(r"arn:aws[\w-]*:secretsmanager:[\w-]+:\d{12}:secret:[\w/+=.@-]+-[A-Za-z0-9]{6}:[\w-]*:[\w-]*:[\w-]*")
PLACEHOLDER = re.compile(r"\$\{([a-z_]+)\}")
DIGEST = "sha256:" + "1" * 64
POM = Path(__file__).resolve().parents[2] / "pom.xml"
FORBIDDEN_ARGUMENTS = {"--ui", "--enable-api", "--prebuilt", "DEBUG", "--tools-file"}


# --- rendering, as ecs/render-task-definition does it, with example values: for checks that need no account

def example_values(service: str, exec_enabled: bool) -> dict[str, str]:
    registry = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
    shared = {
        "family": f"mcp-{service}-task", "service": f"mcp-{service}-service", "aws_region": REGION, "environment": "dev" if exec_enabled else "prod",
        "execution_role_arn": f"arn:aws:iam::{ACCOUNT}:role/mcp-{service}-execution", "task_role_arn": f"arn:aws:iam::{ACCOUNT}:role/mcp-{service}-task",
        "image": f"{registry}/mcp-{service}@{DIGEST}", "collector_image": f"{registry}/mcp-collector@{DIGEST}",
        "log_group": f"/ecs/mcp-{service}", "metrics_log_group": "/ecs/mcp-metrics", "enable_execute_command": str(exec_enabled).lower(),
    }
    own = {
        "agent": {
            "cpu": "1024", "memory": "2048", "mcp_url": "http://toolbox.mcp.local:5000/mcp", "bedrock_model_id": "us.anthropic.claude-a",
            "bedrock_fallback_model_id": "us.anthropic.claude-b", "conversation_table": "mcp-conversations", "audit_table": "mcp-audit", "api_keys_secret": "mcp/agent/api-keys",
            "trace_sampling_rate": "0.1", "caller_day_tokens": "5000000",
        },
        "toolbox": {
            "cpu": "512", "memory": "1024", "tools_file": "/app/tools.yaml", "allowed_hosts": "toolbox.mcp.local,127.0.0.1,localhost", "database_prefix": "POSTGRES",
            "database_host": "db.example.internal", "database_port": "5432", "database_name": "shop", "database_ca_file": "/app/global-bundle.pem",
            "database_secret_arn": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:mcp/database/postgres-AbCdEf",
        },
    }
    return {**shared, **own[service]}


def render(folder: Path, service: str, exec_enabled: bool = False) -> dict:
    values = {**example_values(service, exec_enabled), "collector_config": (folder / "collector.yaml").read_text()}

    def fill(value):
        if isinstance(value, dict):
            return {k: fill(v) for k, v in value.items()}
        if isinstance(value, list):
            return [fill(v) for v in value]
        return PLACEHOLDER.sub(lambda m: values.get(m[1], m[0]), value) if isinstance(value, str) else value

    definition = fill(json.loads((folder / f"{service}.json").read_text()))
    if exec_enabled:
        for container in definition["containerDefinitions"]:
            container["readonlyRootFilesystem"] = False
    return definition


# --- judge 1: botocore

def judge_by_botocore(definition: dict) -> Result:
    shape = botocore.session.get_session().get_service_model("ecs").operation_model("RegisterTaskDefinition").input_shape
    result = Result(checked=1)
    report = ParamValidator().validate(definition, shape)
    if report.has_errors():
        result.problems += report.generate_report().split("\n")
    result.problems += _unknown_values(shape, definition, "")
    return result


def _unknown_values(shape, value, path: str) -> list[str]:
    """Values outside of an enumeration, which ParamValidator lets through."""
    if shape.type_name == "structure" and isinstance(value, dict):
        return [p for k, v in value.items() if k in shape.members for p in _unknown_values(shape.members[k], v, f"{path}.{k}")]
    if shape.type_name == "list" and isinstance(value, list):
        return [p for i, v in enumerate(value) for p in _unknown_values(shape.member, v, f"{path}[{i}]")]
    if shape.type_name == "string" and shape.enum and value not in shape.enum:
        return [f"{path}: {value!r} is none of {', '.join(shape.enum)}"]
    return []


# --- judge 2: cfn-lint

def judge_by_cfn_lint(definitions: dict[str, dict]) -> Result:
    """All definitions in one template: loading AWS's schemas costs seconds."""
    from cfnlint.api import lint_all

    resources = {name: {"Type": "AWS::ECS::TaskDefinition", "Properties": _capitalized(d)} for name, d in definitions.items()}
    found = lint_all(json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}))
    return Result(len(definitions), [f"{'/'.join(str(p) for p in m.path)}: {m.rule.id} {m.message}" for m in found])


def _capitalized(value, key: str = ""):
    if isinstance(value, dict):
        return value if key in ("options", "dockerLabels") else {k[0].upper() + k[1:]: _capitalized(v, k) for k, v in value.items()}
    return [_capitalized(v) for v in value] if isinstance(value, list) else value


# --- judge 3: this system's rules

def judge_by_rules(definition: dict, exec_enabled: bool = False) -> Result:
    result = Result()
    containers = {c["name"]: c for c in definition["containerDefinitions"]}
    main = definition["containerDefinitions"][0]
    result.expect(not PLACEHOLDER.search(json.dumps(definition)), f"placeholders are left: {sorted(set(PLACEHOLDER.findall(json.dumps(definition))))}")
    result.expect(definition.get("networkMode") == "awsvpc", "Fargate needs networkMode awsvpc")
    result.expect("FARGATE" in definition.get("requiresCompatibilities", []), "requiresCompatibilities lacks FARGATE")
    result.expect(definition.get("executionRoleArn") != definition.get("taskRoleArn"), "one role for ECS and for the task's own code")
    result.expect(definition.get("runtimePlatform", {}).get("cpuArchitecture") == "ARM64", "cpuArchitecture isn't ARM64")
    size = (int(definition["cpu"]), int(definition["memory"]))
    result.expect(size[1] in SIZES.get(size[0], []), f"Fargate has no size of {size[0]} CPU units with {size[1]} MiB")
    result.expect(len(containers) == len(definition["containerDefinitions"]), "two containers have one name")
    result.expect(sum(c.get("memory", 0) for c in containers.values()) < size[1], "the containers' limits leave the task no memory")
    volumes = {v["name"] for v in definition.get("volumes", [])}
    for container in containers.values():
        result.add(_container(container, volumes, exec_enabled))
    result.expect(main.get("essential") is True and not containers.get("collector", {}).get("essential", True), "the service's container is essential, the sidecar isn't")
    result.expect({"containerName": "collector", "condition": "START"} in main.get("dependsOn", []), f"{main['name']}: starts, and stops, in no order with the collector")
    rules = {"agent": _agent, "toolbox": _toolbox}
    return result.add(rules[main["name"]](main)) if main["name"] in rules else result


def _container(container: dict, volumes: set[str], exec_enabled: bool) -> Result:
    result, name = Result(), container["name"]
    names = [e["name"] for e in container.get("environment", [])]
    result.expect(not [n for n in names if re.search(r"PASSWORD|TOKEN(?!S)|API_?KEY$|PRIVATE|_SECRET$", n) and n != "AGENT_ACCESS_API_KEYS_SECRET"], f"{name}: a secret is plain text in the environment")
    result.expect(not set(names) & {s["name"] for s in container.get("secrets", [])} and len(names) == len(set(names)), f"{name}: a variable is given twice")
    for secret in container.get("secrets", []):
        result.expect(bool(SECRET_ARN.fullmatch(secret["valueFrom"])), f"{name}: secret {secret['name']} isn't a full ARN with its suffix and a key")
    for mount in container.get("mountPoints", []):
        result.expect(mount["sourceVolume"] in volumes, f"{name}: there is no volume {mount['sourceVolume']}")
    log = container.get("logConfiguration", {})
    result.expect(log.get("logDriver") == "awslogs" and {"awslogs-group", "awslogs-region", "awslogs-stream-prefix"} <= set(log.get("options", {})), f"{name}: awslogs needs group, region and stream prefix on Fargate")
    result.expect(log.get("options", {}).get("mode") == "non-blocking", f"{name}: a blocking log driver stops the container when CloudWatch does")
    result.expect(2 <= container.get("stopTimeout", 0) <= 120, f"{name}: stopTimeout isn't 2 to 120 s")
    result.expect(container.get("user", "0").split(":")[0] not in ("0", "root", ""), f"{name}: runs as root")
    result.expect(not container.get("privileged"), f"{name}: privileged doesn't exist on Fargate")
    result.expect("@sha256:" in container["image"], f"{name}: image {container['image']} isn't pinned by its digest")
    read_only = container.get("readonlyRootFilesystem", False)
    result.expect(read_only or exec_enabled, f"{name}: the root file system is writable")
    result.expect(not (read_only and exec_enabled), f"{name}: ECS Exec is on, but can't work with a read-only root file system")
    check = container.get("healthCheck", {}).get("command", [])
    result.expect(bool(check), f"{name}: no health check")
    result.expect(check[:1] == ["CMD"] and not {"curl", "wget", "sh", "/bin/sh"} & set(check), f"{name}: the health check needs a shell or a tool that the image lacks")
    for port in container.get("portMappings", []):
        result.expect(port.get("hostPort", port["containerPort"]) == port["containerPort"], f"{name}: in awsvpc the host's port is the container's")
    return result


def _environment(container: dict) -> dict[str, str]:
    return {e["name"]: e["value"] for e in container.get("environment", [])}


def _agent(agent: dict) -> Result:
    env = _environment(agent)
    result = settings.check(env, agent.get("stopTimeout", 0))
    result.expect(env.get("MCP_URL", "").startswith("http://toolbox.") and env["MCP_URL"].endswith(":5000/mcp"), "agent: MCP_URL isn't the toolbox's streamable HTTP endpoint")
    result.expect(env.get("AGENT_CONVERSATION_STORE") == "dynamodb" and bool(env.get("AGENT_CONVERSATION_TABLE")), "agent: conversations would be lost with the task")
    result.expect(env.get("AGENT_AUDIT_STORE") == "dynamodb" and env.get("AGENT_AUDIT_TABLE") not in ("", None, env.get("AGENT_CONVERSATION_TABLE")), "agent: the audit trail would be lost with the task, or could be changed by it")
    result.expect({"AWS_REGION", "BEDROCK_MODEL_ID", "AGENT_MODEL_FALLBACK_ID", "AGENT_ACCESS_API_KEYS_SECRET"} <= set(env), "agent: a setting is missing")
    result.expect(re.fullmatch(r"[1-9]\d{4,9}", env.get("AGENT_BUDGET_CALLER_DAY_TOKENS", "")) is not None, "agent: nothing limits what a leaked key may cost in a day")
    result.expect(env.get("QUARKUS_OTEL_EXPORTER_OTLP_ENDPOINT") == "http://127.0.0.1:4318", "agent: telemetry doesn't go to the sidecar")
    result.expect(env.get("QUARKUS_OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE") == "delta", "agent: histograms would lose their smallest and largest value in the sidecar")
    result.expect(0 <= float(env.get("QUARKUS_OTEL_TRACES_SAMPLER_ARG", -1)) <= 1, "agent: the share of traced requests isn't 0 to 1")
    result.expect([p["containerPort"] for p in agent.get("portMappings", [])] == [8080], "agent: listens on 8080")
    result.expect(any(m["containerPath"] == "/tmp" for m in agent.get("mountPoints", [])), "agent: no writable /tmp")
    return result


def _files_of_image() -> set[str]:
    """What pom.xml copies into the toolbox's image, as far as it is there to be copied."""
    profile = re.search(r"<id>toolbox-image</id>.*?</profile>", POM.read_text(), re.S)[0]
    copied = re.findall(r"<from>([^<]+)</from>\s*<into>([^<]+)</into>\s*<includes>([^<]+)</includes>", profile)
    return {f"{into}/{name}" for folder, into, names in copied for name in names.split(",") if (POM.parent / folder / name).is_file()}


def _toolbox(toolbox: dict) -> Result:
    result, arguments = Result(), toolbox.get("command", [])
    value = lambda flag: arguments[arguments.index(flag) + 1] if flag in arguments[:-1] else None
    result.expect(value("--address") == "0.0.0.0", "toolbox: listens on 127.0.0.1 only, so the agent can't reach it")
    result.expect((value("--config") or "").startswith("/app/"), "toolbox: --config isn't a file of the image")
    result.expect((value("--allowed-hosts") or "").startswith("toolbox."), "toolbox: answers to any Host header")
    result.expect({"--disable-reload", "--disable-version-check"} <= set(arguments), "toolbox: watches an immutable file or calls the internet")
    result.expect(not FORBIDDEN_ARGUMENTS & set(arguments), f"toolbox: {sorted(FORBIDDEN_ARGUMENTS & set(arguments))} isn't for production")
    result.expect(value("--telemetry-otlp") == "127.0.0.1:4318" and _environment(toolbox).get("OTEL_EXPORTER_OTLP_INSECURE") == "true", "toolbox: telemetry doesn't go to the sidecar")
    names = set(_environment(toolbox)) | {s["name"] for s in toolbox.get("secrets", [])}
    complete = [p for p in ("POSTGRES", "MSSQL") if {f"{p}_{k}" for k in ("HOST", "PORT", "DATABASE", "USER", "PASSWORD")} <= names]
    result.expect(len(complete) == 1, "toolbox: the settings of exactly one database are needed")
    result.expect(all({f"{p}_USER", f"{p}_PASSWORD"} <= {s["name"] for s in toolbox.get("secrets", [])} for p in complete), "toolbox: the database's login doesn't come from Secrets Manager")
    result.expect([p["containerPort"] for p in toolbox.get("portMappings", [])] == [5000], "toolbox: listens on 5000")
    named = {text for text in (*arguments, *toolbox.get("healthCheck", {}).get("command", []), *_environment(toolbox).values()) if text.startswith("/app/")}
    result.expect(named <= _files_of_image(), f"toolbox: {sorted(named - _files_of_image())} aren't in its image")
    return result


def same_sidecar(agent: dict, toolbox: dict) -> Result:
    """The sidecar stands in both files: JSON has no include."""
    def sidecar(definition: dict) -> dict:
        collector = json.loads(json.dumps(next((c for c in definition["containerDefinitions"] if c["name"] == "collector"), {})))
        collector.get("logConfiguration", {}).get("options", {}).pop("awslogs-group", None)
        return collector

    return Result(1, [] if sidecar(agent) == sidecar(toolbox) != {} else ["the two definitions' collectors differ"])


def check_files(folder: Path) -> Result:
    """Both definitions of FOLDER as production and as an environment with ECS Exec would register them."""
    result, rendered = Result(), {}
    for exec_enabled in (False, True):
        for service in ("agent", "toolbox"):
            definition = render(folder, service, exec_enabled)
            rendered[f"{service}{'Exec' if exec_enabled else ''}"] = definition
            result.add(judge_by_botocore(definition)).add(judge_by_rules(definition, exec_enabled))
    return result.add(same_sidecar(rendered["agent"], rendered["toolbox"])).add(judge_by_cfn_lint(rendered))


# --- drift

ADDED_BY_ECS = {"taskDefinitionArn", "revision", "status", "requiresAttributes", "compatibilities", "registeredAt", "registeredBy", "deregisteredAt", "placementConstraints", "tags"}


def drift(family: str, rendered: dict) -> Result:
    """Terraform's first revision and a deployment's must be the same but for the image: both come from one file."""
    registered = boto3.client("ecs").describe_task_definition(taskDefinition=f"{family}:1")["taskDefinition"]
    result = Result(checked=1)
    result.problems += _differences(_normal(registered), _normal(rendered), family)
    return result


def _normal(value, key: str = ""):
    if isinstance(value, dict):
        port = value.get("containerPort")
        items = {k: _normal(v, k) for k, v in value.items() if k not in ADDED_BY_ECS and not (k == "image" and "collector" not in str(v)) and not (k == "hostPort" and v == port)}
        return {k: v for k, v in items.items() if v not in (None, [], {}, "", 0, False)}
    if isinstance(value, list):
        items = [_normal(v) for v in value]
        return items if key == "command" else sorted(items, key=lambda v: json.dumps(v, sort_keys=True))
    return value


def _differences(terraform, deployment, path: str) -> list[str]:
    if isinstance(terraform, dict) and isinstance(deployment, dict):
        return [d for k in sorted({*terraform, *deployment}) for d in _differences(terraform.get(k), deployment.get(k), f"{path}.{k}")]
    if isinstance(terraform, list) and isinstance(deployment, list) and len(terraform) == len(deployment):
        return [d for i, (t, w) in enumerate(zip(terraform, deployment)) for d in _differences(t, w, f"{path}[{i}]")]
    return [] if terraform == deployment else [f"{path}: Terraform has {json.dumps(terraform)}, a deployment {json.dumps(deployment)}"]


if __name__ == "__main__":
    if sys.argv[1] == "--drift":
        exit_with(drift(sys.argv[2], json.loads(Path(sys.argv[3]).read_text())), "definitions")
    total = Result()
    for file in sys.argv[1:]:
        one = json.loads(Path(file).read_text())
        writable = not one["containerDefinitions"][0].get("readonlyRootFilesystem", False)
        total.add(judge_by_botocore(one)).add(judge_by_rules(one, exec_enabled=writable and "dev" in one["family"])).add(judge_by_cfn_lint({"Definition": one}))
    exit_with(total, "rules")
