"""Run the steps of the container file without a container: each in a copy of this machine's root that is thrown away.

`python -m tests.deploy.container_steps`, as root. Then the service is started as the image would start it, with a root
that nobody can write to, and the health check of the image is made.
"""

import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
CONTAINERFILE = ROOT / "examples" / "deploy" / "Containerfile"
SECONDS = 60
CONFIGURATION = """
apiVersion: idsync/v1
kind: Integration
metadata: {name: okta}
spec:
  org_url: https://enzos-pizza.okta.com
  app: {label: Teleport}
  source: {scim: {}}
  store: sqlite:////var/lib/idsync/idsync.db
---
apiVersion: idsync/v1
kind: DefaultOwners
spec: {owners: [alice.bianchi@enzos-pizza.com]}
"""


class StepFailed(Exception):
    """A step did not do what the image needs of it."""


def instructions(text: str) -> list[tuple[str, str]]:
    """The instructions of a container file, each with its arguments, lines that go on joined."""
    joined = text.replace("\\\n", " ")
    lines = [line.strip() for line in joined.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return [(name.upper(), rest.strip()) for name, _, rest in (line.partition(" ") for line in lines)]


def build(root: Path) -> dict[str, list[str]]:
    """Run every step inside `root`; the commands that the image keeps, by instruction."""
    commands: dict[str, list[str]] = {}
    for name, rest in instructions(CONTAINERFILE.read_text()):
        match name:
            case "COPY" if not rest.startswith("--from"):
                *sources, target = shlex.split(rest)
                _copy(sources, root / target.lstrip("/"), into=target.endswith("/"))
            case "RUN":
                _inside(root, ["sh", "-euc", rest])
            case "HEALTHCHECK":
                commands[name] = json.loads(rest[rest.index("CMD") + 3 :])
            case "ENTRYPOINT" | "CMD":
                commands[name] = json.loads(rest)
            case _:
                continue
    return commands


def _copy(sources: list[str], target: Path, *, into: bool) -> None:
    (target if into else target.parent).mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-r", *(str(ROOT / source) for source in sources), str(target)], check=True)


def _inside(root: Path, command: list[str]) -> None:
    done = subprocess.run(["chroot", str(root), *command], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        raise StepFailed(f"{shlex.join(command)}\n{done.stdout}")


def serve(root: Path, commands: dict[str, list[str]]) -> None:
    """Start the service as the image does, and wait until its health check says that it lives."""
    (root / "etc/idsync").mkdir(parents=True, exist_ok=True)
    (root / "etc/idsync/idsync.yaml").write_text(CONFIGURATION)
    data = ["mount", "-t", "tmpfs", "-o", "mode=0700,uid=10001,gid=10001", "data", str(root / "var/lib/idsync")]
    subprocess.run(data, check=True)
    subprocess.run(["mount", "-o", "remount,ro", str(root)], check=True)
    path = "/opt/idsync/bin:/usr/local/bin:/usr/bin:/bin"
    user = ["chroot", "--userspec=10001:10001", str(root), "env", "-i", f"PATH={path}", "HOME=/var/lib/idsync"]
    arguments = ["127.0.0.1" if part == "0.0.0.0" else part for part in commands["CMD"]]
    with subprocess.Popen([*user, *commands["ENTRYPOINT"], *arguments], stderr=subprocess.PIPE, text=True) as served:
        try:
            _wait(served, [*user, *commands["HEALTHCHECK"]])
        finally:
            served.terminate()
            _, told = served.communicate(timeout=SECONDS)
    if served.returncode not in (0, 143, -15):
        raise StepFailed(f"The service ended with {served.returncode}:\n{told}")


def _wait(served: "subprocess.Popen[str]", health: list[str]) -> None:
    ends = time.monotonic() + SECONDS
    while subprocess.run(health, capture_output=True).returncode:
        if served.poll() is not None or time.monotonic() > ends:
            raise StepFailed(f"The service is not healthy: {served.stderr.read() if served.stderr else ''}")
        time.sleep(0.5)


def main() -> int:
    """Build and serve in a mount namespace of its own; the exit code."""
    if os.environ.get("IDSYNC_CONTAINER_STEPS") != "inside":
        again = ["unshare", "--mount", sys.executable, "-m", "tests.deploy.container_steps"]
        return subprocess.run(again, env={**os.environ, "IDSYNC_CONTAINER_STEPS": "inside"}, cwd=ROOT).returncode
    with tempfile.TemporaryDirectory() as folder:
        layers, root = Path(folder) / "layers", Path(folder) / "root"
        for each in (layers, root):
            each.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "layers", str(layers)], check=True)
        for name in ("upper", "work"):
            (layers / name).mkdir()
        options = f"lowerdir=/,upperdir={layers}/upper,workdir={layers}/work"
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, str(root)], check=True)
        _as_the_base_image(root)
        try:
            serve(root, build(root))
        except StepFailed as error:
            print(error)
            return 1
        finally:
            subprocess.run(["umount", "--recursive", "--lazy", str(root)], check=False)
            subprocess.run(["umount", "--lazy", str(layers)], check=False)
    print("Every step of the container file runs, and the service that it makes is healthy.")
    return 0


def _as_the_base_image(root: Path) -> None:
    """Give the copy what the base image has: a `python` that every user may run, and devices."""
    python = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    link = root / "usr/local/bin/python"
    link.unlink(missing_ok=True)
    link.symlink_to(python)
    for above in [*python.parents][:-1]:
        inside = root / str(above).lstrip("/")
        inside.chmod(inside.stat().st_mode | 0o011)
    subprocess.run(["mount", "--bind", "/dev", str(root / "dev")], check=True)


if __name__ == "__main__":
    sys.exit(main())
