"""The store of tables, whatever database they are in."""

import time
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import Self

from idsync.model.journal import LOCAL, Head, Verification
from idsync.stores.protocol import Surroundings
from idsync.stores.tables.agreed import LocalAgreed, RemoteAgreed
from idsync.stores.tables.agreed_lists import AgreedLists
from idsync.stores.tables.bodies import Bodies
from idsync.stores.tables.connection import Connection, Question
from idsync.stores.tables.directory import Directory
from idsync.stores.tables.facts import Facts
from idsync.stores.tables.journal import Journal, Runs
from idsync.stores.tables.leases import Leases
from idsync.stores.tables.pushed import Pushed, Tokens
from idsync.stores.tables.replicas import Replicas
from idsync.stores.tables.serial import Serial
from idsync.stores.tables.statements import Statements
from idsync.stores.tables.testimony import Story
from idsync.stores.tables.upstream import Upstream
from idsync.stores.tables.verification import verified

_SQL = Statements("records.sql")
Clock = Callable[[], float]


class TableStore:
    """An open store; `clock` gives seconds since 1970, by which leases end and pushes are numbered.

    `schema` is its version.
    """

    def __init__(
        self, connection: Connection, *, schema: int, upgraded_from: int | None = None, clock: Clock = time.time
    ) -> None:
        self.upgraded_from = upgraded_from
        self._connection = connection
        self._clock = clock
        self.bodies = Bodies(connection)
        serial = Serial(connection)
        self.directory = Directory(connection, self.bodies, serial)
        self.runs = Runs(connection)
        self.journal = Journal(connection, self.bodies, self.runs)
        self.leases = Leases(connection, clock)
        self.replicas = Replicas(connection, clock, schema)
        self.facts = Facts(connection, "fact")
        self.cache = Facts(connection, "cache")
        self.upstream = Upstream(connection)
        self.pushed = Pushed(connection, serial, clock)
        self.tokens = Tokens(connection)
        self._agreed: dict[str, LocalAgreed | RemoteAgreed] = {}

    def now(self) -> datetime:
        """The time by the store's clock, in whole seconds."""
        return datetime.fromtimestamp(int(self._clock()), UTC)

    def agreed(self, target: str) -> LocalAgreed | RemoteAgreed:
        """The agreed state of the target of this name."""
        if target not in self._agreed:
            self._agreed[target] = self._agreed_of(target)
        return self._agreed[target]

    def _agreed_of(self, target: str) -> LocalAgreed | RemoteAgreed:
        if target == LOCAL:
            return LocalAgreed(self._connection, self.directory, self.bodies)
        names, details = self.directory.names, self.directory.details
        return RemoteAgreed(self._connection, target, names, details, self.bodies)

    def agreed_lists(self, target: str) -> AgreedLists:
        """The lists that the target of this name, which is elsewhere, agreed on."""
        return AgreedLists(self._connection, target, self.bodies)

    def verify(self, head: Head | None = None) -> Verification:
        """Whether the journal is as written, and all else that the store knows tells the same story."""
        with self._connection.reading():
            memberships = partial(self.directory.members.of_lists, None)
            return verified(self._connection, self.bodies, head, Story(), memberships)

    def transaction(self) -> AbstractContextManager[None]:
        """A span of writes that are kept together or not at all; joins the one that is open."""
        return self._connection.writing()

    def attempt(self) -> AbstractContextManager[None]:
        """A span of writes inside a transaction that can fail alone: an error undoes it, and leaves the rest."""
        return self._connection.attempt()

    def foresee_push(self, digest: bytes, usernames: Collection[str], okta_ids: Collection[str]) -> None:
        """Ask at once what is asked where users are pushed, with a token of this digest."""
        self._connection.foresee(
            lambda: [
                *self.tokens.questions(digest),
                *self.pushed.questions(usernames),
                *self.directory.users.questions(usernames),
                *self.upstream.questions(okta_ids),
            ]
        )

    def foresee_plan(self, surroundings: Callable[[], Surroundings], seen: int) -> None:
        """Ask at once what is asked where a part is planned, and for the journal after this place."""

        def questions() -> list[Question]:
            org, people, locks = surroundings()
            return [
                *self.upstream.questions_around(people),
                *self.directory.questions_around(org, people, locks),
                *self.agreed(LOCAL).questions(),
                *self.journal.questions(seen),
            ]

        self._connection.foresee(questions)

    def wake(self) -> None:
        """Let the process that leads look, with the end of the transaction that is open."""
        self._connection.rows(_SQL["wake"])

    def check_schema(self) -> None:
        """Raise SchemaMoved where another version brought the store to a newer schema since it was opened, and
        StoreReplaced where it was replaced, or restored from a backup.
        """
        self._connection.check_schema()

    def close(self) -> None:
        """Give the database back; what was not committed is undone."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
