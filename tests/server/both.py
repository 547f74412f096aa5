"""A service that is pushed to and that reads a simulated Okta as well, both by one clock unless a test sets it."""

import datetime as dt
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from idsync.bootstrap.workspace import Workspace
from idsync.config.settings import Settings
from idsync.plan.changes import Plan
from idsync.reconcile.continuous.loop import TickEnd
from idsync.reconcile.continuous.pass_reports import PassReport
from idsync.reconcile.followed import LookAgain
from idsync.reconcile.people_known import PeopleKnown
from idsync.reconcile.plan_options import PlanOptions
from idsync.reconcile.single_pass import plan_once
from idsync.stores.sqlite.store import open_store
from tests.core.world import NOW, config
from tests.okta_simulator import Organization
from tests.reconcile.one_thread import OneThread
from tests.server.conftest import FREE, GUARDS, HOLDER, Served
from tests.server.conftest import served as pushed_to
from tests.sources.okta.organizations import Clock, Reader
from tests.sources.okta.organizations import served as read_from

OPEN = "Guards: {" + ", ".join(f"{guard}: {FREE}" for guard in GUARDS) + "}"


@dataclass
class Both:
    """A service, the organization that it reads, and the passes of both."""

    service: Served
    reader: Reader
    settings: Settings
    told: list[PassReport] = field(default_factory=list)
    steady: Callable[[], float] = time.monotonic
    """Seconds of the clock that nobody sets."""
    again: LookAgain = field(default_factory=LookAgain)
    ahead: dt.timedelta = dt.timedelta(0)
    """By how much the machine that reads Okta is ahead of the one that is pushed to."""

    def full(self) -> bool:
        """A full pass; whether it went well."""
        with self.passes() as passes:
            return passes.full()

    def tick(self) -> TickEnd:
        """A look at what moved."""
        with self.passes() as passes:
            return passes.tick()

    def plan(self) -> Plan:
        """What a person is shown."""
        place = self._place()
        with open_store(self.service.path) as store:
            past, people = store.agreed("local").past(), PeopleKnown(store.pushed)
            source, target = self.reader.source(), place.target(store)
            return plan_once(self.settings, source, target, PlanOptions(now=place.now(), past=past, people=people)).plan

    @contextmanager
    def passes(self) -> Iterator[OneThread]:
        """The passes of one process, as long as the block lasts."""
        with self.service.store() as store:
            place = self._place()
            source = partial(self.reader.source, timing=replace(self.reader.clock.timing, wall=self._wall))
            passes = OneThread(
                store,
                place.in_force,
                lambda _, progress: source(progress=progress),
                HOLDER,
                self.told.append,
                lambda: self.steady(),
            )
            passes.reconciling.again = self.again
            yield passes

    def _wall(self) -> float:
        return self.reader.clock() + self.ahead.total_seconds()

    def _place(self) -> Workspace:
        place = Workspace(self.settings, self.service.path.parent)
        place.now = lambda: self.service.clock[0] + self.ahead  # type: ignore[method-assign]
        return place


def organization() -> Organization:
    """An organization at the time of the tests, with the app and nobody."""
    made = Organization(clock=Clock(NOW.timestamp()))
    made.add_app("Teleport")
    return made


@contextmanager
def both(path: Path, org: Organization, documents: str = OPEN) -> Iterator[Both]:
    """A service with a store of its own, as long as the block lasts; nothing was read yet."""
    with read_from(org) as reader:
        integration = (
            "apiVersion: idsync/v1\nkind: Integration\nmetadata: {name: okta}\n"
            f"spec: {{org_url: {reader.url}, app: {{id: {org.app('Teleport').id}}}, "
            "auth: {api_token: {env: TOKEN}}, sync: {scim: true}}\n"
        )
        settings = config(documents, integration=integration)
        with pushed_to(path, settings) as service:
            yield Both(service, reader, settings)


def read(world: Both) -> None:
    """A full pass, long enough after all that was pushed."""
    world.service.clock[0] += dt.timedelta(minutes=5)
    assert world.full()
    world.service.clock[0] += dt.timedelta(minutes=5)
