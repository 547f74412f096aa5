"""Rules R32 and R33, plainly: what a pass takes from people and lists that were ours before, as guards count it."""

from datetime import datetime

from tests.lives.directory import Directory
from tests.lives.oracle import is_past
from tests.lives.organization import Configuration
from tests.lives.people import People


def counts(before: Directory, after: Directory, people: People, now: datetime) -> dict[str, tuple[int, int]]:
    """What each guard counts: at least, and at most.

    The old name of a renamed person may count, and so may a user that is not ours and loses a membership.
    """
    old_names = {*people.renamed.values()}
    gone = {name for name, user in before.users.items() if user.id is not None and name not in after.users}
    locked = {
        lock.user
        for name, lock in after.locks.items()
        if lock.ours and before.locks.get(name) != lock and _is_ours(before, lock.user)
    }
    newly = {name for name in locked if not any(lock.user == name and lock.ours for lock in before.locks.values())}
    leaving = {*people.leaving, *people.replaced} | old_names
    removed = sum(
        name not in has.members and name not in leaving
        for list_id, had in before.lists.items()
        if (has := after.lists.get(list_id)) is not None
        for name in had.members
    )
    lists = len(before.lists.keys() - after.lists.keys())
    return {
        "user_deletes": (len(gone - old_names), len(gone)),
        "user_locks": (len(newly - old_names), len(locked)),
        "member_removals": (removed, removed),
        "access_list_deletes": (lists, lists),
        "access_losses": _losses(before, after, people, now),
    }


def _losses(before: Directory, after: Directory, people: People, now: datetime) -> tuple[int, int]:
    """People who stay, are not locked, and lose a role that they do not have in another way."""
    locked = {lock.user for lock in after.locks.values() if not is_past(lock.ends, now)}
    ours = others = 0
    for name, user in after.users.items():
        earlier = people.renamed.get(name, name)
        there = before.users.get(earlier)
        if there is None or there.id != user.id or name in locked:
            continue
        if _usable(before, earlier, now) - _usable(after, name, now):
            ours += user.id is not None
            others += user.id is None
    return ours, ours + others


def _usable(directory: Directory, name: str, now: datetime) -> set[str]:
    """The roles that somebody can use: their own, and those that lists grant whose membership has not ended."""
    roles = {*directory.users[name].roles}
    for there in directory.lists.values():
        if name in there.members and not is_past(there.members[name].expires, now):
            roles |= {*there.roles}
    return roles


def _is_ours(directory: Directory, name: str) -> bool:
    return name in directory.users and directory.users[name].id is not None


def blocking(counted: dict[str, tuple[int, int]], files: Configuration) -> tuple[list[str], list[str]]:
    """The guards that must block, and those that may."""
    limits = files.limits
    must = [guard for guard, (least, _) in counted.items() if guard in limits and least > limits[guard]]
    may = [guard for guard, (_, most) in counted.items() if guard in limits and most > limits[guard]]
    return must, may
