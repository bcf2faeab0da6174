"""moto's server with the few operations of this design that moto 5.2.1 lacks, and an ECS that rolls deployments out.

usage: moto_plus.py -H 127.0.0.1 -p PORT

It stands in for AWS in ecs/verify: without each of these patches an apply fails, or a second plan isn't empty. What it says of
deployments is only an imitation: an image with the tag :broken never gets healthy, every other one does at once.
"""
import json
import os
import re
import sys
import time

os.environ.setdefault("MOTO_ECS_SERVICE_RUNNING", "0")
os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")

import moto.bedrock.urls as bedrock_urls  # noqa: E402  (moto reads the environment when it is imported)
import moto.xray.urls as xray_urls  # noqa: E402
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse  # noqa: E402
from moto.bedrock.responses import BedrockResponse  # noqa: E402
from moto.budgets.responses import BudgetsResponse  # noqa: E402
from moto.codedeploy import models as codedeploy_models  # noqa: E402
from moto.codedeploy.responses import CodeDeployResponse  # noqa: E402
from moto.core.responses import BaseResponse  # noqa: E402
from moto.core.utils import camelcase_to_underscores, utcnow  # noqa: E402
from moto.dynamodb.models.table import RestoredPITTable  # noqa: E402
from moto.ec2.models.security_groups import SecurityGroupRule  # noqa: E402
from moto.ec2.models.vpcs import VPCBackend as VPCEndpointBackend  # noqa: E402
from moto.ecs.models import EC2ContainerServiceBackend, ecs_backends  # noqa: E402
from moto.ecs.responses import EC2ContainerServiceResponse  # noqa: E402
from moto.moto_api._internal import mock_random  # noqa: E402
from moto.rds.models import RDSBackend  # noqa: E402
from moto.s3.models import FakeBucket, FakeDeleteMarker  # noqa: E402
from moto.xray.responses import XRayResponse  # noqa: E402


def nothing(_response) -> str:
    """Answer of an operation whose effect nobody looks at."""
    return "{}"


def never_healthy(images: list[str]) -> bool:
    return any(":broken" in image for image in images)


# --- application autoscaling: tags

scaling_tags: dict[str, dict] = {}
original_register = ApplicationAutoScalingResponse.register_scalable_target


def register_scalable_target(self) -> str:
    answer = original_register(self)
    scaling_tags.setdefault(json.loads(answer)["ScalableTargetARN"], {}).update(self._get_param("Tags") or {})
    return answer


def tag_scalable_target(self) -> str:
    scaling_tags.setdefault(self._get_param("ResourceARN"), {}).update(self._get_param("Tags") or {})
    return "{}"


ApplicationAutoScalingResponse.register_scalable_target = register_scalable_target
ApplicationAutoScalingResponse.tag_resource = tag_scalable_target
ApplicationAutoScalingResponse.untag_resource = nothing
ApplicationAutoScalingResponse.list_tags_for_resource = lambda self: json.dumps({"Tags": scaling_tags.get(self._get_param("ResourceARN"), {})})


# --- budgets: subscribers and tags

budget_tags: dict[str, list] = {}
original_create_budget = BudgetsResponse.create_budget


def create_budget(self) -> str:
    answer = original_create_budget(self)
    if self._get_param("ResourceTags"):
        arn = f"arn:aws:budgets::{self._get_param('AccountId')}:budget/{self._get_param('Budget')['BudgetName']}"
        budget_tags[arn] = self._get_param("ResourceTags")
    return answer


def tag_budget(self) -> str:
    budget_tags[self._get_param("ResourceARN")] = self._get_param("ResourceTags")
    return "{}"


def describe_subscribers(self) -> str:
    budget = self.backend.budgets[self._get_param("AccountId")][self._get_param("BudgetName")]
    told = self._get_param("Notification")
    wanted = {k: v for k, v in told.items() if k in ("NotificationType", "ComparisonOperator", "ThresholdType")}
    for notification in budget.notifications:
        if all(notification.details.get(k) == v for k, v in wanted.items()) and float(notification.details["Threshold"]) == float(told["Threshold"]):
            return json.dumps({"Subscribers": notification.subscribers})
    return json.dumps({"Subscribers": []})


def update_budget(self) -> str:
    wanted = self._get_param("NewBudget")
    self.backend.budgets[self._get_param("AccountId")][wanted["BudgetName"]].budget.update(wanted)
    return "{}"


BudgetsResponse.create_budget = create_budget
BudgetsResponse.update_budget = update_budget
BudgetsResponse.tag_resource = tag_budget
BudgetsResponse.list_tags_for_resource = lambda self: json.dumps({"ResourceTags": budget_tags.get(self._get_param("ResourceARN"), [])})
BudgetsResponse.describe_subscribers_for_notification = describe_subscribers


# --- x-ray: sampling rules

sampling_rules: dict[str, dict] = {}
sampling_tags: dict[str, list] = {}


def rule_name(self, holder=None) -> str:
    source = holder or {"RuleName": self._get_param("RuleName"), "RuleARN": self._get_param("RuleARN")}
    return source.get("RuleName") or source["RuleARN"].split("/")[-1]


def create_sampling_rule(self) -> str:
    rule = {"Attributes": {}, **self._get_param("SamplingRule")}
    rule["RuleARN"] = f"arn:aws:xray:{self.region}:{self.current_account}:sampling-rule/{rule['RuleName']}"
    record = {"SamplingRule": rule, "CreatedAt": 0, "ModifiedAt": 0}
    sampling_rules[rule["RuleName"]] = record
    sampling_tags[rule["RuleARN"]] = self._get_param("Tags") or []
    return json.dumps({"SamplingRuleRecord": record})


def update_sampling_rule(self) -> str:
    update = self._get_param("SamplingRuleUpdate")
    record = sampling_rules[rule_name(self, update)]
    record["SamplingRule"].update(update)
    return json.dumps({"SamplingRuleRecord": record})


XRayResponse.create_sampling_rule = create_sampling_rule
XRayResponse.update_sampling_rule = update_sampling_rule
XRayResponse.delete_sampling_rule = lambda self: json.dumps({"SamplingRuleRecord": sampling_rules.pop(rule_name(self), {})})
XRayResponse.get_sampling_rules = lambda self: json.dumps({"SamplingRuleRecords": list(sampling_rules.values())})
XRayResponse.list_tags_for_resource = lambda self: json.dumps({"Tags": sampling_tags.get(self._get_param("ResourceARN"), [])})
XRayResponse.tag_resource = nothing
for operation in ("CreateSamplingRule", "UpdateSamplingRule", "DeleteSamplingRule", "GetSamplingRules", "ListTagsForResource", "TagResource"):
    xray_urls.url_paths["{0}/" + operation + "$"] = XRayResponse.dispatch


# --- ec2: descriptions of rules that name a group or a prefix list

original_rule_init = SecurityGroupRule.__init__


def rule_init(self, *arguments, **named) -> None:
    original_rule_init(self, *arguments, **named)
    prefix_list = named.get("prefix_list_id") or (arguments[7] if len(arguments) > 7 else None) or {}
    self._prefix_list_description = prefix_list.get("Description") if isinstance(prefix_list, dict) else None


SecurityGroupRule.__init__ = rule_init
SecurityGroupRule.description = property(
    lambda self: self.ip_range.get("Description") or self.source_group.get("Description") or getattr(self, "_prefix_list_description", None))


# --- ecs: keep what CreateService and UpdateService say, and roll deployments out

KEPT = {
    name: {"enableECSManagedTags": "enable_ecs_managed_tags"}.get(name, camelcase_to_underscores(name))
    for name in (
        "capacityProviderStrategy", "availabilityZoneRebalancing", "enableECSManagedTags", "healthCheckGracePeriodSeconds", "enableExecuteCommand",
        "deploymentConfiguration", "networkConfiguration", "propagateTags", "serviceConnectConfiguration")
}
original_create_service = EC2ContainerServiceResponse.create_service
original_update_service = EC2ContainerServiceBackend.update_service
original_describe_services = EC2ContainerServiceBackend.describe_services


def images_of(backend, definition: str) -> list[str]:
    return [c["image"] for c in backend.describe_task_definition(definition).container_definitions]


def create_service(self):
    answer = original_create_service(self)
    service = answer.result["service"] if hasattr(answer, "result") else answer._result["service"]
    for parameter, attribute in KEPT.items():
        if self._get_param(parameter) is not None:
            setattr(service, attribute, self._get_param(parameter))
    if self._get_param("capacityProviderStrategy"):
        service.launch_type = None
    for registry in service.service_registries or []:
        for port in ("containerPort", "port"):
            if not registry.get(port):
                registry.pop(port, None)
    service.running_count, service.pending_count = service.desired_count, 0
    for deployment in service.deployments:
        deployment.update(runningCount=service.desired_count, pendingCount=0, rolloutState="COMPLETED", launchType=service.launch_type)
    return answer


def update_service(self, properties: dict):
    service = self._get_service(properties.get("cluster", "default"), properties["service"].split("/")[-1])
    before, wanted, force = service.task_definition, properties.get("task_definition"), properties.get("force_new_deployment")
    properties = {("enable_ecs_managed_tags" if k == "enable_ecsmanaged_tags" else k): v for k, v in properties.items()}
    if not properties.get("volume_configurations"):
        properties.pop("volume_configurations", None)
    if wanted:
        properties["task_definition"] = wanted = self.describe_task_definition(wanted).arn
    answer = original_update_service(self, properties)
    service.running_count, service.pending_count = service.desired_count, 0
    if wanted and (wanted != before or force) and service.deployments:
        old = service.deployments[0]
        service.deployments = [{
            **old, "id": f"ecs-svc/{mock_random.randint(0, 32**12)}", "taskDefinition": wanted, "createdAt": utcnow(), "updatedAt": utcnow(),
            "runningCount": service.desired_count, "pendingCount": 0, "rolloutState": "COMPLETED", "status": "PRIMARY"}]
        if never_healthy(images_of(self, wanted)):  # the circuit breaker: the last good deployment comes back
            service._roll_back_to = (before, {**old, "status": "PRIMARY"})
    return answer


def describe_services(self, cluster, names):
    services, failures = original_describe_services(self, cluster, names)
    for service in services:
        back = service.__dict__.pop("_roll_back_to", None)
        if back:
            service.task_definition, service.deployments = back[0], [back[1]]
    return services, failures


EC2ContainerServiceResponse.create_service = create_service
EC2ContainerServiceBackend.update_service = update_service
EC2ContainerServiceBackend.describe_services = describe_services


# --- rds: performance insights; an id for each database, by which the provider looks it up

original_create_database = RDSBackend.create_db_instance


def create_db_instance(self, parameters: dict):
    database = original_create_database(self, parameters)
    for name in ("enable_performance_insights", "EnablePerformanceInsights"):
        if name in parameters:
            database.performance_insights_enabled = str(parameters[name]).lower() == "true"
    database.dbi_resource_id = f"db-{database.db_instance_identifier.encode().hex().upper()}"
    return database


RDSBackend.create_db_instance = create_db_instance
original_modify_subnets = RDSBackend.modify_db_subnet_group


def modify_db_subnet_group(self, subnet_name: str, description: str, subnets: list):
    """moto's takes the group out of its list, and forgets to put it back."""
    group = original_modify_subnets(self, subnet_name, description, subnets)
    self.subnet_groups[subnet_name] = group
    return group


RDSBackend.modify_db_subnet_group = modify_db_subnet_group


# --- dynamodb: a restored table keeps its source's encryption

original_restored = RestoredPITTable._parse_params_from_table


def restored(self, table):
    return {**original_restored(self, table), "sse_specification": table.sse_specification}


RestoredPITTable._parse_params_from_table = restored


# --- ec2: a gateway endpoint goes, also from a route table that came later: moto made no route for that one

original_delete_endpoints = VPCEndpointBackend.delete_vpc_endpoints


def delete_vpc_endpoints(self, vpce_ids=None):
    for endpoint in (self.vpc_end_points.get(i) for i in vpce_ids or []):
        if endpoint and endpoint.vpc_endpoint_type.lower() == "gateway":
            routes = {table: list(self.get_route_table(table)._routes) for table in endpoint.route_table_ids}
            endpoint.route_table_ids = [table for table, ids in routes.items() if any(i.endswith(endpoint.destination_prefix_list_id) for i in ids)]
    return original_delete_endpoints(self, vpce_ids)


VPCEndpointBackend.delete_vpc_endpoints = delete_vpc_endpoints


# --- s3: a bucket policy that insists on TLS, which the emulator doesn't speak; deletion of versions that mark a deletion

original_get_permission = FakeBucket.get_permission


def get_permission(self, action: str, resource: str):
    policy = self.policy
    if policy is not None:
        document = json.loads(policy)
        document["Statement"] = [s for s in document["Statement"] if "aws:SecureTransport" not in json.dumps(s.get("Condition", {}))]
        self.policy = json.dumps(document).encode() if document["Statement"] else None
    try:
        return original_get_permission(self, action, resource)
    finally:
        self.policy = policy


FakeBucket.get_permission = get_permission
FakeDeleteMarker.dispose = lambda self, garbage=False: None


# --- codedeploy: numeric times, alarms, deletion, and ECS deployments that end

original_group_dict = codedeploy_models.DeploymentGroup.to_dict
original_deployment_dict = codedeploy_models.DeploymentInfo.to_dict
original_create_deployment = CodeDeployResponse.create_deployment


def group_dict(self) -> dict:
    answer, alarms = original_group_dict(self), self.alarm_configuration
    if alarms and not isinstance(alarms, dict):
        alarms = {"enabled": alarms.enabled, "alarms": alarms.alarms, "ignorePollAlarmFailure": alarms.ignore_poll_alarm_failure}
    answer["alarmConfiguration"] = alarms or {}
    for name in ("targetRevision", "lastSuccessfulDeployment", "lastAttemptedDeployment"):
        answer.pop(name)
    answer["outdatedInstancesStrategy"] = answer["outdatedInstancesStrategy"] or "UPDATE"
    return answer


def delete_application(self) -> str:
    self.codedeploy_backend.applications.pop(self._get_param("applicationName"), None)
    return "{}"


def delete_deployment_group(self) -> str:
    self.codedeploy_backend.deployment_groups.get(self._get_param("applicationName"), {}).pop(self._get_param("deploymentGroupName"), None)
    return json.dumps({"hooksNotCleanedUp": []})


def create_deployment(self) -> str:
    answer = original_create_deployment(self)
    deployment = self.codedeploy_backend.deployments[json.loads(answer)["deploymentId"]]
    specification = json.loads(self._get_param("revision")["appSpecContent"]["content"])
    definition = next(target["Properties"]["TaskDefinition"] for resource in specification["Resources"] for target in resource.values())
    backend = ecs_backends[self.current_account][self.region]
    service = deployment.deployment_group.ecs_services[0]
    if never_healthy(images_of(backend, definition)):
        deployment.status = "Failed"
    else:
        deployment.status = "Succeeded"
        backend._get_service(service["clusterName"], service["serviceName"]).task_definition = definition
    return answer


codedeploy_models.iso_8601_datetime_with_milliseconds = lambda *_: time.time()
codedeploy_models.DeploymentGroup.to_dict = group_dict
codedeploy_models.DeploymentInfo.to_dict = lambda self: {k: v for k, v in original_deployment_dict(self).items() if v not in (None, {}, "")}
CodeDeployResponse.delete_application = delete_application
CodeDeployResponse.delete_deployment_group = delete_deployment_group
CodeDeployResponse.create_deployment = create_deployment


# --- who called what: one line a call in the file OPERATIONS, so that a role's policy can be compared with what its job needs

original_call_action = BaseResponse.call_action


def call_action(self):
    key = re.search(r"Credential=([^/]+)/", self.headers.get("Authorization", "") if self.headers else "")
    if key and self.service_name != "s3":  # its actions are named by method and query
        with open(os.environ["OPERATIONS"], "a") as log:
            log.write(f"{key[1]} {self.service_name}:{self._get_action()}\n")
    return original_call_action(self)


if os.environ.get("OPERATIONS"):
    BaseResponse.call_action = call_action


# --- bedrock: whether the account may call a model

BedrockResponse.get_foundation_model_availability = lambda self: json.dumps({
    "modelId": self.path.rsplit("/", 1)[-1], "agreementAvailability": {"status": "AVAILABLE"}, "authorizationStatus": "AUTHORIZED",
    "entitlementAvailability": "AVAILABLE", "regionAvailability": "AVAILABLE"})
bedrock_urls.url_paths["{0}/foundation-model-availability/(?P<modelId>[^/]+)$"] = BedrockResponse.dispatch

if __name__ == "__main__":
    from moto.server import main

    main(sys.argv[1:])
