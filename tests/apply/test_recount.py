"""What a plan file says of guards and of what is held is counted once more before it is applied."""

from decimal import Decimal

import msgspec
import pytest

from idsync.config.guards import Guard, Guards
from idsync.errors import BlockedError, SourceUnhealthy
from idsync.model.directory import DirectoryState
from idsync.model.findings import Finding, Health
from idsync.model.resources import Membership
from idsync.plan.changes import GuardResult, Plan
from idsync.plan.planfile import decode_plan, encode_plan
from idsync.plan.seal import sealed
from idsync.stores.sqlite.store import SqliteStore
from idsync.targets.local import LocalTarget
from tests.apply.worlds import EXPECTED, apply, fill, plan_between, state
from tests.targets.world import our_list, our_lock, our_user

replace = msgspec.structs.replace
NONE = Guard(Decimal(0), 0)
PEOPLE = [our_user(f"p{number}", "dev", "ops") for number in range(8)]
EVERYBODY = {f"p{number}": Membership() for number in range(8)}
BEFORE = state(*PEOPLE, our_list("00g1", "Eng", "eng"), our_list("00g2", "Ops"), members={"00g1": EVERYBODY})
MANY = Guard(Decimal(100), 100)
FREE = Guards(MANY, MANY, MANY, MANY, MANY, MANY)


def said_to_be_fine(plan: Plan) -> Plan:
    """A plan file that somebody edited, and gave a digest that fits."""
    clean = tuple(replace(change, blocked_by=()) for change in plan.changes)
    results = tuple(GuardResult(name, 0, 100, "ok") for name in ("user_deletes", "access_losses"))
    return decode_plan(encode_plan(sealed(replace(plan, changes=clean, guards=results, findings=()))))


def less(**guards: Guard) -> Guards:
    return replace(FREE, **guards)


LEFT = state(*PEOPLE[2:], our_lock("l0", "p0"), our_lock("l1", "p1"), *BEFORE.access_lists.values(), members={})
CASES: list[tuple[str, DirectoryState]] = [
    ("user_deletes", LEFT),
    ("user_locks", LEFT),
    ("member_removals", replace(BEFORE, members={"00g1": {"p7": Membership()}, "00g2": {}})),
    ("access_list_deletes", state(*PEOPLE, our_list("00g1", "Eng", "eng"), members={"00g1": EVERYBODY})),
    ("access_losses", replace(BEFORE, members={"00g1": {"p7": Membership()}, "00g2": {}})),
    ("access_losses", replace(BEFORE, users={**BEFORE.users, "p3": our_user("p3", "dev")})),
    ("access_losses", replace(BEFORE, access_lists={**BEFORE.access_lists, "00g1": our_list("00g1", "Eng")})),
]


@pytest.mark.parametrize(("guard", "after"), CASES)
def test_r33_a_file_that_says_that_all_is_well_is_blocked_all_the_same(
    guard: str, after: DirectoryState, local: LocalTarget, store: SqliteStore
) -> None:
    fill(local, BEFORE)
    plan = said_to_be_fine(plan_between(BEFORE, after))
    strict = replace(EXPECTED, guards=less(**{guard: NONE}))
    with pytest.raises(BlockedError) as caught:
        apply(plan, local, store, expected=strict)
    assert caught.value.guards == (guard,)
    assert list(store.journal.entries()) == []
    assert apply(plan, local, store, expected=strict, releases={guard: "agreed"}).run == 1


@pytest.mark.parametrize("name", ["p0", "P0"])
def test_r33_protected_people_are_looked_for_once_more(name: str, local: LocalTarget, store: SqliteStore) -> None:
    fill(local, BEFORE)
    strict = replace(EXPECTED, guards=replace(FREE, protected_users=frozenset({name})))
    with pytest.raises(BlockedError, match="protected_users"):
        apply(said_to_be_fine(plan_between(BEFORE, LEFT)), local, store, expected=strict)


def test_r33_a_file_that_says_that_all_is_lost_is_applied_where_it_is_not(
    local: LocalTarget, store: SqliteStore
) -> None:
    fill(local, BEFORE)
    plan = plan_between(BEFORE, LEFT)
    marked = (replace(plan.changes[0], blocked_by=("user_locks",)), *plan.changes[1:])
    plan = replace(plan, changes=marked, guards=(GuardResult("user_locks", 2, 0, "blocked"),))
    assert apply(plan, local, store, expected=replace(EXPECTED, guards=FREE)).run == 1


def test_r33_what_takes_access_is_held_by_a_doubt_though_the_file_bears_no_mark(
    local: LocalTarget, store: SqliteStore
) -> None:
    fill(local, BEFORE)
    doubt = Health("suspect", (Finding("groups_empty", "error", "No group has a member."),))
    plan = said_to_be_fine(replace(plan_between(BEFORE, LEFT), health=doubt))
    expected = replace(EXPECTED, guards=FREE)
    with pytest.raises(SourceUnhealthy):
        apply(plan, local, store, expected=expected)
    assert apply(plan, local, store, expected=expected, releases={"groups_empty": "agreed"}).run == 1


def test_what_anything_else_holds_stays_held(local: LocalTarget, store: SqliteStore) -> None:
    fill(local, BEFORE)
    plan = plan_between(BEFORE, LEFT)
    plan = replace(plan, changes=(replace(plan.changes[0], blocked_by=("policy/four-eyes",)), *plan.changes[1:]))
    with pytest.raises(BlockedError, match="policy/four-eyes"):
        apply(plan, local, store, expected=replace(EXPECTED, guards=FREE))


def test_access_that_another_way_gave_when_the_plan_was_made_is_lost_when_that_is_gone(
    local: LocalTarget, store: SqliteStore
) -> None:
    ops = {**BEFORE.access_lists, "00g2": our_list("00g2", "Ops", "eng")}
    two_ways = replace(BEFORE, access_lists=ops, members={"00g1": EVERYBODY, "00g2": {"p3": Membership()}})
    fill(local, two_ways)
    plan = plan_between(two_ways, replace(two_ways, members={**two_ways.members, "00g1": {}}))
    plan = replace(plan, changes=tuple(replace(c, members_removed=("p3",)) for c in plan.changes))
    strict = replace(EXPECTED, guards=less(access_losses=NONE))
    local.remove_members("00g2", ["p3"])
    with pytest.raises(BlockedError, match="access_losses"):
        apply(sealed(plan), local, store, expected=strict)
