"""Whether the journal is as it was written: its chain from the beginning, where it ends, and the bodies that it names.

A chain alone cannot tell that its last entries were cut off. So its story is compared with what else the store knows:
see `testimony`.
"""

import hashlib
from collections.abc import Callable

import msgspec

from idsync.model.journal import Entry, Head, Verification, bodies_named, event_of, run_of
from idsync.stores.tables.bodies import Bodies
from idsync.stores.tables.connection import Connection, Row
from idsync.stores.tables.journal_rows import entries_in
from idsync.stores.tables.statements import Statements
from idsync.stores.tables.testimony import Memberships, Story, contradiction

_SQL = Statements("records.sql")
BEGINNING = bytes(32)


def stored_end(connection: Connection) -> tuple[int, bytes]:
    """How many entries the journal has, and the chain value of the last one."""
    return end_in(connection.rows(_SQL["journal_end"]))


def end_in(rows: list[Row]) -> tuple[int, bytes]:
    """The same, of the rows that say so."""
    return (rows[0][0], rows[0][1]) if rows else (0, BEGINNING)


def verified(
    connection: Connection,
    bodies: Bodies,
    head: Head | None = None,
    story: Story | None = None,
    memberships: Callable[[], Memberships] = tuple,
) -> Verification:
    """The verdict on the whole journal; with `head`, also on whether it goes on from where it ended then.

    With a `story`, which is told here, also on whether the rest of the store bears it out, and `memberships` as it is.
    """
    known, chain = 0, BEGINNING
    met = head is None or head == Head(0, BEGINNING.hex())
    for sequence, count, run, event, body, kept in connection.chunks(_SQL["chained_entries"], size=20):
        if sequence != known + 1:
            return Verification(known, known + 1, f"entry {known + 1} is missing")
        chain = hashlib.sha256(chain + body).digest()
        if chain != kept:
            return Verification(known, sequence, f"entry {sequence}, or one beside it, is not what was written")
        try:
            entries = entries_in(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return Verification(known, sequence, f"entry {sequence} cannot be read: {error}")
        if len(entries) != count or {(run_of(entry), event_of(entry)) for entry in entries} != {(run, event)}:
            return Verification(known, sequence, f"entry {sequence} is filed under another run or event")
        unsound = _unsound_body(bodies, entries)
        if unsound is not None:
            place, fingerprint = unsound
            what = f"the body {fingerprint}, which entry {sequence + place} names, is missing or not what was kept"
            return Verification(known + place, sequence + place, what)
        for place, entry in enumerate(entries if story else ()):
            odd = "" if story is None else story.tell(sequence + place, entry)
            if odd:
                return Verification(known + place, sequence + place, odd)
        known += count
        met = met or head == Head(known, chain.hex())
    if (known, chain) != stored_end(connection):
        return Verification(known, known + 1, f"entries after {known} are missing")
    if head is not None and not met:
        ends = f"it ends at {known}, before the head {head}: this is an older backup, or entries are gone"
        differs = f"entry {head.entries} is another one than the head {head} says"
        why = ends if head.entries > known else differs
        return Verification(known, min(head.entries, known + 1) or 1, why)
    odd = contradiction(connection, story, memberships) if story else ""
    return Verification(known, known + 1, odd) if odd else Verification(known)


def _unsound_body(bodies: Bodies, entries: list[Entry]) -> tuple[int, str] | None:
    """The first body that these entries name and that is not kept as it was, with the place of the entry."""
    named: dict[str, int] = {}
    for place, entry in enumerate(entries):
        for fingerprint in bodies_named(entry):
            named.setdefault(fingerprint, place)
    sound = bodies.sound(named)
    unsound = ((place, fingerprint) for fingerprint, place in named.items() if fingerprint not in sound)
    return min(unsound, default=None)
