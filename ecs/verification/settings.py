"""What agent.json tells the agent, against what the agent understands: a misspelt setting would be ignored, or end every task.

The agent's own settings are read from its source (AgentConfig.java), so that this holds in the same commit; Quarkus's are listed here.
"""
import re
from pathlib import Path

from report import Result

SOURCES = Path(__file__).resolve().parents[2] / "src" / "main"
CONFIG = SOURCES / "java" / "io" / "mcpagent" / "config" / "AgentConfig.java"
# Those of Quarkus that can be set when the process starts; the others are fixed when the agent is built.
QUARKUS = {
    "QUARKUS_HTTP_PORT", "QUARKUS_LOG_LEVEL", "QUARKUS_SHUTDOWN_TIMEOUT",
    "QUARKUS_OIDC_AUTH_SERVER_URL", "QUARKUS_OIDC_CLIENT_ID", "QUARKUS_OIDC_TOKEN_AUDIENCE",
    "QUARKUS_OTEL_SERVICE_NAME", "QUARKUS_OTEL_RESOURCE_ATTRIBUTES", "QUARKUS_OTEL_SDK_DISABLED", "QUARKUS_OTEL_METRIC_EXPORT_INTERVAL",
    "QUARKUS_OTEL_EXPORTER_OTLP_ENDPOINT", "QUARKUS_OTEL_EXPORTER_OTLP_PROTOCOL", "QUARKUS_OTEL_EXPORTER_OTLP_TIMEOUT",
    "QUARKUS_OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "QUARKUS_OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
    "QUARKUS_OTEL_TRACES_SAMPLER_ARG",
}
AWS = {"AWS_REGION", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_SECRETS_MANAGER"}


def agent_settings(source: str) -> set[str]:
    """The environment variables of AgentConfig: AGENT_TURN_DEADLINE for turn().deadline(), and those that a default names."""
    found, groups = set(), {}
    source = re.sub(r"/\*.*?\*/|//[^\n]*", "", source, flags=re.S)
    bodies = dict(re.findall(r"\n    interface (\w+) \{\n(.*?)\n    \}", source, flags=re.S))
    top = re.sub(r"\n    interface \w+ \{\n.*?\n    \}", "", source, flags=re.S)
    for kind, name in re.findall(r"^    ([\w<>, ]+?) (\w+)\(\);", top, flags=re.M):
        groups[name] = bodies[kind] if kind in bodies else None
    for name, body in groups.items():
        if body is None:
            found.add(_variable(name))
            continue
        for kind, setting in re.findall(r"^        ([\w<>, ]+?) (\w+)\(\);", body, flags=re.M):
            if not kind.startswith("Map<"):  # its keys are model ids, which no variable's name can hold
                found.add(_variable(name, setting))
    return found | set(re.findall(r"\$\{([A-Z_]+):", source))


def _variable(*names: str) -> str:
    return "_".join(["AGENT", *(re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).upper() for name in names)])


def longest_shutdown(drain: str, runs: str, properties: str) -> int:
    """Seconds from SIGTERM to the agent's end at worst: turns end by themselves, are stopped, and slow readers get the rest."""
    places = [(drain, r"LONGEST = Duration\.ofSeconds\((\d+)\)"), (runs, r"awaitNone\(Deadline\.in\(Duration\.ofSeconds\((\d+)\)\)\)"), (properties, r"(?m)^quarkus\.shutdown\.timeout=(\d+)s$")]
    return sum(int(re.search(pattern, text)[1]) for text, pattern in places)


def known() -> set[str]:
    return agent_settings(CONFIG.read_text()) | QUARKUS | AWS


def check_variables(environments: Path) -> Result:
    """The names in `agent_settings` of each file of variables: a deployment with a misspelt one would end every new task."""
    result, settings = Result(), known()
    for file in sorted(environments.glob("*/*.tfvars")):
        text = re.sub(r'#[^\n]*', "", re.sub(r'=\s*"(?:\\.|[^"\\\n])*"', '= ""', file.read_text()))  # neither values nor remarks
        given = re.search(r"(?m)^agent_settings *= *\{([^}]*)\}", text)
        result.checked += 1
        for name in re.findall(r"([A-Z]\w+)\"? *=", given[1]) if given else []:
            result.expect(name in settings, f"{file.parent.name}/{file.name}: {name} in agent_settings is no setting of the agent")
    return result


def shutdown_of_the_agent() -> int:
    java = SOURCES / "java" / "io" / "mcpagent"
    return longest_shutdown((java / "app" / "Drain.java").read_text(), (java / "turn" / "Runs.java").read_text(), (SOURCES / "resources" / "application.properties").read_text())


def check(environment: dict[str, str], stop_timeout: int) -> Result:
    """Every variable of the agent's container is a setting of it, and the time that it gets to end is as long as it may need."""
    result, settings = Result(), known()
    for name in environment:
        result.expect(name in settings, f"agent: {name} is no setting of the agent (AgentConfig) and none of Quarkus that can be set at its start")
    needs = shutdown_of_the_agent()
    given = re.fullmatch(r"(\d+)s", environment.get("QUARKUS_SHUTDOWN_TIMEOUT", "0s"))
    result.expect(given is not None and int(given[1]) == 0, "agent: QUARKUS_SHUTDOWN_TIMEOUT comes on top of the drain: leave it as the agent is built")
    result.expect(needs < stop_timeout, f"agent: may need {needs} s to end, but is killed after {stop_timeout}")
    return result
