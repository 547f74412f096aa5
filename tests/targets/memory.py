"""A target in memory that keeps each write as it is made: the plainest meaning of the protocol."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from idsync.model.canonical import fingerprint, fingerprint_names
from idsync.model.directory import DirectoryState, Members, Names
from idsync.model.directory_index import AccessListEntry, DirectoryIndex, UserEntry
from idsync.model.ownership import USER_ID_LABEL, is_ours
from idsync.model.resources import AccessList, Lock, Membership, User


class MemoryTarget:
    """A directory in dictionaries."""

    atomic = False

    def __init__(self) -> None:
        self.users: dict[str, User] = {}
        self.locks: dict[str, Lock] = {}
        self.lists: dict[str, AccessList] = {}
        self.members: dict[str, dict[str, Membership]] = {}
        self.writes = 0

    @contextmanager
    def reading(self) -> Iterator[None]:
        yield

    @contextmanager
    def transaction(self) -> Iterator[None]:
        yield

    def serial(self) -> int:
        return self.writes

    def index(self, org_url: str) -> DirectoryIndex:
        return DirectoryIndex(
            {name: _entry(user, org_url) for name, user in self.users.items()},
            {
                name: AccessListEntry(
                    is_ours(found.metadata.labels, org_url),
                    fingerprint(found),
                    fingerprint_names(self.members[name]),
                    len(self.members[name]),
                )
                for name, found in self.lists.items()
            },
            serial=self.writes,
        )

    def state(self, within: Names | None = None) -> DirectoryState:
        users = self.users.keys() if within is None else within.users
        lists = self.lists.keys() if within is None else within.access_lists
        return DirectoryState(
            {name: user for name, user in self.users.items() if name in users},
            dict(self.locks),
            {name: found for name, found in self.lists.items() if name in lists},
            {name: dict(members) for name, members in self.members.items() if name in lists},
        )

    def access_lists(self) -> dict[str, AccessList]:
        return dict(self.lists)

    def memberships(self, people: Iterable[str]) -> dict[str, dict[str, Membership]]:
        asked = set(people)
        found = {
            name: {who: details for who, details in members.items() if who in asked}
            for name, members in self.members.items()
        }
        return {name: some for name, some in found.items() if some}

    def put_user(self, user: User) -> None:
        self._write()
        self.users[user.metadata.name] = user

    def delete_user(self, name: str) -> None:
        self._write()
        self.users.pop(name, None)

    def put_lock(self, lock: Lock) -> None:
        self._write()
        self.locks[lock.metadata.name] = lock

    def delete_lock(self, name: str) -> None:
        self._write()
        self.locks.pop(name, None)

    def put_access_list(self, access_list: AccessList) -> None:
        self._write()
        self.lists[access_list.metadata.name] = access_list
        self.members.setdefault(access_list.metadata.name, {})

    def delete_access_list(self, name: str) -> None:
        self._write()
        self.lists.pop(name, None)
        self.members.pop(name, None)

    def add_members(self, access_list: str, members: Members) -> None:
        self._write()
        self.members[access_list].update(members)

    def remove_members(self, access_list: str, names: Iterable[str]) -> None:
        self._write()
        for name in names:
            self.members.get(access_list, {}).pop(name, None)

    def _write(self) -> None:
        self.writes += 1


def _entry(user: User, org_url: str) -> UserEntry:
    labels = user.metadata.labels
    return UserEntry(labels.get(USER_ID_LABEL, "") if is_ours(labels, org_url) else None, fingerprint(user))
