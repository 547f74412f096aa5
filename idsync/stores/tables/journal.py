"""The journal in its table: entries in canonical JSON, each chained to the one before by SHA-256."""

import hashlib
from collections.abc import Iterable, Iterator

import msgspec

from idsync.errors import StoreError
from idsync.model.canonical import Body, canonical_bytes
from idsync.model.journal import (
    Entry,
    Head,
    Numbered,
    RunFinished,
    RunStarted,
    StepBegun,
    StepFailed,
    StepMade,
    Verification,
    event_of,
    run_of,
)
from idsync.stores.protocol import UnfinishedRun
from idsync.stores.tables.bodies import Bodies
from idsync.stores.tables.connection import Connection, Question, Row
from idsync.stores.tables.journal_rows import entries_in
from idsync.stores.tables.remembered import Remembered
from idsync.stores.tables.statements import Statements
from idsync.stores.tables.verification import end_in, stored_end, verified

_SQL = Statements("records.sql")
_WAITING = 10_000
_PAGE = 200
_FEW = 20
"""So many entries are read at once where the reader soon has enough."""
_STEPS = (StepMade, StepBegun, StepFailed)


class Journal:
    """Appends and reads entries. Inside a transaction they wait in memory and are written in bulk."""

    def __init__(self, connection: Connection, bodies: Bodies, runs: "Runs") -> None:
        self._connection = connection
        self._bodies = bodies
        self._runs = runs
        self._waiting: list[Entry] = []
        self._stored: Remembered[str, tuple[int, bytes]] = Remembered(connection)
        self._stored.asked_first("", _SQL["journal_end"], end_in)
        self._end: tuple[int, bytes] | None = None
        self._settled: tuple[int, bytes] | None = None
        connection.before_commit.append(self._settle)
        connection.after_commit.append(self._told)
        connection.after_rollback.append(self._forget)

    def append(self, entry: Entry, bodies: Iterable[Body] = ()) -> int:
        """Add an entry, and the bodies that it names, at once or with the transaction that is open; its place."""
        with self._connection.writing():
            for body in bodies:
                self._bodies.keep(body)
            if self._end is None:
                self._end = self._stored_end()
            self._waiting.append(entry)
            sequence = self._end[0] + len(self._waiting)
            match entry:
                case RunStarted():
                    self._runs.start(entry, sequence)
                case RunFinished():
                    self._runs.finish(entry)
            if len(self._waiting) >= _WAITING:
                self._flush()
            return sequence

    def headlines(self) -> Iterator[Numbered]:
        """Every entry but the steps, oldest first."""
        self._flush()
        return self._numbered(self._connection.chunks(_SQL["headlines"]))

    def latest(self) -> Iterator[Numbered]:
        """Every entry but the steps, the newest first."""
        self._flush()
        return self._numbered(self._connection.chunks(_SQL["latest_headlines"], size=_FEW))

    def entries(self, run: int | None = None) -> Iterator[Numbered]:
        """Every entry, or those of one run, oldest first."""
        self._flush()
        if run is None:
            return self._numbered(self._connection.chunks(_SQL["entries"]))
        return self._numbered(self._connection.chunks(_SQL["entries_of_run"], (run, run)))

    def entries_after(self, sequence: int) -> Iterator[Numbered]:
        """Every entry after this place, the newest first."""
        self._flush()
        for row in self._connection.chunks(_SQL["entries_after"], (sequence,)):
            for each in reversed(list(self._numbered(iter([(row[0], row[1])])))):
                if each.sequence > sequence:
                    yield each

    def headlines_after(self, sequence: int) -> list[Numbered]:
        """Every entry but the steps after this place, oldest first; those of many runs are to be held at once."""
        self._flush()
        return list(self._numbered(iter(self._connection.rows(_SQL["headlines_after"], (sequence,)))))

    def questions(self, sequence: int) -> list[Question]:
        """What is asked for the entries after this place."""
        return [Question(_SQL["headlines_after"], (sequence,))]

    def verify(self, head: Head | None = None) -> Verification:
        """Whether the journal and the bodies that it names are as written, and whether it goes on from `head`."""
        self._flush()
        with self._connection.reading():
            return verified(self._connection, self._bodies, head)

    def head(self) -> Head:
        """Where the journal ends."""
        entries, chain = self._flush()
        return Head(entries, chain.hex())

    def _numbered(self, rows: Iterator[tuple[int, bytes]]) -> Iterator[Numbered]:
        for first, body in rows:
            try:
                entries = entries_in(body)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise StoreError(
                    f"The journal's entry {first} cannot be read.",
                    why=str(error),
                    fix="`idsync history --verify` says whether the journal was tampered with.",
                ) from error
            for sequence, entry in enumerate(entries, first):
                yield Numbered(sequence, entry)

    def _flush(self) -> tuple[int, bytes]:
        """Write the entries that wait; where the journal ends then."""
        last, chain = self._end or self._stored_end()
        if not self._waiting:
            return last, chain
        entries, self._waiting = self._waiting, []
        rows = []
        for page in _pages(entries):
            body = canonical_bytes(page if len(page) > 1 else page[0])
            chain = hashlib.sha256(chain + body).digest()
            rows.append((last + 1, len(page), run_of(page[0]), event_of(page[0]), body, chain))
            last += len(page)
        self._end = last, chain
        self._connection.run_many(_SQL["add_entries"], rows)
        return self._end

    def _settle(self) -> None:
        if self._end is None:  # nothing was added
            return
        self._settled, self._end = self._flush(), None
        self._stored.note({"": self._settled})
        self._connection.run(_SQL["set_journal_end"], self._settled)

    def _stored_end(self) -> tuple[int, bytes]:
        return self._stored.get("", lambda: stored_end(self._connection))

    def _told(self) -> None:
        if self._settled is not None:
            self._connection.last_seen.wrote(self._settled)
            self._settled = None

    def _forget(self) -> None:
        self._waiting.clear()
        self._end = self._settled = None


def _pages(entries: list[Entry]) -> Iterator[list[Entry]]:
    """Consecutive steps of one run together, so that a large import writes few rows; other entries alone."""
    page: list[Entry] = []
    for entry in entries:
        goes_on = isinstance(entry, _STEPS) and page and isinstance(page[0], _STEPS) and entry.run == page[0].run
        if page and (not goes_on or len(page) == _PAGE):
            yield page
            page = []
        page.append(entry)
    if page:
        yield page


class Runs:
    """Which plans were run."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._last: Remembered[str, int] = Remembered(connection)
        self._last.asked_first("", _SQL["last_run"], _last_in)
        self._of: Remembered[str, list[Row]] = Remembered(connection)

    def next_number(self) -> int:
        """The number of the run to come."""
        return self._last.get("", lambda: _last_in(self._connection.rows(_SQL["last_run"]))) + 1

    def finished(self, plan: str) -> int | None:
        """The run that applied this plan whole, if any."""
        return next((number for number, _, finished in self._runs_of(plan) if finished), None)

    def unfinished(self, plan: str) -> UnfinishedRun | None:
        """The last run of this plan, when it was broken off."""
        number, started_at, finished = next(iter(self._runs_of(plan)), (0, "", True))
        return None if finished else UnfinishedRun(number, started_at)

    def is_next(self, plan: str) -> None:
        """This plan was made for the number of the run to come, so that no run is one of it."""
        self._of.note({plan: []})

    def start(self, entry: RunStarted, sequence: int) -> None:
        """A run begins with this entry of the journal."""
        self._forget()
        self._connection.run(_SQL["start_run"], (entry.run, entry.plan, entry.at, sequence))

    def finish(self, entry: RunFinished) -> None:
        """A run has applied its plan whole."""
        self._forget()
        self._connection.run(_SQL["finish_run"], (entry.run,))

    def _forget(self) -> None:
        self._last.forget()
        self._of.forget()

    def _runs_of(self, plan: str) -> list[Row]:
        """Number, beginning and whether it is finished of every run of a plan, the last one first."""
        return self._of.get(plan, lambda: self._connection.rows(_SQL["runs_of"], (plan,)))


def _last_in(rows: list[Row]) -> int:
    return int(rows[0][0]) if rows else 0
