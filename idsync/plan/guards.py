"""Built-in limits on what one plan may take away, and the people whom no plan may take anything vital from."""

from collections import Counter
from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from datetime import datetime
from typing import assert_never

import msgspec

from idsync.config.guards import Guard, Guards
from idsync.config.settings import Settings, TraitSettings
from idsync.model.addresses import Address, split_address
from idsync.model.directory_index import DirectoryIndex, Managed
from idsync.model.names import twin_key
from idsync.model.resources import Lock, User
from idsync.plan.around import Around
from idsync.plan.changes import (
    AccessListChange,
    Change,
    GuardResult,
    LockChange,
    PlainChange,
    RoleChange,
    UserChange,
    newly_locks,
    passes_on,
)
from idsync.plan.gains import Gains
from idsync.plan.losses import Losses
from idsync.plan.sections import OKTA, goes_to_okta

replace = msgspec.structs.replace
PROTECTED = "protected_users"
LOSSES = "access_losses"
APP_GROUPS = "app_group_deletes"
GUARDS = ("user_deletes", "user_locks", "member_removals", "access_list_deletes", APP_GROUPS, LOSSES, PROTECTED)
"""Every guard on changes; `source_shrink` is judged with the snapshot's health."""
BURST = "lock_burst"
GAINS = "access_gains"
UNATTENDED = (BURST, GAINS)
"""The guards of passes that nobody attends, beside the others."""
REMOVED_UPSTREAM = "upstream_removals"
ADDED_UPSTREAM = "upstream_additions"
UPSTREAM = (REMOVED_UPSTREAM, ADDED_UPSTREAM)
"""The guards of what is sent to Okta; they alone count there."""
ALL_GUARDS = (*GUARDS, *UNATTENDED, *UPSTREAM)


NONE: frozenset[Address] = frozenset()


class Standing(msgspec.Struct, frozen=True):
    """Whom and what a plan found: whose locks and memberships guards count, whom they protect, who can use what.

    `people` are users that were ours before the plan, `leaving` names that go or pass on, `protected` folded names,
    `around` what is around the people whom changes touch, at `now`.
    """

    people: Container[str]
    leaving: Container[str]
    around: Around
    now: datetime
    protected: frozenset[str] = frozenset()
    traits: TraitSettings = TraitSettings()
    """Which profile attributes are shown as traits now."""
    lately: Mapping[str, int] | None = None
    """What guards counted within the last hour, where nobody attends; None where somebody does."""


def standing_of(
    settings: Settings, changes: Iterable[Change], index: DirectoryIndex, around: Around, now: datetime
) -> Standing:
    """What guards must know of the directory and the configuration; `index` holds at least everyone who is locked."""
    people = frozenset(name for name, entry in index.users.items() if entry.okta_id is not None)
    locked = {_locked(change) for change in changes if isinstance(change, LockChange)}
    gone = locked - {"", *index.users}  # people whose account a hand took before
    protected = frozenset(map(twin_key, settings.limits.protected_users))
    return Standing(people, leaving(changes) | gone, around, now, protected, settings.integration.users.traits)


def leaving(changes: Iterable[Change]) -> frozenset[str]:
    """The names of users that go, or pass on to another person."""
    users = (change for change in changes if isinstance(change, UserChange) and change.before is not None)
    return frozenset(split_address(change.address)[1] for change in users if _goes(change))


def _goes(change: UserChange) -> bool:
    return change.after is None or passes_on(change)


class Taken(msgspec.Struct, frozen=True):
    """What changes take: how much of it each guard counts, which protected people they harm, and who loses access."""

    counts: Counter[str]
    harmed: frozenset[str]
    losses: Losses
    standing: Standing
    gains: Gains | None = None


def taken_by(changes: Collection[Change], standing: Standing) -> Taken:
    """Count what changes take from people and lists that were ours before; people who are protected count once each."""
    counts = Counter[str]()
    harmed = set()
    for change in changes:
        if change.before is None and not isinstance(change, LockChange):
            continue  # what is created takes nothing, and a first import creates everything
        guard, number = counted(change, standing)
        counts[guard] += number
        counts[ADDED_UPSTREAM] += _added_upstream(change)
        harmed.add(harmed_by(change, standing.protected))
    losses = Losses(changes, standing.around, standing.now, standing.traits)
    harmed.update(name for name in losses.without_role if twin_key(name) in standing.protected)
    people = frozenset(name for name in harmed if name is not None)
    counts[PROTECTED] = len(people)
    counts[LOSSES] = len(losses.people)
    if standing.lately is None:
        return Taken(counts, people, losses, standing)
    gains = Gains(changes, standing.around, standing.now)
    counts[GAINS] = len(gains.people)
    counts[BURST] = counts["user_locks"]
    return Taken(counts, people, losses, standing, gains)


def check_guards(guards: Guards, taken: Taken, managed: Managed) -> tuple[GuardResult, ...]:
    """What is taken, each against its limit; `managed` says how many there are of each in the whole directory."""
    counts, lately = taken.counts, taken.standing.lately

    def result_of(name: str) -> GuardResult:
        if name == PROTECTED:
            return GuardResult(PROTECTED, counts[PROTECTED], 0, "blocked" if counts[PROTECTED] else "ok")
        return _result(name, getattr(guards, name), counts[name], managed_of(name, managed))

    if lately is None:
        return tuple(result_of(name) for name in (*GUARDS, *UPSTREAM) if _is_managed(name, managed))
    names = (name for name in ALL_GUARDS if _is_managed(name, managed))
    return tuple(_with_lately(result_of(name), lately.get(name, 0)) for name in names)


def _is_managed(guard: str, managed: Managed) -> bool:
    """Whether there is anything that a guard counts: most directories have no apps and groups as resources."""
    if (managed.agreed is not None) != (guard in UPSTREAM):
        return False
    return guard != APP_GROUPS or managed.app_groups > 0


def managed_of(guard: str, managed: Managed) -> int:
    """How many there are of what a guard counts."""
    match guard:
        case "member_removals":
            return managed.memberships
        case "access_list_deletes":
            return managed.access_lists
        case "app_group_deletes":
            return managed.app_groups
        case "upstream_removals" | "upstream_additions":
            return managed.agreed or 0
        case _:
            return managed.people


def _with_lately(result: GuardResult, lately: int) -> GuardResult:
    """A result that counts what was taken within the last hour too; where nothing is taken now, nothing is blocked."""
    count = result.count + lately
    return replace(result, count=count, verdict="blocked" if result.count and count > result.limit else "ok")


def marked(changes: Collection[Change], results: Collection[GuardResult], taken: Taken) -> tuple[Change, ...]:
    """The changes, each marked with the guards that count it and are over their limit, after what holds it already."""
    blocked = frozenset(result.guard for result in results if result.verdict == "blocked")
    if not blocked:
        return tuple(changes)
    losses = taken.losses
    taking = losses.taking(losses.people) if LOSSES in blocked else NONE
    harming = losses.taking(taken.harmed & losses.without_role) if PROTECTED in blocked else NONE

    giving = taken.gains.giving(taken.gains.people) if taken.gains and GAINS in blocked else NONE
    burst = _over_burst(changes, results, taken) if BURST in blocked else NONE

    def marks_of(change: Change) -> Iterator[str]:
        guard, number = counted(change, taken.standing)
        if number and guard in blocked:
            yield guard
        if ADDED_UPSTREAM in blocked and _added_upstream(change):
            yield ADDED_UPSTREAM
        if change.address in taking:
            yield LOSSES
        if change.address in harming or (PROTECTED in blocked and harmed_by(change, taken.standing.protected)):
            yield PROTECTED
        if change.address in burst:
            yield BURST
        if change.address in giving:
            yield GAINS

    return tuple(_with_marks(change, tuple(marks_of(change))) for change in changes)


def _over_burst(changes: Iterable[Change], results: Iterable[GuardResult], taken: Taken) -> frozenset[Address]:
    """The locks that are more than may be made within an hour: of the locks of one pass, the last ones by address."""
    limit = next(result.limit for result in results if result.guard == BURST)
    left = max(0, int(limit) - (taken.standing.lately or {}).get(BURST, 0))
    locks = (change for change in changes if isinstance(change, LockChange) and counted(change, taken.standing)[1])
    return frozenset(sorted(change.address for change in locks)[left:])


def _with_marks(change: Change, marks: tuple[str, ...]) -> Change:
    return replace(change, blocked_by=(*change.blocked_by, *marks)) if marks else change


def released(changes: Iterable[Change], names: Container[str]) -> tuple[Change, ...]:
    """The changes without the marks of these guards and doubts: what a person released holds nothing back."""
    return tuple(_released(change, names) for change in changes)


def _released(change: Change, names: Container[str]) -> Change:
    if not change.blocked_by:
        return change
    left = tuple(name for name in change.blocked_by if name not in names)
    return change if left == change.blocked_by else replace(change, blocked_by=left)


def counted(change: Change, standing: Standing) -> tuple[str, int]:
    """The guard on numbers that is about such a change, and for how many it counts there: 0 is not counted."""
    match change:
        case UserChange():
            return "user_deletes", int(change.action == "delete")
        case LockChange():
            return "user_locks", int(_locked(change) in standing.people)
        case AccessListChange(action="delete"):
            return "access_list_deletes", 1
        case AccessListChange(target=target) if target == OKTA:
            return REMOVED_UPSTREAM, len(change.members_removed)
        case AccessListChange():
            return "member_removals", sum(name not in standing.leaving for name in change.members_removed)
        case PlainChange():  # a role goes with its list, which is counted
            return APP_GROUPS, int(change.action == "delete" and not isinstance(change, RoleChange))
        case _:
            assert_never(change)


def _added_upstream(change: Change) -> int:
    """How many memberships a change adds in Okta."""
    return len(change.members_added) if goes_to_okta(change) else 0


def harmed_by(change: Change, protected: Container[str]) -> str | None:
    """The protected person whom a change locks or deletes; None for nearly every change."""
    match change:
        case UserChange(before=User(), after=None):
            name = split_address(change.address)[1]
        case LockChange(after=Lock() as lock) if not _was_for_good(change):
            name = lock.spec.target.user or ""
        case _:
            return None
    return name if twin_key(name) in protected else None


def _locked(change: LockChange) -> str:
    """Whom a change locks who was not locked; empty for any other change of a lock."""
    return (change.after.spec.target.user or "") if change.after is not None and newly_locks(change) else ""


def _was_for_good(change: LockChange) -> bool:
    """Whether the lock was on the same person without an end, or for as long as it is now: nothing is worse then."""
    if newly_locks(change) or change.before is None or change.after is None:
        return False
    as_long = change.lifetime is None and change.before.spec.expires == change.after.spec.expires
    return change.before.spec.expires is None or as_long


def _result(guard: str, setting: Guard, count: int, managed: int) -> GuardResult:
    limit = setting.limit(managed)
    return GuardResult(guard, count, limit, "blocked" if count > limit else "ok")
