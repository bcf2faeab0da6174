"""What the tests share: emulators on 127.0.0.1, images of a few bytes, and a copy of the repository with a history of its own."""
import atexit
import contextlib
import hashlib
import http.server
import importlib.util
import io
import json
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

import boto3

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / ".github" / "scripts"
REGION = "us-east-1"
ROLE = "arn:aws:iam::123456789012:role/mcp-github-deploy"
# The aws command of this very Python: a shim in front of it would cost as much time again.
PATH = f"{Path(sys.executable).parent}:{os.environ['PATH']}"


def preload_aws():
    """Puts an aws command that is loaded already at the front of PATH, if this Python has the AWS CLI at all."""
    global PATH
    if importlib.util.find_spec("awscli") is None or PATH.startswith(tempfile.gettempdir()):
        return
    folder = tempfile.mkdtemp(prefix="aws-")
    process = subprocess.Popen([sys.executable, ROOT / ".github" / "test" / "aws_server.py", f"{folder}/socket", folder])
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(stop, process)
    deadline = time.monotonic() + 60
    while not os.access(f"{folder}/aws", os.X_OK):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("the preloaded aws command didn't start")
        time.sleep(0.02)
    PATH = f"{folder}:{PATH}"


def free_port():
    for port in random.sample(range(24000, 25000), 100):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no free port from 24000 to 24999")


def wait_for(url, process, what, seconds=120):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{what} ended: {process.returncode}")
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=2):
            return
        time.sleep(0.05)
    raise RuntimeError(f"{what} doesn't answer at {url}")


def stop(process):
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(5)
    process.kill()


class Registry:
    """Debian's docker-registry with an empty folder."""

    def __init__(self, folder):
        self.address = f"127.0.0.1:{free_port()}"
        config = folder / "registry.json"
        config.write_text(json.dumps({"version": 0.1, "log": {"level": "error"}, "storage": {"filesystem": {"rootdirectory": str(folder / "registry")}, "delete": {"enabled": True}}, "http": {"addr": self.address}}))
        self.process = subprocess.Popen(["docker-registry", "serve", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        atexit.register(stop, self.process)
        wait_for(f"http://{self.address}/v2/", self.process, "docker-registry")
        # skopeo speaks plain HTTP to this one registry only; it reads that from its user's home
        self.home = folder / "home"
        (self.home / ".config" / "containers").mkdir(parents=True)
        (self.home / ".config" / "containers" / "registries.conf").write_text(f'[[registry]]\nlocation = "{self.address}"\ninsecure = true\n')
        self.folder = folder

    def push(self, name, tag, architecture="arm64", labels=None, content=""):
        """Pushes an image with one small layer; gives REGISTRY/NAME@sha256:…"""
        layout = Path(tempfile.mkdtemp(dir=self.folder))
        blobs = layout / "blobs" / "sha256"
        blobs.mkdir(parents=True)

        def blob(data):
            digest = hashlib.sha256(data).hexdigest()
            (blobs / digest).write_bytes(data)
            return {"digest": f"sha256:{digest}", "size": len(data)}

        layer = io.BytesIO()
        with tarfile.open(fileobj=layer, mode="w") as tar:
            entry = tarfile.TarInfo("hello")
            entry.size = len(content.encode())
            tar.addfile(entry, io.BytesIO(content.encode()))
        stored = blob(layer.getvalue())
        config = blob(json.dumps({"architecture": architecture, "os": "linux", "config": {"Labels": labels or {}}, "rootfs": {"type": "layers", "diff_ids": [stored["digest"]]}}).encode())
        manifest = blob(json.dumps({
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json", **config},
            "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", **stored}]}).encode())
        (layout / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
        (layout / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [{"mediaType": "application/vnd.oci.image.manifest.v1+json", **manifest}]}))
        run(["skopeo", "copy", "--quiet", "--preserve-digests", f"oci:{layout}", f"docker://{self.address}/{name}:{tag}"], env={"HOME": str(self.home)}).check()
        shutil.rmtree(layout)
        return f"{self.address}/{name}@{manifest['digest']}"


class Cloud:
    """moto with a cluster, the services as Terraform leaves them before the first deployment, and what Terraform publishes."""

    def __init__(self, folder, registry):
        preload_aws()
        port = free_port()
        self.url, self.operations = f"http://127.0.0.1:{port}", folder / "operations"
        self.operations.write_text("")
        env = {**os.environ, "REGISTRY": registry.address, "OPERATIONS": str(self.operations), "AWS_EC2_METADATA_DISABLED": "true"}
        with open(folder / "moto.log", "w") as log:
            self.process = subprocess.Popen([sys.executable, ROOT / ".github" / "test" / "fake_aws.py", "-H", "127.0.0.1", "-p", str(port)], env=env, stdout=log, stderr=subprocess.STDOUT)
        atexit.register(stop, self.process)
        wait_for(f"{self.url}/moto-api/", self.process, "moto")
        self.env = {"AWS_ENDPOINT_URL": self.url, "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION, "AWS_ACCESS_KEY_ID": "setup", "AWS_SECRET_ACCESS_KEY": "setup", "AWS_MAX_ATTEMPTS": "1", "AWS_EC2_METADATA_DISABLED": "true", "AWS_PAGER": "", "HOME": str(registry.home)}

    def client(self, service):
        return boto3.client(service, endpoint_url=self.url, region_name=REGION, aws_access_key_id="setup", aws_secret_access_key="setup")

    def reset(self):
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/moto-api/reset", method="POST"))

    def apply(self, environment="dev", prefix="mcp", controller="ECS"):
        """What `terraform apply` leaves: services on a bootstrap image that nobody pushed."""
        ecs, ssm = self.client("ecs"), self.client("ssm")
        ecs.create_cluster(clusterName=f"{prefix}-cluster")
        for service in ("agent", "toolbox"):
            shape = (ROOT / "ecs" / "task-definitions" / f"{service}.json").read_text()
            values = {name: SAMPLES.get(name, name) for name in sorted(set(re.findall(r"\$\{([a-z_]+)\}", shape)) - {"image"})}
            values.update(family=f"{prefix}-{service}-task", cluster=f"{prefix}-cluster", service=f"{prefix}-{service}-service")
            ssm.put_parameter(Name=f"/mcp/{environment}/task-definition/{service}", Type="String", Value=json.dumps(values), Overwrite=True)
            bootstrap = re.sub(r"\$\{([a-z_]+)\}", lambda m: {**values, "image": f"123456789012.dkr.ecr.{REGION}.amazonaws.com/{prefix}-{service}:bootstrap"}[m[1]], shape)
            definition = ecs.register_task_definition(**json.loads(bootstrap))["taskDefinition"]["taskDefinitionArn"]
            rolling = controller == "ECS" or service == "toolbox"
            ecs.create_service(cluster=f"{prefix}-cluster", serviceName=f"{prefix}-{service}-service", taskDefinition=definition, desiredCount=2, deploymentController={"type": "ECS" if rolling else controller}, **({"capacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1}]} if rolling else {}))
        ssm.put_parameter(Name=f"/mcp/{environment}/smoke-test-api-key", Type="SecureString", Value="a-key-for-tests", Overwrite=True)

    def service(self, name="mcp-agent-service", cluster="mcp-cluster"):
        return self.client("ecs").describe_services(cluster=cluster, services=[name])["services"][0]

    def running_image(self, service="agent", prefix="mcp"):
        definition = self.service(f"{prefix}-{service}-service", f"{prefix}-cluster")["taskDefinition"]
        return next(c["image"] for c in self.client("ecs").describe_task_definition(taskDefinition=definition)["taskDefinition"]["containerDefinitions"] if c["name"] == service)


# What Terraform would publish, where any text wouldn't do.
SAMPLES = {
    "aws_region": REGION, "cpu": "512", "memory": "1024", "database_prefix": "POSTGRES", "collector_config": "receivers: {}",
    "execution_role_arn": "arn:aws:iam::123456789012:role/mcp-execution", "task_role_arn": "arn:aws:iam::123456789012:role/mcp-task",
    "collector_image": f"123456789012.dkr.ecr.{REGION}.amazonaws.com/mcp-collector@sha256:{'0' * 64}",
    "database_secret_arn": f"arn:aws:secretsmanager:{REGION}:123456789012:secret:mcp/database/postgres-AbCdEf",
}


class Stub:
    """An HTTP server whose answers a test decides: answer(method, path, headers, body) gives (status, object)."""

    def __init__(self, answer):
        stub = self
        self.answer, self.requests = answer, []

        class Handler(http.server.BaseHTTPRequestHandler):
            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                stub.requests.append((self.command, self.path, dict(self.headers), body))
                status, reply = stub.answer(self.command, self.path, self.headers, body)
                data = json.dumps(reply).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PATCH = do_PUT = handle_any

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", free_port()), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Done:
    def __init__(self, process):
        self.code, self.out, self.err = process.returncode, process.stdout, process.stderr

    def check(self):
        if self.code:
            raise AssertionError(f"exit code {self.code}\n{self.out}\n{self.err}")
        return self

    @property
    def outputs(self):
        return dict(line.split("=", 1) for line in self.out.splitlines() if "=" in line)


def run(command, env=None, cwd=None, stdin=None):
    base = {"PATH": PATH, "HOME": tempfile.gettempdir(), "LANG": "C.UTF-8", "GIT_CONFIG_GLOBAL": "/dev/null", **IDENTITY}
    return Done(subprocess.run([str(part) for part in command], env={**base, **(env or {})}, cwd=cwd, input=stdin, capture_output=True, text=True, timeout=300))


IDENTITY = {"GIT_AUTHOR_NAME": "Test", "GIT_AUTHOR_EMAIL": "test@example.com", "GIT_COMMITTER_NAME": "Test", "GIT_COMMITTER_EMAIL": "test@example.com"}


def script(name, *arguments, env=None, cwd=None):
    return run([SCRIPTS / name, *arguments], env=env, cwd=cwd)


def repository(folder):
    """A copy of this repository's files, with what an image is made of and with a history of one commit."""
    listed = run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT).check().out.splitlines()
    for name in listed:
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    for name in ("pom.xml", "mvnw", "src/main/java/Main.java", "src/test/java/MainTest.java", "toolbox-config/tools.yaml"):
        if not (folder / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text("")
    run(["git", "init", "-q", "-b", "main"], cwd=folder).check()
    commit(folder, "Start")
    return folder


# Terraform's backend on an emulator, and no provider to be looked for: its own resource type is enough here.
TERRAFORM = {
    "TF_CLI_ARGS_init": "-backend-config=use_path_style=true -backend-config=skip_credentials_validation=true -backend-config=skip_requesting_account_id=true -backend-config=skip_metadata_api_check=true",
    "CHECKPOINT_DISABLE": "1", "TF_CLI_CONFIG_FILE": "/dev/null",
}


def terraform_repository(folder, environment="dev"):
    """A repository whose Terraform makes one thing, with this repository's own scripts."""
    shutil.copytree(SCRIPTS, folder / ".github" / "scripts")
    variables = folder / "ecs" / "terraform" / "environments" / environment
    variables.mkdir(parents=True)
    shutil.copy(ROOT / "ecs" / "terraform-in", folder / "ecs")
    (variables / "terraform.tfvars").write_text("")
    (folder / "ecs/terraform/main.tf").write_text('terraform {\n  backend "s3" {}\n}\nresource "terraform_data" "one" {\n  input = "${var.text} of 123456789012"\n}\nvariable "text" {\n  default = "first"\n}\n')
    (folder / "ecs/terraform/.terraform.lock.hcl").write_text("")
    return folder


def commit(folder, message):
    run(["git", "add", "-A"], cwd=folder).check()
    run(["git", "commit", "-q", "-m", message], cwd=folder).check()
    return run(["git", "rev-parse", "HEAD"], cwd=folder).check().out.strip()
