"""People who moved are read in portions, beside ticks: who left waits for nobody, and all are judged as one reading."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from idsync.apply.kept_back import kept_back
from idsync.errors import StoreAway
from idsync.model.extent import Extent
from idsync.reconcile.continuous import read_beside
from idsync.reconcile.continuous.loop import TickEnd
from idsync.reconcile.continuous.read_beside import LAST_AGAIN, ReadingsBeside
from tests.okta_simulator import Fail, Fault, Organization
from tests.reconcile.beside import Beside, name
from tests.reconcile.test_ticks_beside_passes import following

PEOPLE = 12
OPEN = "Guards: {source_shrink: {percent: 100}, user_deletes: {percent: 100}, lock_burst: {percent: 100}}"
TOLD_NOTHING = "idsync.sources.okta.system_log._LEAVING"


@dataclass
class Seconds:
    """A clock that is set."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Portions(Beside):
    """The process, which reads three people at once."""

    people: bool = True
    clock: Seconds = field(default_factory=Seconds)

    def edit(self, *numbers: int) -> None:
        """Change a profile of each, in this order."""
        for number in numbers:
            self.world.org.update_user(self.person(number), title="Boss")

    def read_and_make(self) -> None:
        """Let the oldest reading go on to its end, and a tick take it up."""
        self.read()
        self.world.tick()

    def read_all(self) -> TickEnd:
        """Let all be read that waits; how the last tick ended."""
        end = self.world.passes.tick()
        while self.readings:
            self.readings.pop(0)()
            end = self.world.passes.tick()
        return end

    def titled(self) -> set[str]:
        """Whose new title has arrived."""
        users = self.world.directory().state().users.items()
        return {each for each, user in users if user.spec.traits.get("okta/title") == ("Boss",)}


@pytest.fixture
def org() -> Organization:
    """Twelve people who have the app."""
    made = Organization()
    app = made.add_app("Teleport")
    for number in range(PEOPLE):
        made.assign_user(app, made.add_user(name(number)))
    return made


@pytest.fixture
def follow(org: Organization, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Portions]]:
    """Makes the process, by guards; it has read everything once."""
    monkeypatch.setattr("idsync.reconcile.continuous.ticks.PATIENCE", 0.0)
    monkeypatch.setattr(read_beside, "PORTION", 3)
    opened = []

    def made(guards: str) -> Portions:
        clock = Seconds()
        entered = following(org, tmp_path / "a.db", guards, clock=clock)
        world = entered.__enter__()
        opened.append(entered)
        world.full()
        world.tick()
        return Portions(world, clock=clock)

    yield made
    for entered in opened:
        entered.__exit__(None, None, None)


@pytest.fixture
def portions(follow: Callable[[str], Portions]) -> Portions:
    """The process, whose guards hold nothing."""
    return follow(OPEN)


def test_r45_who_the_log_says_left_is_locked_before_anybody_else_is_read(portions: Portions) -> None:
    portions.edit(0, 1, 2, 3, 4, 5)
    portions.world.org.deactivate(portions.person(9))
    portions.world.tick()
    portions.read_and_make()
    assert portions.world.locked() == {name(9)}
    assert name(9) not in portions.world.users()
    assert portions.people_waiting() == {name(number) for number in range(6)}
    assert portions.titled() == set()
    assert portions.read_all() is TickEnd.DONE
    assert portions.titled() == {name(number) for number in range(6)}
    assert portions.people_waiting() == set()


def test_r45_who_leaves_while_others_are_read_waits_for_none_of_them(portions: Portions) -> None:
    portions.edit(0, 1, 2, 3, 4, 5)
    portions.world.tick()
    assert len(portions.readings) == 1, "the first portion, which takes long"
    portions.world.org.suspend(portions.person(9))
    portions.world.tick()
    portions.readings.pop()()
    portions.world.tick()
    assert portions.world.locked() == {name(9)}


def test_r29_who_is_shown_as_gone_is_locked_with_their_portion_whatever_the_log_says(
    portions: Portions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The account goes when all were read: they are judged as one reading."""
    monkeypatch.setattr(TOLD_NOTHING, ("nothing",))
    portions.world.org.deactivate(portions.person(0))
    portions.world.org.suspend(portions.person(1))
    portions.world.org.unassign_user(portions.world.org.app("Teleport"), portions.person(2))
    portions.edit(3, 4, 5)
    portions.world.tick()
    portions.read_and_make()
    assert portions.world.locked() == {name(0), name(1)}, "who lacks the app alone may be a mistake of somebody's"
    assert len(portions.world.users()) == PEOPLE
    assert portions.read_all() is TickEnd.DONE
    assert portions.world.locked() == {name(0), name(1), name(2)}
    assert len(portions.world.users()) == PEOPLE - 2
    locks = {lock.spec.target.user: lock.spec.expires for lock in portions.world.directory().locks().values()}
    assert locks[name(0)] is not None, "it counts from the deletion"
    portions.world.full()
    assert portions.world.told[-1].counts["user"] == {}


def test_r43_a_burst_is_held_as_a_whole_though_it_is_read_in_portions(follow: Callable[[str], Portions]) -> None:
    """Four may go, and seven would."""
    portions = follow("Guards: {user_deletes: {percent: 0, floor: 4}, source_shrink: {percent: 100}}")
    for number in range(7):
        portions.world.org.deactivate(portions.person(number))
    assert portions.read_all() is TickEnd.DONE
    assert portions.world.locked() == {name(number) for number in range(7)}
    assert len(portions.world.users()) == PEOPLE
    held = {f"user/{name(number)}" for number in range(7)}
    assert held <= kept_back(portions.world.store.facts, "local").keys()
    portions.edit(0, 8)
    assert portions.read_all() is TickEnd.DONE
    portions.world.full()
    assert len(portions.world.users()) == PEOPLE, "who is held stays so"


def test_r44_who_is_gone_of_each_portion_is_counted_together(follow: Callable[[str], Portions]) -> None:
    """Six may be missing between two readings, and seven are."""
    portions = follow("Guards: {source_shrink: {percent: 50, floor: 0}, user_deletes: {percent: 100}}")
    for number in range(7):
        portions.world.org.deactivate(portions.person(number))
    assert portions.read_all() is TickEnd.IN_DOUBT
    assert len(portions.world.users()) == PEOPLE
    assert portions.people_waiting() == set(), "a full pass reads them"


def test_r41_what_was_read_of_somebody_who_moved_again_takes_nothing_back(portions: Portions) -> None:
    portions.edit(0, 1, 2, 3, 4, 5)
    portions.world.tick()
    portions.read_and_make()
    portions.world.org.suspend(portions.person(0))
    portions.world.tick()
    portions.readings.pop()()
    portions.world.tick()
    assert portions.world.locked() == {name(0)}
    assert portions.read_all() is TickEnd.DONE
    assert portions.world.locked() == {name(0)}
    assert portions.titled() == {name(number) for number in range(6)}


def test_r45_who_is_read_twice_before_their_portions_are_judged_is_as_read_last(
    portions: Portions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TOLD_NOTHING, ("nothing",))
    portions.edit(0, 1, 2, 3, 4, 5)
    portions.world.tick()
    portions.read_and_make()
    portions.world.org.deactivate(portions.person(0))
    portions.world.org.update_user(portions.person(1), title="Chief")
    assert portions.read_all() is TickEnd.DONE
    assert portions.people_waiting() == set()
    assert portions.titled() == {name(number) for number in range(2, 6)}
    assert portions.world.locked() == {name(0)}
    assert name(0) not in portions.world.users()
    portions.world.full()
    assert portions.world.told[-1].counts["user"] == {}


@pytest.mark.parametrize("portions_read", [0, 1, 2])
def test_r45_a_process_that_dies_between_portions_leaves_the_rest_to_the_next_one(
    portions: Portions, portions_read: int
) -> None:
    portions.edit(0, 1, 2, 3, 4, 5, 6, 7)
    portions.world.tick()
    for _ in range(portions_read):
        portions.read_and_make()
    portions.restart()
    assert portions.read_all() is TickEnd.DONE
    assert portions.titled() == {name(number) for number in range(8)}


def test_r45_portions_that_a_full_pass_overtook_are_read_again(portions: Portions) -> None:
    portions.edit(0, 1, 2, 3, 4, 5)
    portions.world.tick()
    portions.read_and_make()
    portions.world.org.update_user(portions.person(0), title="Chief")
    portions.world.full()
    assert portions.titled() == {name(number) for number in range(1, 6)}
    assert portions.read_all() is TickEnd.DONE
    assert portions.titled() == {name(number) for number in range(1, 6)}
    assert portions.people_waiting() == set()


def test_portions_that_were_read_do_not_wait_for_one_of_which_okta_tells_nothing(portions: Portions) -> None:
    faults = portions.world.reader.simulator.faults
    for number in (3, 4):
        faults.add(Fault(f"/api/v1/apps/*/users/{portions.person(number).id}", Fail(500), times=None))
    portions.edit(0, 1, 2, 3, 4)
    assert portions.read_all() is TickEnd.DONE
    assert portions.titled() == {name(0), name(1), name(2)}
    assert portions.people_waiting() == {name(3), name(4)}
    assert "2 people and lists stay as known" in (portions.world.told[-1].error or "")
    faults.clear()
    portions.clock.now += LAST_AGAIN
    assert portions.read_all() is TickEnd.DONE
    assert portions.titled() == {name(number) for number in range(5)}


def test_somebody_of_whom_okta_tells_nothing_is_asked_about_ever_more_seldom_and_told_of_each_time(
    portions: Portions,
) -> None:
    path = f"/api/v1/apps/*/users/{portions.person(0).id}"
    simulator = portions.world.reader.simulator
    simulator.faults.add(Fault(path, Fail(403), times=None))
    portions.edit(0)
    asked = list[int]()
    for _ in range(30):
        before = sum(request.path.endswith(portions.person(0).id) for request in simulator.requests.entries)
        portions.read_all()
        after = sum(request.path.endswith(portions.person(0).id) for request in simulator.requests.entries)
        asked.append(after - before)
        portions.clock.now += 10.0
    assert [at for at, count in enumerate(asked) if count] == [0, 1, 2, 4, 8, 14, 20, 26]
    assert sum(report.error is not None for report in portions.world.told) == 8
    simulator.faults.clear()
    portions.clock.now += LAST_AGAIN
    portions.read_all()
    assert portions.titled() == {name(0)}


def test_more_than_is_read_at_one_time_asks_for_a_full_pass(
    portions: Portions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("idsync.reconcile.continuous.watching.MOST_ASKED", 5)
    portions.edit(0, 1, 2, 3)
    portions.world.tick()
    portions.edit(4, 5)
    assert portions.world.passes.tick() is TickEnd.IN_DOUBT
    assert portions.people_waiting() == {name(number) for number in range(4)}


class _Away(Exception):
    """That the store does not keep a transaction."""


def test_r45_a_full_pass_is_asked_for_also_where_a_tick_fails_after_it_was_in_doubt(
    portions: Portions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def send(*_: object) -> None:
        raise StoreAway("The store is away.")

    monkeypatch.setattr("idsync.reconcile.continuous.watching.MOST_ASKED", 5)
    monkeypatch.setattr("idsync.reconcile.continuous.edits_out.EditsOut.send", send)
    for number in range(6):
        portions.world.org.deactivate(portions.person(number))
    assert portions.world.passes.tick() is TickEnd.IN_DOUBT
    assert portions.people_waiting() == set(), "nothing else tells of them"


def test_r45_who_was_left_undecided_stays_so_until_what_was_made_of_them_is_kept(portions: Portions) -> None:
    store = portions.world.store
    beside = ReadingsBeside(store, portions.world.passes.reconciling, "okta")
    one = portions.person(0).id
    with store.transaction():
        beside.add(Extent(frozenset({one}), frozenset()), ())
    beside.undecided.add(one)

    def done() -> None:
        with store.transaction():
            beside.done(beside.people.waiting(), {})
            raise _Away

    with pytest.raises(_Away):
        done()
    assert beside.undecided == {one}
    assert portions.people_waiting() == {name(0)}


def test_r45_who_was_read_is_made_so_also_where_nobody_of_their_kind_is_left_to_be_read(
    portions: Portions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tick fails before it begins to read the others, who all leave then, and are read as such."""

    def begin(*_: object) -> None:
        raise StoreAway("The store is away.")

    portions.edit(0, 1, 2, 3, 4, 5)
    portions.world.tick()
    portions.read()
    with monkeypatch.context() as patched:
        patched.setattr(ReadingsBeside, "begin", begin)
        portions.world.passes.tick()
    for number in (3, 4, 5):
        portions.world.org.deactivate(portions.person(number))
    assert portions.read_all() is TickEnd.DONE
    assert portions.world.locked() == {name(3), name(4), name(5)}
    assert portions.titled() == {name(0), name(1), name(2)}
    assert portions.people_waiting() == set()


def test_strangers_are_not_too_much_beside_those_who_wait(portions: Portions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("idsync.reconcile.continuous.watching.MOST_ASKED", 5)
    portions.edit(0, 1, 2, 3)
    portions.world.tick()
    for number in range(3):
        portions.world.org.add_user(f"stranger{number}@x.com")
    portions.edit(4)
    assert portions.world.passes.tick() is TickEnd.DONE
    assert portions.people_waiting() == {name(number) for number in range(5)}
