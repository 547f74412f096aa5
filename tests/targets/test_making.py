"""How every target makes the steps of a plan: what it can hold, what is ours there, and what it returns."""

from collections.abc import Callable, Mapping
from contextlib import suppress

import msgspec
import pytest
from hypothesis import given, settings

from idsync.errors import IdsyncError
from idsync.model.addresses import Kind, access_list_address, lock_address
from idsync.model.canonical import canonical_bytes
from idsync.model.directory import DirectoryState, Names, Reason
from idsync.model.resources import NEW_MEMBERSHIP, AccessList, Lock, Membership, Owner
from idsync.plan.apply_times import Moment
from idsync.plan.changes import AccessListChange, LockChange, Plan
from idsync.plan.differ import changes_between
from idsync.plan.steps import Phase, Step, steps_of
from idsync.reconcile.target_section import Desired, Terms, section_of
from idsync.stores.sqlite.store import open_store
from idsync.targets.protocol import Resource
from tests.apply import worlds
from tests.apply.worlds import apply, contents, plan_of, state
from tests.effort import examples
from tests.targets.contract import IMPLEMENTATIONS
from tests.targets.world import (
    HOSTILE_NAMES,
    NOW,
    ORG,
    WritableTarget,
    foreign_list,
    foreign_user,
    our_list,
    our_lock,
    our_user,
)

replace = msgspec.structs.replace
AT = Moment(NOW)
NOBODY: frozenset[str] = frozenset()
SOME = state(
    our_user("a", "dev"),
    our_user("b", "dev"),
    our_user("c"),
    our_lock("l", "c"),
    our_list("00g1", "Eng", "dev"),
    members={"00g1": {"a": NEW_MEMBERSHIP, "b": NEW_MEMBERSHIP}},
)


def make(target: WritableTarget, before: DirectoryState, after: DirectoryState) -> list[Resource | None]:
    """Make every step from one state to another of what the target can hold; what each gave back."""
    changes = changes_between(target.project(before), target.project(after), {}, {})
    with target.transaction():
        return [target.make(step, AT, 1) for step in steps_of(changes)]


class TestWhatItCanHold:
    """`project`, `ours` and `same` look at nothing but their arguments."""

    def test_a_part_is_of_its_kinds_and_ours(self, target: WritableTarget) -> None:
        part = target.project(SOME)
        parts: dict[Kind, Mapping[str, Resource]] = {
            "user": part.users,
            "lock": part.locks,
            "access_list": part.access_lists,
        }
        for kind, objects in parts.items():
            assert not objects or kind in target.kinds
            assert all(target.ours(each) for each in objects.values())
        assert part.members.keys() == part.access_lists.keys()
        assert part.users.keys() <= SOME.users.keys()

    def test_the_part_of_a_part_is_that_part(self, target: WritableTarget) -> None:
        part = target.project(SOME)
        assert canonical_bytes(target.project(part)) == canonical_bytes(part)

    def test_what_it_is_given_stays_as_it_is(self, target: WritableTarget) -> None:
        before = canonical_bytes(SOME)
        assert canonical_bytes(target.project(SOME)) == canonical_bytes(target.project(SOME))
        assert canonical_bytes(SOME) == before

    def test_what_somebody_else_made_is_not_ours(self, target: WritableTarget) -> None:
        assert not target.ours(foreign_user("admin"))
        assert not target.ours(foreign_list("hand-made"))

    def test_same_is_the_same_as_far_as_it_keeps_it(self, target: WritableTarget) -> None:
        part = target.project(SOME)
        user, item = part.users["a"], part.access_lists["00g1"]
        assert target.same(user, user)
        assert target.same(None, None)
        assert not target.same(user, None)
        assert not target.same(None, user)
        assert not target.same(user, replace(user, spec=replace(user.spec, roles=("ops",))))
        assert not target.same(item, replace(item, spec=replace(item.spec, title="Another")))
        assert target.same(item, replace(item, spec=replace(item.spec, owners=(Owner("zoe"),))))


class TestSteps:
    def test_everything_that_is_made_is_there_and_ours(self, target: WritableTarget) -> None:
        part = target.project(SOME)
        made = make(target, state(), SOME)
        now = target.state()
        for wanted, found in ((part.users, now.users), (part.access_lists, now.access_lists)):
            assert found.keys() == wanted.keys()
            assert all(target.same(each, found[name]) and target.ours(found[name]) for name, each in wanted.items())
        assert now.locks.keys() == part.locks.keys()
        assert {name: set(each) for name, each in now.members.items()} == {
            name: set(each) for name, each in part.members.items()
        }
        there = {**now.users, **now.locks, **now.access_lists}
        assert all(each == there[each.metadata.name] for each in made if each is not None)

    def test_a_step_that_is_made_twice_is_made_once(self, target: WritableTarget) -> None:
        changes = changes_between(state(), target.project(SOME), {}, {})
        for step in steps_of(changes):
            target.make(step, AT, 1)
            target.make(step, AT, 1)
        now = target.state()
        assert now.users.keys() == target.project(SOME).users.keys()
        assert now.members["00g1"].keys() == target.project(SOME).members["00g1"].keys()

    def test_everything_goes_and_what_is_gone_is_not_missed(self, target: WritableTarget) -> None:
        make(target, state(), SOME)
        for _ in range(2):
            assert set(make(target, SOME, state())) == {None}
        now = target.state()
        assert (now.users, now.locks, now.access_lists) == ({}, {}, {})

    def test_an_update_leaves_members_and_other_objects_alone(self, target: WritableTarget) -> None:
        target.put_user(foreign_user("admin"))
        target.put_access_list(foreign_list("hand-made"))
        target.add_members("hand-made", {"a": Membership(reason="by hand")})
        make(target, state(), SOME)
        foreign = (target.state().users["admin"], target.state().access_lists["hand-made"])
        renamed = replace(SOME, access_lists={"00g1": our_list("00g1", "New title", "dev")})
        make(target, SOME, renamed)
        now = target.state()
        assert now.access_lists["00g1"].spec.title == "New title"
        assert now.members["00g1"].keys() == {"a", "b"}
        assert (now.users["admin"], now.access_lists["hand-made"]) == foreign
        assert now.members["hand-made"] == {"a": Membership(reason="by hand")}

    def test_members_come_and_go_by_name(self, target: WritableTarget) -> None:
        make(target, state(), SOME)
        target.add_members("00g1", {"guest": Membership(reason="by hand")})
        item = target.state().access_lists["00g1"]
        ending = Membership(expires="2027-01-01T00:00:00Z", joined="2026-01-01T00:00:00Z")
        change = AccessListChange(
            access_list_address("00g1"), "update", Reason.MEMBERSHIP_CHANGED, (), item, item,
            members_added=("c", "d"), members_removed=("a",), carried={"d": ending},
        )  # fmt: skip
        for step in steps_of([change]):
            made = target.make(step, AT, 1)
            assert isinstance(made, AccessList)
            assert target.same(item, made)
        members = target.state().members["00g1"]
        assert members.keys() == {"b", "guest", "c", "d"}
        assert members["c"].joined == "2026-11-22T09:30:00Z"
        assert members["d"] == ending
        assert members["guest"].reason == "by hand"

    def test_a_list_that_goes_takes_its_members_with_it(self, target: WritableTarget) -> None:
        make(target, state(), SOME)
        make(target, SOME, replace(SOME, access_lists={}, members={}))
        make(target, state(), state(our_list("00g1")))
        assert dict(target.state().members["00g1"]) == {}

    def test_a_lock_lasts_from_when_it_is_made(self, locking: WritableTarget) -> None:
        lock = our_lock("l", "c")
        change = LockChange(lock_address("l"), "create", Reason.UNASSIGNED, (), None, lock, lifetime=3600)
        made = locking.make(Step(Phase.LOCK, change), AT, 1)
        assert isinstance(made, Lock)
        assert made.spec.expires == "2026-11-22T10:30:00Z"
        assert locking.locks() == {"l": made}
        assert locking.ended_locks(NOW) == {}

    @pytest.mark.parametrize("name", HOSTILE_NAMES, ids=range(len(HOSTILE_NAMES)))
    def test_a_hostile_name_is_made_as_it_is_or_refused_whole(self, target: WritableTarget, name: str) -> None:
        wanted = target.project(state(our_user(name))).users[name]
        (change,) = changes_between(state(), state(wanted), {}, {})
        try:
            target.make(Step(Phase.USER, change), AT, 1)
        except IdsyncError:
            assert target.state().users == {}
        else:
            assert target.state().users.keys() == {name}
            assert target.names_of([], [name]) in ({name}, NOBODY)


def test_the_serial_tells_that_something_was_made_where_it_is_known(target: WritableTarget) -> None:
    before = target.serial()
    make(target, state(), SOME)
    assert target.serial() > before or target.serial() == before == -1


class Abandoned(Exception):
    """Ends a transaction without success."""


def test_a_transaction_is_undone_whole_where_the_target_is_atomic_and_kept_where_it_is_not(
    target: WritableTarget,
) -> None:
    (change,) = changes_between(state(), state(target.project(SOME).users["a"]), {}, {})
    with suppress(Abandoned), target.transaction():
        target.make(Step(Phase.USER, change), AT, 1)
        raise Abandoned
    assert target.state().users.keys() == (NOBODY if target.atomic else {"a"})


def test_a_part_of_what_was_made_is_read_as_the_whole_shows_it(target: WritableTarget) -> None:
    make(target, state(), SOME)
    whole = target.state()
    part = target.state(Names(frozenset({"a", "nobody"}), frozenset({"00g1"})))
    assert part.users == {"a": whole.users["a"]}
    assert part.access_lists == whole.access_lists == target.access_lists()
    assert part.members == whole.members
    assert target.memberships(["a"]) == {"00g1": {"a": whole.members["00g1"]["a"]}}


@pytest.mark.parametrize("kind", IMPLEMENTATIONS)
@settings(max_examples=examples(100), deadline=None)
@given(before=contents(with_foreign=True), after=contents(with_foreign=False))
def test_what_was_applied_is_not_planned_again_and_what_is_foreign_stays(
    tmp_path_factory: pytest.TempPathFactory, kind: str, before: DirectoryState, after: DirectoryState
) -> None:
    """The whole way: a section is planned, a run makes it, and nothing is left to plan but what the target refuses."""
    place = tmp_path_factory.mktemp("any")
    with open_store(place / "idsync.db") as store, IMPLEMENTATIONS[kind].open(store, place) as target:
        put_there(target, before)
        foreign = not_ours(target)
        first = plan(target, after)
        try:
            apply(first, target, store)
        except IdsyncError:
            left = plan(target, after)
            assert {change.address for change in left.changes} <= {change.address for change in first.changes}
            with pytest.raises(IdsyncError):
                apply(left, target, store)
            assert plan(target, after).changes == left.changes
        else:
            assert plan(target, after).is_empty
            assert target.project(after).users.keys() - foreign.users.keys() == ours_in(target).users.keys()
        assert canonical_bytes(not_ours(target)) == canonical_bytes(foreign)
        assert store.journal.verify().broken_at is None


def put_there(target: WritableTarget, content: DirectoryState) -> None:
    """Fill a target by hand: with the marks of the target where an object is ours, else as it is."""
    part = target.project(worlds.ours(content))
    theirs = worlds.foreign(content)
    for user in (*part.users.values(), *theirs.users.values()):
        target.put_user(user)
    for lock in (*part.locks.values(), *theirs.locks.values()) if "lock" in target.kinds else ():
        target.put_lock(lock)
    for item in (*part.access_lists.values(), *theirs.access_lists.values()):
        target.put_access_list(item)
        target.add_members(item.metadata.name, content.members[item.metadata.name])


def plan(target: WritableTarget, desired: DirectoryState) -> Plan:
    section = section_of(target, Desired(desired), Terms(ORG), NOW).section
    return plan_of(section.changes, serial=section.serial)


def ours_in(target: WritableTarget) -> DirectoryState:
    return _part(target.state(), target.ours)


def not_ours(target: WritableTarget) -> DirectoryState:
    return _part(target.state(), lambda each: not target.ours(each))


def _part(there: DirectoryState, chosen: Callable[[Resource], bool]) -> DirectoryState:
    lists = {name: each for name, each in there.access_lists.items() if chosen(each)}
    return DirectoryState(
        {name: each for name, each in there.users.items() if chosen(each)},
        {name: each for name, each in there.locks.items() if chosen(each)},
        lists,
        {name: there.members[name] for name in lists},
    )
