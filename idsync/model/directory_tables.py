"""The tables that the local target keeps its directory in, as rows: what it asks of a store, whichever that is.

Bodies are canonical JSON. `org` is the org by which an object is ours, empty for a foreign one.
"""

from collections.abc import Collection, Iterable
from contextlib import AbstractContextManager
from typing import Protocol

from idsync.model.addresses import Address
from idsync.model.canonical import Body
from idsync.model.directory import Names


class UserTable(Protocol):
    """Users, by name."""

    def entries(self, org: str, names: Collection[str] | None) -> Iterable[tuple[str, str | None, str]]:
        """Name, Okta id (None unless the user is ours by `org`) and fingerprint of these users, or of all."""

    def names_of(self, okta_ids: Collection[str], twin_keys: Collection[str]) -> Iterable[str]:
        """Names of the users with one of these Okta ids, or whose name has one of these twin keys."""

    def bodies(self, names: Collection[str] | None) -> Iterable[tuple[str, bytes]]:
        """Name and body of these users, or of all."""

    def search(self, text: str, most: int) -> list[str]:
        """The first names, up to so many, that hold a text; upper and lower case of ASCII letters are the same."""

    def put(self, name: str, org: str, okta_id: str, body: Body) -> None:
        """Create or replace a user."""

    def delete(self, name: str) -> None:
        """Delete a user; a missing one is not an error."""


class LockTable(Protocol):
    """Locks, by name."""

    def bodies(self, users: Collection[str] | None, names: Collection[str]) -> Iterable[tuple[str, bytes]]:
        """Name and body of every lock or, where `users` is given, of those on these users or of these names."""

    def ended(self, now: int) -> Iterable[tuple[str, bytes]]:
        """Name and body of the locks that end at or before `now`, in seconds since 1970."""

    def put(self, name: str, user: str, ends: int | None, body: Body) -> None:
        """Create or replace a lock on `user`, empty where it is on none, that ends at `ends`, if it does."""

    def delete(self, name: str) -> None:
        """Delete a lock; a missing one is not an error."""


class AccessListTable(Protocol):
    """Access lists, by name, without their members."""

    def entries(self, org: str, names: Collection[str] | None) -> Iterable[tuple[str, bool, str, str, int]]:
        """Name, whether ours by `org`, fingerprint, fingerprint of the members and their number, of these or of all."""

    def bodies(self, names: Collection[str] | None) -> Iterable[tuple[str, bytes]]:
        """Name and body of these lists, or of all."""

    def owned_by(self, people: Collection[str]) -> Iterable[str]:
        """Names of the lists that name one of these people as an owner."""

    def put(self, name: str, org: str, body: Body, owners: Collection[str]) -> None:
        """Create or replace a list, which these people own; its members stay."""

    def delete(self, name: str) -> None:
        """Delete a list and its memberships; a missing one is not an error."""


class PlainTable(Protocol):
    """Roles, apps and groups, by address."""

    def entries(self, org: str, addresses: Collection[Address] | None) -> Iterable[tuple[str, bool, str]]:
        """Address, whether ours by `org`, and fingerprint of these, or of all."""

    def bodies(self, addresses: Collection[Address] | None) -> Iterable[tuple[str, bytes]]:
        """Address and body of these, or of all."""

    def put(self, address: Address, org: str, body: Body) -> None:
        """Create or replace one."""

    def delete(self, address: Address) -> None:
        """Delete one; a missing one is not an error."""


class MemberTable(Protocol):
    """Memberships: pairs of list and member, with the body of their details."""

    def of_lists(self, access_lists: Collection[str] | None) -> Iterable[tuple[str, bytes, list[str]]]:
        """For these lists or all: list, details, and the members who have these; one row for each distinct details."""

    def of_people(self, names: Collection[str]) -> Iterable[tuple[str, str, bytes]]:
        """List, member and details of every membership of these people."""

    def add(self, access_list: str, details: bytes, names: Collection[str]) -> None:
        """Create or replace memberships of one list, all with the same details."""

    def remove(self, access_list: str, names: Collection[str]) -> None:
        """Remove memberships of one list; missing ones are not an error."""


class DirectoryTables(Protocol):
    """The whole directory."""

    @property
    def users(self) -> UserTable: ...

    @property
    def locks(self) -> LockTable: ...

    @property
    def access_lists(self) -> AccessListTable: ...

    @property
    def plain(self) -> PlainTable: ...

    @property
    def members(self) -> MemberTable: ...

    def counts(self, org: str) -> tuple[int, int, int, int]:
        """How many users, memberships, lists, and apps with groups are ours by `org`."""

    def orgs(self) -> Collection[str]:
        """Every org by which some user, list, app or group is ours."""

    def serial(self) -> int:
        """Grows by one with each transaction that changes the directory."""

    def edited(self, within: Names | None) -> Iterable[Address]:
        """Addresses of what is not as agreed: all, or those of these names, and every lock."""

    def reading(self) -> AbstractContextManager[None]:
        """A span of reads that see one state."""

    def writing(self) -> AbstractContextManager[None]:
        """A span of writes that are kept together or not at all."""
