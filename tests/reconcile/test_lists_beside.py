"""Lists that are read beside ticks: nobody waits for them, none is forgotten, and what is older takes nothing back."""

import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from idsync.errors import StoreError
from idsync.reconcile.continuous import read_beside
from idsync.reconcile.continuous.loop import TickEnd
from idsync.reconcile.continuous.read_beside import FIRST_AGAIN, ReadingBeside, ReadingsBeside
from idsync.reconcile.continuous.to_read import lists_to_read
from idsync.stores.sqlite.store import open_store
from idsync.stores.tables.upstream import Upstream
from tests.core.world import config
from tests.okta_simulator import Fail, Fault, Organization
from tests.reconcile.beside import Beside
from tests.reconcile.test_ticks_beside_passes import following

PEOPLE = 12
ROLES = "RoleMapping: {rules: [{group: other, roles: [reader]}]}"
ENG = [f"p{number}@x.com" for number in range(4)]


class Lists(Beside):
    """The process, before three groups."""

    def join(self, number: int, group: str = "eng") -> None:
        """Let somebody join a group."""
        self.world.org.add_member(self.world.org.group(group), self.person(number))

    def leave(self, number: int, group: str = "eng") -> None:
        """Let somebody leave a group."""
        self.world.org.remove_member(self.world.org.group(group), self.person(number))

    def eng(self) -> list[str]:
        """Who is in the list of the group that moves."""
        return self.world.members()["eng"]


@pytest.fixture
def org() -> Organization:
    """Twelve people who have the app by a group, and two lists."""
    made = Organization()
    people = [made.add_user(f"p{number}@x.com") for number in range(PEOPLE)]
    made.assign_group(made.add_app("Teleport"), made.add_group("staff", members=people))
    made.add_group("eng", members=people[:4])
    made.add_group("ops", members=people[:1])
    return made


@pytest.fixture
def beside(org: Organization, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lists]:
    """The organization, followed, and read once; no tick waits for what it sets off."""
    monkeypatch.setattr("idsync.reconcile.continuous.ticks.PATIENCE", 0.0)
    with following(org, tmp_path / "a.db") as world:
        world.full()
        world.tick()
        yield Lists(world)


def test_r45_who_leaves_while_a_group_is_read_is_locked_before_it_is_there(beside: Lists) -> None:
    beside.join(5)
    beside.world.tick()
    assert len(beside.readings) == 1
    beside.world.org.deactivate(beside.person(6))
    beside.world.tick()
    assert beside.world.locked() == {"p6@x.com"}
    assert beside.eng() == ENG
    beside.read()
    assert beside.world.passes.wakes()
    beside.world.tick()
    assert beside.eng() == [*ENG, "p5@x.com"]
    assert beside.groups_waiting() == set()
    assert not beside.world.passes.wakes()


def test_r45_a_group_that_is_told_of_again_while_it_is_read_is_read_once_more(beside: Lists) -> None:
    beside.join(5)
    beside.world.tick()
    beside.read()
    beside.leave(0)
    beside.world.tick()
    assert beside.eng() == [*ENG, "p5@x.com"], "what was read before"
    assert beside.groups_waiting() == {"eng"}
    beside.read()
    beside.world.tick()
    assert beside.eng() == [*ENG[1:], "p5@x.com"]
    assert beside.groups_waiting() == set()


@pytest.mark.parametrize("read", [False, True], ids=["while it is read", "once it is read"])
def test_r45_a_process_that_dies_while_it_reads_a_group_leaves_it_to_the_next_one(beside: Lists, read: bool) -> None:
    """By a tick, without a full pass, though the place in the log went on."""
    beside.join(5)
    beside.world.tick()
    beside.world.org.suspend(beside.person(6))
    beside.world.tick()
    if read:
        beside.read()
    beside.restart()
    beside.world.tick()
    beside.read()
    beside.world.tick()
    assert beside.eng() == [*ENG, "p5@x.com"]
    assert beside.world.locked() == {"p6@x.com"}


def test_r45_a_reading_of_a_group_takes_nothing_back_of_a_full_pass_that_began_after_it(beside: Lists) -> None:
    beside.join(5)
    beside.world.tick()
    beside.read()
    beside.leave(5)
    beside.world.full()
    assert beside.eng() == ENG
    beside.world.tick()
    assert beside.eng() == ENG
    beside.join(7)
    beside.read()
    beside.world.tick()
    assert beside.eng() == [*ENG, "p7@x.com"]


def test_r45_a_reading_of_a_group_that_a_full_pass_overtakes_before_it_is_stored_is_made_so(beside: Lists) -> None:
    """The pass under way wins where both were stored; until then nothing waits for it."""
    beside.join(5)
    beside.world.tick()
    beside.read()
    seen = []

    def meanwhile() -> None:
        beside.world.tick()
        seen.append(beside.eng())

    beside.world.while_read.append(meanwhile)
    beside.world.full()
    assert seen == [[*ENG, "p5@x.com"]]
    assert beside.eng() == [*ENG, "p5@x.com"]


def test_r46_what_was_read_before_another_process_led_is_read_again(beside: Lists) -> None:
    assert beside.world.passes.leads()
    beside.join(5)
    beside.world.tick()
    beside.read()
    beside.leave(0)
    beside.world.passes.stand_back()
    assert beside.world.passes.leads()
    beside.world.tick()
    assert beside.eng() == ENG, "nothing of what was read"
    beside.world.tick()
    beside.read()
    beside.world.tick()
    assert beside.eng() == [*ENG[1:], "p5@x.com"]


def test_what_was_read_by_another_configuration_is_read_again(beside: Lists) -> None:
    beside.join(5)
    beside.world.tick()
    beside.read()
    beside.leave(0)
    place = beside.world.place
    place.settings = replace(place.settings, role_rules=config(ROLES).role_rules)
    beside.world.tick()
    assert beside.eng() == ENG, "nothing of what was read"
    beside.world.tick()
    beside.read()
    beside.world.tick()
    assert beside.eng() == [*ENG[1:], "p5@x.com"]


def test_r44_a_group_that_was_read_beside_is_judged_whole(beside: Lists) -> None:
    for number in range(PEOPLE):
        beside.leave(number, "staff")
        beside.world.org.assign_user(beside.world.org.app("Teleport"), beside.person(number))
    beside.world.tick()
    beside.read()
    assert beside.world.passes.tick() is TickEnd.IN_DOUBT
    assert len(beside.world.members()["staff"]) == PEOPLE
    assert beside.groups_waiting() == set(), "a full pass reads it"


def test_r45_a_long_list_is_read_apart_and_no_other_one_waits_for_it(
    beside: Lists, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_beside, "LONG", 3)
    beside.join(5)
    beside.leave(0, "ops")
    beside.join(2, "ops")
    beside.world.tick()
    short, long = beside.readings
    short()
    beside.world.tick()
    assert beside.world.members()["ops"] == ["p2@x.com"]
    assert beside.eng() == ENG
    beside.join(3, "ops")
    beside.world.tick()
    beside.readings[-1]()
    beside.world.tick()
    assert beside.world.members()["ops"] == ["p2@x.com", "p3@x.com"]
    long()
    beside.world.tick()
    assert beside.eng() == [*ENG, "p5@x.com"]


def test_a_list_that_waits_is_counted_once_and_not_with_each_tick(
    beside: Lists, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted, members = list[str](), Upstream.members

    def counting(upstream: Upstream, lists: Collection[str]) -> frozenset[str]:
        counted.extend(lists)
        return members(upstream, lists)

    beside.join(5)
    beside.world.tick()
    beside.join(5, "ops")
    monkeypatch.setattr(Upstream, "members", counting)
    for _ in range(3):
        beside.world.tick()
    assert beside.groups_waiting() == {"eng", "ops"}
    assert counted == [beside.world.org.group("ops").id]


@pytest.mark.parametrize("alone", [False, True], ids=["beside another one", "alone"])
def test_a_group_that_okta_does_not_tell_of_waits_in_the_store_until_it_does(beside: Lists, alone: bool) -> None:
    beside.join(5)
    if not alone:
        beside.join(6, "ops")
    group = beside.world.org.group("eng").id
    faults = beside.world.reader.simulator.faults
    faults.add(Fault(f"/api/v1/groups/{group}/users", Fail(403), times=None))
    beside.world.tick()
    beside.read()
    assert beside.world.passes.tick() is TickEnd.DONE
    assert "1 person or list stays as known" in (beside.world.told[-1].error or "")
    assert beside.world.members()["ops"] == ["p0@x.com", *([] if alone else ["p6@x.com"])]
    assert beside.groups_waiting() == {"eng"}
    assert beside.world.passes.tick() is TickEnd.DONE
    assert not beside.readings, "asked again each minute"
    faults.clear()
    beside.restart()
    assert beside.world.passes.tick() is TickEnd.DONE
    beside.read()
    beside.world.tick()
    assert beside.eng() == [*ENG, "p5@x.com"]
    assert beside.groups_waiting() == set()


def test_r45_a_group_does_not_wait_for_somebody_of_whom_okta_tells_nothing(beside: Lists) -> None:
    beside.leave(0)
    beside.world.tick()
    person = beside.person(6)
    faults = beside.world.reader.simulator.faults
    faults.add(Fault(f"/api/v1/apps/*/users/{person.id}", Fail(500), times=None))
    beside.world.org.suspend(person)
    beside.read()
    assert beside.world.passes.tick() is TickEnd.DONE
    assert "all 5 attempts failed" in (beside.world.told[-1].error or "")
    assert (beside.eng(), beside.groups_waiting()) == (ENG[1:], set())
    faults.clear()
    beside.world.passes.reconciling.clock = lambda: time.monotonic() + FIRST_AGAIN
    beside.world.tick()
    assert beside.world.locked() == {"p6@x.com"}, "asked about again after a while"


def test_a_tick_reports_once_what_it_made_of_people_and_of_lists(beside: Lists) -> None:
    beside.world.passes.reconciling.beside = lambda work: work()
    beside.world.told.clear()
    beside.join(5)
    beside.world.org.suspend(beside.person(6))
    beside.world.tick()
    counts = {"user": {}, "lock": {"create": 1}, "access_list": {"update": 1}, "member": {"add": 1}}
    assert [(each.kind, each.counts) for each in beside.world.told] == [("tick", counts)]


def test_a_tick_that_fails_after_it_made_something_reports_that_first(
    beside: Lists, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = ReadingsBeside.over

    def fails(reading: ReadingsBeside, *given: Any) -> Iterator[ReadingBeside]:
        yield from over(reading, *given)
        if not reading.people.waiting():
            raise StoreError("The store is away.")

    monkeypatch.setattr(ReadingsBeside, "over", fails)
    beside.world.told.clear()
    beside.join(5)
    beside.world.org.suspend(beside.person(6))
    assert beside.world.passes.tick() is TickEnd.DONE
    made, failed = beside.world.told
    assert (made.counts.get("lock"), made.error) == ({"create": 1}, None)
    assert "The store is away." in (failed.error or "")


def test_what_is_told_of_while_a_list_is_read_stays_to_be_read(tmp_path: Path) -> None:
    with open_store(tmp_path / "a.db") as store, store.transaction():
        lists = lists_to_read(store.facts, "okta")
        assert lists.waiting() == {}
        lists.add(["a", "b"])
        told = lists.waiting()
        lists.add(["a", "c"])
        assert lists_to_read(store.facts, "other").waiting() == {}
        lists.done(told)
        assert lists.waiting().keys() == {"a", "c"}
        lists.done(lists.waiting())
        assert lists.waiting() == {}
