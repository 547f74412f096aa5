"""A plan for two targets: each section by itself, and what one leaves undone is taken up by the same plan."""

from collections.abc import Mapping

import msgspec
import pytest

from idsync.apply.executor import apply_plan
from idsync.apply.request import Applied, left_for_later
from idsync.errors import LeaseHeld, PartlyApplied, PlanMismatch, PlanStale, PlanTampered, PlanUsed, TargetError
from idsync.history.past_states import state_as_of
from idsync.model.addresses import Address
from idsync.model.journal import LocksSwept, RunFinished, RunStarted, SectionFinished, StepMade, summarise_runs
from idsync.plan.apply_times import Moment
from idsync.plan.changes import Plan
from idsync.plan.differ import changes_between
from idsync.plan.join import joined
from idsync.plan.seal import sealed
from idsync.plan.sections import FIRST, Section
from idsync.plan.steps import Step
from idsync.stores.protocol import Difference
from idsync.stores.sqlite.store import SqliteStore
from idsync.targets.given import GivenDirectory
from idsync.targets.local import LocalTarget
from idsync.targets.protocol import Resource, Target
from tests.apply.worlds import AFTER, BEFORE, HOLDER, fill, never, plan_between, request, state
from tests.targets.memory import MemoryTarget
from tests.targets.remote import RemoteTarget
from tests.targets.world import NOW, ORG, our_list, our_lock, our_user

replace = msgspec.structs.replace
REMOTE = "remote"
WANTED = state(our_user("a"), our_user("b"), our_list("00g1"), members={"00g1": {"a": AFTER.members["0oa4"]["mover"]}})


def two_sections(remote: RemoteTarget, local: Plan | None = None) -> Plan:
    """A plan that takes the local directory from BEFORE to AFTER, and an empty remote one to WANTED."""
    changes = changes_between(state(), remote.project(WANTED), {}, {})
    first = plan_between(BEFORE, AFTER) if local is None else local
    return sealed(joined(first, Section(REMOTE, remote.serial(), changes, (), ())))


def apply_both(plan: Plan, targets: Mapping[str, Target], store: SqliteStore, **more: object) -> Applied:
    return apply_plan(plan, request(NOW, **more), targets=targets, records=store, sleep=never)


@pytest.fixture
def remote() -> RemoteTarget:
    return RemoteTarget()


@pytest.fixture
def both(local: LocalTarget, remote: RemoteTarget) -> dict[str, Target]:
    fill(local, BEFORE)
    return {FIRST: local, REMOTE: remote}


def refuses(address: str, made: bool) -> None:
    raise TargetError("No answer.")


def made_steps(store: SqliteStore) -> list[tuple[str, str, int]]:
    entries = (each.entry for each in store.journal.entries())
    return [(entry.target, entry.address, entry.phase) for entry in entries if isinstance(entry, StepMade)]


def test_r46_each_section_is_made_in_its_target_under_its_own_lease(
    both: dict[str, Target], local: LocalTarget, remote: RemoteTarget, store: SqliteStore
) -> None:
    applied = apply_both(two_sections(remote), both, store)
    assert local.state().users.keys() == {*AFTER.users, "admin"}
    assert remote.state().users.keys() == {"a", "b"}
    assert remote.state().members["00g1"].keys() == {"a"}
    assert (applied.run, applied.steps, applied.serial) == (1, 14, local.serial())
    entries = [each.entry for each in store.journal.entries()]
    finished = [entry for entry in entries if isinstance(entry, SectionFinished | RunFinished)]
    assert [type(entry) for entry in finished] == [SectionFinished, RunFinished]
    assert {target for target, *_ in made_steps(store)} == {"local", REMOTE}
    assert store.journal.verify().broken_at is None
    for name in ("local", REMOTE):
        other = replace(HOLDER, host="another")
        assert not isinstance(store.leases.take(f"target:{name}", other, 1), type(HOLDER))


def test_a_section_that_fails_leaves_the_others_to_go_on_and_the_same_plan_takes_it_up(
    both: dict[str, Target], local: LocalTarget, remote: RemoteTarget, store: SqliteStore
) -> None:
    plan = two_sections(remote)
    remote.fails = refuses
    with pytest.raises(PartlyApplied) as caught:
        apply_both(plan, both, store, facts={"last": b"1"})
    assert (caught.value.done, caught.value.total) == (11, 14)
    assert "remote: No answer." in caught.value.summary
    assert store.facts.get("last") is None
    (run,) = summarise_runs(each.entry for each in store.journal.headlines())
    assert (run.state, run.kept) == ("stopped", 11)
    local.put_user(our_user("mover", "edited since"))
    remote.fails = lambda address, made: None
    applied = apply_both(plan, both, store, facts={"last": b"1"})
    assert (applied.resumed, applied.run, applied.steps) == (True, 1, 14)
    assert local.state().users["mover"] == our_user("mover", "edited since")
    assert len(made_steps(store)) == len(set(made_steps(store))) == 14
    assert store.facts.get("last") == b"1"
    assert [run.state for run in summarise_runs(each.entry for each in store.journal.headlines())] == ["finished"]
    with pytest.raises(PlanUsed):
        apply_both(plan, both, store)


def test_an_atomic_section_that_fails_leaves_the_remote_one_to_go_on(
    local: LocalTarget, remote: RemoteTarget, store: SqliteStore
) -> None:
    fill(local, BEFORE)

    class Broken(LocalTarget):
        def delete_user(self, name: str) -> None:
            raise TargetError("The disk is full.")

    plan = two_sections(remote)
    with pytest.raises(PartlyApplied, match=r"^3 of 14 steps .* local: The disk is full") as caught:
        apply_both(plan, {FIRST: Broken(store.directory, ORG), REMOTE: remote}, store)
    assert caught.value.causes == (caught.value.causes[0],)
    assert local.state().users.keys() == {*BEFORE.users}
    assert remote.state().users.keys() == {"a", "b"}
    remote.users.clear()  # somebody who takes away what was made does not stop the rest
    apply_both(plan, {FIRST: local, REMOTE: remote}, store)
    assert local.state().users.keys() == {*AFTER.users, "admin"}
    assert remote.state().users.keys() == set()


def test_r38_a_section_that_is_stale_leaves_nothing_made_anywhere(
    both: dict[str, Target], local: LocalTarget, remote: RemoteTarget, store: SqliteStore
) -> None:
    plan = two_sections(remote)
    remote.put_user(our_user("b", "somebody's"))
    with pytest.raises(PlanStale, match=r"^The target remote has moved") as caught:
        apply_both(plan, both, store)
    assert (caught.value.target, caught.value.addresses) == (REMOTE, ("user/b",))
    assert local.state().users.keys() == BEFORE.users.keys()
    assert list(store.journal.entries()) == []


def test_a_target_that_does_not_answer_leaves_the_others_to_go_on(local: LocalTarget, store: SqliteStore) -> None:
    fill(local, BEFORE)

    class Silent(RemoteTarget):
        def serial(self) -> int:
            raise TargetError("remote does not answer.")

        def _given(self) -> GivenDirectory:
            raise TargetError("remote does not answer.")

    with pytest.raises(PartlyApplied) as caught:
        apply_both(two_sections(RemoteTarget()), {FIRST: local, REMOTE: Silent()}, store)
    assert [type(cause) for cause in caught.value.causes] == [TargetError]
    assert local.state().users.keys() == {*AFTER.users, "admin"}


@pytest.mark.parametrize(("held", "made"), [("local", 3), (REMOTE, 11)])
def test_r46_a_target_that_another_run_holds_leaves_the_others_to_go_on(
    both: dict[str, Target], remote: RemoteTarget, store: SqliteStore, held: str, made: int
) -> None:
    plan = two_sections(remote)
    store.leases.take(f"target:{held}", replace(HOLDER, host="another"), 300)
    with pytest.raises(PartlyApplied) as caught:
        apply_both(plan, both, store)
    assert caught.value.done == made
    assert [type(cause) for cause in caught.value.causes] == [LeaseHeld]


def test_a_plan_whose_every_target_is_held_changes_nothing(
    both: dict[str, Target], remote: RemoteTarget, store: SqliteStore
) -> None:
    for name in ("local", REMOTE):
        store.leases.take(f"target:{name}", replace(HOLDER, host="another"), 300)
    with pytest.raises(PartlyApplied) as caught:
        apply_both(two_sections(remote), both, store)
    assert [type(cause) for cause in caught.value.causes] == [LeaseHeld, LeaseHeld]
    assert list(store.journal.entries()) == []


def test_what_is_not_ours_in_a_target_is_that_targets_to_say(
    both: dict[str, Target], remote: RemoteTarget, store: SqliteStore
) -> None:
    theirs = state(our_user("a"))  # our labels of the local directory, without the mark of the remote one
    changes = changes_between(theirs, state(), {}, {})
    plan = sealed(joined(plan_between(BEFORE, AFTER), Section(REMOTE, 0, changes, (), ())))
    with pytest.raises(PlanTampered, match="user/a"):
        apply_both(plan, both, store)


def test_a_section_of_a_target_that_is_not_there_is_refused(
    local: LocalTarget, remote: RemoteTarget, store: SqliteStore
) -> None:
    with pytest.raises(PlanMismatch, match="something else"):
        apply_both(two_sections(remote), {FIRST: local}, store)
    empty = sealed(joined(plan_between(state(), state(our_user("x"))), Section(REMOTE, 0, (), (), ())))
    assert apply_both(empty, {FIRST: local}, store).run == 1


def test_what_is_pending_in_one_target_does_not_hold_up_what_settles_in_another(
    both: dict[str, Target], local: LocalTarget, remote: RemoteTarget, store: SqliteStore
) -> None:
    store.agreed("local").differ({Address("user/mover"): Difference(None), Address("user/stays"): Difference(None)})
    local_part = plan_between(BEFORE, AFTER, serial=local.serial())
    held = sealed(joined(plan_between(state(), state()), Section(REMOTE, 0, local_part.changes, (), ())))
    assert left_for_later(held).keys() == {REMOTE}
    apply_both(two_sections(remote, local_part), both, store, split=True, pending=left_for_later(held))
    assert local.index(ORG).edited == set()
    (run,) = summarise_runs(each.entry for each in store.journal.headlines())
    assert not run.whole


def test_ended_locks_of_both_targets_are_swept(local: LocalTarget, store: SqliteStore) -> None:
    there = MemoryTarget()
    for target in (local, there):
        target.put_lock(our_lock("spent", expires="2026-11-01T00:00:00Z"))
    first = plan_between(state(), state(our_user("a")), serial=local.serial())
    plan = sealed(joined(first, Section("memory", there.serial(), (), (), ())))
    applied = apply_both(plan, {FIRST: local, "memory": there}, store)
    assert applied.locks_swept == 2
    assert local.state().locks == there.state().locks == {}


def test_a_run_of_one_section_has_no_word_of_sections(local: LocalTarget, store: SqliteStore) -> None:
    apply_both(plan_between(state(), AFTER), {FIRST: local}, store)
    kinds = {type(each.entry) for each in store.journal.entries()}
    assert kinds == {RunStarted, StepMade, RunFinished}


def test_while_a_remote_section_is_made_the_directory_is_free_for_other_runs(
    both: dict[str, Target], local: LocalTarget, remote: RemoteTarget, store: SqliteStore
) -> None:
    def meanwhile(address: Address, made: bool) -> None:
        if address == "user/b" and not made:
            urgent = plan_between(state(), state(our_user("urgent")))
            assert apply_both(urgent, {FIRST: local}, store, holder=replace(HOLDER, host="another")).run == 2

    remote.fails = meanwhile
    assert apply_both(two_sections(remote), both, store).run == 1
    assert local.state().users.keys() == {*AFTER.users, "admin", "urgent"}
    assert state_as_of(local, store, "1").state.users.keys() == {*AFTER.users, "admin"}
    assert state_as_of(local, store, "2").state.users.keys() == {*AFTER.users, "admin", "urgent"}
    assert store.journal.verify().broken_at is None


def test_an_interrupted_run_counts_every_step_that_its_targets_keep(
    both: dict[str, Target], remote: RemoteTarget, store: SqliteStore
) -> None:
    def interrupts(address: Address, made: bool) -> None:
        if address == "user/b":
            raise KeyboardInterrupt

    remote.fails = interrupts
    with pytest.raises(KeyboardInterrupt):
        apply_both(two_sections(remote), both, store)
    (run,) = summarise_runs(each.entry for each in store.journal.headlines())
    assert (run.state, run.why, run.kept) == ("stopped", "interrupted", 12)


class Elsewhere(MemoryTarget):
    """A target that holds locks, and sees that nobody keeps the store waiting while it works."""

    def __init__(self, store: SqliteStore, *failing: str) -> None:
        super().__init__()
        self.store = store
        self.failing = failing

    def make(self, step: Step, at: Moment, fence: int) -> Resource | None:
        assert not self.store._connection.is_writing
        if step.change.address in self.failing:
            raise TargetError("No answer.")
        return super().make(step, at, fence)


def test_no_call_to_a_target_elsewhere_is_inside_a_transaction_of_the_store(store: SqliteStore) -> None:
    target = Elsewhere(store)
    fill(target, BEFORE)
    target.put_lock(our_lock("spent", expires="2026-11-01T00:00:00Z"))
    applied = apply_both(plan_between(BEFORE, AFTER), {FIRST: target}, store)
    assert applied.locks_swept == 1
    assert "spent" not in target.locks()
    (swept,) = [each.entry for each in store.journal.entries() if isinstance(each.entry, LocksSwept)]
    assert swept.locks.keys() == {"spent"}


def test_an_ended_lock_that_cannot_be_swept_is_told_and_left_to_the_next_apply(store: SqliteStore) -> None:
    target = Elsewhere(store, "lock/spent")
    for name in ("gone", "spent"):
        target.put_lock(our_lock(name, expires="2026-11-01T00:00:00Z"))
    applied = apply_both(plan_between(state(), state(our_user("a"))), {FIRST: target}, store)
    assert (applied.run, applied.locks_swept) == (1, 1)
    assert applied.notes == ("The ended lock/spent could not be cleared away: No answer.",)
    target.failing = ()
    assert apply_both(plan_between(state(), state()), {FIRST: target}, store).locks_swept == 1
