"""Who can open a connection to whom, from the security groups, endpoints and routes as they stand in the account.

usage: network.py NAME      (the prefix of the environment's names)
"""
import ipaddress
import sys
from dataclasses import dataclass

import boto3

from report import Result, exit_with

WORLD = "0.0.0.0/0"


@dataclass(frozen=True)
class Node:
    """Something with network interfaces: the groups that guard them and the subnets they are in."""

    groups: tuple[str, ...]
    subnets: tuple[str, ...]


class Network:
    """A snapshot of the account's network."""

    def __init__(self) -> None:
        ec2 = boto3.client("ec2")
        self.rules = ec2.describe_security_group_rules()["SecurityGroupRules"]
        self.subnets = {s["SubnetId"]: ipaddress.ip_network(s["CidrBlock"]) for s in ec2.describe_subnets()["Subnets"]}
        self.groups = {g["GroupName"]: g["GroupId"] for g in ec2.describe_security_groups()["SecurityGroups"]}
        self.routes = ec2.describe_route_tables()["RouteTables"]
        self.nat_subnets = {n["NatGatewayId"]: n["SubnetId"] for n in ec2.describe_nat_gateways()["NatGateways"] if n["State"] == "available"}
        self.zones = {s["SubnetId"]: s["AvailabilityZone"] for s in ec2.describe_subnets()["Subnets"]}
        self.prefix_lists = {p["PrefixListName"].split(".")[-1]: p["PrefixListId"] for p in ec2.describe_managed_prefix_lists()["PrefixLists"]}
        endpoints = ec2.describe_vpc_endpoints()["VpcEndpoints"]
        self.gateways = {e["ServiceName"].split(".")[-1]: e for e in endpoints if e["VpcEndpointType"] == "Gateway"}
        self.interfaces = {e["ServiceName"].split(".", 3)[3]: e for e in endpoints if e["VpcEndpointType"] == "Interface"}

    def lets_out(self, node: Node, port: int, peer: Node | None = None, prefix_list: str | None = None, cidr: str | None = None) -> bool:
        return any(r["IsEgress"] and r["GroupId"] in node.groups and self._covers(r, port) and self._names(r, peer, prefix_list, cidr) for r in self.rules)

    def lets_in(self, node: Node, port: int, peer: Node) -> bool:
        return any(not r["IsEgress"] and r["GroupId"] in node.groups and self._covers(r, port) and self._names(r, peer) for r in self.rules)

    def connects(self, source: Node, target: Node, port: int) -> bool:
        return self.lets_out(source, port, target) and self.lets_in(target, port, source)

    def reaches_aws(self, node: Node, service: str) -> bool:
        """Through the service's interface endpoint with private DNS, or else through a NAT gateway."""
        endpoint = self.interfaces.get(service)
        if endpoint:
            target = Node(tuple(g["GroupId"] for g in endpoint["Groups"]), tuple(endpoint["SubnetIds"]))
            return endpoint["PrivateDnsEnabled"] and self.connects(node, target, 443)
        return all(self._has_nat(s) for s in node.subnets) and self.lets_out(node, 443, cidr=WORLD)

    def reaches_gateway(self, node: Node, service: str) -> bool:
        """Through the gateway endpoint of S3 or DynamoDB."""
        endpoint = self.gateways.get(service)
        return bool(endpoint) and all(self._has_gateway(s, endpoint) for s in node.subnets) and self.lets_out(node, 443, prefix_list=self.prefix_lists.get(service))

    def leaves_its_zone(self, subnet: str) -> bool:
        """Whether the subnet's way out is a NAT gateway in another zone although its own has one."""
        mine = [r["NatGatewayId"] for t in self.routes if any(a.get("SubnetId") == subnet for a in t["Associations"]) for r in t["Routes"] if r.get("NatGatewayId")]
        zones = {self.zones[s] for s in self.nat_subnets.values()}
        return self.zones[subnet] in zones and any(self.zones[self.nat_subnets[n]] != self.zones[subnet] for n in mine)

    def open_to_the_world(self) -> set[str]:
        return {r["GroupId"] for r in self.rules if not r["IsEgress"] and r.get("CidrIpv4") == WORLD}

    @staticmethod
    def _covers(rule: dict, port: int) -> bool:
        return rule["IpProtocol"] == "-1" or (rule["IpProtocol"] == "tcp" and rule["FromPort"] <= port <= rule["ToPort"])

    def _names(self, rule: dict, peer: Node | None, prefix_list: str | None = None, cidr: str | None = None) -> bool:
        if rule.get("ReferencedGroupInfo"):
            return peer is not None and rule["ReferencedGroupInfo"]["GroupId"] in peer.groups
        if rule.get("PrefixListId"):
            return rule["PrefixListId"] == prefix_list
        block = rule.get("CidrIpv4")
        if not block:
            return False
        if cidr:
            return block == cidr
        return peer is not None and any(self.subnets[s].subnet_of(ipaddress.ip_network(block)) for s in peer.subnets)

    def _has_nat(self, subnet: str) -> bool:
        return any(any(a.get("SubnetId") == subnet for a in t["Associations"]) and any(r.get("NatGatewayId") for r in t["Routes"]) for t in self.routes)

    def _has_gateway(self, subnet: str, endpoint: dict) -> bool:
        return any(any(a.get("SubnetId") == subnet for a in t["Associations"]) and t["RouteTableId"] in endpoint["RouteTableIds"] for t in self.routes)


def _service(name: str, container: str) -> tuple[Node, dict]:
    ecs = boto3.client("ecs")
    service = ecs.describe_services(cluster=f"{name}-cluster", services=[f"{name}-{container}-service"])["services"][0]
    vpc = service["networkConfiguration"]["awsvpcConfiguration"]
    definition = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    return Node(tuple(vpc["securityGroups"]), tuple(vpc["subnets"])), {"public": vpc.get("assignPublicIp") == "ENABLED", "definition": definition}


def check(name: str) -> Result:
    """Every connection that a task needs to start and to work, and every one that must not exist."""
    network, result = Network(), Result()
    agent, agent_facts = _service(name, "agent")
    toolbox, toolbox_facts = _service(name, "toolbox")
    for label, node, facts in (("agent", agent, agent_facts), ("toolbox", toolbox, toolbox_facts)):
        wanted = ["ecr.api", "ecr.dkr", "logs", "xray"]
        if label == "agent":
            wanted += ["bedrock-runtime", "secretsmanager"]
        elif any(c.get("secrets") for c in facts["definition"]["containerDefinitions"]):
            wanted.append("secretsmanager")
        for service in wanted:
            result.expect(network.reaches_aws(node, service), f"{label} can't reach {service}:443")
        result.expect(network.reaches_gateway(node, "s3"), f"{label} can't reach S3:443, so its image layers can't be pulled")
        result.expect(not facts["public"], f"{label} has a public address")

    balancers = [b for b in boto3.client("elbv2").describe_load_balancers()["LoadBalancers"] if b["LoadBalancerName"] == f"{name}-alb"]
    balancer = Node(tuple(balancers[0]["SecurityGroups"]), tuple(z["SubnetId"] for z in balancers[0]["AvailabilityZones"]))
    database = Node((network.groups[f"{name}-database"],), agent.subnets)
    operators = Node((network.groups[f"{name}-database-operators"],), agent.subnets)
    result.expect(network.reaches_gateway(agent, "dynamodb"), "agent can't reach DynamoDB:443")
    result.expect(network.connects(agent, toolbox, 5000), "agent can't reach the toolbox:5000")
    result.expect(network.connects(balancer, agent, 8080), "the load balancer can't reach the agent:8080")
    result.expect(network.connects(toolbox, database, 5432), "toolbox can't reach the database:5432")
    result.expect(network.connects(operators, database, 5432), "an operator's shell can't reach the database:5432")
    result.expect(not network.connects(toolbox, database, 1433), "toolbox reaches a SQL Server that it isn't configured for")
    result.expect(not network.connects(agent, database, 5432), "agent reaches the database past the toolbox")
    result.expect(not network.connects(balancer, database, 5432), "the load balancer reaches the database")
    result.expect(not network.connects(balancer, toolbox, 5000), "the load balancer reaches the toolbox")
    result.expect(not network.connects(toolbox, agent, 8080), "toolbox reaches the agent")
    result.expect(not network.open_to_the_world() - set(balancer.groups), "something but the load balancer is open to the world")
    for subnet in agent.subnets:
        result.expect(not network.leaves_its_zone(subnet), f"{subnet} leaves through another zone's NAT gateway")
    result.expect(not set(balancer.subnets) & set(agent.subnets + toolbox.subnets), "the load balancer sits in the tasks' subnets")
    return result


if __name__ == "__main__":
    exit_with(check(sys.argv[1]), "connections")
