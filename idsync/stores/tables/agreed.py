"""Agreed states: differences from what is in the local directory, and rows by reference for every other target."""

from collections.abc import Collection, Iterable, Mapping
from typing import TypeVar

import msgspec

from idsync.errors import StoreDamaged
from idsync.model.addresses import Address, access_list_address, is_plain, split_address, user_address
from idsync.model.agreed_past import AgreedPast
from idsync.model.canonical import Body, body_of, canonical_bytes
from idsync.model.directory import DirectoryState, Names
from idsync.model.journal import LOCAL
from idsync.model.plain_resources import Plain, Plains
from idsync.model.resources import AccessList, Membership, User
from idsync.model.revisions import AnyResource, resource_of
from idsync.stores.protocol import Difference, Found
from idsync.stores.tables.agreed_past import PastTable
from idsync.stores.tables.bodies import Bodies
from idsync.stores.tables.connection import Connection, Question
from idsync.stores.tables.details import Details
from idsync.stores.tables.directory import Directory
from idsync.stores.tables.names import Names as Numbers
from idsync.stores.tables.names import asked
from idsync.stores.tables.statements import Statements

_SQL = Statements("agreed.sql")
Value = TypeVar("Value")
_USER = msgspec.json.Decoder(User)
_ACCESS_LIST = msgspec.json.Decoder(AccessList)
_MEMBERSHIP = msgspec.json.Decoder(Membership)


class _Past:
    """What is agreed on beyond what a target holds; the same for every target."""

    def __init__(self, connection: Connection, target: str) -> None:
        self._past = PastTable(connection, target)

    def past(self, people: Collection[str] | None = None, names: Collection[str] = ()) -> AgreedPast:
        """What was: all, or what is about these people, by Okta id, or about these names."""
        return self._past.find(people, names)

    def questions(self) -> list[Question]:
        """What is asked first of what was."""
        return [self._past.question()]

    def remember(self, past: AgreedPast) -> None:
        """Keep what was."""
        self._past.put(past)

    def forget(self, past: AgreedPast, access_lists: Iterable[str] = ()) -> None:
        """Forget it again, and all that ended in lists that are gone."""
        self._past.delete(past, access_lists)


class LocalAgreed(_Past):
    """The agreed state of the directory in this store: what is there, but for the differences that are kept."""

    def __init__(self, connection: Connection, directory: Directory, bodies: Bodies) -> None:
        super().__init__(connection, LOCAL)
        self._connection = connection
        self._directory = directory
        self._bodies = bodies

    def differing(self, within: Names | None = None) -> dict[Address, Difference]:
        """The objects that are not as agreed: all, or those of these users and lists, and every lock."""
        return self._directory.differences.find(within)

    def differ(self, differences: Mapping[Address, Difference], bodies: Iterable[Body] = ()) -> None:
        """These objects are not as agreed any more."""
        with self._connection.writing():
            for body in bodies:
                self._bodies.keep(body)
            self._directory.differences.put(differences)

    def settle(self, addresses: Iterable[Address]) -> None:
        """What is at these addresses now is agreed on."""
        self._directory.differences.delete(addresses)

    def keep(self, found: Mapping[Address, Found | None]) -> None:
        """What is at these addresses now is agreed on, and in the directory already."""
        self.settle(found)

    def base(self, names: Names) -> DirectoryState:
        """These users, lists and plain resources as they are, with the differences taken back."""
        with self._connection.reading():
            users = {name: _USER.decode(body) for name, body in self._directory.users.bodies(names.users)}
            lists = {
                name: _ACCESS_LIST.decode(body)
                for name, body in self._directory.access_lists.bodies(names.access_lists)
            }
            members: dict[str, dict[str, Membership]] = {name: {} for name in names.access_lists}
            for name, details, some in self._directory.members.of_lists(names.access_lists):
                members[name].update(dict.fromkeys(some, _MEMBERSHIP.decode(details)))
            plain = {Address(each): resource_of(body) for each, body in self._directory.plain.bodies(names.plain)}
            differing = self.differing(names)
            bodies = self._bodies.find([each.agreed for each in differing.values() if each.agreed is not None])
        for address, each in differing.items():
            body = None if each.agreed is None else bodies.get(each.agreed)
            if body is None and each.agreed is not None:
                raise StoreDamaged(address, "What was agreed on is missing.")
            kind, name = split_address(address)
            if kind == "user":
                _put(users, name, None if body is None else _USER.decode(body))
            elif kind == "access_list":
                _put(lists, name, None if body is None else _ACCESS_LIST.decode(body))
            elif is_plain(address):
                _put(plain, address, None if body is None else resource_of(body))
            elif kind == "access_list_member":
                access_list, _, member = name.partition("/")
                _put(members[access_list], member, None if body is None else _MEMBERSHIP.decode(body))
        return DirectoryState(users, {}, lists, {name: members[name] for name in lists}, _plain(plain))


class RemoteAgreed(_Past):
    """The agreed state of a target whose objects are elsewhere: a row for each object and each membership."""

    def __init__(self, connection: Connection, target: str, names: Numbers, details: Details, bodies: Bodies) -> None:
        super().__init__(connection, target)
        self._connection = connection
        self._target = target
        self._names = names
        self._details = details
        self._bodies = bodies

    def differing(self, within: Names | None = None) -> dict[Address, Difference]:  # noqa: ARG002
        """None: what is there now is not in this store."""
        return {}

    def differ(self, differences: Mapping[Address, Difference], bodies: Iterable[Body] = ()) -> None:
        """Kept as it was agreed on: what is there now is not in this store."""

    def settle(self, addresses: Iterable[Address]) -> None:
        """No difference is kept; what is agreed on is said with `keep`."""

    def keep(self, found: Mapping[Address, Found | None]) -> None:
        """What is at these addresses now, and is agreed on."""
        members: dict[str, Found | None] = {}
        with self._connection.writing():
            for address, each in found.items():
                kind, name = split_address(address)
                if kind == "access_list_member":
                    members[name] = each
                else:
                    self._keep_object(address, each)
            self._keep_members(members)

    def base(self, names: Names) -> DirectoryState:
        """These users, lists and plain resources as they were agreed on."""
        addresses = [*map(user_address, names.users), *map(access_list_address, names.access_lists), *names.plain]
        plain: dict[Address, AnyResource] = {}
        users: dict[str, User] = {}
        lists: dict[str, AccessList] = {}
        members: dict[str, dict[str, Membership]] = {}
        with self._connection.reading():
            self._bodies.flush()
            for address, body in self._connection.rows(_SQL["agreed_bodies_of"], (self._target, asked(addresses))):
                kind, name = split_address(address)
                if kind == "user":
                    users[name] = _USER.decode(body)
                elif is_plain(address):
                    plain[Address(address)] = resource_of(body)
                else:
                    lists[name] = _ACCESS_LIST.decode(body)
                    members[name] = {}
            rows = self._connection.rows(_SQL["agreed_members_of"], (self._target, asked(lists)))
            details = self._details.bodies({number for _, _, number in rows})
            decoded = {number: _MEMBERSHIP.decode(body) for number, body in details.items()}
            for name, member, number in rows:
                members[name][member] = decoded[number]
        return DirectoryState(users, {}, lists, {**members}, _plain(plain))

    def _keep_object(self, address: Address, found: Found | None) -> None:
        if found is not None:
            body = body_of(found)
            self._bodies.keep(body)
            self._connection.run(_SQL["put_agreed"], (self._target, address, bytes.fromhex(body.fingerprint)))
            return
        kind, name = split_address(address)
        self._connection.run(_SQL["delete_agreed"], (self._target, address))
        if kind == "access_list":
            self._connection.run(_SQL["delete_agreed_members"], (self._target, name))

    def _keep_members(self, members: Mapping[str, Found | None]) -> None:
        """Keep the details of these memberships, by LIST/MEMBER; a list may have a hundred thousand."""
        pairs = [name.partition("/")[::2] for name in members]
        names = dict.fromkeys(each for pair in pairs for each in pair)
        numbers = dict(zip(names, self._names.numbers(names), strict=True))
        self._names.flush()
        rows, gone = [], []
        for (access_list, member), details in zip(pairs, members.values(), strict=True):
            row = (self._target, numbers[access_list], numbers[member])
            if details is None:
                gone.append(row)
            else:
                rows.append((*row, self._details.number(canonical_bytes(details))))
        self._connection.run_many(_SQL["put_agreed_member"], rows)
        self._connection.run_many(_SQL["delete_agreed_member"], gone)


Key = TypeVar("Key", bound=str)


def _plain(resources: Mapping[Address, AnyResource]) -> Plains:
    return {address: item for address, item in resources.items() if isinstance(item, Plain)}


def _put(found: dict[Key, Value], name: Key, value: Value | None) -> None:
    if value is None:
        found.pop(name, None)
    else:
        found[name] = value
