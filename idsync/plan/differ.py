"""Two directory states become changes: the keyed comparison, then reasons, causes and preconditions for each."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from idsync.model.addresses import Address, access_list_address, lock_address, split_address, user_address
from idsync.model.canonical import fingerprint
from idsync.model.directory import DirectoryState, Members, Reason, Why
from idsync.model.plain_resources import Plain, Plains
from idsync.model.resources import NEW_MEMBERSHIP, AccessList, Lock, User
from idsync.plan.changes import PLAIN_CHANGES, AccessListChange, Change, LockChange, UserChange
from idsync.plan.difference import difference
from idsync.plan.steps import in_listing_order

UNEXPLAINED = Why(Reason.DRIFT)
NO_MEMBERS: Members = {}
NO_LIFETIMES: Mapping[str, int] = {}
NOBODY: frozenset[str] = frozenset()


def changes_between(
    current: DirectoryState,
    desired: DirectoryState,
    why: Mapping[Address, Why],
    kept: Mapping[str, tuple[str, ...]],
    lifetimes: Mapping[str, int] = NO_LIFETIMES,
    passed: frozenset[str] = NOBODY,
    lent: frozenset[str] = NOBODY,
) -> tuple[Change, ...]:
    """Every change that takes `current` to `desired`, in listing order; both hold only what may be touched.

    `lifetimes` says, by lock name, for how many seconds a lock to be made lasts; without one it has no end. The
    memberships of names that `passed` to another person are new ones; `lent` are names of accounts by which
    somebody else may sign in.
    """
    return in_listing_order(
        [
            *_user_changes(current.users, desired.users, why),
            *_lock_changes(current.locks, desired.locks, why, lifetimes, lent),
            *_list_changes(current, desired, why, kept, passed),
            *_plain_changes(current.plain, desired.plain, why),
        ]
    )


def _user_changes(
    before: Mapping[str, User], after: Mapping[str, User], why: Mapping[Address, Why]
) -> Iterator[UserChange]:
    for name in difference(before, after).differing:
        address, old, new = user_address(name), before.get(name), after.get(name)
        reason = why.get(address, UNEXPLAINED)
        yield UserChange(address, _action(old, new), reason.reason, reason.causes, old, new, _fingerprint(old))


def _lock_changes(
    before: Mapping[str, Lock],
    after: Mapping[str, Lock],
    why: Mapping[Address, Why],
    lifetimes: Mapping[str, int],
    lent: frozenset[str],
) -> Iterator[LockChange]:
    for name in difference(before, after).differing:
        address, old, new = lock_address(name), before.get(name), after.get(name)
        reason = why.get(address, UNEXPLAINED)
        yield LockChange(
            address, _action(old, new), reason.reason, reason.causes, old, new, _fingerprint(old),
            lifetime=None if new is None else lifetimes.get(name),
            lent=new is not None and new.spec.target.user in lent,
        )  # fmt: skip


def _list_changes(
    current: DirectoryState,
    desired: DirectoryState,
    why: Mapping[Address, Why],
    kept: Mapping[str, tuple[str, ...]],
    passed: frozenset[str],
) -> Iterator[AccessListChange]:
    members_changed = difference(current.members, desired.members).changed
    differing = difference(current.access_lists, desired.access_lists).differing
    for name in dict.fromkeys((*differing, *members_changed)):
        address = access_list_address(name)
        reason = why.get(address, UNEXPLAINED)
        old, new = current.access_lists.get(name), desired.access_lists.get(name)
        had, has = current.members.get(name, NO_MEMBERS), desired.members.get(name, NO_MEMBERS)
        renewed = [member for member in passed & has.keys() & had.keys() if has[member] is not had[member]]
        added = tuple(sorted((has.keys() - had.keys()).union(renewed) if had else has))
        removed = tuple(sorted((had.keys() - has.keys()).union(renewed)))
        if old == new and not added and not removed:
            continue
        carried = {} if old is None else {member: has[member] for member in added if has[member] is not NEW_MEMBERSHIP}
        yield AccessListChange(
            address, _action(old, new), reason.reason, reason.causes, old, new, _fingerprint(old),
            members_added=added,
            members_removed=removed,
            carried=carried,
            kept=kept.get(name, ()),
            edits_lost=() if new is None else _edits_lost(removed, had, carried),
        )  # fmt: skip


def _plain_changes(before: Plains, after: Plains, why: Mapping[Address, Why]) -> Iterator[Change]:
    for address in difference(before, after).differing:
        old, new = before.get(address), after.get(address)
        reason = why.get(address, UNEXPLAINED)
        made = PLAIN_CHANGES[split_address(address)[0]]
        # Each kind's change holds that kind's resources, which the table cannot say.
        change: Any = made
        yield change(address, _action(old, new), reason.reason, reason.causes, old, new, _fingerprint(old))


def _edits_lost(removed: Iterable[str], had: Members, carried: Members) -> tuple[str, ...]:
    """The members removed whose expiry or reason people had set; one who is renamed brings both along."""
    edited = [name for name in removed if had[name].expires or had[name].reason]
    if not edited:
        return ()
    moved = {id(entry) for entry in carried.values()}
    return tuple(name for name in edited if id(had[name]) not in moved)


def _action(before: object | None, after: object | None) -> Literal["create", "update", "delete"]:
    if before is None:
        return "create"
    return "delete" if after is None else "update"


def _fingerprint(before: User | Lock | AccessList | Plain | None) -> str | None:
    return None if before is None else fingerprint(before)
