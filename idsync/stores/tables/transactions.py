"""The transactions of one connection, whatever the database: they nest, and a part of one can fail alone.

Objects that keep something back until the end of a transaction register what they do then.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from threading import RLock
from typing import cast

from idsync.errors import StoreError
from idsync.stores.tables.connection import FirstQuestion, Row, Value
from idsync.stores.tables.last_seen import LastSeen
from idsync.stores.tables.statements import Statement, Statements

_CHAIN_AT = Statements("records.sql")["chain_at"]
BEGIN_PART, END_PART = "SAVEPOINT part", "RELEASE SAVEPOINT part"
UNDO_PART = "ROLLBACK TO SAVEPOINT part"


class Transactions(ABC):
    """What is written between a beginning and a commit is kept together or not at all; `label` names the database."""

    def __init__(self, label: str) -> None:
        # What is part of another transaction has a context that does nothing, a hundred thousand times in a first
        # import: that of a lock of its own is the cheapest.
        self._part_of_another = cast("AbstractContextManager[None]", RLock())
        self.label = label
        self.is_writing = False
        self.is_only_writer = False
        """Whether the open transaction is that of the only writer."""
        self.last_seen = LastSeen(label)
        self.schema_version: int | None = None
        """What the store must still be of to be written to; None while it is brought to that."""
        self.asked_first: list[FirstQuestion] = []
        self._first_answers: list[list[Row]] = []
        """What was told with the beginning, in the order of what is asked first; nothing where it is not told then."""
        self.before_commit: list[Callable[[], None]] = []
        self.after_commit: list[Callable[[], None]] = []
        self.after_rollback: list[Callable[[], None]] = []

    def writing(self) -> AbstractContextManager[None]:
        """A transaction of the only writer; inside another it is part of that one. Any exception undoes all of it."""
        return self._part_of_another if self.is_writing else self._transaction(self._begin, is_only_writer=True)

    def aside(self) -> AbstractContextManager[None]:
        """A transaction that waits for no writer where the database can do that: for rows that are locked one by one.

        Inside another it is part of that one.
        """
        return self._part_of_another if self.is_writing else self._transaction(self._begin_aside)

    @contextmanager
    def _transaction(self, begin: Callable[[], None], *, is_only_writer: bool = False) -> Iterator[None]:
        begin()
        self.is_writing, self.is_only_writer = True, is_only_writer
        try:
            answers, self._first_answers = self._first_answers, []
            for question, rows in zip(self.asked_first, answers, strict=False):
                question.tell(rows)
            yield
            for prepare in self.before_commit:
                prepare()
            self._commit()
        except BaseException:
            self._end()
            self.forget()
            raise
        finally:
            self.is_writing = self.is_only_writer = False
        for follow in tuple(self.after_commit):
            follow()

    def attempt(self) -> AbstractContextManager[None]:
        """A part of the open transaction that can fail alone: any exception undoes it, and leaves what was before.

        Where no transaction of writes is open there is nothing to undo, and it is a span of reads.
        """
        return self._part() if self.is_writing else self.reading()

    @contextmanager
    def _part(self) -> Iterator[None]:
        for prepare in self.before_commit:
            prepare()
        self._begin_part()
        try:
            yield
            for prepare in self.before_commit:
                prepare()
            self._end_part()
        except BaseException:
            with suppress(StoreError):
                self._undo_part()
            self.forget()
            raise

    def forget(self) -> None:
        """Know nothing of the open transaction: what was undone, or written past the tables, is read when asked for."""
        for forget in self.after_rollback:
            forget()

    def _chain_at(self, sequence: int) -> bytes | None:
        """The chain of the journal up to an entry."""
        row = self.row(_CHAIN_AT, (sequence,))
        return None if row is None else row[0]

    @abstractmethod
    def row(self, statement: Statement | str, values: Sequence[Value] = ()) -> Row | None:
        """The first row of a query, or None."""

    @abstractmethod
    def reading(self) -> AbstractContextManager[None]:
        """A span of reads that see one state; inside a transaction, that transaction's."""

    @abstractmethod
    def _begin(self) -> None:
        """Begin a transaction of the only writer. Raises StoreError, and StoreBusy where another one does not end."""

    @abstractmethod
    def _begin_aside(self) -> None:
        """Begin a transaction that waits for no writer, where there is such a thing. Raises as `_begin`."""

    @abstractmethod
    def _commit(self) -> None:
        """Keep what was written. Raises StoreError."""

    @abstractmethod
    def _end(self) -> None:
        """Undo what is open; nothing is raised, also where the database has ended it by itself."""

    @abstractmethod
    def _begin_part(self) -> None:
        """Begin a part that can be undone alone. Raises StoreError."""

    @abstractmethod
    def _end_part(self) -> None:
        """Keep a part with what is around it. Raises StoreError where anything of it cannot be written."""

    @abstractmethod
    def _undo_part(self) -> None:
        """Undo a part. Raises StoreError, after which the whole transaction is undone."""
