"""What the tables ask of the connection to a database, in their words: statements by name, and spans that nest."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol

from idsync.stores.tables.last_seen import LastSeen
from idsync.stores.tables.statements import Statement


class Listed(list[Any]):
    """Texts or numbers as one value of a statement, which unfolds it into rows, however many they are."""

    __slots__ = ()


Value = str | bytes | int | float | Listed | None
Row = tuple[Any, ...]
"""A row as the driver gives it; the caller, who wrote the query, knows its shape."""


class Question(NamedTuple):
    """A query with its values."""

    statement: Statement
    values: Sequence[Value]


class FirstQuestion(NamedTuple):
    """A query, who is told its rows, and its values, as they are when a transaction begins."""

    statement: Statement
    tell: Callable[[list[Row]], object]
    values: Callable[[], Sequence[Value]] = tuple


class Connection(Protocol):
    """Runs statements; objects that keep something back until the end of a transaction register with it.

    Every method raises StoreError, and StoreBusy where another process stands in the way for too long.
    """

    label: str
    """The database, as people may read it: without a password."""
    is_only_writer: bool
    """Whether a transaction is open in which nobody else writes, but for rows that are locked one by one."""
    asked_first: list[FirstQuestion]
    """What nearly every transaction of the only writer asks: told with its beginning, where that costs no exchange of
    its own with the database; elsewhere who wants to know it asks.
    """
    before_commit: list[Callable[[], None]]
    after_commit: list[Callable[[], None]]
    after_rollback: list[Callable[[], None]]
    last_seen: LastSeen
    """Where the journal ended when this connection looked last."""

    def run(self, statement: Statement, values: Sequence[Value] = ()) -> None:
        """Run one statement. What it raises may be raised by what is run after it, within its transaction."""

    def run_many(self, statement: Statement, rows: Iterable[Sequence[Value]]) -> None:
        """Run one statement for each row; no two rows are about the same thing."""

    def rows(self, statement: Statement, values: Sequence[Value] = ()) -> list[Row]:
        """All rows of a query."""

    def row(self, statement: Statement, values: Sequence[Value] = ()) -> Row | None:
        """The first row of a query, or None."""

    def foresee(self, make: Callable[[], Iterable[Question]]) -> None:
        """What will probably be asked next: told in one exchange with the database, where that spares exchanges.

        Outside of a transaction it is told with the beginning of the next one of the only writer.

        What is told holds until the transaction of the only writer writes anything, and serves who asks the very
        same; what nobody foresaw is asked when it is asked for.
        """

    def chunks(self, statement: Statement, values: Sequence[Value] = (), size: int = 1000) -> Iterator[Row]:
        """The rows of a query that may be too long to hold, read in pieces."""

    def writing(self) -> AbstractContextManager[None]:
        """A transaction of the only writer; inside another it is part of that one. Any exception undoes all of it."""

    def aside(self) -> AbstractContextManager[None]:
        """A transaction that waits for no writer where the database can do that: for rows that are locked one by one.

        Inside another it is part of that one.
        """

    def forget(self) -> None:
        """Know nothing of the open transaction: what was undone, or written past the tables, is read when asked for."""

    def attempt(self) -> AbstractContextManager[None]:
        """A part of the open transaction that can fail alone: any exception undoes it, and leaves what was before.

        Where no transaction of writes is open there is nothing to undo, and it is a span of reads.
        """

    def reading(self) -> AbstractContextManager[None]:
        """A span of reads that see one state; inside a transaction, that transaction's."""

    def check_schema(self) -> None:
        """Raise SchemaMoved where the store is of another version than when it was opened, and StoreReplaced where it
        is another one.
        """

    def close(self) -> None:
        """Close; what was not committed is undone."""
