"""A target in memory that keeps each write as it is made: the plainest meaning of the protocol."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from msgspec.structs import replace

from idsync.model.addresses import PLAIN_KINDS, Address, Kind
from idsync.model.directory import DirectoryState, Members, Names
from idsync.model.directory_index import DirectoryIndex, Managed
from idsync.model.former_addresses import Orphans
from idsync.model.ownership import is_ours, same_owned
from idsync.model.plain_resources import Plain, Plains, address_of_plain
from idsync.model.resources import AccessList, Lock, Membership, User
from idsync.plan.apply_times import Moment
from idsync.plan.steps import Step
from idsync.targets.given import GivenDirectory
from idsync.targets.protocol import Resource
from idsync.targets.writing import write_step
from tests.targets.world import ORG


class MemoryTarget:
    """A directory in dictionaries."""

    name = "memory"
    atomic = False
    kinds: frozenset[Kind] = frozenset({"user", "lock", "access_list", "access_list_member", *PLAIN_KINDS})

    def __init__(self, org_url: str = ORG) -> None:
        self.org_url = org_url
        self.users: dict[str, User] = {}
        self.locks_by_name: dict[str, Lock] = {}
        self.lists: dict[str, AccessList] = {}
        self.members: dict[str, dict[str, Membership]] = {}
        self.resources: Plains = {}
        self.writes = 0

    @contextmanager
    def reading(self) -> Iterator[None]:
        yield

    @contextmanager
    def transaction(self) -> Iterator[None]:
        yield

    def serial(self) -> int:
        return self.writes

    def index(self, org_url: str, within: Names | None = None) -> DirectoryIndex:
        return replace(self._given().index(org_url, within), serial=self.writes)

    def counts(self, org_url: str) -> Managed:
        return self._given().counts(org_url)

    def orphans(self, known: Collection[str]) -> tuple[Orphans, ...]:
        return self._given().orphans(known)

    def names_of(self, okta_ids: Collection[str], twin_keys: Collection[str]) -> frozenset[str]:
        return self._given().names_of(okta_ids, twin_keys)

    def state(self, within: Names | None = None) -> DirectoryState:
        return self._given().state(within)

    def locks(self, users: Collection[str] | None = None, names: Collection[str] = ()) -> dict[str, Lock]:
        return self._given().locks(users, names)

    def ended_locks(self, now: datetime) -> dict[str, Lock]:
        return self._given().ended_locks(now)

    def access_lists(self, names: Collection[str] | None = None) -> dict[str, AccessList]:
        return self._given().access_lists(names)

    def memberships(self, people: Iterable[str]) -> dict[str, dict[str, Membership]]:
        return self._given().memberships(people)

    def owned_by(self, people: Collection[str]) -> frozenset[str]:
        return self._given().owned_by(people)

    def plain(self, addresses: Collection[Address] | None = None) -> Plains:
        return self._given().plain(addresses)

    def _given(self) -> GivenDirectory:
        members: dict[str, Members] = {name: dict(entries) for name, entries in self.members.items()}
        return GivenDirectory(
            DirectoryState(dict(self.users), dict(self.locks_by_name), dict(self.lists), members, dict(self.resources))
        )

    def ours(self, resource: Resource) -> bool:
        return is_ours(resource.metadata.labels, self.org_url)

    def project(self, desired: DirectoryState) -> DirectoryState:
        return desired

    def same(self, wanted: Resource | None, found: Resource | None) -> bool:
        return same_owned(wanted, found)

    def make(self, step: Step, at: Moment, fence: int) -> Resource | None:
        return write_step(step, self, at)

    def put_user(self, user: User) -> None:
        self._write()
        self.users[user.metadata.name] = user

    def delete_user(self, name: str) -> None:
        self._write()
        self.users.pop(name, None)

    def put_lock(self, lock: Lock) -> None:
        self._write()
        self.locks_by_name[lock.metadata.name] = lock

    def delete_lock(self, name: str) -> None:
        self._write()
        self.locks_by_name.pop(name, None)

    def put_access_list(self, access_list: AccessList) -> None:
        self._write()
        self.lists[access_list.metadata.name] = access_list
        self.members.setdefault(access_list.metadata.name, {})

    def delete_access_list(self, name: str) -> None:
        self._write()
        self.lists.pop(name, None)
        self.members.pop(name, None)

    def put_plain(self, resource: Plain) -> None:
        self._write()
        self.resources[address_of_plain(resource)] = resource

    def delete_plain(self, address: Address) -> None:
        self._write()
        self.resources.pop(address, None)

    def add_members(self, access_list: str, members: Members) -> None:
        self._write()
        self.members[access_list].update(members)

    def add_alike(self, access_list: str, details: Membership, names: Collection[str]) -> None:
        self.add_members(access_list, dict.fromkeys(names, details))

    def remove_members(self, access_list: str, names: Iterable[str]) -> None:
        self._write()
        for name in names:
            self.members.get(access_list, {}).pop(name, None)

    def _write(self) -> None:
        self.writes += 1
