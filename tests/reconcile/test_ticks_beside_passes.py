"""Ticks beside a full pass that reads for long: what they do at once is not taken back by an older reading."""

import datetime as dt
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from idsync.apply.kept_back import held_by_guard, kept_back
from idsync.bootstrap.workspace import Workspace
from idsync.edit.editor import Editor
from idsync.model.addresses import user_address
from idsync.model.extent import EVERYTHING, Extent, Reading
from idsync.model.measures import Measures
from idsync.model.moves import Moves
from idsync.reconcile.applying import Applier
from idsync.reconcile.continuous.loop import TickEnd
from idsync.reconcile.continuous.pass_reports import PassReport
from idsync.reconcile.continuous.reconciling import Place
from idsync.reconcile.continuous.wishes import Wish, wish_for_pass, wish_not_granted
from idsync.reconcile.followed import LAG
from idsync.sources.okta.source import OktaSource
from idsync.sources.protocol import NOTHING_MEASURED, Progress
from idsync.stores.holder import this_process
from idsync.stores.protocol import Store
from idsync.stores.sqlite.store import open_store
from idsync.targets.local import LocalTarget
from tests.core.world import config
from tests.okta_simulator import Organization
from tests.reconcile.one_thread import OneThread
from tests.sources.okta.organizations import Reader, served

PEOPLE = 12
NOTHING: dict[str, dict[str, int]] = {"user": {}, "lock": {}, "access_list": {}, "member": {}}


@dataclass
class SlowSource:
    """A source of which something happens at the end of a whole reading, before anybody has seen it."""

    source: OktaSource
    then: Callable[[], None]
    lags: Callable[[Reading], Reading]

    def read(
        self, extent: Extent = EVERYTHING, known: Collection[str] = (), before: Measures = NOTHING_MEASURED
    ) -> Reading:
        """What is read."""
        reading = self.source.read(extent, known, before)
        if extent.is_whole:
            self.then()
            return self.lags(reading)
        return reading

    def moves(self, cursor: str | None, begun: Any, seen: Collection[str] = ()) -> Moves:
        """What moved."""
        return self.source.moves(cursor, begun, seen)


@dataclass
class World:
    """An organization, and a process that follows it: ticks on one connection, full passes on another."""

    org: Organization
    reader: Reader
    store: Store
    other: Store
    place: Workspace
    clock: Callable[[], float] = time.monotonic
    told: list[PassReport] = field(default_factory=list)
    while_read: list[Callable[[], None]] = field(default_factory=list)
    listed: Reading | None = None
    """What Okta's listings show still, however old it is; None where they do not lag."""
    passes: OneThread = field(init=False)

    def source(self, _place: Place, progress: Progress) -> SlowSource:
        """What reads the organization."""
        return SlowSource(self.reader.source(progress=progress), self._happens, self._lags)

    def _lags(self, reading: Reading) -> Reading:
        if self.listed is None:
            return reading
        return replace(reading, snapshot=replace(self.listed.snapshot, taken_at=reading.snapshot.taken_at))

    def _happens(self) -> None:
        while self.while_read:
            self.while_read.pop(0)()

    def restart(self) -> None:
        """Let another process take over, which knows what the store knows."""
        holder = this_process("2026-11-22T12:00:00Z")
        self.passes = OneThread(self.store, self.place.in_force, self.source, holder, self.told.append, self.clock)

    def full(self) -> PassReport:
        """A full pass."""
        assert self.passes.full(self.other), self.told
        return next(report for report in reversed(self.told) if report.kind == "full")

    def tick(self) -> None:
        """A tick that goes well."""
        assert self.passes.tick() is TickEnd.DONE
        assert not self.told or self.told[-1].error is None

    def directory(self) -> LocalTarget:
        """What there is."""
        return LocalTarget(self.store.directory, self.reader.url)

    def locked(self) -> set[str]:
        """Who is locked."""
        return {lock.spec.target.user or "" for lock in self.directory().state().locks.values()}

    def users(self) -> set[str]:
        """Who has an account."""
        return set(self.directory().state().users)

    def members(self) -> dict[str, list[str]]:
        """Who is in which list, by title."""
        state = self.directory().state()
        return {item.spec.title: sorted(state.members[name]) for name, item in state.access_lists.items()}


@pytest.fixture
def org() -> Organization:
    """Twelve people who have the app by a group, one of them suspended; another list, and an app with a person."""
    made = Organization()
    people = [made.add_user(f"p{number:02}@x.com") for number in range(PEOPLE)]
    made.suspend(people[1])
    staff = made.add_group("staff", members=people)
    made.add_group("eng", members=people[:6])
    made.assign_group(made.add_app("Teleport"), staff)
    made.assign_user(made.add_app("Salesforce"), people[2])
    return made


@pytest.fixture
def world(org: Organization, tmp_path: Path) -> Iterator[World]:
    """The organization, followed."""
    path = tmp_path / "a.db"
    with following(org, path) as made:
        made.full()
        made.tick()
        yield made


@contextmanager
def following(
    org: Organization, path: Path, *documents: str, clock: Callable[[], float] = time.monotonic
) -> Iterator[World]:
    """A process that follows an organization, on a store of its own."""
    with served(org) as reader:
        integration = (
            "apiVersion: idsync/v1\nkind: Integration\nmetadata: {name: okta}\n"
            f"spec: {{org_url: {reader.url}, app: {{id: {org.app('Teleport').id}}}, "
            "auth: {api_token: {env: TOKEN}}}\n"
        )
        place = Workspace(config(*documents, integration=integration), path.parent)
        opened = partial(open_store, path, clock=lambda: place.now().timestamp())
        with opened() as store, opened() as other:
            made = World(org, reader, store, other, place, clock)
            made.restart()
            yield made


def suspended(org: Organization) -> None:
    org.suspend(org.user("p00@x.com"))


def deactivated(org: Organization) -> None:
    org.deactivate(org.user("p00@x.com"))


def unassigned(org: Organization) -> None:
    org.remove_member(org.group("staff"), org.user("p00@x.com"))


def unsuspended(org: Organization) -> None:
    org.unsuspend(org.user("p01@x.com"))


def came(org: Organization) -> None:
    new = org.add_user("new@x.com")
    org.assign_user(org.app("Teleport"), new)
    org.add_member(org.group("eng"), new)


def came_and_left(org: Organization) -> None:
    came(org)
    org.deactivate(org.user("new@x.com"))


def moved(org: Organization) -> None:
    org.remove_member(org.group("eng"), org.user("p00@x.com"))
    org.add_member(org.group("eng"), org.user("p10@x.com"))


def assigned(org: Organization) -> None:
    org.assign_user(org.app("Salesforce"), org.user("p03@x.com"))
    org.unassign_user(org.app("Salesforce"), org.user("p02@x.com"))


def regrouped(org: Organization) -> None:
    org.update_group(org.group("eng"), name="engineers")
    org.add_group("ops", members=[org.user("p05@x.com")])


def renamed(org: Organization) -> None:
    user = org.user("p04@x.com")
    org.update_user(user, login="renamed@x.com")


EVENTS = [suspended, deactivated, unsuspended, came, came_and_left, moved, assigned, regrouped, renamed]


def nothing_left_to_do(world: World) -> None:
    """The directory is as it is to be: a tick looks again at whom the pass left, and a pass changes nobody."""
    world.tick()
    assert world.full().counts == NOTHING


@pytest.mark.parametrize("event", EVENTS)
def test_r45_what_a_tick_did_while_a_full_pass_read_stays(world: World, event: Callable[[Organization], None]) -> None:
    found: list[Any] = []

    def meanwhile() -> None:
        event(world.org)
        world.tick()
        found.append((world.locked(), world.users(), world.members()))

    before = (world.locked(), world.users(), world.members())
    world.while_read.append(meanwhile)
    world.full()
    if event is not came_and_left:
        assert found[0] != before, "the tick does not wait for the pass"
    assert (world.locked(), world.users(), world.members()) == found[0]
    nothing_left_to_do(world)
    assert (world.locked(), world.users(), world.members()) == found[0]


@contextmanager
def once_planned(patch: pytest.MonkeyPatch, event: Callable[[], None]) -> Iterator[None]:
    """Let something happen once a full pass has its plan, and before it stores and applies anything."""
    parts = Applier.parts
    happened: list[bool] = []

    def planned(self: Applier, *arguments: Any) -> Any:
        made = parts(self, *arguments)
        if self.request.whole and not happened:
            happened.append(True)
            event()
        return made

    with patch.context() as patched:
        patched.setattr(Applier, "parts", planned)
        yield
    assert happened


@pytest.mark.parametrize("event", EVENTS)
def test_r45_what_a_tick_did_after_a_full_pass_was_planned_stays(
    world: World, event: Callable[[Organization], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[Any] = []

    def meanwhile() -> None:
        event(world.org)
        world.tick()
        found.append((world.locked(), world.users(), world.members()))

    with once_planned(monkeypatch, meanwhile):
        world.full()
    assert (world.locked(), world.users(), world.members()) == found[0]
    nothing_left_to_do(world)
    assert (world.locked(), world.users(), world.members()) == found[0]


def test_r45_an_account_that_a_pass_would_make_again_stays_away_from_somebody_who_left_meanwhile(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing in the directory shows that: the account was missing before, and is after."""
    editor = Editor(world.directory(), world.store, actor="me", now=dt.datetime.now(dt.UTC).replace(microsecond=0))
    for name in ("p00@x.com", "p03@x.com"):
        editor.remove(user_address(name))

    def meanwhile() -> None:
        deactivated(world.org)
        world.tick()

    with once_planned(monkeypatch, meanwhile):
        world.full()
    assert "p03@x.com" in world.users(), "the pass made what it had to make"
    assert "p00@x.com" not in world.users()
    world.full()
    nothing_left_to_do(world)
    assert "p00@x.com" not in world.users()
    assert "p00@x.com" in world.locked()


def test_r45_who_came_and_left_while_a_pass_was_planned_gets_no_account(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    came(world.org)

    def meanwhile() -> None:
        world.org.deactivate(world.org.user("new@x.com"))
        world.tick()

    with once_planned(monkeypatch, meanwhile):
        world.full()
    assert "new@x.com" not in world.users()
    nothing_left_to_do(world)
    assert "new@x.com" not in world.users()


def test_r44_a_pass_that_began_before_a_doubt_does_not_settle_it(world: World) -> None:
    """Ticks hold what crosses a limit; the pass under way read what was before it."""
    ends: list[TickEnd] = []

    def meanwhile() -> None:
        for number in range(1, PEOPLE):
            world.org.deactivate(world.org.user(f"p{number:02}@x.com"))
        ends.append(world.passes.tick())

    world.while_read.append(meanwhile)
    world.full()
    assert ends == [TickEnd.IN_DOUBT]
    assert len(world.users()) == PEOPLE
    assert world.full().doubts == ("source_shrink",)


def test_before_a_first_pass_ended_ticks_look_at_nothing(org: Organization, tmp_path: Path) -> None:
    with following(org, tmp_path / "b.db") as world:

        def meanwhile() -> None:
            suspended(org)
            assert world.passes.tick() is TickEnd.DONE
            assert not world.users()

        world.while_read.append(meanwhile)
        world.full()
        assert world.locked() == {"p01@x.com"}
        world.tick()
        assert world.locked() == {"p00@x.com", "p01@x.com"}, "the log is read from before the pass"


def test_r46_a_pass_whose_lead_was_lost_meanwhile_writes_nothing(world: World, tmp_path: Path) -> None:
    """Not even where this process leads again: who led in between may have followed what the reading lacks."""
    assert world.passes.leads()

    def meanwhile() -> None:
        suspended(world.org)
        world.passes.stand_back()
        assert world.passes.leads()

    serial = world.directory().serial()
    world.while_read.append(meanwhile)
    assert not world.passes.full(world.other)
    assert world.directory().serial() == serial
    assert world.full().counts["lock"] == {"create": 1}


@pytest.mark.parametrize("restarted", [False, True], ids=["same process", "restarted"])
@pytest.mark.parametrize("leaves", [deactivated, came_and_left, unassigned], ids=lambda leaves: leaves.__name__)
def test_r41_no_listing_that_lags_brings_back_who_was_read_as_out_shortly_before(
    org: Organization,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    leaves: Callable[[Organization], None],
    *,
    restarted: bool,
) -> None:
    past, now = [dt.timedelta()], Workspace.now
    monkeypatch.setattr(Workspace, "now", lambda place: now(place) + past[0])
    with following(org, tmp_path / "a.db") as world:
        world.full()
        world.tick()
        came(org) if leaves is came_and_left else None
        world.listed = world.reader.source().read()
        org.deactivate(org.user("new@x.com")) if leaves is came_and_left else leaves(org)
        world.tick()
        users, locked = world.users(), world.locked()
        assert not users & {"p00@x.com", "new@x.com"} or leaves is came_and_left
        if restarted:
            world.restart()
        past[0] += LAG - dt.timedelta(seconds=10)
        world.full()
        assert (world.users(), world.locked()) == (users, locked)
        if restarted:
            world.restart()
        past[0] += dt.timedelta(seconds=20)
        world.full()
        assert world.users() - users, "after two minutes, Okta's listings are believed"


def test_a_pass_that_is_told_to_stop_breaks_off_where_it_reads_and_keeps_what_was_asked_of_it(world: World) -> None:
    wish_for_pass(world.store.facts, Wish("alice"))
    world.passes.reconciling.stopping.set()
    told = len(world.told)
    assert not world.passes.full(world.other)
    assert len(world.told) == told
    assert world.passes.wants_full()


def test_r43_a_release_is_granted_also_where_who_took_it_was_killed(org: Organization, tmp_path: Path) -> None:
    with following(org, tmp_path / "b.db", "Guards: {user_deletes: {percent: 0, floor: 0}}") as world:
        world.full()
        deactivated(org)
        world.tick()
        held = held_by_guard(kept_back(world.store.facts, "local"))["user_deletes"]
        wish = Wish("alice", {"user_deletes": "left for good"}, {"user_deletes": tuple(held)})
        wish_for_pass(world.store.facts, wish)

        def killed() -> None:
            raise KeyboardInterrupt

        world.while_read.append(killed)
        with pytest.raises(KeyboardInterrupt):
            world.full()
        assert wish_not_granted(world.store.facts) == wish, "the page tells of it"
        world.restart()
        wish_for_pass(world.store.facts, Wish("bob"))
        world.full()
        assert "p00@x.com" not in world.users()
        assert wish_not_granted(world.store.facts) is None


def test_r43_a_release_that_comes_while_a_pass_reads_is_granted_in_it(org: Organization, tmp_path: Path) -> None:
    with following(org, tmp_path / "b.db", "Guards: {user_deletes: {percent: 0, floor: 0}}") as world:
        world.full()
        deactivated(org)
        world.tick()
        assert "p00@x.com" in world.users()
        held = held_by_guard(kept_back(world.store.facts, "local"))["user_deletes"]
        wish = Wish("alice", {"user_deletes": "left for good"}, {"user_deletes": tuple(held)})
        world.while_read.append(lambda: wish_for_pass(world.store.facts, wish))
        world.full()
        assert "p00@x.com" not in world.users()
        assert not world.passes.wants_full()
        world.while_read.append(lambda: wish_for_pass(world.store.facts, Wish("alice")))
        world.full()
        assert world.passes.wants_full(), "who wants a pass wants another reading"
