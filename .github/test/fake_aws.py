"""AWS as the deployment sees it: moto, the operations it lacks (ecs/verification), and an ECS whose rollouts depend on the image.

Moto starts no containers. Here a service's new revision becomes steady only if the registry really has its image, and the image
isn't labelled `starts=never`; otherwise the service goes back to the revision before, as ECS's circuit breaker does it. A rollout takes
three looks, so that whoever watches it has to wait. Every operation is written to the file OPERATIONS with the key that called it.

usage: OPERATIONS=FILE REGISTRY=HOST:PORT python3 fake_aws.py -H 127.0.0.1 -p PORT
"""
import json
import os
import re
import sys
import urllib.error
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "ecs" / "verification"))
import moto_plus  # noqa: E402, F401
from moto.core.responses import ActionResult, BaseResponse  # noqa: E402
from moto.ecs.models import EC2ContainerServiceBackend as Backend  # noqa: E402
from moto.ecs.responses import EC2ContainerServiceResponse as Response  # noqa: E402

REGISTRY = os.environ["REGISTRY"]
ACCEPT = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json"
LOOKS_A_ROLLOUT_TAKES = 3


def ask_registry(path):
    request = urllib.request.Request(f"http://{REGISTRY}/v2/{path}", headers={"Accept": ACCEPT})
    return json.load(urllib.request.urlopen(request, timeout=5))


def starts(image):
    """Whether a container of IMAGE would come up; images of other registries do."""
    host, _, rest = image.partition("/")
    if host != REGISTRY:
        return not image.endswith(":bootstrap")
    name, _, digest = rest.partition("@")
    try:
        manifest = ask_registry(f"{name}/manifests/{digest}")
        if "manifests" in manifest:
            manifest = ask_registry(f"{name}/manifests/{manifest['manifests'][0]['digest']}")
        config = ask_registry(f"{name}/blobs/{manifest['config']['digest']}")
    except urllib.error.HTTPError:
        return False
    return (config["config"].get("Labels") or {}).get("starts") != "never"


def healthy(backend, definition):
    return all(starts(c["image"]) for c in backend.describe_task_definition(definition).container_definitions)


create_service = Response.create_service


def create(self):
    result = create_service(self)
    service = self.ecs_backend._get_service(self._get_param("cluster"), self._get_param("serviceName"))
    if service.deployments and not healthy(self.ecs_backend, service.task_definition):
        service.running_count, service.pending_count = 0, service.desired_count
        service.deployments[0].update(runningCount=0, pendingCount=service.desired_count, rolloutState="IN_PROGRESS")
    return result


Response.create_service = create
update_service = Backend.update_service


def update(self, properties):
    service = self._get_service(properties.get("cluster", "default"), properties["service"].split("/")[-1])
    before = service.task_definition
    old = dict(service.deployments[0]) if service.deployments else None
    running = service.running_count
    result = update_service(self, properties)
    service.__dict__.pop("_roll_back_to", None)
    if old and service.task_definition != before:
        new = dict(service.deployments[0], status="PRIMARY", rolloutState="IN_PROGRESS", runningCount=0)
        service.deployments = [new, dict(old, status="ACTIVE")]
        service.running_count = running
        service.rollout = {"looks": LOOKS_A_ROLLOUT_TAKES, "before": before, "old": old}
    return result


Backend.update_service = update
describe_services = Backend.describe_services


def describe(self, cluster, names):
    services, failures = describe_services(self, cluster, names)
    for service in services:
        rollout = service.__dict__.get("rollout")
        if not rollout:
            continue
        rollout["looks"] -= 1
        if rollout["looks"] > 0:
            continue
        del service.rollout
        new = service.deployments[0]
        if healthy(self, service.task_definition):
            service.deployments = [dict(new, rolloutState="COMPLETED", runningCount=service.desired_count)]
            service.running_count = service.desired_count
        else:
            service.task_definition = rollout["before"]
            came_back = healthy(self, service.task_definition)
            service.deployments = [dict(rollout["old"], id=new["id"] + "0", status="PRIMARY", rolloutState="COMPLETED" if came_back else "IN_PROGRESS")]
            service.running_count = service.desired_count if came_back else 0
            service.events.insert(0, {"id": new["id"], "message": f"(service {service.name}) deployment {new['id']} deployment failed: tasks failed to start.", "createdAt": new["createdAt"]})
    return services, failures


Backend.describe_services = describe


def tasks_of(backend, service):
    """A rolled-out service's tasks: moto makes none."""
    definition = backend.describe_task_definition(service.task_definition)
    for number in range(service.running_count):
        yield {
            "taskArn": f"arn:aws:ecs:{backend.region_name}:{backend.account_id}:task/{service.cluster_name}/{service.name}-{number}",
            "taskDefinitionArn": definition.arn,
            "lastStatus": "RUNNING",
            "desiredStatus": "RUNNING",
            "containers": [{"name": c["name"], "image": c["image"], "imageDigest": c["image"].partition("@")[2]} for c in definition.container_definitions],
        }


def list_tasks(self):
    service = self.ecs_backend._get_service(self._get_param("cluster"), self._get_param("serviceName"))
    return ActionResult({"taskArns": [task["taskArn"] for task in tasks_of(self.ecs_backend, service)]})


def describe_tasks(self):
    wanted = self._get_param("tasks")
    tasks = [task for service in self.ecs_backend.services.values() for task in tasks_of(self.ecs_backend, service) if task["taskArn"] in wanted]
    return ActionResult({"tasks": tasks, "failures": []})


Response.list_tasks, Response.describe_tasks = list_tasks, describe_tasks
call_action = BaseResponse.call_action


def logged(self):
    key = re.search(r"Credential=([^/]+)/", self.headers.get("Authorization", "") if self.headers else "")
    with open(os.environ["OPERATIONS"], "a") as log:
        log.write(f"{key[1] if key else '-'} {self.service_name}:{self._get_action()}\n")
    return call_action(self)


BaseResponse.call_action = logged

if __name__ == "__main__":
    from moto.server import main

    main(sys.argv[1:])
