"""A full pass applies in batches: others go between, and what breaks off in the middle is taken up by the next pass."""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from idsync.apply.kept_back import kept_back
from idsync.apply.last_apply import last_apply
from idsync.bootstrap.workspace import Workspace
from idsync.edit.editor import Editor
from idsync.model.addresses import access_list_address, user_address
from idsync.model.extent import Extent
from idsync.model.journal import RunFinished, RunStarted, StepMade
from idsync.model.times import format_time
from idsync.plan import batches as pieces
from idsync.reconcile.continuous import full_passes
from idsync.reconcile.continuous.batches import InBatches
from idsync.reconcile.continuous.pace import LONGEST, Pace
from idsync.reconcile.continuous.reconciling import Reconciling
from idsync.reconcile.planned import Planned
from idsync.reconcile.single_pass import remember_after_apply
from idsync.targets.local import LocalTarget
from tests.okta_simulator import Organization, User
from tests.reconcile.test_ticks_beside_passes import NOTHING, PEOPLE, World, following

Event = Callable[[], None]
OPEN = "Guards: {user_deletes: {percent: 100}, member_removals: {percent: 100}, source_shrink: {percent: 100}}"


@dataclass
class Steps:
    """A clock that goes on by a tenth of a second with each look: each batch takes as long as a batch may."""

    now: float = 0.0

    def __call__(self) -> float:
        self.now += 0.1
        return self.now


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """One object, and two memberships, are a batch."""
    monkeypatch.setattr(full_passes, "FIRST_BATCH", 1)
    monkeypatch.setattr(pieces, "MOST_MEMBERS", 2)


@pytest.fixture
def org() -> Organization:
    """Twelve people who have the app by a group, of whom one is suspended; another list, and an app with a person."""
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
    with following(org, tmp_path / "a.db", OPEN, clock=Steps()) as made:
        yield made


@contextmanager
def before_batch(number: int, event: Event) -> Iterator[list[int]]:
    """Let something happen before the batch of this number, counted from 0."""
    make, seen = InBatches._make_some, list[int]()

    def make_some(self: InBatches, *arguments: Any) -> None:
        if len(seen) == number:
            event()
        seen.append(len(seen))
        make(self, *arguments)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(InBatches, "_make_some", make_some)
        yield seen
    assert len(seen) > number


def steps(world: World) -> list[tuple[int, str]]:
    """Every step that was ever made, by phase and address."""
    entries = (each.entry for each in world.store.journal.entries())
    return [(entry.phase, entry.address) for entry in entries if isinstance(entry, StepMade)]


def runs(world: World) -> list[RunStarted]:
    """Every run that began."""
    return [each.entry for each in world.store.journal.entries() if isinstance(each.entry, RunStarted)]


def much_changed(org: Organization) -> None:
    """Somebody leaves, comes, is renamed, suspended and back; lists change, come and go."""
    org.deactivate(org.user("p00@x.com"))
    org.unsuspend(org.user("p01@x.com"))
    org.suspend(org.user("p02@x.com"))
    org.update_user(org.user("p03@x.com"), login="renamed@x.com")
    new = org.add_user("new@x.com")
    org.add_member(org.group("staff"), new)
    org.remove_member(org.group("eng"), org.user("p04@x.com"))
    org.add_member(org.group("eng"), org.user("p08@x.com"))
    org.delete_group(org.add_group("gone"))
    org.add_group("ops", members=[org.user(f"p{number:02}@x.com") for number in range(4, 11)])
    org.unassign_user(org.app("Salesforce"), org.user("p02@x.com"))


def taken_elsewhere(world: World, counted: dict[str, int]) -> None:
    """Let another run, by a push, have taken so much of which guards count."""
    now = format_time(world.place.now())
    with world.store.transaction():
        run = world.store.runs.next_number()
        started = RunStarted(run, now, "a token", "sha256:0", "okta", 0, unattended=True, counted=counted)
        world.store.journal.append(started)
        world.store.journal.append(RunFinished(run, now, world.directory().serial()))


def known_better(world: World, person: User) -> None:
    """Let a tick have read somebody just now."""
    reconciling = world.passes.reconciling
    extent, now = Extent(frozenset({person.id}), frozenset()), reconciling.clock()
    reconciling.followed.note(extent, [person.login], began=now, stored=now)


def seen(world: World) -> Any:
    """What there is, without times."""
    state = world.directory().state()
    return state.users.keys(), world.locked(), world.members()


def test_batches_come_to_what_one_transaction_comes_to(
    org: Organization, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for amount in (1, 1_000_000):
        monkeypatch.setattr(full_passes, "FIRST_BATCH", amount)
        with following(org, tmp_path / f"{amount}.db", OPEN, clock=Steps()) as world:
            world.full()
            found.append((seen(world), len(runs(world)) > 1))
            assert world.full().counts == NOTHING
            assert world.store.verify().broken_at is None
    assert found[0][0] == found[1][0]
    assert [many for _, many in found] == [True, False]


def test_r22_the_order_of_steps_holds_over_batches(world: World) -> None:
    world.full()
    first = steps(world)
    assert [phase for phase, _ in first] == sorted(phase for phase, _ in first)
    much_changed(world.org)
    report = world.full()
    then = steps(world)[len(first) :]
    assert [phase for phase, _ in then] == sorted(phase for phase, _ in then)
    assert {phase for phase, _ in then} == {1, 2, 3, 4, 5, 6, 7}
    assert report.counts["user"] == {"create": 2, "delete": 2}
    assert world.full().counts == NOTHING
    assert world.store.verify().broken_at is None


def test_r35_guards_count_a_pass_in_batches_once(world: World) -> None:
    world.full()
    before = len(runs(world))
    much_changed(world.org)
    world.full()
    started = runs(world)[before:]
    assert len(started) > 5
    counted = {guard: sum(run.counted.get(guard, 0) for run in started) for run in started for guard in run.counted}
    assert counted == {
        "user_deletes": 2,
        "user_locks": 3,
        "lock_burst": 3,
        "member_removals": 1,
        "access_list_deletes": 1,
    }


def test_r30_a_pass_that_breaks_off_between_batches_is_not_the_last_good_one(world: World) -> None:
    world.full()
    target = world.directory()
    good = last_apply(world.store.facts, target)
    much_changed(world.org)

    def die() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), before_batch(4, die):
        world.passes.full(world.other)
    assert last_apply(world.store.facts, target) == good
    assert world.locked() >= {"p00@x.com", "p02@x.com"}, "what was made stays"
    assert "new@x.com" not in {user for each in world.members().values() for user in each}
    world.full()
    assert last_apply(world.store.facts, target) != good
    assert world.full().counts == NOTHING
    assert world.store.verify().broken_at is None
    assert world.users() == {*(f"p{number:02}@x.com" for number in range(PEOPLE)), "renamed@x.com", "new@x.com"} - {
        "p00@x.com",
        "p03@x.com",
    }


@pytest.mark.parametrize("number", range(0, 12, 2))
def test_a_pass_that_breaks_off_anywhere_is_taken_up_by_the_next(world: World, number: int) -> None:
    world.full()
    much_changed(world.org)

    def die() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), before_batch(number, die):
        world.passes.full(world.other)
    world.full()
    assert world.full().counts == NOTHING
    assert world.locked() >= {"p00@x.com", "p02@x.com", "p03@x.com"}
    assert world.store.verify().broken_at is None


@pytest.mark.parametrize("number", range(0, 12, 3))
def test_r45_ticks_go_between_batches(world: World, number: int) -> None:
    world.full()
    world.tick()
    much_changed(world.org)

    def meanwhile() -> None:
        world.org.suspend(world.org.user("p08@x.com"))
        world.org.unsuspend(world.org.user("p02@x.com"))
        world.org.deactivate(world.org.user("new@x.com"))
        world.tick()
        assert "p08@x.com" in world.locked()
        assert "p02@x.com" not in world.locked()

    with before_batch(number, meanwhile):
        world.full()
    assert "p08@x.com" in world.locked()
    assert "p02@x.com" not in world.locked()
    assert "new@x.com" not in world.users() or "new@x.com" in world.locked()
    world.tick()
    world.full()
    assert world.full().counts == NOTHING
    assert "new@x.com" not in world.users()
    assert world.store.verify().broken_at is None


def test_r38_what_a_hand_moved_between_batches_waits_for_the_next_pass(world: World) -> None:
    world.full()
    much_changed(world.org)

    def by_hand() -> None:
        now = dt.datetime.now(dt.UTC).replace(microsecond=0)
        Editor(world.directory(), world.store, actor="me", now=now).remove(user_address("p00@x.com"))

    with before_batch(3, by_hand):
        report = world.full()
    assert (report.owed, report.held) == (1, {})
    assert report.counts["user"] == {"create": 2, "delete": 1}
    world.full()
    assert world.full().counts == NOTHING


def test_r35_a_limit_that_others_reach_between_batches_holds_the_rest(
    org: Organization, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two may go within an hour, and two would: but pushes took the account of another one meanwhile.

    One of the locks was made before that, and had an end: the next pass takes it away while the deletion is held (R7).
    """
    clock = [dt.datetime.now(dt.UTC).replace(microsecond=0)]
    monkeypatch.setattr(Workspace, "now", lambda _: clock[0])
    limits = OPEN.replace("user_deletes: {percent: 100}", "user_deletes: {percent: 0, floor: 2}")
    with following(org, tmp_path / "a.db", limits, clock=Steps()) as world:
        world.full()
        for name in ("p06@x.com", "p07@x.com"):
            org.deactivate(org.user(name))

        def meanwhile() -> None:
            taken_elsewhere(world, {"user_deletes": 1})

        with before_batch(1, meanwhile):
            report = world.full()
        assert world.locked() >= {"p06@x.com", "p07@x.com"}
        assert world.users() >= {"p06@x.com", "p07@x.com"}
        assert report.held["user_deletes"] == 4, "both accounts, with what they are members of"
        assert {"user/p06@x.com", "user/p07@x.com"} <= kept_back(world.store.facts, "local").keys()
        clock[0] += dt.timedelta(seconds=1)
        again = world.full()
        assert again.counts["lock"] == {"update": 1}
        assert again.held["user_deletes"] == 4, "the end of that lock waits with its account, and is not another"
        locks = {lock.spec.target.user: lock.spec.expires for lock in world.directory().locks().values()}
        assert (locks["p06@x.com"], locks["p07@x.com"]) == (None, None)
        clock[0] += dt.timedelta(seconds=1)
        assert world.full().counts["lock"] == {}


def test_r37_what_would_be_made_up_for_waits_where_that_moved_between_batches(
    org: Organization, tmp_path: Path
) -> None:
    """Somebody moves from one list that gives a role to another one, which a hand takes away meanwhile."""
    rules = "AccessListRules: {rules: [{group: '^(east|west)$', grants: {roles: [oven]}}]}"
    nobody_loses = "Guards: {access_losses: {percent: 0, floor: 0}, member_removals: {percent: 100}}"
    mover = org.user("p04@x.com")
    east, west = (
        org.add_group(name, members=[org.user(f"p{number:02}@x.com")]) for name, number in (("east", 4), ("west", 5))
    )
    with following(org, tmp_path / "a.db", nobody_loses, rules, clock=Steps()) as world:
        world.full()
        org.remove_member(east, mover)
        org.add_member(west, mover)
        org.suspend(org.user("p09@x.com"))

        def by_hand() -> None:
            now = dt.datetime.now(dt.UTC).replace(microsecond=0)
            Editor(world.directory(), world.store, actor="me", now=now).remove(access_list_address(west.id))

        with before_batch(1, by_hand):
            world.full()
        assert world.members()["east"] == ["p04@x.com"], "the role would be gone with it"
        assert "p09@x.com" in world.locked()


def test_r35_who_lost_by_what_was_made_counts_once_where_something_moved_between_batches(
    org: Organization, tmp_path: Path
) -> None:
    """Three people lose a role by each of two lists, and a third list between these is taken away by a hand."""
    rules = "AccessListRules: {rules: [{group: east, grants: {roles: [oven]}}, {group: west, grants: {roles: [pan]}}]}"
    limits = "Guards: {access_losses: {percent: 0, floor: 3}, member_removals: {percent: 100}}"
    leaving, stays = [org.user(f"p{number:02}@x.com") for number in (4, 5, 6)], org.user("p11@x.com")
    east = org.add_group("east", members=[*leaving, stays])
    ops = org.add_group("ops", members=[stays, leaving[0]])
    west = org.add_group("west", members=[*leaving, stays])
    with following(org, tmp_path / "a.db", limits, rules, clock=Steps()) as world:
        world.full()
        for group in (east, west):
            for each in leaving:
                org.remove_member(group, each)
        org.remove_member(ops, leaving[0])

        def by_hand() -> None:
            now = dt.datetime.now(dt.UTC).replace(microsecond=0)
            Editor(world.directory(), world.store, actor="me", now=now).remove(access_list_address(ops.id))

        with before_batch(1, by_hand):
            world.full()
        assert (world.members()["east"], world.members()["west"]) == (["p11@x.com"], ["p11@x.com"])
        assert not kept_back(world.store.facts, world.directory().name)


def test_r35_a_limit_is_that_of_the_whole_pass_where_something_moved_between_batches(
    org: Organization, tmp_path: Path
) -> None:
    """Half of the people may leave, and do; what is left of them is measured against those who were there."""
    half = OPEN.replace("user_deletes: {percent: 100}", "user_deletes: {percent: 50, floor: 0}")
    leaving = [org.user(f"p{number:02}@x.com") for number in range(2, 8)]
    with following(org, tmp_path / "a.db", half, clock=Steps()) as world:
        world.full()
        for each in leaving:
            org.deactivate(each)

        with before_batch(13, lambda: known_better(world, leaving[3])):
            world.full()
        left = {name for name in world.directory().state().users if name in {each.login for each in leaving}}
        assert left == {leaving[3].login}, "who moved, alone"
        assert not kept_back(world.store.facts, world.directory().name)


def test_r35_what_moved_where_others_reached_a_limit_counts_for_no_limit_and_waits_for_none(
    org: Organization, tmp_path: Path
) -> None:
    """Two accounts may go within an hour: another one went meanwhile, and of the two that would, one moved."""
    limits = OPEN.replace("user_deletes: {percent: 100}", "user_deletes: {percent: 0, floor: 2}")
    stays, moved = org.user("p06@x.com"), org.user("p07@x.com")
    with following(org, tmp_path / "a.db", limits, clock=Steps()) as world:
        world.full()
        for each in (stays, moved):
            org.deactivate(each)

        def meanwhile() -> None:
            taken_elsewhere(world, {"user_deletes": 1})
            known_better(world, moved)

        with before_batch(1, meanwhile):
            report = world.full()
        assert report.held == {}
        assert not kept_back(world.store.facts, world.directory().name)
        assert world.users() & {stays.login, moved.login} == {moved.login}, "who moved, alone"


def test_r35_what_moved_is_not_held_where_the_rest_is_over_a_limit(org: Organization, tmp_path: Path) -> None:
    limits = OPEN.replace("user_deletes: {percent: 100}", "user_deletes: {percent: 0, floor: 3}")
    leaving = [org.user(f"p{number:02}@x.com") for number in (6, 7, 8)]
    with following(org, tmp_path / "a.db", limits, clock=Steps()) as world:
        world.full()
        for each in leaving:
            org.deactivate(each)

        def meanwhile() -> None:
            taken_elsewhere(world, {"user_deletes": 2})
            known_better(world, leaving[1])

        with before_batch(1, meanwhile):
            world.full()
        held = kept_back(world.store.facts, world.directory().name)
        assert {each for each in held if each.startswith("user/")} == {"user/p06@x.com", "user/p08@x.com"}
        assert world.users() >= {each.login for each in leaving}


def test_r43_what_was_held_between_batches_stays_held(org: Organization, tmp_path: Path) -> None:
    """The plan of the pass says nothing of it, as it is older."""
    limits = OPEN.replace("user_deletes: {percent: 100}", "user_deletes: {percent: 0, floor: 0}")
    with following(org, tmp_path / "a.db", limits, clock=Steps()) as world:
        world.full()
        world.tick()
        org.suspend(org.user("p03@x.com"))
        org.add_group("ops", members=[org.user("p04@x.com")])

        def meanwhile() -> None:
            org.deactivate(org.user("p08@x.com"))
            world.tick()

        with before_batch(1, meanwhile):
            world.full()
        assert "user/p08@x.com" in kept_back(world.store.facts, "local")


def test_r31_who_applies_everything_between_batches_ends_the_pass(world: World) -> None:
    world.full()
    much_changed(world.org)
    with before_batch(2, lambda: world.store.facts.put({"last_apply/local": b"{}"})):
        assert not world.passes.full(world.other)
    assert "applied a plan of everything" in (world.told[-1].error or "")


def test_the_next_plan_looks_only_at_what_moved_after_a_pass_in_batches(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.full()
    much_changed(world.org)
    world.full()
    whole = list[bool]()

    def spied(planned: Planned, *arguments: Any) -> None:
        whole.append(planned.looked_at_everything)
        remember_after_apply(planned, *arguments)

    monkeypatch.setattr("idsync.reconcile.continuous.full_passes.remember_after_apply", spied)
    world.full()
    assert whole == [False]


def test_a_pass_that_is_told_to_stop_ends_between_two_batches(world: World) -> None:
    world.full()
    much_changed(world.org)
    with before_batch(2, world.passes.reconciling.stopping.set) as batches:
        assert not world.passes.full(world.other)
    assert len(batches) == 3
    finished = [each.entry for each in world.store.journal.entries() if isinstance(each.entry, RunFinished)]
    assert len(finished) == len(runs(world)), "nothing is broken off in the middle"


@dataclass
class Machine:
    """A clock that goes on by what each step takes; `held` is how long each transaction held others up."""

    step: float
    now: float = 0.0
    held: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("step", [0.00001, 0.0002, 0.001, 0.0019])
def test_no_batch_takes_longer_than_a_fifth_of_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: float
) -> None:
    monkeypatch.setattr(full_passes, "FIRST_BATCH", 100 * pieces.OBJECT)
    machine = Machine(step)
    make, writing = LocalTarget.make, Reconciling.writing

    def slow_make(self: LocalTarget, *arguments: Any) -> Any:
        machine.now += machine.step
        return make(self, *arguments)

    @contextmanager
    def timed_writing(self: Reconciling, *arguments: Any) -> Iterator[None]:
        with writing(self, *arguments):
            begun = machine.now
            yield
            machine.held.append(machine.now - begun)

    monkeypatch.setattr(LocalTarget, "make", slow_make)
    monkeypatch.setattr(Reconciling, "writing", timed_writing)
    org = Organization()
    staff = org.add_group("staff", members=[org.add_user(f"p{number:04}@x.com") for number in range(1500)])
    org.assign_group(org.add_app("Teleport"), staff)
    with following(org, tmp_path / "a.db", clock=machine) as world:
        world.full()
        assert len(world.users()) == 1500
    assert max(machine.held) <= LONGEST
    assert len(machine.held) < 60


def test_the_pace_follows_how_long_it_took() -> None:
    machine = Machine(0.0)
    pace = Pace(machine, 100)
    for seconds, amount in [(0.01, 200), (0.1, 200), (1.0, 20), (0.05, 40)]:
        begun = machine.now
        machine.now += seconds
        pace.took(pace.amount, begun)
        assert pace.amount == amount
    machine.now += 0.001
    pace.took(3, machine.now - 0.001)
    assert pace.amount == 40, "a small rest says little"
