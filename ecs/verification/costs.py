"""The cost table of ecs/README.md: every row is worked out anew from prices and numbers, and the columns have to add up.

usage: costs.py [README]
"""
import re
import sys
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import boto3

from report import Result, exit_with

README = Path(__file__).resolve().parent.parent / "README.md"
HOURS = 730
# Dollars in us-east-1: an hour, or what the name says.
VCPU, GIB = {"x86": Decimal("0.04048"), "ARM": Decimal("0.03238")}, {"x86": Decimal("0.004445"), "ARM": Decimal("0.00356")}
BALANCER, CAPACITY_UNIT, NAT, ADDRESS, ENDPOINT = Decimal("0.0225"), Decimal("0.008"), Decimal("0.045"), Decimal("0.005"), Decimal("0.01")
DATABASE, DATABASE_GIB_MONTH = Decimal("0.016"), Decimal("0.115")  # db.t4g.micro in one zone, gp3; a second zone doubles both
METRIC_MONTH, ALARM_MONTH, SECRET_MONTH, KEY_MONTH = Decimal("0.30"), Decimal("0.10"), Decimal("0.40"), Decimal("1.00")
FIREWALL_MONTH, RULE_MONTH, MILLION_REQUESTS, LOG_GIB, IMAGE_GIB_MONTH = Decimal("5"), Decimal("1"), Decimal("0.60"), Decimal("0.50"), Decimal("0.10")
MILLION_WRITES, TABLE_GIB_MONTH, RECOVERY_GIB_MONTH, FILE_GIB_MONTH = Decimal("0.625"), Decimal("0.25"), Decimal("0.20"), Decimal("0.023")
INSIGHTS_MONTH, PLAIN_INSIGHTS_MONTH = Decimal("15"), Decimal("5")  # estimates: they depend on the number of tasks
SPOT = Decimal("0.3")  # of the price, at best
# What prod has; life.py counts the same in the account.
NUMBERS = {"alarms": 20, "interface endpoints": 6, "NAT gateways": 2, "firewall rules": 4}
SECRETS, ZONES, CUSTOM_METRICS = 4, 2, 40
COLUMNS = [("x86", True), ("ARM", True), ("x86", False), ("ARM", False)]


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def fargate(tasks: int, cpus: str, gib: str, architecture: str) -> Decimal:
    return cents(tasks * HOURS * (Decimal(cpus) * VCPU[architecture] + Decimal(gib) * GIB[architecture]))


def rows(architecture: str, nat: bool) -> dict[str, Decimal]:
    """The rows of one column, by the beginning of their names."""
    return {
        "Toolbox": fargate(2, "0.5", "1", architecture),
        "Agent": fargate(2, "1", "2", architecture),
        "Load balancer": cents(HOURS * (BALANCER + CAPACITY_UNIT)),
        "NAT gateways": cents(HOURS * NAT * NUMBERS["NAT gateways"] * nat),
        "Public IPv4": cents(HOURS * ADDRESS * (ZONES + NUMBERS["NAT gateways"] * nat)),
        "6 interface endpoints": cents(HOURS * ENDPOINT * NUMBERS["interface endpoints"] * ZONES),
        "Database": cents(ZONES * (HOURS * DATABASE + 20 * DATABASE_GIB_MONTH)),
        "Container Insights": INSIGHTS_MONTH,
        "40 custom metrics": CUSTOM_METRICS * METRIC_MONTH,
        "Firewall": FIREWALL_MONTH + NUMBERS["firewall rules"] * RULE_MONTH + MILLION_REQUESTS,
        "Logs": 10 * LOG_GIB,
        "20 alarms, 4 secrets": NUMBERS["alarms"] * ALARM_MONTH + SECRETS * SECRET_MONTH + KEY_MONTH + 5 * IMAGE_GIB_MONTH,
        "DynamoDB": cents(2 * MILLION_WRITES + TABLE_GIB_MONTH + RECOVERY_GIB_MONTH + 10 * FILE_GIB_MONTH),
    }


def savings() -> dict[str, Decimal]:
    """What the second table says, by the setting that it names."""
    x86, arm, without = rows("x86", True), rows("ARM", True), rows("ARM", False)
    tasks = arm["Agent"] + arm["Toolbox"]
    return {
        "`runtimePlatform`": x86["Toolbox"] + x86["Agent"] - tasks,
        '`nat_gateway_mode = "none"`': sum(arm.values()) - sum(without.values()),
        '`nat_gateway_mode = "single"`': cents(HOURS * (NAT + ADDRESS)),
        "`interface_endpoints = false`": arm["6 interface endpoints"],
        "`database = { multi_az = false }`": cents(arm["Database"] / 2),
        '`container_insights = "enabled"`': INSIGHTS_MONTH - PLAIN_INSIGHTS_MONTH,
        "`agent`, `toolbox`": cents(tasks / 2),
    }


def dev() -> Decimal:
    """dev as configured: one task of each on Spot, one NAT gateway, no endpoints, the database in one zone, plain Container Insights."""
    prod = rows("ARM", True)
    left_out = ("Toolbox", "Agent", "NAT gateways", "Public IPv4", "6 interface endpoints", "Database", "Container Insights")
    same = sum(amount for name, amount in prod.items() if name not in left_out)
    return same + SPOT * (prod["Toolbox"] + prod["Agent"]) / 2 + HOURS * (NAT + (ZONES + 1) * ADDRESS) + prod["Database"] / 2 + PLAIN_INSIGHTS_MONTH


def check(text: str) -> Result:
    result, sums = Result(), [Decimal(0)] * 4
    expected, seen, saved = [rows(*column) for column in COLUMNS], set(), savings()
    lines = [[c.strip().strip("*") for c in line.strip().strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    total = None
    for cells in lines:
        amounts = [Decimal(c) for c in cells[1:] if re.fullmatch(r"\d+\.\d\d", c)]
        if len(cells) == 5 and len(amounts) == 4 and cells[0] == "Total":
            total = amounts
        elif len(cells) == 5 and len(amounts) == 4:
            name = next((n for n in expected[0] if cells[0].startswith(n)), None)
            result.expect(name is not None, f"no calculation for the row {cells[0]!r}")
            result.expect(name is None or amounts == [e[name] for e in expected], f"{cells[0]}: worked out as {[str(e.get(name)) for e in expected]}, the table says {[str(a) for a in amounts]}")
            seen.add(name)
            sums = [s + a for s, a in zip(sums, amounts)]
        elif len(cells) == 3 and cells[1] in saved:
            figure = Decimal(re.sub(r"[^0-9.]", "", cells[2]))
            wanted = saved.pop(cells[1])
            result.expect(figure == wanted, f"{cells[1]}: saves {wanted}, the table says {figure}")
    result.expect(total is not None, "there is no cost table with a total")
    result.expect(total == sums, f"the columns add up to {[str(s) for s in sums]}, the table says {[str(a) for a in total or []]}")
    result.expect(seen == set(expected[0]), f"rows are missing: {sorted(set(expected[0]) - seen)}")
    result.expect(not saved, f"savings are missing: {sorted(saved)}")
    told = re.search(r"is at about (\d+) dollars", text)
    result.expect(told is not None and abs(Decimal(told[1]) - dev()) < 1, f"dev costs {cents(dev())}, the text says {told[1] if told else 'nothing'}")
    return result


def check_numbers(name: str) -> Result:
    """The numbers that the table counts with are those of the environment NAME."""
    result, ec2, waf = Result(), boto3.client("ec2"), boto3.client("wafv2")
    acl = next(a for a in waf.list_web_acls(Scope="REGIONAL")["WebACLs"] if a["Name"] == f"{name}-alb")
    have = {
        "alarms": len(boto3.client("cloudwatch").describe_alarms(AlarmNamePrefix=f"{name}-")["MetricAlarms"]),
        "interface endpoints": len([e for e in ec2.describe_vpc_endpoints()["VpcEndpoints"] if e["VpcEndpointType"] == "Interface"]),
        "NAT gateways": len([n for n in ec2.describe_nat_gateways()["NatGateways"] if n["State"] == "available"]),
        "firewall rules": len(waf.get_web_acl(Name=acl["Name"], Scope="REGIONAL", Id=acl["Id"])["WebACL"]["Rules"]),
    }
    for what, number in NUMBERS.items():
        result.expect(have[what] == number, f"{have[what]} {what}, the cost table counts {number}")
    return result


if __name__ == "__main__":
    exit_with(check(Path(sys.argv[1] if len(sys.argv) > 1 else README).read_text()), "figures")
