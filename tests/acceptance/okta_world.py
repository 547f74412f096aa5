"""An organization on a socket, a folder configured for it, and the command line that is run there."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from idsync.model.canonical import canonical_bytes
from idsync.stores.sqlite.store import open_store_to_read
from idsync.targets.local import LocalTarget
from tests.acceptance.programs import TOKEN, Ended, idsync, start
from tests.acceptance.programs import command as run_inside
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


@dataclass
class Place:
    """A folder whose configuration reads the organization at `url`."""

    folder: Path
    url: str
    app: str
    more: Mapping[str, str] = field(default_factory=lambda: dict(TOKEN))
    as_process: bool = False

    def configure(
        self, *, app: str = "", auth: str = "{api_token: {env: OKTA_API_TOKEN}}", url: str = "", more: str = ""
    ) -> None:
        """Write the configuration; what is not given is that of the organization."""
        text = CONFIG.format(url=url or self.url, app=app or f"{{id: {self.app}}}", auth=auth, more=more)
        (self.folder / "idsync.yaml").write_text(text)

    def run(self, command: str, *arguments: object) -> Ended:
        """Run one command here, in this process, or as one of its own."""
        if self.as_process:
            return idsync(command, "-c", self.folder, *arguments, more=self.more)
        return run_inside(command, "-c", self.folder, *arguments, more=self.more)

    def start(self, command: str, *arguments: object, script: str = "") -> "subprocess.Popen[str]":
        """Start one command here, as a process."""
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
    organization: Organization, folder: Path, *, limits: Limits | None = None, as_process: bool = False
) -> Iterator[tuple[Simulator, Place]]:
    """Serve an organization, with room for every request unless limits are given, and configure a folder to read it."""
    roomy = {"groups": 9000, "apps": 9000, "users": 9000, "app": 9000}
    limits = limits or Limits(organization.clock, organization.switches, overrides=roomy)
    simulator = Simulator(organization, limits=limits)
    with running(simulator) as url:
        place = Place(Path(tempfile.mkdtemp(dir=folder)), url, organization.sso_app.id, as_process=as_process)
        place.configure()
        yield simulator, place


def afresh(applied: tuple[Simulator, Place], folder: Path) -> tuple[Simulator, Place]:
    """The same people in a folder of their own, and nothing amiss with Okta yet."""
    simulator, place = applied
    simulator.faults.clear()
    simulator.authority.add_token(simulator.token)
    return simulator, replace(place, folder=Path(shutil.copytree(place.folder, folder / "own")))
