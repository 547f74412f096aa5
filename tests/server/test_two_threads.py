"""Ticks and a full pass in two threads of one process, against a simulated Okta that answers slowly."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from idsync.bootstrap.workspace import Workspace
from idsync.errors import AppliedUnknown, StoreAway
from idsync.reconcile.continuous.loop import TickEnd
from idsync.reconcile.continuous.pass_reports import PassReport
from idsync.reconcile.continuous.reconciling import Reconciling
from idsync.server.two_threads import TwoThreads
from idsync.stores.holder import this_process
from idsync.stores.protocol import Store
from idsync.stores.sqlite.store import SqliteStore, open_store
from idsync.targets.local import LocalTarget
from tests.core.world import config
from tests.okta_simulator import Delay, Fault, Organization
from tests.sources.okta.organizations import Reader, served

SLOW = 6.0
PATIENCE = 60.0


class World:
    """Two threads on one store, and the organization that they read."""

    def __init__(self, org: Organization, reader: Reader, store: SqliteStore, path: Path) -> None:
        self.org = org
        self.reader = reader
        self.told: list[PassReport] = []
        integration = (
            "apiVersion: idsync/v1\nkind: Integration\nmetadata: {name: okta}\n"
            f"spec: {{org_url: {reader.url}, app: {{id: {org.app('Teleport').id}}}, "
            "auth: {api_token: {env: TOKEN}}}\n"
        )
        self.place = place = Workspace(config(integration=integration), path.parent)
        self.other = Workspace(
            config("ImportFilters: {groups: {include: [staff]}}", integration=integration), path.parent
        )
        holder = this_process("2026-11-22T12:00:00Z")

        self.reconciling = Reconciling(
            place.in_force, lambda _, progress: reader.source(progress=progress), holder, time.sleep, self.told.append
        )
        self.threads = TwoThreads(store, lambda: open_store(path), self.reconciling)
        self.directory = LocalTarget(store.directory, reader.url)

    def locked(self) -> set[str]:
        """Who is locked."""
        return {lock.spec.target.user or "" for lock in self.directory.state().locks.values()}

    def ended(self) -> bool:
        """Whether the full pass went well, once it is over."""
        found: list[bool] = []

        def is_over() -> bool:
            well = self.threads.full_ended()
            found.extend([] if well is None else [well])
            return bool(found)

        wait_for(is_over)
        return found[0]

    def reads_members(self) -> None:
        """Begin a full pass, and wait until it waits for members, with everybody read already."""
        self.reader.simulator.faults.add(Fault("/api/v1/groups/*/users", Delay(SLOW), times=1))
        self.threads.begin_full()
        time.sleep(SLOW / 4)


def wait_for(what: Callable[[], bool]) -> None:
    """Wait until something is so."""
    until = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    org = Organization()
    people = [org.add_user(f"p{number}@x.com") for number in range(6)]
    org.assign_group(org.add_app("Teleport"), org.add_group("staff", members=people))
    path = tmp_path / "a.db"
    with served(org) as reader, open_store(path) as store:
        made = World(org, reader, store, path)
        assert made.threads.leads()
        made.threads.begin_full()
        assert made.ended()
        yield made


def test_r45_a_suspension_is_a_lock_while_a_slow_full_pass_reads(world: World) -> None:
    world.reads_members()
    world.org.suspend(world.org.user("p1@x.com"))
    assert world.threads.tick() is TickEnd.DONE
    assert world.locked() == {"p1@x.com"}
    assert world.threads.full_ended() is None, "the pass reads still"
    assert world.ended()
    assert world.locked() == {"p1@x.com"}
    assert world.threads.tick() is TickEnd.DONE
    world.threads.begin_full()
    assert world.ended()
    assert world.told[-1].counts == {"user": {}, "lock": {}, "access_list": {}, "member": {}}
    assert world.locked() == {"p1@x.com"}


def test_a_full_pass_is_wanted_once_where_passes_go_by_another_configuration(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not world.threads.wants_full()
    monkeypatch.setattr(world.reconciling, "in_force", lambda _: (world.other, False))
    assert world.threads.wants_full()
    world.threads.begin_full()
    assert world.ended()
    assert not world.threads.wants_full()


def test_none_is_wanted_where_what_passes_go_by_cannot_be_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(_: Store) -> tuple[Workspace, bool]:
        raise AppliedUnknown("It was applied by a newer version.", why="", fix="")

    monkeypatch.setattr(world.reconciling, "in_force", unknown)
    assert not world.threads.wants_full()


def test_a_full_pass_is_wanted_also_where_it_could_not_be_told_what_the_last_one_began_by(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Store] = []

    def away_at_first(store: Store) -> tuple[Workspace, bool]:
        asked.append(store)
        if len(asked) == 1:
            raise StoreAway("The store does not answer.", why="", fix="")
        return world.other, False

    monkeypatch.setattr(world.reconciling, "in_force", away_at_first)
    world.threads.begin_full()
    assert world.ended()
    assert world.threads.wants_full()


def test_a_stop_breaks_a_reading_off_and_gives_the_lead_back(world: World) -> None:
    world.reads_members()
    begun = time.monotonic()
    world.threads.stop(PATIENCE)
    assert time.monotonic() - begun < SLOW
    assert world.threads.full_ended() is False
    assert world.reconciling.lead.lease is None


def test_a_stop_waits_once_for_all_that_does_not_end(world: World) -> None:
    """Else the process is killed before it gives the lead back."""
    ends = threading.Event()

    def goes_on() -> None:
        ends.wait(PATIENCE)

    for _ in range(3):
        world.reconciling.beside(goes_on)
    begun = time.monotonic()
    world.threads.stop(0.5)
    assert time.monotonic() - begun < 1.0
    assert world.reconciling.lead.lease is None
    ends.set()


def test_what_nobody_expected_of_a_full_pass_ends_the_process(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.reconciling, "source", lambda *_: 1 // 0)
    world.threads.begin_full()
    with pytest.raises(ZeroDivisionError):
        world.ended()
