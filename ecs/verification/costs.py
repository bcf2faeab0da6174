"""The cost tables of ecs/README.md: worked out from prices and numbers here, written there, and compared with what would be made.

usage: costs.py [README]       compares the tables with what is worked out
       costs.py --write        writes them anew
"""
import json
import re
import sys
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from math import prod
from pathlib import Path

import collector
import metrics
from report import Result, exit_with

README = Path(__file__).resolve().parent.parent / "README.md"
MODELS = README.parent.parent / "src" / "main" / "resources" / "models.json"
TOOLS = README.parent.parent / "toolbox-config" / "tools.yaml"
BEGIN, END = "<!-- costs: written by ecs/verification/costs.py --write -->", "<!-- /costs -->"
HOURS, DAYS = 730, 30
CHEAPEST_LIMIT = 75
D = Decimal
# Dollars, list prices on demand without free tiers: an hour, or what the name says. When and how they were looked up stands with them.
REGIONS = {
    "us-east-1": {
        "looked up": "November 2026, against the public price list", "vcpu": D("0.03238"), "gib": D("0.00356"), "x86 vcpu": D("0.04048"), "x86 gib": D("0.004445"),
        "balancer": D("0.0225"), "nat": D("0.045"), "endpoint": D("0.01"), "database": D("0.016"), "database gib month": D("0.115"), "log gib": D("0.50"), "million writes": D("0.625"), "table gib month": D("0.25"),
    },
    "eu-central-1": {
        "looked up": "lists of 2025, not looked up again", "vcpu": D("0.03725"), "gib": D("0.00409"), "x86 vcpu": D("0.04656"), "x86 gib": D("0.00511"),
        "balancer": D("0.027"), "nat": D("0.052"), "endpoint": D("0.012"), "database": D("0.018"), "database gib month": D("0.137"), "log gib": D("0.63"), "million writes": D("0.7625"), "table gib month": D("0.306"),
    },
}
# The same everywhere.
ADDRESS, CAPACITY_UNIT, METRIC_MONTH, ALARM_MONTH, SECRET_MONTH, KEY_MONTH = D("0.005"), D("0.008"), D("0.30"), D("0.10"), D("0.40"), D("1.00")
FIREWALL_MONTH, RULE_MONTH, MILLION_REQUESTS, IMAGE_GIB_MONTH, RECOVERY_GIB_MONTH, FILE_GIB_MONTH = D("5"), D("1"), D("0.60"), D("0.10"), D("0.20"), D("0.023")
INSIGHTS_MONTH = {"enhanced": D("15"), "enabled": D("5"), "disabled": D("0")}  # estimates: they depend on the number of tasks
SPOT = D("0.32")  # of the price, on an average day


@dataclass(frozen=True)
class Shape:
    """What an environment consists of."""

    tasks: int = 2
    agent: tuple[str, str] = ("1", "2")
    toolbox: tuple[str, str] = ("0.5", "1")
    spot: bool = False
    x86: bool = False
    nat_gateways: int = 2
    endpoints: int = 6
    public_tasks: bool = False
    database_zones: int = 2
    insights: str = "enhanced"
    firewall_rules: int = 4
    alarms: int = 27
    secrets: int = 4
    log_gib: int = 10


ZONES = 2
PROD = Shape()
DEV = Shape(tasks=1, spot=True, nat_gateways=1, endpoints=0, database_zones=1, insights="enabled", log_gib=5)
SHAPES = {
    "prod": PROD, "prod without NAT": replace(PROD, nat_gateways=0), "dev": DEV,
    "cheapest dev": replace(DEV, agent=("0.5", "1"), toolbox=("0.25", "0.5"), nat_gateways=0, public_tasks=True, database_zones=0, insights="disabled", firewall_rules=0, alarms=24, secrets=3, log_gib=2),
}

# Which variables make each column: files of environments/.
VARIABLES = {"prod": ["prod/terraform"], "dev": ["dev/terraform"], "cheapest dev": ["dev/terraform", "dev/cheapest"]}


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(D("0.01"), ROUND_HALF_UP)


def rows(shape: Shape, region: str = "us-east-1") -> dict[str, Decimal]:
    """The months' dollars by row."""
    price = REGIONS[region]
    vcpu, gib = (price["x86 vcpu"], price["x86 gib"]) if shape.x86 else (price["vcpu"], price["gib"])
    task = lambda size: cents(shape.tasks * HOURS * (D(size[0]) * vcpu + D(size[1]) * gib) * (SPOT if shape.spot else 1))
    addresses = ZONES + shape.nat_gateways + (2 * shape.tasks if shape.public_tasks else 0)
    return {
        "Toolbox's tasks": task(shape.toolbox),
        "Agent's tasks": task(shape.agent),
        "Load balancer, 1 capacity unit on average": cents(HOURS * (price["balancer"] + CAPACITY_UNIT)),
        "NAT gateways, without their traffic": cents(HOURS * price["nat"] * shape.nat_gateways),
        "Public IPv4 addresses": cents(HOURS * ADDRESS * addresses),
        "Interface endpoints in 2 zones, without their traffic": cents(HOURS * price["endpoint"] * shape.endpoints * ZONES),
        "Database: db.t4g.micro, 20 GB": cents(shape.database_zones * (HOURS * price["database"] + 20 * price["database gib month"])),
        "Container Insights": INSIGHTS_MONTH[shape.insights],
        "Custom metrics, with the sample's tools": series() * METRIC_MONTH,
        "Firewall, 1 M requests": FIREWALL_MONTH + shape.firewall_rules * RULE_MONTH + MILLION_REQUESTS if shape.firewall_rules else D(0),
        "Logs": cents(shape.log_gib * price["log gib"]),
        "Alarms, secrets, 1 key, 5 GB of images": shape.alarms * ALARM_MONTH + shape.secrets * SECRET_MONTH + KEY_MONTH + 5 * IMAGE_GIB_MONTH,
        "DynamoDB, 1 M transactional writes, 1 GB; 10 GB of access logs": cents(2 * price["million writes"] + price["table gib month"] + RECOVERY_GIB_MONTH + 10 * FILE_GIB_MONTH),
    }


def total(shape: Shape, region: str = "us-east-1") -> Decimal:
    return sum(rows(shape, region).values(), D(0))


def savings() -> list[tuple[str, str, Decimal]]:
    """What a choice takes off prod, and one that adds."""
    off = lambda **changes: total(PROD) - total(replace(PROD, **changes))
    price = REGIONS["us-east-1"]
    return [
        ("ARM instead of x86 (done)", "`runtimePlatform`", -off(x86=True)),
        ("no NAT gateway: everything goes through endpoints; people sign in with API keys or an issuer inside the VPC", '`nat_gateway_mode = "none"`', off(nat_gateways=0)),
        ("one NAT gateway: a zone's failure cuts both off from the internet", '`nat_gateway_mode = "single"`', off(nat_gateways=1)),
        ("NAT gateways instead of endpoints, for little traffic", "`interface_endpoints = false`", off(endpoints=0)),
        ("database in one zone", "`database = { multi_az = false }`", off(database_zones=1)),
        ("plain Container Insights", '`container_insights = "enabled"`', off(insights="enabled")),
        ("no firewall", "`waf = { enabled = false }`", off(firewall_rules=0)),
        ("smaller tasks: the agent fits 0.5 vCPU and 1 GB, the toolbox 0.25 vCPU and 0.5 GB beside its sidecar only just", "`agent`, `toolbox`", off(agent=("0.5", "1"), toolbox=("0.25", "0.5"))),
        ("Spot for every task (dev); a task may end within 120 s", "`capacity_provider_strategy`", off(spot=True)),
        ("Service Connect: 0.25 vCPU and 64 MiB more in each of four tasks", "`service_connect = true`", -cents(4 * HOURS * (D("0.25") * price["vcpu"] + D("0.0625") * price["gib"]))),
    ]


def series() -> int:
    """The agent's custom metrics: each that the sidecar makes, for each value of its dimensions; CloudWatch takes money for each."""
    listed, tools = metrics.catalogue()["metrics"], len(re.findall(r"(?m)^kind: tool$", TOOLS.read_text()))
    declared = collector.load(metrics.FOLDER)["exporters"]["awsemf"]["metric_declarations"]
    return sum(
        prod(len(listed[name]["attributes"][d]) or tools for d in dimensions if d != "environment")
        for declaration in declared for selector in declaration["metric_name_selectors"] for name in listed if re.search(selector, name)
        for dimensions in declaration["dimensions"])


# --- tokens: a turn that asks one tool, most of its input from the prompt cache
TURNS_A_DAY = 1000
TURN = {"input": 1000, "cache-read": 6000, "cache-write": 1000, "output": 400}


def tokens() -> dict[str, Decimal]:
    """Dollars a month for each model of the latest family, at the list prices of the agent's table: those of global profiles."""
    rows = [row for row in json.loads(MODELS.read_text(), parse_float=D)["models"] if row["match"].endswith("-5-5")]
    names = {"input": "input", "cache-read": "cacheRead", "cache-write": "cacheWrite", "output": "output"}
    return {row["match"]: cents(TURNS_A_DAY * DAYS * sum(TURN[kind] * D(row["prices"][0][name]) for kind, name in names.items()) / 1_000_000) for row in rows}


def written() -> str:
    """The tables as they have to stand in the README."""
    columns = {name: rows(shape) for name, shape in SHAPES.items()}
    table = lambda head, body, right: "\n".join(["| " + " | ".join(head) + " |", "|" + "|".join(["---:" if r else "---" for r in right]) + "|", *("| " + " | ".join(cells) + " |" for cells in body)])
    money = lambda amount: f"{cents(amount):,.2f}"
    first = [[name, *(money(c[name]) for c in columns.values())] for name in columns["prod"]]
    first.append(["**Total**", *(f"**{money(total(shape))}**" for shape in SHAPES.values())])
    regions = [[region, price["looked up"], *(money(total(shape, region)) for shape in SHAPES.values())] for region, price in REGIONS.items()]
    return "\n\n".join([
        BEGIN,
        table(["us-east-1", *SHAPES], first, [False, True, True, True, True]),
        table(["region", "prices", *SHAPES], regions, [False, False, True, True, True, True]),
        f"Model calls come on top, and are usually most of the bill. {TURNS_A_DAY:,} turns a day, each with {sum(v for k, v in TURN.items() if k != 'output'):,} tokens of input ({TURN['cache-read']:,} of them from the prompt cache) and {TURN['output']:,} of output, at the list prices of `models.json`, which hold for `global.` profiles; in a geography they are 10 % higher:",
        table(["model", "tokens a month", "dollars a month"], [[f"`{m}`", f"{TURNS_A_DAY * DAYS * sum(TURN.values()) // 1_000_000} M", money(d)] for m, d in tokens().items()], [False, True, True]),
        table(["choice for prod", "where", "saves a month"], [[what, where, money(amount)] for what, where, amount in savings()], [False, False, True]),
        END,
    ])


def check(text: str) -> Result:
    """The README has exactly what is worked out, and the cheapest dev is cheap."""
    result, wanted = Result(), written().splitlines()
    have = text[text.find(BEGIN):text.find(END) + len(END)].splitlines() if BEGIN in text and END in text else []
    result.expect(bool(have), "the README has no cost tables")
    for line in wanted:
        result.expect(not have or line in have, f"worked out, and not in the README (costs.py --write): {line}")
    for line in have:
        result.expect(line in wanted, f"in the README, and not worked out: {line}")
    for region in REGIONS:
        result.expect(total(SHAPES["cheapest dev"], region) <= CHEAPEST_LIMIT, f"the cheapest dev costs {total(SHAPES['cheapest dev'], region)} in {region}, more than {CHEAPEST_LIMIT}")
    return result


def check_planned(shape: Shape, plan: dict) -> Result:
    """What a plan into an empty account makes is what the column of SHAPE counts with."""
    made = [c for c in plan["resource_changes"] if c["change"]["actions"] == ["create"]]
    of = lambda kind: [c["change"]["after"] for c in made if c["type"] == kind]
    result = Result()
    for what, number, counted in (
        ("alarms", len(of("aws_cloudwatch_metric_alarm")), shape.alarms),
        ("secrets", len(of("aws_secretsmanager_secret")) + len([d for d in of("aws_db_instance") if d["manage_master_user_password"]]), shape.secrets),
        ("keys", len(of("aws_kms_key")), 1),
        ("NAT gateways", len(of("aws_nat_gateway")), shape.nat_gateways),
        ("interface endpoints", len([e for e in of("aws_vpc_endpoint") if e["vpc_endpoint_type"] == "Interface"]), shape.endpoints),
        ("zones of a database", sum(1 + d["multi_az"] for d in of("aws_db_instance")), shape.database_zones),
        ("firewall rules", sum(len(a["rule"]) for a in of("aws_wafv2_web_acl")), shape.firewall_rules),
        ("tasks of a service", max(s["desired_count"] for s in of("aws_ecs_service")), shape.tasks),
    ):
        result.expect(number == counted, f"{number} {what}, the cost table counts {counted}")
    return result


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        text = README.read_text()
        README.write_text(text[:text.index(BEGIN)] + written() + text[text.index(END) + len(END):])
        sys.exit(0)
    exit_with(check(Path(sys.argv[1] if len(sys.argv) > 1 else README).read_text()), "lines")
