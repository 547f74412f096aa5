"""A wanted state, held against what one target holds: what is the same there, what people own, who stays as found."""

from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

import msgspec

from idsync.compiler.users import adopted, may_adopt
from idsync.config.settings import LockSettings
from idsync.model.directory import DirectoryState, Members
from idsync.model.ownership import lock_name, our_labels, plain_with_owned, with_owned
from idsync.model.plain_resources import App, Plain, Role, UserGroup
from idsync.model.resources import AccessList, Lock, LockSpec, LockTarget, Metadata, User
from idsync.model.resources import lock as lock_resource
from idsync.model.times import later
from idsync.targets.protocol import Target

replace = msgspec.structs.replace
NO_MEMBERS: Members = {}
_ENDED = "Your access ended."
Owned = TypeVar("Owned", User, AccessList, Role, App, UserGroup)


def left_alone(wanted: DirectoryState, found: DirectoryState, held: frozenset[str]) -> DirectoryState:
    """The wanted state in which people who are held are as they were found, and are in the lists in which they were."""
    if not held:
        return wanted
    users = {name: user for name, user in wanted.users.items() if name not in held}
    users.update((name, found.users[name]) for name in held & found.users.keys())
    locks = {name: lock for name, lock in wanted.locks.items() if lock.spec.target.user not in held}
    locks.update((name, lock) for name, lock in found.locks.items() if lock.spec.target.user in held)
    members: dict[str, Members] = {}
    for name, entries in wanted.members.items():
        there = found.members.get(name, NO_MEMBERS)
        members[name] = {
            **{person: entry for person, entry in entries.items() if person not in held},
            **{person: there[person] for person in held & there.keys()},
        }
    return replace(wanted, users=users, locks=locks, members=members)


def as_kept_there(
    wanted: DirectoryState,
    found: DirectoryState,
    target: Target,
    lifetimes: Mapping[str, int],
    now: datetime,
) -> DirectoryState:
    """The wanted state with each object as it is found, where the target says that it is the same.

    An object that is not the same keeps what people own of it there. `lifetimes` are those of locks to be made.
    """
    locks = {}
    for name, lock in wanted.locks.items():
        there = found.locks.get(name)
        same = there is not None and target.same(_with_end(lock, lifetimes.get(name), now), there)
        locks[name] = there if there is not None and same else _without_end(lock)
    return replace(
        wanted,
        plain={address: _plain_there(item, found.plain.get(address), target) for address, item in wanted.plain.items()},
        users={name: _kept_there(user, found.users.get(name), target) for name, user in wanted.users.items()},
        locks=locks,
        access_lists={
            name: _kept_there(item, found.access_lists.get(name), target) for name, item in wanted.access_lists.items()
        },
    )


def _kept_there(wanted: Owned, there: Owned | None, target: Target) -> Owned:
    if there is None:
        return wanted
    return there if target.same(wanted, there) else with_owned(there, wanted)


def _plain_there(wanted: Plain, there: Plain | None, target: Target) -> Plain:
    if there is None:
        return wanted
    return there if target.same(wanted, there) else plain_with_owned(there, wanted)


def taken_over(
    wanted: DirectoryState, found: DirectoryState, target: Target, adopt: frozenset[str]
) -> tuple[DirectoryState, frozenset[str]]:
    """The wanted state with foreign users who may be taken over made permanent, and their names."""
    there = ((name, found.users[name]) for name in wanted.users.keys() & found.users.keys())
    taken = frozenset(name for name, user in there if not target.ours(user) and may_adopt(user, adopt))
    users = {name: adopted(user) if name in taken else user for name, user in wanted.users.items()}
    return replace(wanted, users=users), taken


def _with_end(lock: Lock, lifetime: int | None, now: datetime) -> Lock:
    """A lock as it would be if it were made now."""
    return lock if lifetime is None else replace(lock, spec=replace(lock.spec, expires=later(now, lifetime)))


def _without_end(lock: Lock) -> Lock:
    """A lock as changes hold it: it counts from the apply, and when it ends is its lifetime's to say."""
    return replace(lock, spec=replace(lock.spec, expires=None, created_at=None))


def locks_of_the_absent(wanted: DirectoryState, found: DirectoryState, target: Target, org_url: str) -> dict[str, Lock]:
    """Locks on people who have no account to come, beside those that are wanted: only people who are back are unlocked.

    Locks of ours that are there stay until they end. Who has an account there, and is locked by nothing, gets a lock
    before it goes: the account outlived its lock elsewhere, and credentials for it may live.
    """
    kept = {
        name: lock
        for name, lock in found.locks.items()
        if name not in wanted.locks and target.ours(lock) and lock.spec.target.user not in wanted.users
    }
    locked = {lock.spec.target.user for lock in (*wanted.locks.values(), *kept.values())}
    ours = (name for name, user in found.users.items() if target.ours(user))
    made = [_lock_on(name, org_url) for name in ours if name not in wanted.users and name not in locked]
    marked = target.project(DirectoryState(locks={lock.metadata.name: lock for lock in made})).locks
    return {**kept, **marked}


def unlockable(wanted: DirectoryState, found: DirectoryState, target: Target) -> frozenset[str]:
    """People who cannot be locked, since a foreign lock has the name of theirs: nothing else is done about them."""
    names = (name for name in wanted.locks.keys() & found.locks.keys() if not target.ours(found.locks[name]))
    return frozenset(wanted.locks[name].spec.target.user or "" for name in names)


def _lock_on(user: str, org_url: str) -> Lock:
    metadata = Metadata(lock_name(org_url, user), labels=our_labels(org_url))
    return lock_resource(metadata, LockSpec(LockTarget(user=user), _ENDED, created_by="idsync"))


def lasting(settings: LockSettings, locks: Mapping[str, Lock]) -> dict[str, int]:
    """For how many seconds locks on people who left are made to last, by name; those without an end are not here."""
    return {} if settings.ttl is None else dict.fromkeys(locks, settings.ttl + settings.margin)
