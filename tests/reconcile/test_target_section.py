"""The section of one target: what it can hold, what is ours there, what people keep, and what guards count there."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from idsync.config.guards import Guard, Guards
from idsync.config.settings import LockSettings, SyncSwitches
from idsync.model.directory import DirectoryState
from idsync.model.findings import Finding, Health
from idsync.model.ownership import ORG_LABEL, lock_name
from idsync.model.resources import (
    NEW_MEMBERSHIP,
    AccessList,
    ConnectorReference,
    CreatedBy,
    Membership,
    Metadata,
    Owner,
    UserSpec,
    user,
)
from idsync.model.times import later
from idsync.plan.changes import LockChange
from idsync.plan.health import Judgement
from idsync.reconcile.target_section import Desired, TargetSection, Terms, section_of
from idsync.stores.sqlite.store import open_store
from tests.apply.worlds import apply, fill, plan_of, state
from tests.targets.memory import MemoryTarget
from tests.targets.remote import OWN_LABEL, RemoteTarget
from tests.targets.world import NOW, ORG, foreign_lock, foreign_user, our_list, our_lock, our_user

replace = msgspec.structs.replace
TERMS = Terms(ORG)
IN_LIST: dict[str, dict[str, Membership]] = {"00g1": {"a": NEW_MEMBERSHIP}}
TWO = state(our_user("a"), our_user("b"), our_list("00g1"), members=IN_LIST)


def told(planned: TargetSection) -> list[str]:
    return [f"{change.action} {change.address}" for change in planned.section.changes]


def plan(target: RemoteTarget | MemoryTarget, desired: DirectoryState | Desired, **terms: Any) -> TargetSection:
    wanted = desired if isinstance(desired, Desired) else Desired(desired)
    return section_of(target, wanted, replace(TERMS, **terms), NOW)


@pytest.fixture
def remote() -> RemoteTarget:
    """A remote target that is as desired by TWO, with revisions and defaults of its own."""
    target = RemoteTarget()
    fill(target, target.project(TWO))
    return target


@pytest.fixture
def memory() -> MemoryTarget:
    """A target that holds locks."""
    target = MemoryTarget()
    fill(target, TWO)
    return target


def test_what_a_target_adds_and_cannot_hold_is_not_a_difference(remote: RemoteTarget) -> None:
    assert remote.state().users["a"].metadata.revision != ""
    assert told(plan(remote, TWO)) == []


def test_what_is_ours_is_the_targets_to_say(remote: RemoteTarget) -> None:
    """Another integration imported `c` from the same organization, with all labels that the directory goes by."""
    remote.put_user(our_user("c"))
    remote.put_user(user(Metadata("d", labels={OWN_LABEL: "true", ORG_LABEL: "https://other.okta.com"}), UserSpec()))
    made = plan(remote, state(*TWO.users.values(), our_user("c", "ops"), *TWO.access_lists.values()))
    assert told(made) == ["update access_list/00g1"]
    (finding,) = made.findings
    assert (finding.code, finding.severity) == ("conflict", "error")
    assert finding.message.startswith("In the target remote: user/c exists and is not ours")


def test_what_people_own_there_is_kept(remote: RemoteTarget) -> None:
    mine = replace(remote.state().access_lists["00g1"], metadata=replace(our_list("00g1").metadata, labels={}))
    mine = replace(mine, spec=replace(mine.spec, owners=(Owner("zoe"),)))
    marked = {**remote.state().access_lists["00g1"].metadata.labels, "team": "x"}
    remote.put_access_list(replace(mine, metadata=replace(mine.metadata, labels=marked)))
    (change,) = plan(remote, state(*TWO.users.values(), our_list("00g1", "New"), members=IN_LIST)).section.changes
    assert isinstance(change.after, AccessList)
    assert change.after.spec.owners == (Owner("zoe"),)
    assert change.after.spec.title == "New"
    assert change.after.metadata.labels["team"] == "x"


def test_a_kind_that_is_switched_off_is_neither_read_nor_changed(remote: RemoteTarget) -> None:
    nothing = state()
    assert told(plan(remote, nothing, sync=SyncSwitches(users=False))) == ["delete access_list/00g1"]
    assert told(plan(remote, nothing, sync=SyncSwitches(access_lists=False))) == ["delete user/a", "delete user/b"]


def test_a_kind_that_the_target_cannot_hold_is_never_in_its_plan(memory: MemoryTarget) -> None:
    memory.kinds = frozenset({"user"})
    made = plan(memory, state(our_user("a", "ops"), our_lock("l", "b"), our_list("00g2")))
    assert told(made) == ["update user/a", "delete user/b"]


def test_people_in_doubt_stay_as_they_are_there(memory: MemoryTarget) -> None:
    desired = state(our_user("a", "ops"), our_user("c"), our_list("00g1"), members={"00g1": {"c": NEW_MEMBERSHIP}})
    made = plan(memory, Desired(desired, held=frozenset({"a", "c"})))
    assert told(made) == ["create lock/" + lock_name(ORG, "b"), "delete user/b"]


class TestLeavers:
    """Nobody's account goes from a target that has locks before they are locked there."""

    def test_a_lock_that_lasts_elsewhere_lasts_as_long_here(self, memory: MemoryTarget) -> None:
        gone = state(our_user("a"), our_lock("l", "b", expires=later(NOW, 600)), our_list("00g1"), members=IN_LIST)
        lock, leaver = plan(memory, gone).section.changes
        assert isinstance(lock, LockChange)
        assert (lock.action, lock.lifetime, leaver.address) == ("create", 600, "user/b")

    def test_who_has_a_lock_nowhere_any_more_gets_one(self, memory: MemoryTarget) -> None:
        gone = state(our_user("a"), our_list("00g1"), members=IN_LIST)
        lock, leaver = plan(memory, gone, locks=LockSettings(ttl=60, margin=5)).section.changes
        assert isinstance(lock, LockChange)
        assert (lock.address, lock.lifetime) == (f"lock/{lock_name(ORG, 'b')}", 65)
        assert leaver.address == "user/b"
        lock, _ = plan(memory, gone, locks=LockSettings(ttl=None)).section.changes
        assert isinstance(lock, LockChange)
        assert lock.lifetime is None

    def test_a_lock_that_is_there_stays(self, memory: MemoryTarget) -> None:
        memory.put_lock(our_lock("theirs", "b", expires=later(NOW, 60)))
        gone = state(our_user("a"), our_list("00g1"), members=IN_LIST)
        assert told(plan(memory, gone)) == ["delete user/b"]

    def test_a_lock_that_is_there_stays_until_it_ends_and_goes_when_the_person_is_back(
        self, memory: MemoryTarget
    ) -> None:
        memory.put_lock(our_lock("l", "c", expires=later(NOW, 60)))
        assert told(plan(memory, TWO)) == []
        back = replace(TWO, users={**TWO.users, "c": our_user("c")})
        assert told(plan(memory, back)) == ["create user/c", "delete lock/l"]

    def test_a_lock_without_an_end_gets_one_when_the_person_is_gone(self, memory: MemoryTarget) -> None:
        made = our_lock("l", "b")
        memory.put_lock(replace(made, spec=replace(made.spec, created_at="2026-11-01T00:00:00Z")))
        lock, leaver = plan(memory, state(our_user("a"), our_list("00g1"), members=IN_LIST)).section.changes
        assert isinstance(lock, LockChange)
        assert (lock.action, lock.lifetime, leaver.address) == ("update", 31 * 3600, "user/b")

    def test_who_cannot_be_locked_stays(self, memory: MemoryTarget) -> None:
        memory.put_lock(foreign_lock(lock_name(ORG, "b"), "somebody else"))
        gone = state(our_user("a"), our_list("00g1"), members=IN_LIST)
        made = plan(memory, gone)
        assert told(made) == []
        assert [finding.code for finding in made.findings] == ["conflict"]

    def test_an_ended_lock_counts_as_absent(self, memory: MemoryTarget) -> None:
        memory.put_lock(our_lock("l", "b", expires="2026-11-01T00:00:00Z"))
        gone = state(our_user("a"), our_lock("l", "b"), our_list("00g1"), members=IN_LIST)
        assert told(plan(memory, gone)) == ["create lock/l", "delete user/b"]


def test_a_temporary_user_of_a_login_is_taken_over(memory: MemoryTarget) -> None:
    login = CreatedBy(connector=ConnectorReference("saml", "okta"))
    memory.put_user(user(Metadata("t", expires="2026-11-23T00:00:00Z"), UserSpec(("dev",), created_by=login)))
    memory.put_user(foreign_user("named"))
    wanted = replace(TWO, users={**TWO.users, "t": our_user("t"), "named": our_user("named")})
    made = plan(memory, wanted, adopt=frozenset({"named"}))
    assert told(made) == ["update user/named", "update user/t"]
    taken = made.section.changes[1].after
    assert taken is not None
    assert taken.metadata.expires is None
    assert told(plan(memory, wanted)) == ["update user/t"]


def many(count: int) -> DirectoryState:
    return state(*(our_user(f"p{number}") for number in range(count)))


class TestGuards:
    """They count what is ours in this target, against what there is of it here."""

    GUARDS = Guards(user_deletes=Guard(Decimal(10), 0), protected_users=frozenset({"P3"}))

    def test_r32_the_limit_is_of_the_people_of_this_target(self) -> None:
        target = RemoteTarget()
        fill(target, target.project(many(20)))
        for number in range(80):
            target.put_user(foreign_user(f"other{number}"))
        made = plan(target, many(17), guards=self.GUARDS)
        (deletes,) = [result for result in made.section.guards if result.guard == "user_deletes"]
        assert (deletes.count, deletes.limit, deletes.verdict) == (3, 2, "blocked")
        assert [change.blocked_by for change in made.section.changes] == [("user_deletes",)] * 3
        (finding,) = made.findings
        assert finding.message.startswith("In the target remote: The plan makes 3 user deletions")
        assert plan(target, many(18), guards=self.GUARDS).findings == ()

    def test_who_is_protected_is_protected_here_too(self) -> None:
        target = RemoteTarget()
        fill(target, target.project(many(20)))
        without = replace(many(20), users={n: each for n, each in many(20).users.items() if n != "p3"})
        (change,) = plan(target, without, guards=self.GUARDS).section.changes
        assert change.blocked_by == ("protected_users",)

    def test_members_of_people_who_leave_are_not_counted(self, memory: MemoryTarget) -> None:
        guards = Guards(member_removals=Guard(Decimal(0), 0))
        gone = state(our_user("b"), our_list("00g1"))
        results = plan(memory, gone, guards=guards).section.guards
        assert {result.guard: result.count for result in results}["member_removals"] == 0
        stays = state(our_user("a"), our_user("b"), our_list("00g1"))
        results = plan(memory, stays, guards=guards).section.guards
        assert {result.guard: result.count for result in results}["member_removals"] == 1

    def test_r29_a_doubt_about_the_reading_holds_what_takes_here_too(self, remote: RemoteTarget) -> None:
        doubt = Judgement(Health("suspect", (Finding("source_shrink", "error", "fewer"),)), doubts_people=True)
        made = plan(remote, state(our_user("a"), our_user("c")), judgement=doubt)
        marks: dict[str, tuple[str, ...]] = {change.address: change.blocked_by for change in made.section.changes}
        assert marks == {
            "user/c": (),
            "access_list/00g1": ("source_shrink",),
            "user/b": ("source_shrink",),
        }


def test_a_membership_with_an_end_has_it_there_too(remote: RemoteTarget, tmp_path: Path) -> None:
    ending = Membership(expires="2027-01-01T00:00:00Z", reason="on call")
    desired = replace(TWO, members={"00g1": {"a": NEW_MEMBERSHIP, "b": ending}})
    with open_store(tmp_path / "idsync.db") as store:
        apply(plan_of(plan(remote, desired).section.changes), remote, store)
    assert remote.state().members["00g1"]["b"] == ending
