"""The agent's metrics have one list, ecs/metrics.json: the sidecar must pass exactly those on, and alarms and dashboard must
watch series that it makes. An alarm on a misspelt name is silent for ever.

usage: metrics.py                          list against the sidecar's configuration
       metrics.py NAME ENVIRONMENT         list against the alarms and the dashboard as applied
"""
import json
import re
import sys
from pathlib import Path

import boto3
import collector
from report import Result, exit_with

FOLDER = Path(__file__).resolve().parent.parent


def catalogue(folder: Path = FOLDER) -> dict:
    return json.loads((folder / "metrics.json").read_text())


def memory_of_the_sidecar(folder: Path = FOLDER) -> int:
    containers = json.loads((folder / "task-definitions" / "agent.json").read_text())["containerDefinitions"]
    return next(c["memory"] for c in containers if c["name"] == "collector")


def check_collector(folder: Path = FOLDER) -> Result:
    """Every metric of the list is passed on, with its attributes as dimensions, and no other is."""
    listed, result = catalogue(folder), Result()
    config = collector.load(folder)
    result.add(collector.check(config, listed["metrics"], memory_of_the_sidecar(folder)))
    emf = config["exporters"]["awsemf"]
    result.expect(emf["namespace"] == listed["namespace"], f"the sidecar's namespace is {emf['namespace']}, the list's {listed['namespace']}")
    result.expect(emf["dimension_rollup_option"] == "NoDimensionRollup", "the sidecar would make series that nobody asked for")
    declared: dict[str, list[set]] = {}
    for declaration in emf["metric_declarations"]:
        for selector in declaration["metric_name_selectors"]:
            names = [n for n in listed["metrics"] if re.search(selector, n)]
            result.expect(len(names) == 1 and selector.startswith("^") and selector.endswith("$"), f"the sidecar's selector {selector} means {len(names)} metrics of the list")
            for name in names:
                declared.setdefault(name, []).extend(set(d) for d in declaration["dimensions"])
    common = set(listed["commonDimensions"])
    for name, metric in listed["metrics"].items():
        sets = declared.get(name, [])
        result.expect(common in sets, f"{name}: the sidecar makes no series with {sorted(common)} alone")
        whole = common | set(metric["attributes"])
        result.expect(whole in sets, f"{name}: the sidecar makes no series with {sorted(whole)}")
        result.expect(all(common <= s <= whole for s in sets), f"{name}: the sidecar makes series with dimensions that the list doesn't have")
    used = {name for pipeline in config["service"]["pipelines"].values() for part in pipeline.values() for name in part}
    defined = {name for part in ("receivers", "processors", "exporters") for name in config[part]}
    result.expect(used == defined, f"the sidecar's configuration defines or uses too much: {sorted(used ^ defined)}")
    return result


def check_applied(name: str, environment: str, folder: Path = FOLDER) -> Result:
    """Every alarm and widget in our namespace names a listed metric and a set of dimensions that the sidecar makes."""
    listed, result = catalogue(folder), Result()
    cloudwatch = boto3.client("cloudwatch")
    emf = collector.load(folder)["exporters"]["awsemf"]
    series = {(n, frozenset(d)) for decl in emf["metric_declarations"] for s in decl["metric_name_selectors"] for n in listed["metrics"] if re.search(s, n) for d in decl["dimensions"]}
    watched = set()
    for alarm in cloudwatch.describe_alarms(AlarmNamePrefix=f"{name}-")["MetricAlarms"]:
        for metric in [q["MetricStat"]["Metric"] for q in alarm.get("Metrics", []) if "MetricStat" in q] or [alarm]:
            if metric["Namespace"] == listed["namespace"]:
                dimensions = {d["Name"]: d["Value"] for d in metric["Dimensions"]}
                result.add(_series(f"alarm {alarm['AlarmName']}", metric["MetricName"], dimensions, environment, listed, series))
                watched.add(metric["MetricName"])
        result.expect(bool(alarm["AlarmActions"]), f"alarm {alarm['AlarmName']} tells nobody")
    for policy in boto3.client("application-autoscaling").describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]:
        own = policy["TargetTrackingScalingPolicyConfiguration"].get("CustomizedMetricSpecification")
        if own and own["Namespace"] == listed["namespace"] and policy["PolicyName"].startswith(f"{name}-"):
            dimensions = {d["Name"]: d["Value"] for d in own["Dimensions"]}
            result.add(_series(f"scaling {policy['PolicyName']}", own["MetricName"], dimensions, environment, listed, series))
            watched.add(own["MetricName"])
    result.expect("agent.streams.open" in watched, "nothing scales by the open streams")
    shown = set()
    body = json.loads(cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"])
    for widget in body["widgets"]:
        for namespace, metric, *rest in widget["properties"]["metrics"]:
            if namespace == listed["namespace"]:
                dimensions = dict(zip(rest[::2], rest[1::2]))
                result.add(_series(f"widget {widget['properties']['title']!r}", metric, dimensions, environment, listed, series))
                shown.add(metric)
    result.expect(shown == set(listed["metrics"]), f"the dashboard lacks {sorted(set(listed['metrics']) - shown)}")
    result.expect({"agent.turns", "agent.breaker.open", "agent.cost.dollars"} <= watched, f"alarms watch only {sorted(watched)}")
    return result


def _series(where: str, metric: str, dimensions: dict, environment: str, listed: dict, series: set) -> Result:
    result = Result()
    result.expect(metric in listed["metrics"], f"{where}: {metric} isn't in metrics.json")
    result.expect((metric, frozenset(dimensions)) in series, f"{where}: the sidecar makes no series of {metric} with {sorted(dimensions)}")
    result.expect(dimensions.get("environment") == environment, f"{where}: watches environment {dimensions.get('environment')}")
    for attribute, value in dimensions.items():
        values = listed["metrics"].get(metric, {}).get("attributes", {}).get(attribute)
        result.expect(not values or value in values, f"{where}: {attribute} is never {value}")
    return result


if __name__ == "__main__":
    exit_with(check_applied(sys.argv[1], sys.argv[2]) if len(sys.argv) > 2 else check_collector(), "metrics")
