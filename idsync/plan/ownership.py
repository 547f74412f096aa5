"""Only what is ours: takes foreign objects out of a comparison, so that no change can name one."""

from collections.abc import Mapping
from typing import TypeVar

from idsync.model.addresses import Address, access_list_address, lock_address, user_address
from idsync.model.directory import DirectoryState
from idsync.model.ownership import Ours
from idsync.model.plain_resources import Plain
from idsync.model.resources import AccessList, Lock, User

Key = TypeVar("Key", bound=str)
Owned = TypeVar("Owned", bound=User | Lock | AccessList | Plain)


def comparable(current: DirectoryState, desired: DirectoryState, adopted: frozenset[str], ours: Ours) -> DirectoryState:
    """The part of `current` that a plan may touch: what is ours, and the users that the compiler adopts by name."""
    lists = _of_ours(current.access_lists, ours)
    return DirectoryState(
        users={**_of_ours(current.users, ours), **_named(current.users, adopted & desired.users.keys())},
        locks=_of_ours(current.locks, ours),
        access_lists=lists,
        members={name: current.members[name] for name in lists},
        plain=_of_ours(current.plain, ours),
    )


def foreign_clashes(current: DirectoryState, desired: DirectoryState, comparable: DirectoryState) -> frozenset[Address]:
    """Names, by address, that are desired and exist as somebody else's: never overwritten."""
    clashes = {user_address(name) for name in _clashing(current.users, desired.users, comparable.users)}
    clashes |= {lock_address(name) for name in _clashing(current.locks, desired.locks, comparable.locks)}
    clashes |= _clashing(current.plain, desired.plain, comparable.plain)
    lists = _clashing(current.access_lists, desired.access_lists, comparable.access_lists)
    return frozenset(clashes | {access_list_address(name) for name in lists})


def _of_ours(objects: Mapping[Key, Owned], ours: Ours) -> dict[Key, Owned]:
    return {name: item for name, item in objects.items() if ours(item)}


def _named(objects: Mapping[str, Owned], names: frozenset[str]) -> dict[str, Owned]:
    return {name: objects[name] for name in names if name in objects}


def _clashing(current: Mapping[Key, Owned], desired: Mapping[Key, Owned], ours: Mapping[Key, Owned]) -> set[Key]:
    return (current.keys() & desired.keys()) - ours.keys()
