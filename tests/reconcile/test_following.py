"""Ticks whose log may be read or not, and stops and begins to be so: what is said, what is missed, what is asked."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from idsync.errors import StoreAway
from idsync.model.extent import Extent
from idsync.reconcile.continuous import following
from idsync.reconcile.continuous.following import BACK, DENIED, LOST, STUCK, without_log
from idsync.reconcile.continuous.log_cursor import LogCursor
from idsync.reconcile.continuous.loop import TickEnd
from idsync.reconcile.continuous.pass_reports import last_report
from idsync.reconcile.continuous.read_beside import FIRST_AGAIN, ReadingsBeside
from tests.okta_simulator import Fail, Fault, Hollow, Organization, RateLimit, RepeatCursor
from tests.reconcile.test_passes import World, organization, running
from tests.sources.okta.organizations import Clock

LOG = "/api/v1/logs"
DENIAL = Fault(LOG, Fail(403), times=None)


@dataclass
class Ticking:
    """A world whose process has a clock that moves ten seconds with each tick."""

    world: World
    org: Organization
    clock: Clock

    def tick(self, number: int = 1) -> list[TickEnd]:
        """So many ticks."""
        ends = []
        for _ in range(number):
            ends.append(self.world.passes.tick())
            self.clock.now += 10
        return ends

    def notes(self) -> list[str]:
        """What people were told, beside what passes did."""
        return [report.note for report in self.world.told if report.note]

    def failures(self) -> list[str]:
        """What went wrong."""
        return [report.error for report in self.world.told if report.error]

    def locked(self) -> set[str]:
        """Who is locked."""
        locks = self.world.directory().state().locks.values()
        return {(lock.spec.target.user or "").partition("@")[0] for lock in locks}

    def asked_log(self) -> int:
        """How often the log was asked for."""
        return self.world.reader.simulator.requests.by_route["GET /api/v1/logs"]

    def cursor(self) -> str | None:
        """Where the log was read to."""
        return LogCursor(self.world.store, "okta").known()

    def restart(self) -> None:
        """Another process on the same store."""
        old = self.world.passes
        self.world.passes = type(old)(
            self.world.store,
            old.reconciling.in_force,
            old.reconciling.source,
            old.reconciling.holder,
            old.reconciling.tell,
        )
        self.world.passes.reconciling.clock = self.clock


@contextmanager
def ticking(path: Path, org: Organization, *faults: Fault) -> Iterator[Ticking]:
    """Ticks after a first full pass, during which the faults were there already."""
    with running(path, org) as world:
        clock = Clock()
        world.passes.reconciling.clock = clock
        world.reader.simulator.faults.add(*faults)
        assert world.passes.full()
        yield Ticking(world, org, clock)


def test_r45_a_log_that_may_not_be_read_is_said_once_and_a_suspension_acts_at_the_next_tick(tmp_path: Path) -> None:
    org = organization()
    with ticking(tmp_path / "a.db", org, DENIAL) as ticks:
        assert set(ticks.tick(5)) == {TickEnd.DONE}
        org.suspend(org.user("p03@x.com"))
        ticks.tick()
        assert ticks.locked() == {"p03"}
        assert ticks.notes() == [DENIED]
        kept = without_log(ticks.world.store.facts, "okta")
        assert kept is not None
        assert kept.why == DENIED
        good = last_report(ticks.world.store.facts, "tick", good=True)
        assert good is not None
        assert ticks.failures() == []


def test_a_log_that_may_not_be_read_is_asked_for_each_five_minutes_and_full_passes_are_not(tmp_path: Path) -> None:
    with ticking(tmp_path / "a.db", organization(), DENIAL) as ticks:
        before = ticks.asked_log()
        assert set(ticks.tick(91)) == {TickEnd.DONE}
        assert ticks.asked_log() - before == 4


def test_r45_a_log_that_stops_to_be_readable_and_comes_back_misses_nothing(tmp_path: Path) -> None:
    org = organization()
    with ticking(tmp_path / "a.db", org) as ticks:
        ticks.tick(2)
        stopped_at = ticks.cursor()
        ticks.world.reader.simulator.faults.add(DENIAL)
        org.suspend(org.user("p01@x.com"))
        ticks.tick(2)
        assert ticks.locked() == {"p01"}
        assert ticks.cursor() == stopped_at
        # Nothing has a time that tells of this, and no listing of everybody is due yet.
        zoe = org.add_user("zoe@x.com")
        ticks.tick()
        org.assign_user(org.app("Teleport"), zoe)
        ticks.tick()
        assert "zoe@x.com" not in ticks.world.users()
        ticks.world.reader.simulator.faults.clear()
        ticks.tick(30)
        assert "zoe@x.com" in ticks.world.users()
        assert ticks.notes() == [DENIED, BACK]
        assert without_log(ticks.world.store.facts, "okta") is None
        org.unsuspend(org.user("p01@x.com"))
        ticks.tick()
        assert ticks.locked() == set()


def test_r45_a_log_that_was_never_readable_and_comes_to_be_so_is_read_from_before(tmp_path: Path) -> None:
    org = organization()
    with ticking(tmp_path / "a.db", org, DENIAL) as ticks:
        ticks.tick(2)
        assert ticks.cursor() is None
        zoe = org.add_user("zoe@x.com")
        ticks.tick()
        org.assign_user(org.app("Teleport"), zoe)
        ticks.world.reader.simulator.faults.clear()
        ticks.clock.now += following.LOG_AGAIN
        ticks.tick()
        assert "zoe@x.com" in ticks.world.users()
        assert ticks.cursor() is not None


def test_a_403_on_what_a_tick_reads_is_a_failure_and_not_a_log_that_may_not_be_read(tmp_path: Path) -> None:
    org = organization()
    with ticking(tmp_path / "a.db", org) as ticks:
        ticks.world.reader.simulator.faults.add(Fault("/api/v1/apps/*/users/*", Fail(403), times=1))
        org.suspend(org.user("p01@x.com"))
        ticks.tick()
        assert len(ticks.failures()) == 1
        assert (ticks.notes(), ticks.locked()) == ([], set())
        ticks.clock.now += FIRST_AGAIN
        ticks.tick()
        assert ticks.locked() == {"p01"}


@pytest.mark.parametrize("denied", [False, True])
def test_a_restart_goes_on_where_ticks_were(tmp_path: Path, denied: bool) -> None:
    org = organization()
    with ticking(tmp_path / "a.db", org, *([DENIAL] if denied else [])) as ticks:
        ticks.tick(3)
        ticks.restart()
        org.suspend(org.user("p01@x.com"))
        org.remove_member(org.group("eng"), org.user("p02@x.com"))
        ticks.tick()
        assert ticks.locked() == {"p01"}
        state = ticks.world.directory().state()
        assert sorted(map(len, state.members.values())) == [19, 40]


HOSTILE = {
    "429": Fault(LOG, RateLimit(), first=2, times=3),
    "500": Fault(LOG, Fail(500), first=2, times=3),
    "cursor that returns itself": Fault(LOG, RepeatCursor(), times=None),
    "empty pages that go on": Fault(LOG, Hollow(), first=2, times=6),
    "403": Fault(LOG, Fail(403), first=3, times=2),
}


@pytest.mark.parametrize("fault", HOSTILE.values(), ids=HOSTILE.keys())
def test_r45_a_hostile_log_misses_nothing_and_its_cursor_never_goes_back(tmp_path: Path, fault: Fault) -> None:
    org = organization()
    with ticking(tmp_path / "a.db", org) as ticks:
        ticks.world.reader.simulator.faults.add(fault)
        cursors = []
        for number in range(8):
            org.suspend(org.user(f"p{number:02}@x.com"))
            ticks.tick()
            cursors.append(ticks.cursor() or "")
            if number == 4:
                ticks.restart()
        ticks.tick(31)
        assert ticks.locked() == {f"p{number:02}" for number in range(8)}
        places = [int(cursor.partition("_")[2].partition("&")[0]) for cursor in cursors]
        assert places == sorted(places)


def test_events_that_come_again_with_each_look_cost_one_look(tmp_path: Path) -> None:
    org = organization()
    with ticking(tmp_path / "a.db", org) as ticks:
        ticks.world.reader.simulator.faults.add(Fault(LOG, RepeatCursor(), times=None))
        org.suspend(org.user("p01@x.com"))
        ticks.tick()
        before = ticks.world.reader.simulator.requests.total
        ticks.tick(5)
        assert ticks.world.reader.simulator.requests.total - before == 5


def test_r45_a_log_without_a_way_on_is_followed_by_listings_besides(tmp_path: Path) -> None:
    org = organization()
    with ticking(tmp_path / "a.db", org) as ticks:
        ticks.world.reader.simulator.faults.add(Fault(LOG, RepeatCursor(), times=None))
        for _ in range(1000):
            org.log("user.session.start", "hello")
        org.suspend(org.user("p01@x.com"))
        org.remove_member(org.group("eng"), org.user("p02@x.com"))
        ticks.tick()
        assert ticks.locked() == {"p01"}
        assert sorted(map(len, ticks.world.directory().state().members.values())) == [19, 40]
        assert ticks.notes() == [STUCK]
        ticks.world.reader.simulator.faults.clear()
        ticks.tick()
        assert ticks.notes() == [STUCK, BACK]


@pytest.mark.parametrize("fault", [Fault(LOG, RepeatCursor(), times=None), DENIAL], ids=["log", "listings"])
def test_r45_what_a_look_found_and_the_store_did_not_keep_is_found_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    org, refused, add = organization(), list[Extent](), ReadingsBeside.add

    def refusing(self: ReadingsBeside, extent: Extent, leaving: Collection[str]) -> None:
        if (extent.users or extent.lists) and not refused:
            refused.append(extent)
            raise StoreAway("The store is away.")
        add(self, extent, leaving)

    with ticking(tmp_path / "a.db", org, fault) as ticks:
        ticks.tick(5)
        monkeypatch.setattr(ReadingsBeside, "add", refusing)
        org.remove_member(org.group("eng"), org.user("p02@x.com"))
        ticks.tick(40)
        assert refused
        assert sorted(map(len, ticks.world.directory().state().members.values())) == [19, 40]


def test_r45_a_place_that_the_log_does_not_keep_any_more_asks_for_a_full_pass_once(tmp_path: Path) -> None:
    org = organization()
    with ticking(tmp_path / "a.db", org) as ticks:
        ticks.tick()
        ticks.world.reader.simulator.faults.add(Fault(LOG, Fail(400), times=1))
        assert ticks.tick(3) == [TickEnd.IN_DOUBT, TickEnd.DONE, TickEnd.DONE]
        assert ticks.notes() == [LOST]
        org.suspend(org.user("p01@x.com"))
        ticks.tick()
        assert ticks.locked() == {"p01"}


@pytest.mark.parametrize("faults", [[], [DENIAL]], ids=["by the log", "without it"])
@pytest.mark.parametrize("is_deleted", [False, True])
def test_an_app_that_is_deactivated_or_deleted_has_no_list_at_the_next_tick(
    tmp_path: Path, is_deleted: bool, faults: list[Fault]
) -> None:
    org = organization()
    wiki = org.add_app("Wiki")
    org.assign_user(wiki, org.user("p01@x.com"))
    with ticking(tmp_path / "a.db", org, *faults) as ticks:

        def lists() -> set[str]:
            return {each.spec.title for each in ticks.world.directory().state().access_lists.values()}

        ticks.tick(2)
        assert "Wiki" in lists()
        org.deactivate_app(wiki)
        if is_deleted:
            org.delete_app(wiki)
        ticks.tick()
        assert "Wiki" not in lists()
        assert ticks.failures() == []
