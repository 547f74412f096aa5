"""The journal in its table: entries in canonical JSON, each chained to the one before by SHA-256."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import assert_never

import msgspec

from idsync.errors import StoreError
from idsync.model.canonical import Body, canonical_bytes
from idsync.model.journal import (
    Entry,
    Numbered,
    RunFinished,
    RunStarted,
    StepBegun,
    StepFailed,
    StepMade,
    Verification,
    bodies_named,
    event_of,
    run_of,
)
from idsync.model.journal_schema_1 import OldEntry, as_today
from idsync.stores.protocol import UnfinishedRun
from idsync.stores.sqlite.bodies import Bodies
from idsync.stores.sqlite.connection import Connection
from idsync.stores.sqlite.statements import load_statements

_SQL = load_statements("records.sql")
_WAITING = 10_000
_PAGE = 200
_STEPS = (StepMade, StepBegun, StepFailed)
_OF_RUNS = (RunStarted, RunFinished)
_BEGINNING = bytes(32)
_DECODER = msgspec.json.Decoder(Entry | OldEntry)
_PAGE_DECODER = msgspec.json.Decoder(list[Entry | OldEntry])


class Journal:
    """Appends and reads entries. Inside a transaction they wait in memory and are written in bulk."""

    def __init__(self, connection: Connection, bodies: Bodies) -> None:
        self._connection = connection
        self._bodies = bodies
        self._waiting: list[Entry] = []
        self._end: tuple[int, bytes] | None = None
        connection.before_commit.append(self._settle)
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
            if isinstance(entry, _OF_RUNS):
                self._keep_run(entry)
            elif len(self._waiting) >= _WAITING:
                self._flush()
            return sequence

    def headlines(self) -> Iterator[Numbered]:
        """Every entry but the steps, oldest first."""
        self._flush()
        return self._numbered(self._connection.chunks(_SQL["headlines"]))

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

    def verify(self) -> Verification:
        """Recompute the chain from its beginning, compare it with where the journal is known to end, and see that every
        body that an entry names is kept, and is what its fingerprint says.
        """
        self._flush()
        known, chain = 0, _BEGINNING
        for sequence, count, run, event, body, kept in self._connection.chunks(_SQL["chained_entries"], size=20):
            if sequence != known + 1:
                return Verification(known, known + 1, f"entry {known + 1} is missing")
            chain = hashlib.sha256(chain + body).digest()
            if chain != kept:
                return Verification(known, sequence, f"entry {sequence}, or one beside it, is not what was written")
            try:
                entries = _decoded(body)
            except msgspec.DecodeError as error:
                return Verification(known, sequence, f"entry {sequence} cannot be read: {error}")
            if len(entries) != count or {(run_of(entry), event_of(entry)) for entry in entries} != {(run, event)}:
                return Verification(known, sequence, f"entry {sequence} is filed under another run or event")
            unsound = self._unsound_body(entries)
            if unsound is not None:
                place, fingerprint = unsound
                what = f"the body {fingerprint}, which entry {sequence + place} names, is missing or not what was kept"
                return Verification(known + place, sequence + place, what)
            known += count
        if (known, chain) != self._stored_end():
            return Verification(known, known + 1, f"entries after {known} are missing")
        return Verification(known)

    def _unsound_body(self, entries: list[Entry]) -> tuple[int, str] | None:
        """The first body that these entries name and that is not kept as it was, with the place of the entry."""
        named: dict[str, int] = {}
        for place, entry in enumerate(entries):
            for fingerprint in bodies_named(entry):
                named.setdefault(fingerprint, place)
        sound = self._bodies.sound(named)
        unsound = ((place, fingerprint) for fingerprint, place in named.items() if fingerprint not in sound)
        return min(unsound, default=None)

    def _keep_run(self, entry: RunStarted | RunFinished) -> None:
        match entry:
            case RunStarted():
                sequence, _ = self._flush()
                self._connection.run(_SQL["start_run"], (entry.run, entry.plan, entry.at, sequence))
            case RunFinished():
                self._connection.run(_SQL["finish_run"], (entry.run,))
            case _:
                assert_never(entry)

    def _numbered(self, rows: Iterator[tuple[int, bytes]]) -> Iterator[Numbered]:
        for first, body in rows:
            try:
                entries = _decoded(body)
            except msgspec.DecodeError as error:
                raise StoreError(
                    f"The journal's entry {first} cannot be read.",
                    why=str(error),
                    fix="`idsync history --verify` says whether the journal was tampered with.",
                ) from error
            for sequence, entry in enumerate(entries, first):
                yield Numbered(sequence, entry)

    def _stored_end(self) -> tuple[int, bytes]:
        row = self._connection.row(_SQL["journal_end"])
        return (0, _BEGINNING) if row is None else (row[0], row[1])

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
        self._flush()
        if self._end is not None:
            self._connection.run(_SQL["set_journal_end"], self._end)
            self._end = None

    def _forget(self) -> None:
        self._waiting.clear()
        self._end = None


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


def _decoded(body: bytes) -> list[Entry]:
    return list(map(as_today, _PAGE_DECODER.decode(body) if body.startswith(b"[") else [_DECODER.decode(body)]))


class Runs:
    """Which plans were run."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def next_number(self) -> int:
        """The number of the run to come."""
        (last,) = self._connection.row(_SQL["last_run"]) or (0,)
        return int(last) + 1

    def finished(self, plan: str) -> int | None:
        """The run that applied this plan whole, if any."""
        row = self._connection.row(_SQL["finished_run"], (plan,))
        return None if row is None else int(row[0])

    def unfinished(self, plan: str) -> UnfinishedRun | None:
        """The last run of this plan, when it was broken off."""
        row = self._connection.row(_SQL["last_run_of"], (plan,))
        return UnfinishedRun(row[0], row[1]) if row and not row[2] else None
