"""A service that follows listings, one look at a time, on clocks that move when a test says so."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace

from idsync.apply.last_apply import last_apply
from idsync.bootstrap.workspace import Workspace
from idsync.config.settings import AppById
from idsync.model.extent import EVERYTHING, Extent
from idsync.okta.remembered import Remembered
from idsync.reconcile.continuous.by_listings import ByListings
from idsync.reconcile.continuous.watching import crosses_a_limit, is_too_much
from idsync.reconcile.partial_pass import apply_part
from idsync.sources.okta.selection import Selection
from idsync.sources.okta.source import OktaSource
from idsync.stores.protocol import Store
from idsync.stores.sqlite.store import open_store
from idsync.targets.local import LocalTarget
from tests.core.world import config
from tests.okta_simulator import Limits, Organization
from tests.sources.okta.organizations import Clock, Reader, served

TICK, SELDOM = 10.0, 50.0
"""Seconds from one look to the next: as a service looks, and so seldom that a sweep of everybody is the seventh."""
GUARDS = "Guards: {user_deletes: F, user_locks: F, member_removals: F, access_list_deletes: F, access_losses: F}"
FREE = GUARDS.replace("F", "{percent: 100, floor: 1000}")


@dataclass
class Followed:
    """An organization, a store, and looks."""

    reader: Reader
    store: Store
    place: Workspace
    clock: Clock
    share: int = 50
    remembered: Remembered = field(default_factory=Remembered)
    extents: list[Extent] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.by = ByListings(self.store, "okta", self.clock)

    def source(self) -> OktaSource:
        """Okta as a configuration has it."""
        return self.reader.source(
            selection=Selection.of(self.place.settings),
            app=AppById(self.reader.organization.app("Teleport").id),
            remembered=self.remembered,
            rate_limit_share=self.share,
        )

    def target(self) -> LocalTarget:
        """What there is."""
        return LocalTarget(self.store.directory, self.reader.url)

    def begin(self) -> None:
        """A first reading, and what follows from it."""
        self._make(EVERYTHING)
        self.clock.now += TICK

    def tick(self, each: float = TICK) -> bool:
        """A look, and so many seconds until the next; whether everything had better be read."""
        found = self.by.look(self.source(), self.place.settings, self.target())
        self.extents.append(found.extent)
        doubt = found.in_doubt or is_too_much(found.extent)
        if not doubt and (found.extent.users or found.extent.lists):
            doubt = not self._make(found.extent)
        self.by.settle()
        self.clock.now += each
        return doubt

    def sweep(self) -> bool:
        """Looks until everybody was listed once, and one more."""
        doubts = [self.tick(SELDOM) for _ in range(8)]
        return any(doubts)

    def _make(self, extent: Extent) -> bool:
        settings, target, now = self.place.settings, self.target(), datetime.fromtimestamp(self.clock.now, UTC)
        reading = self.source().read(extent)
        if self.store.upstream.is_known() and crosses_a_limit(settings, reading, self.store.upstream, target):
            return False
        moved = self.store.upstream.take(reading)
        request = replace(self.place.request("test", now), split=True, unattended=True)
        last = last_apply(self.store.facts, target)
        for _ in apply_part(settings, moved, store=self.store, target=target, last=last, now=now, request=request):
            pass
        return True

    # -- what there is

    def users(self) -> set[str]:
        """Who has an account."""
        return {name.partition("@")[0] for name in self.target().state().users}

    def locked(self) -> set[str]:
        """Who is locked."""
        locks = self.target().state().locks.values()
        return {(lock.spec.target.user or "").partition("@")[0] for lock in locks}

    def lists(self) -> dict[str, set[str]]:
        """Members of each list, by title."""
        state = self.target().state()
        return {
            state.access_lists[name].spec.title: {member.partition("@")[0] for member in members}
            for name, members in state.members.items()
        }

    def requests(self) -> int:
        """How many requests there were."""
        return self.reader.simulator.requests.total


@contextmanager
def following(
    path: Path, org: Organization, documents: str = FREE, limits: Limits | None = None, share: int = 50
) -> Iterator[Followed]:
    """Looks at an organization whose clock is a `Clock`, after a first reading."""
    assert isinstance(org.clock, Clock)
    org.clock.now += 3600
    with served(org, limits) as reader, open_store(path) as store:
        integration = (
            "apiVersion: idsync/v1\nkind: Integration\nmetadata: {name: okta}\n"
            f"spec: {{org_url: {reader.url}, app: {{id: {org.app('Teleport').id}}}, "
            "auth: {api_token: {env: TOKEN}}}\n"
        )
        place = Workspace(config(documents, integration=integration), path.parent)
        world = Followed(reader, store, place, org.clock, share)
        world.begin()
        yield world
