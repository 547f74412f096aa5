"""Guards counted once more before an apply: from the changes, the configuration and the target.

A person who edits a plan file can also make its digest: what it says of guards and of what is held is not relied on.
"""

from collections.abc import Mapping
from datetime import datetime

import msgspec
from msgspec.structs import replace

from idsync.apply.admission import Expected
from idsync.apply.surroundings import around_who_may_lose
from idsync.model.addresses import Address, split_address
from idsync.model.directory import Members, Names
from idsync.model.findings import Health
from idsync.model.names import twin_key
from idsync.plan.around import Around
from idsync.plan.changes import AccessListChange, Change, GuardResult, LockChange, Plan
from idsync.plan.gains import gives_more
from idsync.plan.guards import ALL_GUARDS, Standing, Taken, check_guards, leaving, marked, released, taken_by
from idsync.plan.health import takes_access
from idsync.plan.losses import gives_less
from idsync.plan.sections import Section, sections
from idsync.targets.protocol import Target

_NOBODY: frozenset[str] = frozenset()


def counted_again(
    plan: Plan,
    expected: Expected,
    targets: Mapping[str, Target],
    now: datetime,
    lately: Mapping[str, int] | None = None,
) -> Plan:
    """The plan with what guards count and hold at `now` in each of these targets, by the names that plans give them.

    `lately` is what they counted within the last hour, where nobody attends. Its digest stays what it was.
    """
    changes: dict[tuple[str, Address], Change] = {}
    results: list[GuardResult] = []
    for section in sections(plan):
        target = targets.get(section.target)
        if target is None:
            results.extend(section.guards)
            continue
        counted = counted_in(section, plan.health, expected, target, now, lately)
        told = section.guards if lately is None else ()
        results.extend(_as_told(result, told) for result in counted.results)
        counted_now = zip(section.changes, counted.changes, strict=True)
        changes.update(((now.target, now.address), now) for told, now in counted_now if now is not told)
    if changes:
        again = tuple(changes.get((change.target, change.address), change) for change in plan.changes)
        plan = replace(plan, changes=again)
    return replace(plan, guards=tuple(results))


class Counted(msgspec.Struct, frozen=True):
    """What guards count in a section: its changes with their marks, each guard's result, and what is taken."""

    changes: tuple[Change, ...]
    results: tuple[GuardResult, ...]
    taken: Taken


def counted_in(
    section: Section,
    health: Health,
    expected: Expected,
    target: Target,
    now: datetime,
    lately: Mapping[str, int] | None,
) -> Counted:
    """What guards count in one section at `now`."""
    standing = _standing(section, expected, target, now, lately)
    held = released(_held_by_doubts(section.changes, health), ALL_GUARDS)
    taken = taken_by(held, standing)
    counted = check_guards(expected.guards, taken, target.counts(expected.org_url))
    results = tuple(replace(result, target=section.target) for result in counted)
    return Counted(marked(held, counted, taken), results, taken)


def _as_told(result: GuardResult, told: tuple[GuardResult, ...]) -> GuardResult:
    """A result as the plan tells it where that comes to the same, though a limit moves with what there is.

    The halves of a plan are known by all that they say; they are to be the same when it is split again.
    """
    for each in told:
        if each.guard == result.guard and each.verdict == result.verdict:
            return each if result.verdict == "ok" or each.count == result.count else result
    return result


def _held_by_doubts(changes: tuple[Change, ...], health: Health) -> tuple[Change, ...]:
    """The changes, of which those that take access bear the doubts about the reading, whatever they bore.

    A lock that is made stays as it is: whether Okta itself shows its person as gone, only the reading knew.
    """
    if health.verdict == "ok":
        return changes
    codes = tuple(sorted({finding.code for finding in health.findings}))

    def held(change: Change) -> Change:
        locks = isinstance(change, LockChange) and change.after is not None
        if locks or not takes_access(change):
            return change
        return replace(change, blocked_by=tuple(dict.fromkeys((*codes, *change.blocked_by))))

    return tuple(map(held, changes))


def _standing(
    section: Section, expected: Expected, target: Target, now: datetime, lately: Mapping[str, int] | None
) -> Standing:
    changes = section.changes
    with target.reading():
        return Standing(
            _ours(changes, target),
            leaving(changes),
            _around(changes, expected, target, or_gain=lately is not None),
            now,
            frozenset(map(twin_key, expected.guards.protected_users)),
            expected.traits,
            lately,
        )


def _ours(changes: tuple[Change, ...], target: Target) -> frozenset[str]:
    """Of the people whom changes lock, those whom the target holds for us."""
    locks = (change.after for change in changes if isinstance(change, LockChange) and change.after is not None)
    locked = frozenset(lock.spec.target.user for lock in locks if lock.spec.target.user)
    users = target.state(Names(locked, _NOBODY)).users if locked else {}
    return frozenset(name for name, user in users.items() if target.ours(user))


def _around(changes: tuple[Change, ...], expected: Expected, target: Target, *, or_gain: bool) -> Around:
    """What is around those who may lose access; of lists that lose members alone, only these are read."""
    lists = [change for change in changes if isinstance(change, AccessListChange) and change.before is not None]
    whole = frozenset(
        split_address(change.address)[1]
        for change in lists
        if change.after is None or gives_less(change) or (or_gain and gives_more(change))
    )
    removed = frozenset(name for change in lists for name in change.members_removed)
    members: dict[str, Members] = dict(target.memberships(removed)) if removed else {}
    if whole:
        members.update(target.state(Names(_NOBODY, whole)).members)
    return around_who_may_lose(changes, members, target, expected.sync, or_gain=or_gain)
