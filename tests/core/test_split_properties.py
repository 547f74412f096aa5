"""What holds for the two halves of any plan, whatever is held and whatever is released."""

from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idsync.config.guards import Guard, Guards
from idsync.config.settings import Settings
from idsync.model.addresses import split_address
from idsync.model.directory import DirectoryState, Reason
from idsync.model.identity import Snapshot
from idsync.model.ownership import is_ours
from idsync.plan.changes import AccessListChange, Change, LockChange, Plan, UserChange
from idsync.plan.effective import granted
from idsync.plan.guards import GUARDS
from idsync.plan.holding import Holding
from idsync.plan.planfile import decode_plan, encode_plan
from idsync.plan.replay import replay
from idsync.plan.seal import sealed
from idsync.plan.split import split
from idsync.plan.touched import locked_person
from tests.core.organizations import CONFIGS, Hand, hands, others, snapshots
from tests.core.replay import applied
from tests.core.world import NOW, ORG, plan, replace
from tests.effort import examples

many = settings(max_examples=examples(200), deadline=None, suppress_health_check=[HealthCheck.too_slow])
NONE = Guard(Decimal(0), 0)
LIMITED = ("user_deletes", "user_locks", "member_removals", "access_list_deletes", "access_losses")


@st.composite
def guarded(draw: st.DrawFn) -> Settings:
    """A configuration whose guards let nothing through, some of them."""
    limits: dict[str, Any] = dict.fromkeys(draw(st.sets(st.sampled_from(LIMITED))), NONE)
    protected = tuple(draw(st.sets(st.sampled_from(["p1", "p2", "q3"]), max_size=1)))
    return replace(draw(st.sampled_from(CONFIGS)), guards=replace(Guards(), protected_users=protected, **limits))


plans = {
    "state": others(),
    "first": snapshots(),
    "hand": hands(),
    "second": snapshots(),
    "chosen": guarded(),
    "releases": st.sets(st.sampled_from(GUARDS), max_size=2),
}


def made_of(
    state: DirectoryState, first: Snapshot, hand: Hand, second: Snapshot, chosen: Settings
) -> tuple[DirectoryState, Plan]:
    """A directory that has a past, and a plan for it."""
    state = hand(applied(state, plan(first, state, chosen)))
    return state, sealed(plan(second, state, chosen))


@many
@given(**plans)
def test_both_halves_are_plans(releases: set[str], **case: Any) -> None:
    _, whole = made_of(**case)
    for half in split(whole, releases):
        assert decode_plan(encode_plan(half)) == half


@many
@given(**plans)
def test_one_half_after_the_other_makes_what_the_whole_makes(releases: set[str], **case: Any) -> None:
    state, whole = made_of(**case)
    go, held = split(whole, releases)
    assert replay(replay(state, go.changes, NOW), held.changes, NOW) == replay(state, whole.changes, NOW)


@many
@given(**plans)
def test_what_is_held_is_planned_again(releases: set[str], **case: Any) -> None:
    state, whole = made_of(**case)
    go, held = split(whole, releases)
    again = plan(case["second"], applied(state, go), case["chosen"])
    if not any(finding.code == "name_taken" for finding in whole.findings):
        assert said(again) == said(held)


def said(made: Plan) -> list[Any]:
    """What a plan does, without what only an apply knows of what it finds."""
    return [_said(change) for change in made.changes]


def _said(change: Change) -> Any:
    after = change.after
    if isinstance(change, LockChange):
        return change.address, change.action, after, change.lifetime
    if isinstance(change, AccessListChange):
        body = None if after is None else replace(after, spec=replace(after.spec, audit=None))
        return change.address, change.action, body, change.members_added, change.members_removed
    return change.address, change.action, after


def taken(before: DirectoryState, after: DirectoryState) -> set[tuple[str, ...]]:
    """Every role, value of a trait, grant, membership and account that was there and is not."""
    return held_in(before) - held_in(after)


def held_in(state: DirectoryState) -> set[tuple[str, ...]]:
    """Every role, value of a trait, grant, membership and account, each with where it is."""
    members = {("member", name, who) for name, entries in state.members.items() for who in entries}
    users = {("user", name, *key) for name, user in state.users.items() for key in granted(user.spec)}
    lists = {("list", name, *key) for name, item in state.access_lists.items() for key in granted(item.spec.grants)}
    bare = {("user", name) for name in state.users} | {("list", name) for name in state.access_lists}
    return members | users | lists | bare


@many
@given(**plans)
def test_under_a_doubt_nothing_is_taken_from_anyone(releases: set[str], **case: Any) -> None:
    case["second"] = replace(case["second"], complete=False)
    state, whole = made_of(**case)
    go, _ = split(whole, {*releases, "incomplete"})
    assert taken(state, applied(state, go)) == set()
    assert not any(isinstance(change, LockChange) for change in go.changes)


@many
@given(**plans)
def test_an_account_that_stays_keeps_its_memberships_and_one_that_goes_has_none_left(
    releases: set[str], **case: Any
) -> None:
    state, whole = made_of(**case)
    go, _ = split(whole, releases)
    after = applied(state, go)
    for change in whole.changes:
        if not isinstance(change, UserChange) or change.after is not None:
            continue
        name = name_of(change)
        lists = {item for item, entries in after.members.items() if f"access_list/{item}" in ours_in(whole)}
        has = {item for item in lists if name in after.members[item]}
        had = {item for item, entries in state.members.items() if name in entries}
        deleted = {name_of(each) for each in go.changes if isinstance(each, AccessListChange) and each.after is None}
        leaving = {name_of(each) for each in whole.changes if isinstance(each, UserChange) and each.after is None}
        stay = {item for item in had if state.members[item].keys() <= leaving & after.users.keys()}
        if name in after.users:
            assert has == (had & lists) - (deleted - stay)
        else:
            assert has == set()


@many
@given(**plans)
def test_who_goes_is_locked_and_nobody_is_unlocked_while_something_of_theirs_is_held(
    releases: set[str], **case: Any
) -> None:
    state, whole = made_of(**case)
    go, held = split(whole, releases)
    after = applied(state, go)
    locked = {lock.spec.target.user: lock for lock in after.locks.values() if is_ours(lock.metadata.labels, ORG)}
    waiting = {name_of(change) for change in held.changes if isinstance(change, UserChange)}
    waiting |= {
        who for change in held.changes if isinstance(change, AccessListChange) for who in change.members_removed
    }
    for change in go.changes:
        if isinstance(change, UserChange) and change.after is None:
            assert name_of(change) in locked
        if isinstance(change, LockChange) and change.after is None:
            assert locked_person(change) not in waiting
    for change in held.changes:
        if isinstance(change, UserChange) and change.after is None and name_of(change) in locked:
            made = [
                each for each in go.changes if isinstance(each, LockChange) and locked_person(each) == name_of(change)
            ]
            assert all(lock.lifetime is None for lock in made)


@many
@given(**plans)
def test_a_rename_an_adoption_and_a_lock_go_or_stay_whole(releases: set[str], **case: Any) -> None:
    _, whole = made_of(**case)
    go, held = split(whole, releases)
    for half, other in ((go, held), (held, go)):
        users = {name_of(change): change for change in half.changes if isinstance(change, UserChange)}
        elsewhere = {name_of(change) for change in other.changes if isinstance(change, UserChange)}
        for old, new in Holding(whole.changes, ()).renamed.items():
            if old in users:
                assert new in users
                assert elsewhere.isdisjoint({old, new})
                assert not any(
                    {old, new} & {*change.members_added, *change.members_removed}
                    for change in other.changes
                    if isinstance(change, AccessListChange) and change.action != "delete"
                )
        for name, change in users.items():
            if change.before is None or not is_ours(change.before.metadata.labels, ORG):
                assert name not in elsewhere
    locks = [change for half in (go, held) for change in half.changes if isinstance(change, LockChange)]
    for lock in [change for change in whole.changes if isinstance(change, LockChange)]:
        lifetimes = [half.lifetime for half in locks if half.address == lock.address]
        assert lifetimes in ([lock.lifetime], [None, lock.lifetime])


@many
@given(**plans)
def test_what_goes_ahead_is_held_by_no_guard_and_together_the_halves_count_what_the_whole_counts(
    releases: set[str], **case: Any
) -> None:
    _, whole = made_of(**case)
    go, held = split(whole, releases)
    if not held.changes:
        assert go is whole
        return
    assert all(not change.blocked_by for change in go.changes)
    assert all(change.blocked_by and releases.isdisjoint(change.blocked_by) for change in held.changes)
    assert {result.guard for result in go.guards if result.verdict == "blocked"} <= {*releases, "user_locks"}
    for result, now, later in zip(whole.guards, go.guards, held.guards, strict=True):
        assert (now.guard, later.guard) == (result.guard, result.guard)
        assert now.count + later.count == result.count


@many
@given(**plans, reason=st.sampled_from(Reason))
def test_r23_reasons_are_for_people_and_decide_nothing(releases: set[str], reason: Reason, **case: Any) -> None:
    _, whole = made_of(**case)
    other = sealed(replace(whole, changes=tuple(replace(change, reason=reason) for change in whole.changes)))
    assert decode_plan(encode_plan(other)) == other
    for half, alike in zip(split(whole, releases), split(other, releases), strict=True):
        assert tuple(replace(change, reason=reason) for change in half.changes) == alike.changes
        assert half.guards == alike.guards


def name_of(change: Change) -> str:
    """The name of the object that a change is about."""
    return split_address(change.address)[1]


def ours_in(made: Plan) -> set[str]:
    """The addresses of the objects of a plan."""
    return {change.address for change in made.changes}
