"""States after and before: what changes make of a directory. Every after-state in idsync comes from here.

`replay` follows a plan forwards. It needs no whole directory: of objects and members that no change names, nothing is
looked at, so a part of a state gives the same part of the state after.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar, assert_never

from idsync.model.addresses import split_address
from idsync.model.directory import DirectoryState, Members
from idsync.model.resources import AccessList, Lock, Membership, User
from idsync.plan.apply_times import stamped_access_list, stamped_lock, stamped_members
from idsync.plan.changes import AccessListChange, Change, LockChange, UserChange

Body = TypeVar("Body")


def replay(state: DirectoryState, changes: Iterable[Change], now: datetime) -> DirectoryState:
    """The state once every change is made at `now`; neither the state nor its mappings are changed in place."""
    users: dict[str, User] = dict(state.users)
    locks: dict[str, Lock] = dict(state.locks)
    lists: dict[str, AccessList] = dict(state.access_lists)
    members: dict[str, Members] = dict(state.members)
    for change in changes:
        name = split_address(change.address)[1]
        match change:
            case UserChange():
                _put(users, name, change.after)
            case LockChange():
                _put(locks, name, None if change.after is None else stamped_lock(change, now))
            case AccessListChange():
                if change.before != change.after:  # otherwise only members change, and the list stays as it is
                    _put(lists, name, None if change.after is None else stamped_access_list(change, now))
                _put(members, name, _members_after(change, members.get(name, {}), now))
            case _:
                assert_never(change)
    return DirectoryState(users, locks, lists, members)


def _put(bodies: dict[str, Body], name: str, body: Body | None) -> None:
    if body is None:
        bodies.pop(name, None)
    else:
        bodies[name] = body


def _members_after(change: AccessListChange, before: Members, now: datetime) -> Members | None:
    if change.after is None:
        return None
    gone = frozenset(change.members_removed)
    after: dict[str, Membership] = {name: entry for name, entry in before.items() if name not in gone}
    after.update(stamped_members(change, now))
    return after
