"""Two directory states become changes: the keyed comparison, then reasons, causes and preconditions for each."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import msgspec

from idsync.model.addresses import Address, access_list_address, lock_address, user_address
from idsync.model.canonical import fingerprint, fingerprint_names
from idsync.model.directory import DirectoryState, Members, Reason, Why
from idsync.model.resources import NEW_MEMBERSHIP, AccessList, Lock, User
from idsync.model.times import parse_time
from idsync.plan.changes import AccessListChange, Change, LockChange, UserChange
from idsync.plan.difference import difference
from idsync.plan.steps import in_listing_order

replace = msgspec.structs.replace
UNEXPLAINED = Why(Reason.DRIFT)
NO_MEMBERS: Members = {}


def changes_between(
    current: DirectoryState,
    desired: DirectoryState,
    why: Mapping[Address, Why],
    kept: Mapping[str, tuple[str, ...]],
    now: datetime,
) -> tuple[Change, ...]:
    """Every change that takes `current` to `desired`, in listing order; both hold only what may be touched."""
    changes: list[Change] = []
    _user_changes(current.users, desired.users, why, changes)
    _lock_changes(current.locks, desired.locks, why, now, changes)
    _list_changes(current, desired, why, kept, changes)
    return in_listing_order(changes)


def _user_changes(
    before: Mapping[str, User], after: Mapping[str, User], why: Mapping[Address, Why], changes: list[Change]
) -> None:
    found = difference(before, after)
    for name in (*found.created, *found.deleted, *found.changed):
        address = user_address(name)
        reason = why.get(address, UNEXPLAINED)
        old, new = before.get(name), after.get(name)
        changes.append(
            UserChange(address, _action(old, new), reason.reason, reason.causes, old, new, _fingerprint(old))
        )


def _lock_changes(
    before: Mapping[str, Lock],
    after: Mapping[str, Lock],
    why: Mapping[Address, Why],
    now: datetime,
    changes: list[Change],
) -> None:
    found = difference(before, after)
    for name in (*found.created, *found.deleted, *found.changed):
        address = lock_address(name)
        reason = why.get(address, UNEXPLAINED)
        old, new = before.get(name), after.get(name)
        lifetime = _lifetime(new, now)
        changes.append(
            LockChange(
                address,
                _action(old, new),
                reason.reason,
                reason.causes,
                old,
                _timeless(new),
                _fingerprint(old),
                lifetime,
            )
        )


def _list_changes(
    current: DirectoryState,
    desired: DirectoryState,
    why: Mapping[Address, Why],
    kept: Mapping[str, tuple[str, ...]],
    changes: list[Change],
) -> None:
    found = difference(current.access_lists, desired.access_lists)
    members_changed = difference(current.members, desired.members).changed
    for name in dict.fromkeys((*found.created, *found.deleted, *found.changed, *members_changed)):
        address = access_list_address(name)
        reason = why.get(address, UNEXPLAINED)
        old, new = current.access_lists.get(name), desired.access_lists.get(name)
        had, has = current.members.get(name, NO_MEMBERS), desired.members.get(name, NO_MEMBERS)
        added = tuple(sorted(has.keys() - had.keys() if had else has))
        removed = tuple(sorted(had.keys() - has.keys()))
        if old == new and not added and not removed:
            continue
        carried = {} if old is None else {member: has[member] for member in added if has[member] is not NEW_MEMBERSHIP}
        changes.append(
            AccessListChange(
                address, _action(old, new), reason.reason, reason.causes, old, new, added, removed,
                carried, kept.get(name, ()), _fingerprint(old), None if old is None else fingerprint_names(had),
            )
        )  # fmt: skip


def _action(before: object | None, after: object | None) -> Literal["create", "update", "delete"]:
    if before is None:
        return "create"
    return "delete" if after is None else "update"


def _fingerprint(before: User | Lock | AccessList | None) -> str | None:
    return None if before is None else fingerprint(before)


def _lifetime(lock: Lock | None, now: datetime) -> int | None:
    if lock is None or lock.spec.expires is None:
        return None
    return int((parse_time(lock.spec.expires) - now.replace(microsecond=0)).total_seconds())


def _timeless(lock: Lock | None) -> Lock | None:
    """The lock without what only an apply knows; its lifetime stands in the change."""
    return None if lock is None else replace(lock, spec=replace(lock.spec, expires=None))
