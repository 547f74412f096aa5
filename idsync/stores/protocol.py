"""What the rest of idsync asks of its own database, in its words: leases, the journal, runs, facts, people's edits."""

from collections.abc import Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Protocol

import msgspec

from idsync.model.addresses import Address
from idsync.model.canonical import Body
from idsync.model.extent import Extent, Reading
from idsync.model.identity import Snapshot
from idsync.model.journal import Entry


class Holder(msgspec.Struct, frozen=True):
    """The process that holds a lease: enough to tell people who it is, and machines whether it still lives."""

    process: int
    host: str
    user: str
    since: str
    boot: str = ""
    born: str = ""
    """When the process began, in the system's own count: tells it from a later one with the same number."""

    def __str__(self) -> str:
        return f"{self.user}@{self.host}, process {self.process}"


class Leases(Protocol):
    """The locks that keep two runs apart."""

    def take(self, name: str, holder: Holder) -> Holder | None:
        """None when `holder` has the lease now; else who has it. A dead holder's lease is free at once.

        Who has it may take it again, and so renew it.
        """

    def release(self, name: str, holder: Holder) -> None:
        """Give a lease back; no error when another holds it."""


class Journal(Protocol):
    """The append-only record."""

    def append(self, entry: Entry, bodies: Iterable[Body] = ()) -> None:
        """Add an entry, and the bodies that it names, at once or with the transaction that is open."""


class UnfinishedRun(msgspec.Struct, frozen=True):
    """A run that was broken off."""

    run: int
    started_at: str


class Runs(Protocol):
    """Which plans were run."""

    def next_number(self) -> int:
        """The number of the run to come, counted from 1."""

    def finished(self, plan: str) -> int | None:
        """The run that applied the plan of this digest whole, if any."""

    def unfinished(self, plan: str) -> UnfinishedRun | None:
        """The last run of the plan of this digest, when it was broken off."""


class Facts(Protocol):
    """Small values by key, such as the counts of the last good snapshot; also what can be made again (the cache)."""

    def get(self, key: str) -> bytes | None:
        """The value, or None."""

    def put(self, values: Mapping[str, bytes]) -> None:
        """Set several at once."""

    def delete(self, key: str) -> None:
        """Forget one; a missing one is no error."""


class Upstream(Protocol):
    """Upstream facts: the last known reading, as full passes, ticks and pushes left it. Nothing here reads everybody.

    A person is known by Okta id. Groups and apps are lists here; only an app's direct assignments are its members.
    """

    def take(self, reading: Reading) -> Extent:
        """Store a reading; what is absent inside its extent is gone.

        Returns the people of whom anything changed, memberships included, and the lists that came, went or are called
        something else.
        """

    def whole(self) -> Snapshot | None:
        """Everything that is known, in one snapshot; None before the first whole reading."""

    def part(self, users: Collection[str], lists: Collection[str]) -> Snapshot:
        """These people, every list that any of them is in, and these lists besides; as members these people alone."""

    def usernames(self, users: Collection[str]) -> frozenset[str]:
        """The user names of these people, as far as they are known."""

    def named(self, twin_keys: Collection[str]) -> frozenset[str]:
        """The people whose user name has one of these twin keys."""

    def members(self, lists: Collection[str]) -> frozenset[str]:
        """Everybody in any of these lists, people without the app included."""

    def has_others(self, name: str, users: Collection[str], statuses: Collection[str]) -> bool:
        """Whether a list has a member apart from `users` who has the app and one of these Okta statuses."""


class Edits(Protocol):
    """Objects of ours that a person changed or removed since the last apply."""

    def add(self, addresses: Iterable[Address]) -> None:
        """Remember them, as of now."""

    def clear(self, serial: int) -> None:
        """Forget those that were known at this serial of the directory."""


class Records(Protocol):
    """What an apply and a person's hand need of the store; everything inside one `transaction` is kept, or none."""

    @property
    def leases(self) -> Leases: ...

    @property
    def journal(self) -> Journal: ...

    @property
    def runs(self) -> Runs: ...

    @property
    def facts(self) -> Facts: ...

    @property
    def cache(self) -> Facts: ...

    @property
    def edits(self) -> Edits: ...

    def transaction(self) -> AbstractContextManager[None]:
        """A span of writes; joins the one that is open."""
