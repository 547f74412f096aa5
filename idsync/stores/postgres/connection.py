"""One PostgreSQL connection with spans of writes and reads that nest.

Nothing is set for the session, so that a pooler that gives each transaction to another server process may stand in
between; statements are prepared only where none does.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any, cast

import psycopg

from idsync.errors import StoreError
from idsync.stores.postgres.bulk import FEW, as_one, copied
from idsync.stores.postgres.exchange import Exchange, Raw
from idsync.stores.postgres.explanations import read_only
from idsync.stores.postgres.portions import Portions
from idsync.stores.postgres.statements import PRIVATE, SCHEMA, Text, texts
from idsync.stores.postgres.together import Filled
from idsync.stores.tables.connection import FirstQuestion, Question, Row, Value
from idsync.stores.tables.migrations import moved_on
from idsync.stores.tables.statements import Statement
from idsync.stores.tables.transactions import BEGIN_PART, END_PART, UNDO_PART, Transactions

WRITER = 0x1D54C001
"""The number of the advisory lock that a writer of the store holds for the length of its transaction."""
_BUSY_SECONDS = 5
_SILENT_SECONDS = 60
"""After so long without a word in a transaction of writes its process counts as stopped, and lets others write."""
# At READ COMMITTED, since what is read after the wait for a lock must be what the one before left. What is committed
# survives a crash of the server, also where that does not wait for its disk by default. What is looked up are few rows
# of many, which are in memory: by an index, also where the server does not know yet how many there are.
_BEGIN_ASIDE = (
    "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;"
    " SELECT set_config('lock_timeout', '{busy}ms', true),"
    f" set_config('idle_in_transaction_session_timeout', '{_SILENT_SECONDS}s', true),"
    " set_config('random_page_cost', '1.1', true),"
    " set_config('synchronous_commit', coalesce(nullif(current_setting('synchronous_commit'), 'off'), 'on'), true)"
)
_BEGIN_WRITING = f"{_BEGIN_ASIDE}; SELECT pg_advisory_xact_lock({WRITER})"
_NOW = "SELECT extract(epoch FROM clock_timestamp())::double precision"
_STATE = f"{_NOW}, version, sequence, chain FROM idsync.schema_version, idsync.journal_end"
_BEGUN_PART: Filled = (BEGIN_PART, ())
_BEGIN_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


class Connection(Transactions):
    """Runs statements; objects that keep something back until the end of a transaction register with it.

    `connect` makes a connection in autocommit; it is asked again where one broke between two transactions.
    """

    def __init__(self, connect: Callable[[], Raw], label: str) -> None:
        super().__init__(label)
        self._exchange = Exchange(connect, label)
        self.schema = SCHEMA
        self._texts = texts()
        self.refuses_writes = False
        self.busy_milliseconds = _BUSY_SECONDS * 1000
        self._keeps_transaction = False
        self._has_begun = False
        """Whether a transaction of writes is open on the server, from the answer to its beginning on."""
        self._spans = 0
        self._ended_readings = 0
        self._clocks: tuple[float, float] | None = None
        """The server's clock and the one here, when the store was looked at last."""
        self._portions: list[Portions] = []
        self._foreseen_first: list[Filled] = []
        """What the next transaction of the only writer will probably ask."""

    def run(self, statement: Statement | str, values: Sequence[Value] = ()) -> None:
        """Run one statement; one that is given as a text is run at once."""
        text = self._text(statement)
        if isinstance(statement, str):
            self._execute(text.sql, values)
        elif text.sql:
            self._write(text.sql, values)

    def run_many(self, statement: Statement, rows: Iterable[Sequence[Value]]) -> None:
        """Run one statement for all rows; needs a transaction."""
        given = list(rows)
        if 0 < len(given) <= FEW:
            with self._exchange.explained():
                written = as_one(self._texts[statement], given)
            self._write(*written)
        elif given:
            self._exchange.settle()
            with self._exchange.explained():
                copied(self._exchange.raw, self._texts[statement], given)

    def rows(self, statement: Statement | str, values: Sequence[Value] = ()) -> list[Row]:
        """All rows of a query."""
        sql = self._text(statement).sql
        if (told := self._exchange.told(sql, values)) is not None:
            return list(told)
        (found,) = self._exchange.rows_of(self._execute(sql, values), 1)
        return found

    def row(self, statement: Statement | str, values: Sequence[Value] = ()) -> Row | None:
        """The first row of a query, or None."""
        return next(iter(self.rows(statement, values)), None)

    def foresee(self, make: Callable[[], Iterable[Question]]) -> None:
        """What will probably be asked next, in one exchange with the server."""
        if not self.is_writing:
            self._foreseen_first += map(self._filled, make())
        elif self.is_only_writer:
            self._exchange.ask_together([*map(self._filled, make())])

    def _filled(self, question: Question | FirstQuestion) -> Filled:
        values = question.values() if isinstance(question, FirstQuestion) else question.values
        return self._texts[question.statement].sql, values

    def chunks(self, statement: Statement | str, values: Sequence[Value] = (), size: int = 1000) -> Iterator[Row]:
        """The rows of a query that may be too long to hold, read in pieces, as they were when the first was read."""
        span = self._part_of_another if self.is_writing else self._span()
        with span:
            portions = Portions(self._execute, self._text(statement).sql, values, size)
            self._portions.append(portions)
            try:
                yield from portions
            finally:
                self._portions.remove(portions)
                with suppress(StoreError):
                    portions.give_back()

    def _begin(self) -> None:
        foreseen, self._foreseen_first = self._foreseen_first, []
        first = [*map(self._filled, self.asked_first)]
        told = self._begin_with(_BEGIN_WRITING.format(busy=self.busy_milliseconds), [*first, *foreseen])
        self._first_answers = told[: len(first)]
        if told:
            self._exchange.tell(foreseen, told[len(first) :])

    def _begin_aside(self) -> None:
        self._begin_with(_BEGIN_ASIDE.format(busy=self.busy_milliseconds))

    def _begin_with(self, words: str, questions: Sequence[Filled] = ()) -> list[list[Row]]:
        """Begin; the rows of these queries, where the store is known to have their tables."""
        self._end_readings()
        if self._keeps_transaction:
            raise read_only(self.label)
        if self.refuses_writes:  # the server says so to whatever would change something
            self._execute(_BEGIN_READING)
            return []
        try:
            if self.schema_version is None:
                self._execute(words)
                self._has_begun = True
                return []
            cursor = self._exchange.send((words, ()), (_STATE, ()), *questions, reconnects=self._is_between)
            self._has_begun = True
            state, *told = self._exchange.rows_of(cursor, 1 + len(questions))
            self._check_state(state)
            return told
        except BaseException:  # the wait for the lock may have ended what was begun
            self._end()
            raise

    def check_schema(self) -> None:
        """Raise SchemaMoved where the store is of another version than when it was opened, and StoreReplaced where it
        is another one.
        """
        if self.schema_version is not None:
            self._check_state(self.rows(_STATE))

    def _check_state(self, state: list[Row]) -> None:
        """What says the server's time, the version, and where the journal ends."""
        now, version, *end = state[0] if state else (0.0, 0, 0, b"")
        if version != self.schema_version:
            raise moved_on(self.label, version, self.schema_version or 0)
        self._clocks = (now, time.monotonic())
        self.last_seen.check((end[0], end[1]), self._chain_at)

    def _commit(self) -> None:
        self._drain()
        self._execute("COMMIT")
        self._has_begun = False

    def _end(self) -> None:
        self._has_begun = False
        self._exchange.forget()
        with suppress(psycopg.Error):
            self._exchange.raw.execute("ROLLBACK")

    def _begin_part(self) -> None:
        self._write(BEGIN_PART, ())

    def _end_part(self) -> None:
        self._execute(END_PART)

    def _undo_part(self) -> None:
        if self._exchange.takes_back(_BEGUN_PART):  # the server does not know of it
            return
        self._exchange.forget()
        self._execute(UNDO_PART)
        self._execute(END_PART)

    def reading(self) -> AbstractContextManager[None]:
        """A span of reads that see one state; inside a transaction, that transaction's."""
        return self._part_of_another if self.is_writing else self._span()

    @contextmanager
    def _span(self) -> Iterator[None]:
        if self._spans == 0 and not self._keeps_transaction:
            self._execute(_BEGIN_READING)
        self._spans += 1
        ended = self._ended_readings
        try:
            yield
        finally:
            if ended == self._ended_readings:  # else this span has ended already, for a transaction of writes
                self._spans -= 1
                if self._spans == 0 and not self._keeps_transaction:
                    self._end()

    def copy_in(self, sql: str, types: Sequence[int], rows: Iterable[Sequence[Value]]) -> None:
        """Run a COPY statement in binary form for rows whose columns have these types; needs a transaction."""
        self._exchange.settle()
        with self._exchange.explained(), self._exchange.raw.cursor() as cursor, cursor.copy(cast(Any, sql)) as copy:
            copy.set_types(types)
            for row in rows:
                copy.write_row(row)

    def keep_private_tables(self) -> None:
        """From now on the tables are those of this connection alone, in one transaction that ends with it."""
        self._keeps_transaction = True
        self.schema = PRIVATE
        self._texts = texts(PRIVATE)

    def now(self) -> float:
        """The server's clock, in seconds since 1970: asked once in a transaction of the only writer."""
        if self.is_only_writer and self._clocks is not None:
            began, here = self._clocks
            return began + time.monotonic() - here
        (seconds,) = self.row(_NOW) or (0.0,)
        return float(seconds)

    def close(self) -> None:
        """Close; what was not committed is undone."""
        with suppress(psycopg.Error):
            self._exchange.raw.close()

    def _text(self, statement: Statement | str) -> Text:
        return Text(statement) if isinstance(statement, str) else self._texts[statement]

    def _execute(self, sql: str, values: Sequence[Value] = ()) -> psycopg.Cursor[Row]:
        return self._exchange.send((sql, values), reconnects=self._is_between)

    @property
    def _is_between(self) -> bool:
        """Whether no transaction is open: where the connection broke, another one begins the next."""
        return not (self._has_begun or self.is_writing or self._spans or self._keeps_transaction)

    def _write(self, sql: str, values: Sequence[Value]) -> None:
        if self.is_writing:
            self._exchange.write(sql, values)
        else:
            self._execute(sql, values)

    def _drain(self) -> None:
        """Read to their ends the queries that are read in pieces: what comes next ends their transaction."""
        for portions in self._portions:
            portions.drain()

    def _end_readings(self) -> None:
        """Before a transaction of writes: end that of queries which are still being read in pieces."""
        if self._spans == 0 or self._keeps_transaction:
            return
        if self._spans > len(self._portions):
            raise StoreError(
                f"The store {self.label} was to be written to in a span of reads.",
                why="This should not happen.",
                fix="Report it, with the command that led to it.",
            )
        self._drain()
        self._spans = 0
        self._ended_readings += 1
        self._end()
