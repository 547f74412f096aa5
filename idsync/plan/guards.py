"""Built-in limits on what one plan may take away, and the people whom no plan may take anything vital from."""

from collections.abc import Collection, Iterable

from idsync.config.settings import Guard, Guards
from idsync.model.addresses import split_address
from idsync.model.directory_index import DirectoryIndex, Managed
from idsync.model.findings import Finding
from idsync.model.names import twin_key
from idsync.model.resources import Lock, User
from idsync.plan.changes import AccessListChange, Change, GuardResult, LockChange, UserChange, locks_anew

PROTECTED = "protected_users"
GUARDS = ("user_deletes", "user_locks", "member_removals", "access_list_deletes", PROTECTED)
"""Every guard on changes; `source_shrink` is judged with the snapshot's health."""


def check_guards(
    guards: Guards, changes: Collection[Change], index: DirectoryIndex, managed: Managed, leaving: Collection[str]
) -> tuple[GuardResult, ...]:
    """Count what the plan takes from people and lists that were ours before it, each against its limit.

    `managed` says how many there are of each in the whole directory; `index` holds all that the plan looked at.
    """
    people = {name for name, entry in index.users.items() if entry.okta_id is not None}
    leavers = set(leaving)
    taking = [change for change in changes if not isinstance(change, UserChange) or change.before is not None]
    deletes = _count(isinstance(change, UserChange) and change.action == "delete" for change in taking)
    locks = _count(_locked(change) in people for change in taking)
    removals = sum(_removals(change, leavers) for change in taking)
    list_deletes = _count(isinstance(change, AccessListChange) and change.action == "delete" for change in taking)
    protected = len(_harmed(changes, guards))
    return (
        _result("user_deletes", guards.user_deletes, deletes, managed.people),
        _result("user_locks", guards.user_locks, locks, managed.people),
        _result("member_removals", guards.member_removals, removals, managed.memberships),
        _result("access_list_deletes", guards.access_list_deletes, list_deletes, managed.access_lists),
        GuardResult(PROTECTED, protected, 0, "blocked" if protected else "ok"),
    )


def guard_findings(results: Iterable[GuardResult], changes: Collection[Change], guards: Guards) -> list[Finding]:
    """A finding for every guard that blocks, with its numbers and the way past it."""
    findings = []
    for result in results:
        if result.verdict == "ok":
            continue
        if result.guard == PROTECTED:
            harmed = ", ".join(sorted(_harmed(changes, guards)))
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


def _count(conditions: Iterable[bool]) -> int:
    return sum(conditions)


def _locked(change: Change) -> str | None:
    if isinstance(change, LockChange) and change.after is not None and locks_anew(change):
        return change.after.spec.target.user
    return None


def _removals(change: Change, leavers: set[str]) -> int:
    if not isinstance(change, AccessListChange) or change.action == "delete":
        return 0
    return sum(name not in leavers for name in change.members_removed)


def _harmed(changes: Iterable[Change], guards: Guards) -> set[str]:
    protected = {twin_key(name) for name in guards.protected_users}
    harmed = set()
    for change in changes if protected else ():
        match change:
            case UserChange(before=User(), after=None):
                name = split_address(change.address)[1]
            case UserChange(before=User() as before, after=User() as after) if (
                before.spec.roles and not after.spec.roles
            ):
                name = split_address(change.address)[1]
            case LockChange(after=Lock() as lock) if not _was_for_good(change):
                name = lock.spec.target.user or ""
            case _:
                continue
        if twin_key(name) in protected:
            harmed.add(name)
    return harmed


def _was_for_good(change: LockChange) -> bool:
    """Whether the lock was on the same person without an end: nothing that becomes of it is worse."""
    return not locks_anew(change) and change.before is not None and change.before.spec.expires is None


def _result(guard: str, setting: Guard, count: int, managed: int) -> GuardResult:
    limit = setting.limit(managed)
    return GuardResult(guard, count, limit, "blocked" if count > limit else "ok")
