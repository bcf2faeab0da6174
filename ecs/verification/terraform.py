"""Runs Terraform on copies of ecs/, without touching the user's settings and, where a mirror is at hand, without the registry."""
import glob
import os
import re
import shutil
import subprocess
from pathlib import Path

from report import REGION

ECS = Path(__file__).resolve().parent.parent


def environment(work: Path) -> dict[str, str]:
    """Process environment for Terraform and the AWS SDKs: throw-away credentials, no metadata service, a provider mirror."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "TF_")) or k == "TF_PROVIDER_MIRROR"}
    env.update(
        AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_REGION=REGION, AWS_DEFAULT_REGION=REGION, AWS_PAGER="",
        AWS_EC2_METADATA_DISABLED="true", TF_IN_AUTOMATION="1", TF_INPUT="0", CHECKPOINT_DISABLE="1", NO_COLOR="1",
    )
    mirror = _mirror()
    settings = work / "terraform.rc"
    settings.write_text("" if mirror is None else (
        "provider_installation {\n"
        f'  filesystem_mirror {{\n    path    = "{mirror}"\n    include = ["registry.terraform.io/*/*"]\n  }}\n'
        '  direct {\n    exclude = ["registry.terraform.io/*/*"]\n  }\n}\n'))
    env["TF_CLI_CONFIG_FILE"] = str(settings)
    if mirror is None:
        cache = Path.home() / ".cache" / "terraform-plugins"
        cache.mkdir(parents=True, exist_ok=True)
        env["TF_PLUGIN_CACHE_DIR"] = str(cache)
    return env


def _mirror() -> str | None:
    """A folder of providers, for machines that can't reach Terraform's registry: TF_PROVIDER_MIRROR or one under /opt."""
    folders = [os.environ.get("TF_PROVIDER_MIRROR", ""), *sorted(glob.glob("/opt/*"))]
    return next((f for f in folders if f and Path(f, "registry.terraform.io", "hashicorp", "aws").is_dir()), None)


def copy_of_ecs(target: Path, source: Path = ECS) -> Path:
    """A copy that may be broken, without what Terraform left behind in the original."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(".terraform", "*.tfstate*", "__pycache__"))
    return target


class Folder:
    """One folder of configuration, and the log of what was run in it."""

    def __init__(self, path: Path, env: dict[str, str], log: Path, command: tuple[str, ...] = ("terraform",)) -> None:
        self.path, self.env, self.log, self.command = path, env, log, command

    def run(self, *arguments: str, expect: tuple[int, ...] = (0,)) -> str:
        """Runs `terraform ARGUMENTS`, and returns what it printed; any other exit code than EXPECT is an error."""
        done = subprocess.run([*self.command, *arguments], cwd=self.path, env=self.env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        with self.log.open("a") as log:
            log.write(f"$ terraform {' '.join(arguments)}\n{done.stdout}\n-> {done.returncode}\n")
        if done.returncode not in expect:
            raise AssertionError(f"terraform {arguments[0]} ended with {done.returncode}:\n{_errors(done.stdout)}")
        return done.stdout

    def init(self, *arguments: str) -> None:
        self.run("init", "-no-color", "-lockfile=readonly", *arguments)


def changes(plan: str) -> list[str]:
    """Addresses that a plan would change."""
    return re.findall(r"^  # (\S+) (?:will be|must be|has been)", plan, flags=re.M)


def _errors(output: str) -> str:
    start = output.find("Error: ")
    return output[start if start >= 0 else -1500:][:1500]
