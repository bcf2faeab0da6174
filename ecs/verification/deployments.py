"""What decides about a deployment tells a bad version from a bad day, as it stands in the account.

A throttled model, an overloaded agent or a store that is away answer with any version: no deployment may be rolled back for them.

usage: deployments.py NAME
"""
import json
import re
import sys

import boto3

import firewall
from report import Result, exit_with

WORLD = "0.0.0.0/0"
# Problems that are a fault of the version or of its settings. All others come with any version, or are the caller's.
FAULTS = {"internal-error", "model-refused"}


def deciding_alarms(name: str) -> list[str]:
    service = boto3.client("ecs").describe_services(cluster=f"{name}-cluster", services=[f"{name}-agent-service"])["services"][0]
    if service.get("deploymentController", {}).get("type") != "CODE_DEPLOY":
        return service["deploymentConfiguration"].get("alarms", {}).get("alarmNames", [])
    group = boto3.client("codedeploy").get_deployment_group(applicationName=f"{name}-agent", deploymentGroupName=f"{name}-agent")["deploymentGroupInfo"]
    return [a["name"] for a in group.get("alarmConfiguration", {}).get("alarms", [])]


def check(name: str) -> Result:
    result, cloudwatch = Result(), boto3.client("cloudwatch")
    alarms = cloudwatch.describe_alarms(AlarmNames=deciding_alarms(name))["MetricAlarms"]
    result.expect(bool(alarms), "no alarm decides about a deployment")
    filters = {t["metricName"]: f["filterPattern"] for f in boto3.client("logs").describe_metric_filters(logGroupName=f"/ecs/{name}-agent")["metricFilters"] for t in f["metricTransformations"]}
    for alarm in alarms:
        metrics = [q["MetricStat"]["Metric"]["MetricName"] for q in alarm.get("Metrics", []) if "MetricStat" in q] or [alarm["MetricName"]]
        bad_days = [m for m in metrics if re.fullmatch(r"HTTPCode_Target_[45]XX_Count|HTTPCode_ELB_(5XX|503|504)_Count|agent\.turns|TargetResponseTime", m)]
        result.expect(not bad_days, f"{alarm['AlarmName']}: {bad_days} rise when the model is throttled, and would roll a good version back")
        result.expect("RequestCount" in metrics, f"{alarm['AlarmName']}: counts errors, not their share")
        result.expect((alarm.get("DatapointsToAlarm"), alarm["EvaluationPeriods"]) == (2, 3), f"{alarm['AlarmName']}: one bad minute decides")
        for metric in metrics:
            if metric in filters:
                named = set(re.findall(r'\$\.mdc\.problem = "([^"]+)"', filters[metric]))
                result.expect(named == FAULTS, f"{alarm['AlarmName']}: counts {sorted(named)}, faults of a version are {sorted(FAULTS)}")
                result.expect(named <= firewall.problems().keys(), f"{alarm['AlarmName']}: the agent never names {sorted(named - firewall.problems().keys())}")
        result.expect(any(m in filters for m in metrics), f"{alarm['AlarmName']}: doesn't ask the agent what it calls unexpected")
    for alarm in cloudwatch.describe_alarms(AlarmNamePrefix=f"{name}-alb-")["MetricAlarms"]:
        result.expect(not alarm.get("ExtendedStatistic") or alarm.get("EvaluateLowSampleCountPercentile") == "ignore", f"{alarm['AlarmName']}: three requests make no percentile")

    events = boto3.client("events")
    told = {(s, d) for r in events.list_rules(NamePrefix=f"{name}-")["Rules"] if events.list_targets_by_rule(Rule=r["Name"])["Targets"]
            for p in [json.loads(r["EventPattern"])] for s in p["source"] for d in p["detail-type"]}
    result.expect(("aws.ecs", "ECS Deployment State Change") in told, "nobody is told of a failed deployment")
    blue_green = [g for g in boto3.client("codedeploy").list_applications()["applications"] if g == f"{name}-agent"]
    result.expect(not blue_green or ("aws.codedeploy", "CodeDeploy Deployment State-change Notification") in told, "nobody is told of a deployment that CodeDeploy gave up")

    ec2, elb = boto3.client("ec2"), boto3.client("elbv2")
    group = next(g["GroupId"] for g in ec2.describe_security_groups()["SecurityGroups"] if g["GroupName"] == f"{name}-alb")
    strangers = [r for r in ec2.describe_security_group_rules()["SecurityGroupRules"] if r["GroupId"] == group and not r["IsEgress"] and r.get("CidrIpv4") == WORLD and r["FromPort"] <= 8443 <= r["ToPort"]]
    result.expect(not strangers, "everybody can use the version under test on 8443")
    for target in elb.describe_target_groups()["TargetGroups"]:
        if target["TargetGroupName"].startswith(f"{name}-alb-"):
            attributes = {a["Key"]: a["Value"] for a in elb.describe_target_group_attributes(TargetGroupArn=target["TargetGroupArn"])["Attributes"]}
            result.expect(attributes.get("load_balancing.algorithm.type") == "least_outstanding_requests", f"{target['TargetGroupName']}: counts a stream as done when it begins")
    return result


if __name__ == "__main__":
    exit_with(check(sys.argv[1]), "facts")
