"""A service over a store of its own, spoken to without a socket."""

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from idsync.bootstrap.workspace import Workspace
from idsync.config.settings import Settings
from idsync.model.directory import DirectoryState
from idsync.server.application import application
from idsync.server.page.pages import SIGN_INS_A_MINUTE, StatusPage
from idsync.server.page.sessions import Sessions, status_tokens
from idsync.server.request_rate import RequestRate
from idsync.server.scim.endpoint import ScimEndpoint
from idsync.server.tokens import make_token
from idsync.server.worker import Worker
from idsync.stores.holder import this_process
from idsync.stores.protocol import Store
from idsync.stores.sqlite.store import SqliteStore, open_store, open_store_to_read
from idsync.targets.local import LocalTarget
from tests.core.world import NOW, ORG, config
from tests.okta_scim_client import Dialect, Engine, OktaScimClient, Quirks
from tests.server.one_turn import OneTurnClient

HOLDER = this_process("2026-11-22T12:00:00Z")
BASE = "/scim/v2/okta"
HERE, ME = "http://127.0.0.1:8080", "127.0.0.1"
FREE = "{percent: 100, floor: 10000}"
GUARDS = ("lock_burst", "access_gains", "user_deletes", "user_locks", "member_removals", "access_list_deletes")
PUSHED = config(
    "Guards: {" + ", ".join(f"{guard}: {FREE}" for guard in GUARDS) + "}",
    integration=f"""
apiVersion: idsync/v1
kind: Integration
metadata: {{name: okta}}
spec:
  org_url: {ORG}
  source: {{scim: {{}}}}
""",
)


@dataclass
class Served:
    """A service, the path of its store, and a token."""

    http: TestClient
    path: Path
    token: str
    clock: list[dt.datetime]
    endpoint: ScimEndpoint
    called: list[str]
    worker: Worker

    def engine(self, dialect: Dialect = Dialect.PUT, quirks: Quirks | None = None) -> Engine:
        """Okta, pushing to it."""
        return Engine(OktaScimClient(self.http, BASE, self.token, quirks or Quirks()), dialect)

    def store(self) -> SqliteStore:
        """Its store, by the service's clock; to be closed."""
        return open_store(self.path, clock=lambda: self.clock[0].timestamp())

    def directory(self) -> DirectoryState:
        """What the directory holds now."""
        with open_store(self.path) as store:
            return LocalTarget(store.directory, ORG).state()


@contextmanager
def served(
    path: Path,
    settings: Settings,
    *,
    secrets: Mapping[str, str] | None = None,
    base_url: str = HERE,
    client: str = ME,
    opened: Callable[[], Store] | None = None,
    applies: bool = True,
    unkept: Collection[str] = (),
    options: Sequence[str] = (),
) -> Iterator[Served]:
    """A service as long as the block lasts, spoken to from an address; its store is at `path`, or as it is `opened`.

    Passes of the `unkept` kinds failed and left no word; commands on its page get the `options`.
    """
    clock = [NOW]
    opened = opened or (lambda: open_store(path, clock=lambda: clock[0].timestamp()))
    place = Workspace(settings, path.parent, environment=secrets)
    called: list[str] = []
    with opened() as store:
        _, token = make_token(store.tokens, name="okta", integration="okta", by="me", now=NOW, ends=None)
    worker = Worker(opened, "local", HOLDER, lambda _: None)
    worker.start()
    scim = ScimEndpoint(
        "okta",
        worker,
        in_force=lambda store: place.in_force(store)[0],
        body_limit=1 << 20,
        applies=lambda _: applies,
        public_url=lambda: settings.service.public_url,
    )
    page = StatusPage(
        worker,
        files=lambda: place,
        open_store=lambda: open_store_to_read(path),
        in_force=place.in_force,
        sessions=Sessions(lambda: status_tokens(place), lambda: clock[0]),
        signing_in=RequestRate(lambda: SIGN_INS_A_MINUTE, lambda: clock[0].timestamp()),
        call=lambda: called.append("called"),
        reconciles=lambda: True,
        unkept=lambda: unkept,
        options=options,
    )
    app = application(scim, worker, page=page)
    with OneTurnClient(app, base_url, client=(client, 50000)) as http:
        yield Served(http, path, token, clock, scim, called, worker)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Served]:
    """A service with a plain configuration."""
    with served(tmp_path / "idsync.db", PUSHED) as running:
        yield running
