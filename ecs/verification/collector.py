"""The sidecar's configuration, key by key: it was never started here, and a collector that gets a key it doesn't know ends at once.

Which components AWS's distribution has, and which keys each takes, are from its README and from the components' own documentation
(distribution 0.43 to 0.49, collector 0.117 to 0.156); only what is used here is listed.
"""
import re
from pathlib import Path

import yaml

from report import Result

FOLDER = Path(__file__).resolve().parent.parent
# component => its keys; a dictionary's value are the keys below, None takes anything.
COMPONENTS = {
    "extensions": {"health_check": {"endpoint": None}},
    "receivers": {"otlp": {"protocols": {"grpc": {"endpoint": None}, "http": {"endpoint": None}}}},
    "processors": {
        "memory_limiter": {"check_interval": None, "limit_mib": None, "spike_limit_mib": None},
        "resourcedetection": {"detectors": None, "timeout": None, "override": None},
        "attributes": {"actions": [{"key": None, "value": None, "action": None}]},
        "cumulativetodelta": {},
        "batch": {"timeout": None, "send_batch_size": None, "send_batch_max_size": None},
    },
    "exporters": {
        "awsxray": {"region": None, "indexed_attributes": None},
        "awsemf": {
            "region": None, "namespace": None, "log_group_name": None, "log_stream_name": None, "dimension_rollup_option": None,
            "metric_declarations": [{"dimensions": None, "metric_name_selectors": None}],
            "metric_descriptors": [{"metric_name": None, "unit": None, "overwrite": None}],
        },
    },
    "service": {
        "extensions": None, "telemetry": {"logs": {"level": None}},
        "pipelines": {"traces": {"receivers": None, "processors": None, "exporters": None}, "metrics": {"receivers": None, "processors": None, "exporters": None}},
    },
}
TRANSLATED_UNITS = {"1", "s", "ms", "us", "By", "bit"}  # awsemf makes CloudWatch's of these and hands every other on as it is
CLOUDWATCH_UNITS = {"Count", "None", "Percent", "Seconds", "Milliseconds", "Bytes"}
BIND = re.compile(r"127\.0\.0\.1:\d+")


def check(config: dict, metrics: dict, memory_mib: int) -> Result:
    """CONFIG takes only keys that its components know, its pipelines are complete, and CloudWatch takes the units of METRICS."""
    result = Result()
    for part, components in config.items():
        known = COMPONENTS.get(part)
        result.expect(known is not None, f"the sidecar has no part {part}")
        for name, given in (components or {}).items() if known else []:
            kind = name.split("/")[0]
            result.expect(kind in known, f"AWS's distribution of the collector has no {part} {kind}, or it isn't listed here")
            _keys(result, f"{part}.{name}", given, known.get(kind))
    pipelines = config["service"]["pipelines"]
    for name, pipeline in pipelines.items():
        processors = [p.split("/")[0] for p in pipeline["processors"]]
        result.expect(processors[0] == "memory_limiter" and processors[-1] == "batch", f"pipeline {name}: memory_limiter comes first, batch last")
    result.expect("cumulativetodelta" in pipelines["metrics"]["processors"], "the toolbox's sums would be added up again and again")
    result.expect("ecs" in config["processors"]["resourcedetection"]["detectors"] or "{TaskId}" not in config["exporters"]["awsemf"]["log_stream_name"], "nobody finds out the task's id for the log stream")
    protocols = config["receivers"]["otlp"]["protocols"]
    for where, endpoint in [("health_check", config["extensions"]["health_check"]["endpoint"]), *((p, protocols[p]["endpoint"]) for p in protocols)]:
        result.expect(bool(BIND.fullmatch(endpoint)), f"{where} listens on {endpoint}: only this task may reach it")
    result.expect(config["extensions"]["health_check"]["endpoint"] == "127.0.0.1:13133", "the image's /healthcheck asks 127.0.0.1:13133")
    limit = config["processors"]["memory_limiter"]
    result.expect(limit["spike_limit_mib"] < limit["limit_mib"] <= 0.8 * memory_mib, "the memory limiter's limit isn't well below the container's")
    descriptors = {d["metric_name"]: d for d in config["exporters"]["awsemf"]["metric_descriptors"]}
    for name, metric in metrics.items():
        unit = descriptors.get(name, {})
        result.expect(metric["unit"] in TRANSLATED_UNITS or (unit.get("unit") in CLOUDWATCH_UNITS and unit.get("overwrite") is True), f"{name}: CloudWatch refuses the unit {metric['unit']}: give it one among metric_descriptors")
    result.expect(descriptors.keys() <= metrics.keys(), f"units of metrics that aren't listed: {sorted(descriptors.keys() - metrics.keys())}")
    return result


def _keys(result: Result, where: str, given, known) -> None:
    """Compares the keys of GIVEN with KNOWN, as deep as KNOWN goes."""
    if isinstance(known, list):
        for number, item in enumerate(given):
            _keys(result, f"{where}[{number}]", item, known[0])
    elif isinstance(known, dict):
        for key, value in (given or {}).items():
            result.expect(key in known, f"{where} has no key {key}")
            _keys(result, f"{where}.{key}", value, known.get(key))


def load(folder: Path = FOLDER) -> dict:
    return yaml.safe_load((folder / "task-definitions" / "collector.yaml").read_text())
