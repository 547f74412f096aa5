"""One SQLite connection with spans of writes and reads that nest, and errors that explain themselves."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress

import msgspec

from idsync.errors import StoreAway, StoreBusy, StoreError
from idsync.stores.sqlite.opened_file import OpenedFile
from idsync.stores.sqlite.statements import TEXTS
from idsync.stores.tables.connection import Listed, Question, Row, Value
from idsync.stores.tables.migrations import moved_on
from idsync.stores.tables.statements import Statement, Statements
from idsync.stores.tables.transactions import BEGIN_PART, END_PART, UNDO_PART, Transactions

_SQL = Statements("records.sql")

# Statements unfold a list with `json_each`.
sqlite3.register_adapter(Listed, lambda listed: msgspec.json.encode(listed).decode())


class Connection(Transactions):
    """Runs statements; objects that keep something back until the end of a transaction register with it."""

    def __init__(self, raw: sqlite3.Connection, label: str) -> None:
        super().__init__(label)
        self._raw = raw
        self._is_reading = False
        self.file: OpenedFile | None = None
        """The file that it has open, where that must stay the same."""
        self._undone: StoreError | None = None
        """Why SQLite undid the transaction that is open; what came after it would be kept by itself."""

    def run(self, statement: Statement | str, values: Sequence[Value] = ()) -> None:
        """Run one statement."""
        self._refuse_undone()
        with self._explained():
            self._raw.execute(_text(statement), values)

    def run_many(self, statement: Statement | str, rows: Iterable[Sequence[Value]]) -> None:
        """Run one statement for each row."""
        self._refuse_undone()
        with self._explained():
            self._raw.executemany(_text(statement), rows)

    def rows(self, statement: Statement | str, values: Sequence[Value] = ()) -> list[Row]:
        """All rows of a query."""
        with self._explained():
            return self._raw.execute(_text(statement), values).fetchall()

    def row(self, statement: Statement | str, values: Sequence[Value] = ()) -> Row | None:
        """The first row of a query, or None."""
        with self._explained():
            found: Row | None = self._raw.execute(_text(statement), values).fetchone()
            return found

    def foresee(self, make: Callable[[], Iterable[Question]]) -> None:
        """Nothing: asking a file costs no exchange."""

    def chunks(self, statement: Statement | str, values: Sequence[Value] = (), size: int = 1000) -> Iterator[Row]:
        """The rows of a query that may be too long to hold, read in pieces."""
        with self._explained():
            cursor = self._raw.execute(_text(statement), values)
        while True:
            with self._explained():
                found = cursor.fetchmany(size)
            if not found:
                return
            yield from found

    @contextmanager
    def reading(self) -> Iterator[None]:
        """A span of reads that see one state; inside a transaction, that transaction's."""
        if self.is_writing or self._is_reading:
            yield
            return
        if self.file is not None:
            self.file.check()
        self.run("BEGIN")
        self._is_reading = True
        try:
            yield
        finally:
            self._is_reading = False
            with suppress(sqlite3.Error):
                self._raw.execute("ROLLBACK")

    def copy_to(self, other: "Connection") -> None:
        """Copy the whole database, as it is committed now, in place of what `other` holds."""
        with self._explained():
            self._raw.backup(other._raw)

    def check_schema(self) -> None:
        """Raise SchemaMoved where the store is of another version than when it was opened, and StoreReplaced where it
        is another one.
        """
        if self.schema_version is None:
            return
        (version,) = self.row("PRAGMA user_version") or (0,)
        if version != self.schema_version:
            raise moved_on(self.label, version, self.schema_version)
        if (end := self.row(_SQL["journal_end"])) is not None:
            self.last_seen.check(end, self._chain_at)

    def close(self) -> None:
        """Close; what was not committed is undone."""
        with self._explained():
            self._raw.close()

    def _begin(self) -> None:
        self._undone = None
        self.run("BEGIN IMMEDIATE")
        try:
            self._check_file()
            self.check_schema()
        except BaseException:
            self._end()
            raise

    _begin_aside = _begin  # a file has one writer, whatever it writes

    def _commit(self) -> None:
        self._check_file()
        self.run("COMMIT")

    def _check_file(self) -> None:
        if self.file is not None:
            self.file.check()
            self.file.check_log()

    def _end(self) -> None:
        # SQLite has rolled back by itself after some errors, such as a full disk.
        self._undone = None
        with suppress(sqlite3.Error):
            self._raw.execute("ROLLBACK")

    def _refuse_undone(self) -> None:
        if self._undone is not None:
            raise self._undone

    def _begin_part(self) -> None:
        self.run(BEGIN_PART)

    def _end_part(self) -> None:
        self.run(END_PART)

    def _undo_part(self) -> None:
        self.run(UNDO_PART)
        self.run(END_PART)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, sqlite3.Warning, UnicodeDecodeError) as error:
            told = explained(error, self.label)
            if self.is_writing and not self._raw.in_transaction:
                self._undone = told
            raise told from error


def _text(statement: Statement | str) -> str:
    return statement if isinstance(statement, str) else TEXTS[statement]


_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_EXPLANATIONS = {
    sqlite3.SQLITE_BUSY: (
        "is in use by another process",
        "Someone else is writing to it and did not finish in time.",
        "Try again when the other run has ended.",
    ),
    sqlite3.SQLITE_LOCKED: (
        "is in use by another process",
        "Someone else is writing to it and did not finish in time.",
        "Try again when the other run has ended.",
    ),
    sqlite3.SQLITE_FULL: (
        "cannot grow: the disk is full",
        "Nothing of this transaction was kept.",
        "Free some space and run the same command again.",
    ),
    sqlite3.SQLITE_READONLY: (
        "is read-only",
        "The file or its folder may not be written by this user.",
        "Run as the user who owns it, or correct its permissions.",
    ),
    sqlite3.SQLITE_PERM: (
        "may not be opened",
        "Its permissions do not allow it.",
        "Run as the user who owns it, or correct its permissions.",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "cannot be opened",
        "It is not a file, its folder is missing, or this user may not read or write there.",
        "Make the folder and let this user write there, or correct `store` in the Integration document.",
    ),
    sqlite3.SQLITE_NOTADB: (
        "is not an idsync store",
        "The file is not an SQLite database.",
        "Correct `store` in the Integration document, or move that file away.",
    ),
    sqlite3.SQLITE_CORRUPT: (
        "is damaged",
        "SQLite finds its pages malformed.",
        "Restore it from a backup; the next plan then shows what differs.",
    ),
    sqlite3.SQLITE_IOERR: (
        "cannot be read or written",
        "The operating system reports an input/output error.",
        "Free some space if the disk is full, else check it; then run the same command again.",
    ),
}

_UNKNOWN = ("refuses a statement", "This should not happen.", "Report it, with the command that led to it.")


def explained(error: Exception, label: str) -> StoreError:
    """A driver's error in words that help; `label` names the database to people."""
    # Of a damaged schema the driver cannot even decode what SQLite says.
    damaged = sqlite3.SQLITE_CORRUPT if isinstance(error, UnicodeDecodeError) else None
    code = getattr(error, "sqlite_errorcode", damaged)
    found = _EXPLANATIONS.get(-1 if code is None else code & 0xFF)
    what, why, fix = found or _UNKNOWN
    kind = StoreError if found is None else StoreBusy if code is not None and code & 0xFF in _BUSY else StoreAway
    return kind(f"The store {label} {what}.", why=f"{why} SQLite says: {error}.", fix=fix, place=label)
