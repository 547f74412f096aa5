"""An organization on a socket, a folder configured for it, and the command line as the process that people start."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import msgspec

from idsync.model.canonical import canonical_bytes
from idsync.stores.sqlite.store import open_store_to_read
from idsync.targets.local import LocalTarget
from tests.okta_simulator import Limits, Organization, Simulator, running
from tests.targets.world import ORG

CONFIG = """\
apiVersion: idsync/v1
kind: Integration
metadata: {{name: okta}}
spec:
  org_url: {url}
  app: {app}
  auth: {auth}
  source: {{okta: {{}}}}
  store: sqlite:///idsync.db
  rate_limit_share: 100
  users: {{default_roles: [okta-requester]}}
---
apiVersion: idsync/v1
kind: DefaultOwners
spec: {{owners: [owner@enzos-pizza.com]}}
---
apiVersion: idsync/v1
kind: RoleMapping
spec:
  rules:
    - {{trait: okta/department, value: Engineering, roles: [dev]}}
    - {{group: "sales-*", roles: ["sales-$1"]}}
{more}"""
TOKEN = {"OKTA_API_TOKEN": "00simulated-token-of-a-super-admin"}
LONGEST_RUN = 120.0


@dataclass(frozen=True)
class Ended:
    """How a process ended, and what it said where."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, as JSON."""
        return msgspec.json.decode(self.out)


def environment(more: Mapping[str, str] = {}) -> dict[str, str]:
    """What a process of these tests sees: nothing of the tester's own settings."""
    unwanted = {"IDSYNC_CONFIG", "VISUAL", "EDITOR", "OKTA_API_TOKEN", "HTTP_PROXY", "http_proxy", "ALL_PROXY"}
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    return kept | {"NO_PROXY": "127.0.0.1,localhost"} | dict(more)


def start(*arguments: object, more: Mapping[str, str] = TOKEN, script: str = "") -> "subprocess.Popen[str]":
    """Start the command line; with a `script`, as a process that runs this first and then the program."""
    entry = ["-m", "idsync"] if not script else ["-c", script]
    return subprocess.Popen(
        [sys.executable, *entry, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=environment(more),
        cwd=Path(__file__).parents[2],
    )


def wait(process: "subprocess.Popen[str]", longest: float = LONGEST_RUN) -> Ended:
    """Wait for a process to end; no run may hang, and none may end with a traceback."""
    command = cast("list[str]", process.args)  # as `start` gave them
    try:
        out, err = process.communicate(timeout=longest)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"{command} did not end within {longest} s; it said {err!r}") from None
    assert "Traceback" not in out + err or "--debug" in command, err
    assert process.returncode != 1 or "Unexpected" not in err, err
    return Ended(process.returncode, out, err)


def idsync(*arguments: object, more: Mapping[str, str] = TOKEN, longest: float = LONGEST_RUN) -> Ended:
    """Run the command line as a process, to its end."""
    return wait(start(*arguments, more=more), longest)


@dataclass
class Place:
    """A folder whose configuration reads the organization at `url`."""

    folder: Path
    url: str
    app: str
    more: Mapping[str, str] = field(default_factory=lambda: dict(TOKEN))

    def configure(
        self, *, app: str = "", auth: str = "{api_token: {env: OKTA_API_TOKEN}}", url: str = "", more: str = ""
    ) -> None:
        """Write the configuration; what is not given is that of the organization."""
        text = CONFIG.format(url=url or self.url, app=app or f"{{id: {self.app}}}", auth=auth, more=more)
        (self.folder / "idsync.yaml").write_text(text)

    def run(self, command: str, *arguments: object, longest: float = LONGEST_RUN) -> Ended:
        """Run one command here."""
        return idsync(command, "-c", self.folder, *arguments, more=self.more, longest=longest)

    def start(self, command: str, *arguments: object, script: str = "") -> "subprocess.Popen[str]":
        """Start one command here."""
        return start(command, "-c", self.folder, *arguments, more=self.more, script=script)

    def plans_nothing(self) -> None:
        """Assert that a plan finds nothing left to do."""
        ended = self.run("plan", "--detailed-exitcode")
        assert ended.code == 0, ended.out + ended.err

    def apply(self, *arguments: object) -> Ended:
        """Apply, which must succeed."""
        ended = self.run("apply", "--auto-approve", *arguments)
        assert ended.code == 0, ended.out + ended.err
        return ended

    @property
    def directory(self) -> bytes:
        """All that the directory holds, in its canonical form."""
        with open_store_to_read(self.folder / "idsync.db") as store:
            return canonical_bytes(LocalTarget(store.directory, ORG).state())


@contextmanager
def served(
    organization: Organization, folder: Path, *, limits: Limits | None = None
) -> Iterator[tuple[Simulator, Place]]:
    """Serve an organization, with room for every request unless limits are given, and configure a folder to read it."""
    roomy = {"groups": 9000, "apps": 9000, "users": 9000, "app": 9000}
    limits = limits or Limits(organization.clock, organization.switches, overrides=roomy)
    simulator = Simulator(organization, limits=limits)
    with running(simulator) as url:
        place = Place(Path(tempfile.mkdtemp(dir=folder)), url, organization.sso_app.id)
        place.configure()
        yield simulator, place
