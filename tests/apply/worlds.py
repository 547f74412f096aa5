"""Plans to apply, made by the real planner from two states, and a world of stores and targets to apply them in."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec
from hypothesis import strategies as st

from idsync.apply.admission import Expected
from idsync.apply.executor import apply_plan
from idsync.apply.request import Applied, Request
from idsync.model.addresses import Address
from idsync.model.directory import DirectoryState, Reason, UpstreamCause, Why
from idsync.model.findings import Health
from idsync.model.ownership import is_ours
from idsync.model.resources import NEW_MEMBERSHIP, AccessList, Lock, Membership, User
from idsync.model.times import parse_time
from idsync.plan.assemble import summarise
from idsync.plan.changes import FORMAT_VERSION, Change, Inputs, Plan
from idsync.plan.differ import changes_between
from idsync.plan.seal import sealed
from idsync.plan.sections import FIRST
from idsync.stores.holder import this_process
from idsync.stores.sqlite.store import SqliteStore
from tests.targets.world import (
    NOW,
    ORG,
    WritableTarget,
    foreign_list,
    foreign_lock,
    foreign_user,
    our_list,
    our_lock,
    our_user,
)

EXPECTED = Expected("sha256:config", ORG, "0.1.0", frozenset({"temp"}))
HOLDER = this_process("2026-11-22T09:30:00Z")
LATER = NOW + timedelta(minutes=5)

replace = msgspec.structs.replace


def state(*things: User | Lock | AccessList, members: dict[str, dict[str, Membership]] | None = None) -> DirectoryState:
    """A state that holds these objects; a list has the members given, or none."""
    lists = {each.metadata.name: each for each in things if isinstance(each, AccessList)}
    return DirectoryState(
        {each.metadata.name: each for each in things if isinstance(each, User)},
        {each.metadata.name: each for each in things if isinstance(each, Lock)},
        lists,
        {name: (members or {}).get(name, {}) for name in lists},
    )


def fill(target: WritableTarget, content: DirectoryState) -> None:
    """Put a state into an empty target."""
    with target.transaction():
        for user in content.users.values():
            target.put_user(user)
        for lock in content.locks.values():
            target.put_lock(lock)
        for name, access_list in content.access_lists.items():
            target.put_access_list(access_list)
            target.add_members(name, content.members[name])
        for resource in content.plain.values():
            target.put_plain(resource)


def ours(content: DirectoryState) -> DirectoryState:
    """The part of a state that is ours."""
    lists = {n: each for n, each in content.access_lists.items() if is_ours(each.metadata.labels, ORG)}
    return DirectoryState(
        {n: each for n, each in content.users.items() if is_ours(each.metadata.labels, ORG)},
        {n: each for n, each in content.locks.items() if is_ours(each.metadata.labels, ORG)},
        lists,
        {n: content.members[n] for n in lists},
        {each: item for each, item in content.plain.items() if is_ours(item.metadata.labels, ORG)},
    )


def foreign(content: DirectoryState) -> DirectoryState:
    """The part of a state that is not ours."""
    lists = {n: each for n, each in content.access_lists.items() if not is_ours(each.metadata.labels, ORG)}
    return DirectoryState(
        {n: each for n, each in content.users.items() if not is_ours(each.metadata.labels, ORG)},
        {n: each for n, each in content.locks.items() if not is_ours(each.metadata.labels, ORG)},
        lists,
        {n: content.members[n] for n in lists},
    )


def plan_of(changes: Iterable[Change], *, serial: int = 0) -> Plan:
    """A healthy, unblocked plan of these changes."""
    changes = tuple(changes)
    inputs = Inputs(EXPECTED.config_digest, "sha256:snapshot", "2026-11-22T09:00:00Z", serial, ORG, "0.1.0")
    return sealed(Plan(FORMAT_VERSION, "okta", inputs, Health(), summarise(changes), changes, (), (), ()))


def plan_between(
    current: DirectoryState, desired: DirectoryState, *, serial: int = 0, why: dict[Address, Why] | None = None
) -> Plan:
    """The plan that takes what is ours of `current` to `desired`."""
    lifetimes = {name: lifetime_of(lock) for name, lock in desired.locks.items() if lock.spec.expires is not None}
    timeless = {
        name: lock if current.locks.get(name) == lock else replace(lock, spec=replace(lock.spec, expires=None))
        for name, lock in desired.locks.items()
    }
    wanted = replace(desired, locks=timeless)
    return plan_of(changes_between(ours(current), wanted, why or {}, {}, lifetimes), serial=serial)


def lifetime_of(lock: Lock) -> int:
    """For how many seconds from now a lock with an end lasts."""
    assert lock.spec.expires is not None
    return int((parse_time(lock.spec.expires) - NOW).total_seconds())


def request(now: datetime = NOW, **more: object) -> Request:
    """An everyday request."""
    return replace(Request("hiro@laptop", now, HOLDER, EXPECTED), **more)


def apply(plan: Plan, target: WritableTarget, records: SqliteStore, now: datetime = NOW, **more: object) -> Applied:
    """Apply without waiting for anything."""
    return apply_plan(plan, request(now, **more), targets={FIRST: target}, records=records, sleep=never)


def never(seconds: float) -> None:
    """Sleeps that no test wants."""
    raise AssertionError(f"slept {seconds}")


BEFORE = state(
    our_user("stays", "dev"),
    our_user("leaver/1", "dev"),
    our_user("mover", "dev"),
    foreign_user("admin"),
    our_lock("returner-lock", "returner"),
    foreign_lock("by-hand"),
    our_list("00g1", "Old title", "dev"),
    our_list("00g2", "Goes"),
    our_list("00g3", "Shrinks"),
    foreign_list("hand-made"),
    members={
        "00g1": {"stays": Membership(joined="2026-01-01T00:00:00Z"), "leaver/1": Membership(reason="asked")},
        "00g2": {"mover": Membership()},
        "00g3": {"stays": Membership(), "mover": Membership(), "leaver/1": Membership()},
        "hand-made": {"leaver/1": Membership(reason="by hand")},
    },
)
AFTER = state(
    our_user("stays", "dev"),
    our_user("mover", "ops"),
    our_user("joiner", "dev"),
    our_user("returner", "dev"),
    our_lock("leaver-lock", "leaver/1", "2026-11-23T16:30:00Z"),
    our_list("00g1", "New title", "dev"),
    our_list("00g3", "Shrinks"),
    our_list("0oa4", "New"),
    members={
        "00g1": {"stays": Membership(joined="2026-01-01T00:00:00Z"), "joiner": NEW_MEMBERSHIP},
        "00g3": {"stays": Membership()},
        "0oa4": {"joiner": NEW_MEMBERSHIP, "mover": NEW_MEMBERSHIP},
    },
)
WHY = {
    Address("user/joiner"): Why(Reason.ASSIGNED, (UpstreamCause("user", "00u1", "joiner"),)),
    Address("user/leaver/1"): Why(Reason.DEACTIVATED),
}


@st.composite
def contents(draw: st.DrawFn, *, with_foreign: bool) -> DirectoryState:
    """States over few names, so that two of them share and differ."""
    people = ["a", "b/c", "é", "e\u0301", 'it\'s\n"x"']
    made: list[User | Lock | AccessList] = []
    for name in people:
        match draw(st.sampled_from(["none", "ours", "ours", "ops", "foreign" if with_foreign else "none"])):
            case "ours":
                made.append(our_user(name, "dev"))
            case "ops":
                made.append(our_user(name, "ops"))
            case "foreign":
                made.append(foreign_user(f"admin {name}"))
    made += [our_lock(name, name) for name in draw(st.sets(st.sampled_from(["l1", "l2"])))]
    titles = draw(st.dictionaries(st.sampled_from(["00g1", "00g2", "0oa3"]), st.sampled_from(["A", "B"])))
    made += [our_list(name, title) for name, title in titles.items()]
    if with_foreign:
        made += [foreign_lock("by hand"), foreign_list("hand-made")]
    someone = st.dictionaries(st.sampled_from(people), st.just(NEW_MEMBERSHIP), max_size=4)
    lists = [each.metadata.name for each in made if isinstance(each, AccessList)]
    return state(*made, members={name: draw(someone) for name in lists})
