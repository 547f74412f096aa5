"""Built-in limits on what one plan may take away, and the people whom no plan may take anything vital from."""

from collections import Counter
from collections.abc import Collection, Container, Iterable
from typing import assert_never

import msgspec

from idsync.config.settings import Guard, Guards
from idsync.model.addresses import split_address
from idsync.model.directory_index import DirectoryIndex, Managed
from idsync.model.findings import Finding
from idsync.model.names import twin_key
from idsync.model.resources import Lock, User
from idsync.plan.changes import AccessListChange, Change, GuardResult, LockChange, UserChange, newly_locks

replace = msgspec.structs.replace
PROTECTED = "protected_users"
GUARDS = ("user_deletes", "user_locks", "member_removals", "access_list_deletes", PROTECTED)
"""Every guard on changes; `source_shrink` is judged with the snapshot's health."""


class Standing(msgspec.Struct, frozen=True):
    """Whom and what a plan found: whose locks and memberships guards count, and whom they protect.

    `people` are users that were ours before the plan, `leaving` names that go or pass on, `protected` folded names.
    """

    people: Container[str]
    leaving: Container[str]
    protected: frozenset[str] = frozenset()


def standing_of(guards: Guards, index: DirectoryIndex, leaving: Collection[str]) -> Standing:
    """What guards must know of the directory and the configuration; `index` holds all that the plan looked at."""
    people = frozenset(name for name, entry in index.users.items() if entry.okta_id is not None)
    return Standing(people, frozenset(leaving), frozenset(map(twin_key, guards.protected_users)))


def check_guards(
    guards: Guards, changes: Iterable[Change], standing: Standing, managed: Managed
) -> tuple[GuardResult, ...]:
    """Count what the plan takes from people and lists that were ours before it, each against its limit.

    `managed` says how many there are of each in the whole directory.
    """
    counts = counts_of(changes, standing)
    return (
        _result("user_deletes", guards.user_deletes, counts["user_deletes"], managed.people),
        _result("user_locks", guards.user_locks, counts["user_locks"], managed.people),
        _result("member_removals", guards.member_removals, counts["member_removals"], managed.memberships),
        _result("access_list_deletes", guards.access_list_deletes, counts["access_list_deletes"], managed.access_lists),
        GuardResult(PROTECTED, counts[PROTECTED], 0, "blocked" if counts[PROTECTED] else "ok"),
    )


def counts_of(changes: Iterable[Change], standing: Standing) -> Counter[str]:
    """What changes take, as each guard counts it; people who are protected count once each."""
    counts = Counter[str]()
    harmed = set()
    for change in changes:
        guard, number = counted(change, standing)
        counts[guard] += number
        harmed.add(harmed_by(change, standing.protected))
    counts[PROTECTED] = len(harmed - {None})
    return counts


def marked(changes: Iterable[Change], results: Iterable[GuardResult], standing: Standing) -> tuple[Change, ...]:
    """The changes, each marked with the guards that count it and are over their limit, after what holds it already."""
    blocked = frozenset(result.guard for result in results if result.verdict == "blocked")
    if not blocked:
        return tuple(changes)
    return tuple(_marked(change, blocked, standing) for change in changes)


def _marked(change: Change, blocked: frozenset[str], standing: Standing) -> Change:
    guards = [counted(change, standing)[0]] if counted(change, standing)[1] else []
    guards += [PROTECTED] if harmed_by(change, standing.protected) is not None else []
    names = tuple(guard for guard in guards if guard in blocked)
    return replace(change, blocked_by=(*change.blocked_by, *names)) if names else change


def released(changes: Iterable[Change], names: Container[str]) -> tuple[Change, ...]:
    """The changes without the marks of these guards and doubts: what a person released holds nothing back."""
    return tuple(_released(change, names) for change in changes)


def _released(change: Change, names: Container[str]) -> Change:
    left = tuple(name for name in change.blocked_by if name not in names)
    return change if left == change.blocked_by else replace(change, blocked_by=left)


def guard_findings(
    results: Iterable[GuardResult], changes: Collection[Change], protected: frozenset[str]
) -> list[Finding]:
    """A finding for every guard that blocks, with its numbers and the way past it."""
    findings = []
    for result in results:
        if result.verdict == "ok":
            continue
        if result.guard == PROTECTED:
            people = {harmed_by(change, protected) for change in changes}
            harmed = ", ".join(sorted(name for name in people if name is not None))
            what = f"The plan would lock, delete or leave without a role people who are protected: {harmed}."
        else:
            what = f"The plan makes {result.count} {_WORDS[result.guard]}; the limit is {result.limit}."
        findings.append(Finding(result.guard, "error", f"{what} To go ahead: apply --allow {result.guard}=REASON."))
    return findings


_WORDS = {
    "user_deletes": "user deletions",
    "user_locks": "user locks",
    "member_removals": "member removals",
    "access_list_deletes": "access list deletions",
}


def counted(change: Change, standing: Standing) -> tuple[str, int]:
    """The guard on numbers that is about such a change, and for how many it counts there: 0 is not counted."""
    match change:
        case UserChange():
            return "user_deletes", int(change.action == "delete")
        case LockChange():
            return "user_locks", int(_locked(change) in standing.people)
        case AccessListChange(action="delete"):
            return "access_list_deletes", 1
        case AccessListChange():
            return "member_removals", sum(name not in standing.leaving for name in change.members_removed)
        case _:
            assert_never(change)


def harmed_by(change: Change, protected: Container[str]) -> str | None:
    """The protected person whom a change locks, deletes or leaves without a role; None for nearly every change."""
    match change:
        case UserChange(before=User(), after=None):
            name = split_address(change.address)[1]
        case UserChange(before=User() as before, after=User() as after) if before.spec.roles and not after.spec.roles:
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
    """Whether the lock was on the same person without an end: nothing that becomes of it is worse."""
    return not newly_locks(change) and change.before is not None and change.before.spec.expires is None


def _result(guard: str, setting: Guard, count: int, managed: int) -> GuardResult:
    limit = setting.limit(managed)
    return GuardResult(guard, count, limit, "blocked" if count > limit else "ok")
