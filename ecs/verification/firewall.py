"""The firewall as it stands in the account: it lets people chat, and says no in the agent's own words.

People write to an agent about HTML, paths, stack traces and addresses, so no rule of AWS's groups may block for what is in a body.
What blocks answers with a problem of the agent's closed list (Problem.java), and floods are stopped above the agent's own limit.

usage: firewall.py NAME
"""
import json
import re
import sys
from pathlib import Path

import boto3

from report import Result, exit_with

JAVA = Path(__file__).resolve().parents[2] / "src" / "main" / "java" / "io" / "mcpagent"
# Rules of AWS's groups that look into a body, and what in a harmless question sets them off (AWS WAF developer guide, "AWS Managed Rules").
BODY_RULES = {
    "AWSManagedRulesCommonRuleSet": {
        "SizeRestrictions_BODY": "a long prompt", "EC2MetaDataSSRF_BODY": "169.254.169.254", "GenericLFI_BODY": "../../etc/hosts",
        "GenericRFI_BODY": "http://10.0.0.1/x", "CrossSiteScripting_BODY": "<script>",
    },
    "AWSManagedRulesKnownBadInputsRuleSet": {"JavaDeserializationRCE_BODY": "a Java stack trace", "Log4JRCE_BODY": "${jndi:", "ReactJSRCE_BODY": "__proto__"},
}


def problems() -> dict[str, tuple[int, str]]:
    """The agent's problems: slug => status and title."""
    found = re.findall(r'^    ([A-Z_]+)\(\s*(\d{3}),\s*"([^"]+)"', (JAVA / "problem" / "Problem.java").read_text(), flags=re.M)
    return {name.lower().replace("_", "-"): (int(status), title) for name, status, title in found}


def requests_per_minute() -> int:
    return int(re.search(r'@WithDefault\("(\d+)"\)\s+int requestsPerMinute', (JAVA / "config" / "AgentConfig.java").read_text())[1])


def web_acl(name: str) -> dict:
    waf = boto3.client("wafv2")
    acl = next(a for a in waf.list_web_acls(Scope="REGIONAL")["WebACLs"] if a["Name"] == f"{name}-alb")
    return waf.get_web_acl(Name=acl["Name"], Scope="REGIONAL", Id=acl["Id"])["WebACL"]


def judge(acl: dict) -> Result:
    result, known, bodies = Result(), problems(), acl.get("CustomResponseBodies", {})
    seen = {}

    def answers(where: str, block: dict) -> None:
        response = block.get("CustomResponse", {})
        body = json.loads(bodies.get(response.get("CustomResponseBodyKey"), {}).get("Content", "{}"))
        slug = body.get("type", "").removeprefix("/problems/")
        result.expect(slug in known, f"{where}: answers without a problem that the agent knows")
        result.expect(known.get(slug) == (body.get("status"), body.get("title")) and response.get("ResponseCode") == body.get("status"), f"{where}: its problem isn't the agent's {slug}")

    for rule in acl["Rules"]:
        statement = rule["Statement"]
        if "RateBasedStatement" in statement:
            limit, own = statement["RateBasedStatement"]["Limit"], 5 * requests_per_minute()
            result.expect(limit > own, f"{rule['Name']}: stops an address at {limit} requests in five minutes, one caller alone may make {own}")
            answers(rule["Name"], rule["Action"]["Block"])
            continue
        group = statement["ManagedRuleGroupStatement"]
        seen[group["Name"]] = {o["Name"]: o["ActionToUse"] for o in group.get("RuleActionOverrides", [])}
        for name, action in seen[group["Name"]].items():
            if "Block" in action:
                result.expect(not name.endswith("_BODY"), f"{name}: blocks for what a question says")
                answers(name, action["Block"])
    for group, rules in BODY_RULES.items():
        for name, example in rules.items():
            result.expect("Count" in seen.get(group, {}).get(name, {}), f"{name}: a question with {example} is refused")
    return result


def check(name: str) -> Result:
    return judge(web_acl(name))


if __name__ == "__main__":
    exit_with(check(sys.argv[1]), "rules")
