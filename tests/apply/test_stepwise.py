"""A target that keeps each step as it is made: what fails leaves the others to go on, and is taken up again."""

import random

import msgspec
import pytest

from idsync.errors import LeaseLost, PartlyApplied
from idsync.model.addresses import Address
from idsync.model.directory import DirectoryState
from idsync.model.journal import StepBegun, StepFailed, StepMade, summarise_runs
from idsync.model.resources import NEW_MEMBERSHIP, Membership, Owner
from idsync.plan.changes import Plan
from idsync.plan.differ import changes_between
from idsync.reconcile.target_section import Desired, Terms, section_of
from idsync.stores.protocol import Lease
from idsync.stores.sqlite.store import SqliteStore
from tests.apply.worlds import AFTER, BEFORE, HOLDER, apply, fill, plan_between, plan_of, state
from tests.effort import some
from tests.targets.memory import MemoryTarget
from tests.targets.remote import RemoteError, RemoteTarget
from tests.targets.world import NOW, ORG, our_list, our_lock, our_user

replace = msgspec.structs.replace


class Failing(MemoryTarget):
    """Fails at these addresses."""

    def __init__(self, *failing: str) -> None:
        super().__init__()
        self.failing = set(failing)

    def make(self, step, at, fence):  # type: ignore[no-untyped-def]
        if step.change.address in self.failing:
            raise RemoteError(f"No {step.change.address}.")
        return super().make(step, at, fence)


def entries(store: SqliteStore, kind: type[StepBegun | StepMade | StepFailed]) -> list[str]:
    return [each.entry.address for each in store.journal.entries() if isinstance(each.entry, kind)]


def test_a_failed_step_leaves_the_others_to_go_on_and_is_taken_up_by_the_same_plan(store: SqliteStore) -> None:
    target = Failing("access_list/0oa4")
    fill(target, BEFORE)
    plan = plan_between(BEFORE, AFTER)
    with pytest.raises(
        PartlyApplied, match=r"^10 of 11 steps were made, 1 failed .* access_list/0oa4: No acc"
    ) as caught:
        apply(plan, target, store)
    assert (caught.value.done, caught.value.failed, caught.value.waiting) == (10, 1, 0)
    assert entries(store, StepFailed) == ["access_list/0oa4"]
    assert len(entries(store, StepBegun)) == len(entries(store, StepMade)) + 1 == 11
    (run,) = summarise_runs(each.entry for each in store.journal.headlines())
    assert (run.state, run.kept) == ("stopped", 10)
    assert store.runs.finished(plan.digest) is None
    target.failing.clear()
    assert apply(plan, target, store).resumed
    assert sorted(entries(store, StepMade)).count("access_list/0oa4") == 1
    assert len(entries(store, StepMade)) == 11
    assert target.state().users.keys() == {*AFTER.users, "admin"}
    assert target.state().members["0oa4"].keys() == {"joiner", "mover"}


def test_r38_what_people_edit_of_what_a_broken_off_run_made_is_kept_when_it_goes_on(store: SqliteStore) -> None:
    target = Failing("user/joiner")
    fill(target, BEFORE)
    plan = plan_between(BEFORE, AFTER)
    with pytest.raises(PartlyApplied):
        apply(plan, target, store)
    ending = Membership(expires="2027-01-01T00:00:00Z")
    made = target.state().access_lists["0oa4"]
    target.put_access_list(replace(made, spec=replace(made.spec, owners=(Owner("zoe"),))))
    for name in ("00g1", "0oa4"):
        target.add_members(name, {"joiner": ending})
    target.remove_members("0oa4", ["mover"])
    target.failing.clear()
    assert apply(plan, target, store).resumed
    state_now = target.state()
    assert state_now.members["00g1"]["joiner"] == state_now.members["0oa4"]["joiner"] == ending
    assert state_now.members["0oa4"].keys() == {"joiner", "mover"}
    assert state_now.access_lists["0oa4"].spec.owners == (Owner("zoe"),)


@pytest.mark.parametrize(
    ("failing", "waiting"),
    [
        ("lock/leaver-lock", "user/leaver/1"),
        ("user/returner", "lock/returner-lock"),
        ("access_list/00g3", "user/leaver/1"),
    ],
)
def test_what_depends_on_a_failed_step_waits(store: SqliteStore, failing: str, waiting: str) -> None:
    target = Failing(failing)
    fill(target, BEFORE)
    with pytest.raises(PartlyApplied) as caught:
        apply(plan_between(BEFORE, AFTER), target, store)
    assert caught.value.waiting >= 1
    assert waiting not in entries(store, StepBegun)
    target.failing.clear()
    apply(plan_between(BEFORE, AFTER), target, store)
    assert waiting in entries(store, StepMade)


def test_the_old_name_stays_while_the_new_one_fails(store: SqliteStore) -> None:
    before = state(our_user("old", okta_id="00u9"), our_lock("l", "old"))
    after = state(our_user("new", okta_id="00u9"), our_lock("l", "old"))
    target = Failing("user/new")
    fill(target, before)
    plan = plan_of(changes_between(before, after, {}, {}))
    with pytest.raises(RemoteError):
        apply(plan, target, store)
    assert target.state().users.keys() == {"old"}
    target.failing.clear()
    apply(plan, target, store)
    assert target.state().users.keys() == {"new"}


def test_who_lost_the_lease_writes_nothing_more(store: SqliteStore) -> None:
    class Robbed(MemoryTarget):
        def make(self, step, at, fence):  # type: ignore[no-untyped-def]
            if self.writes == 3:
                assert isinstance(store.leases.take("target:memory", HOLDER, 300.0), Lease)
            return super().make(step, at, fence)

    target = Robbed()
    with pytest.raises((LeaseLost, PartlyApplied)):
        apply(plan_between(state(), AFTER), target, store)
    assert target.writes == 4


def remote_plan(target: RemoteTarget, desired: DirectoryState) -> Plan:
    """What takes the remote target to its part of `desired`, as the product plans it."""
    return plan_of(section_of(target, Desired(desired), Terms(ORG), NOW).section.changes)


WEEK = [
    state(our_user("a", "dev"), our_user("b"), our_list("00g1"), members={"00g1": {"a": NEW_MEMBERSHIP}}),
    state(
        our_user("a", "ops"),
        our_user("c"),
        our_list("00g1", "Renamed"),
        our_list("00g2"),
        members={"00g1": {"a": NEW_MEMBERSHIP, "c": NEW_MEMBERSHIP}, "00g2": {"c": NEW_MEMBERSHIP}},
    ),
    state(
        our_user("a", "ops"),
        our_user("c"),
        our_lock("l", "c"),
        our_list("00g2"),
        members={"00g2": {"a": NEW_MEMBERSHIP, "c": NEW_MEMBERSHIP}},
    ),
]


@pytest.mark.parametrize("seed", some(range(60)))
def test_a_remote_target_that_fails_at_random_gets_there(store: SqliteStore, seed: int) -> None:
    chance = random.Random(seed)
    target = RemoteTarget()

    def fails(address: Address, made: bool) -> None:
        if chance.random() < 0.2:
            raise RemoteError("No answer." if made else "Try later.")

    target.fails = fails
    for desired in WEEK:
        plan = remote_plan(target, desired)
        for _ in range(60):
            try:
                apply(plan, target, store)
                break
            except (PartlyApplied, RemoteError):
                if chance.random() < 0.5:
                    plan = remote_plan(target, desired)
        assert remote_plan(target, desired).is_empty
        assert target.state().users.keys() == target.project(desired).users.keys()
    assert store.journal.verify().broken_at is None


def test_a_name_that_is_refused_is_told_and_nobody_elses_business(store: SqliteStore) -> None:
    target = RemoteTarget()
    with pytest.raises(PartlyApplied, match="is refused"):
        apply(remote_plan(target, state(our_user("a/b"), our_user("c"))), target, store)
    assert target.state().users.keys() == {"c"}
    assert remote_plan(target, state(our_user("c"))).is_empty
