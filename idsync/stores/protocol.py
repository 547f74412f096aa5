"""What the rest of idsync asks of its own database: an open store, what it is opened for, and every protocol it has.

The protocols stand in `idsync.stores.protocols`, an idea a module; everybody imports them from here.
"""

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from enum import Enum
from types import TracebackType
from typing import NamedTuple, Protocol, Self

from idsync.model.directory_tables import DirectoryTables
from idsync.model.journal import Head, Verification
from idsync.stores.protocols.agreed import AgreedLists, AgreedState, Difference, Found
from idsync.stores.protocols.facts import Facts, Upstream
from idsync.stores.protocols.journal import Bodies, Journal, Runs, UnfinishedRun
from idsync.stores.protocols.leases import Holder, Lease, Leases, Replicas
from idsync.stores.protocols.pushed import Pushed, Tokens

__all__ = [
    "Access",
    "AgreedLists",
    "AgreedState",
    "Bodies",
    "Difference",
    "Facts",
    "Found",
    "Holder",
    "Journal",
    "Lease",
    "Leases",
    "Pushed",
    "Records",
    "Replicas",
    "Runs",
    "Store",
    "Surroundings",
    "Tokens",
    "UnfinishedRun",
    "Upstream",
]


class Records(Protocol):
    """What an apply and a person's hand need of the store; everything inside one `transaction` is kept, or none."""

    @property
    def leases(self) -> Leases: ...

    @property
    def bodies(self) -> Bodies: ...

    @property
    def journal(self) -> Journal: ...

    @property
    def runs(self) -> Runs: ...

    @property
    def facts(self) -> Facts: ...

    @property
    def cache(self) -> Facts: ...

    def agreed(self, target: str) -> AgreedState:
        """The agreed state of the target of this name."""

    def agreed_lists(self, target: str) -> AgreedLists:
        """The lists that the target of this name, which is elsewhere, agreed on."""

    def transaction(self) -> AbstractContextManager[None]:
        """A span of writes; joins the one that is open."""


class Access(Enum):
    """What a store is opened for."""

    READ = "read"
    """To read: a missing store reads as empty, and one of an earlier schema is read without a change to it."""
    REMEMBER = "remember"
    """To write to a store that is there: never makes one, and never brings one to today's schema."""
    WRITE = "write"
    """To write: makes a missing store, and brings one of an earlier schema to today's."""


class Surroundings(NamedTuple):
    """Whom a part is planned about: user names by Okta id, in an org, and the names of locks that these may have."""

    org_url: str
    people: Mapping[str, str]
    locks: Collection[str]


class Store(Records, Protocol):
    """An open store: the local directory's tables, upstream facts and all records; closed when its block ends."""

    @property
    def directory(self) -> DirectoryTables: ...

    @property
    def upstream(self) -> Upstream: ...

    @property
    def pushed(self) -> Pushed: ...

    @property
    def tokens(self) -> Tokens: ...

    @property
    def replicas(self) -> Replicas: ...

    def now(self) -> datetime:
        """The time by the store's clock, in whole seconds: the same for every process that uses it."""

    def foresee_push(self, digest: bytes, usernames: Collection[str], okta_ids: Collection[str]) -> None:
        """Ask at once what is asked where users of these names and ids are pushed, with a token of this digest.

        It changes nothing but how often a database is asked.
        """

    def foresee_plan(self, surroundings: Callable[[], Surroundings], seen: int) -> None:
        """The same where a part is planned by a run that has `seen` the journal up to this place."""

    def wake(self) -> None:
        """Let the process that leads look once the open transaction is committed, where the store can tell it."""

    def check_schema(self) -> None:
        """Raise SchemaMoved where another version brought the store to a newer schema since it was opened, and
        StoreReplaced where it was replaced, or restored from a backup.
        """

    def attempt(self) -> AbstractContextManager[None]:
        """A span of writes inside a transaction that can fail alone: an error undoes it, and leaves the rest.

        Outside of one it is a span of reads, which see one state.
        """

    @property
    def upgraded_from(self) -> int | None:
        """The schema from which opening brought the store to today's, if it did."""

    def verify(self, head: Head | None = None) -> Verification:
        """As the journal does, and whether the rest of the store tells the same story, so that a removed end shows."""

    def close(self) -> None:
        """Give the store back; what was not committed is undone."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
