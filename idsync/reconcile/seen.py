"""What a reading shows: measured, with what the source says beyond its snapshot."""

from collections.abc import Iterable, Iterator

import msgspec
from msgspec import UNSET

from idsync.compiler.compile import Compilation
from idsync.compiler.inputs import Inputs as CompilerInputs
from idsync.compiler.measures import count_attributes, not_asked, seen_in
from idsync.compiler.memo import Memo, attributes_now
from idsync.model.extent import Reading
from idsync.model.measures import ListMeasure, Measures, OddRow, Seen

replace = msgspec.structs.replace


def seen_by(
    inputs: CompilerInputs,
    compilation: Compilation,
    memo: Memo | None,
    reading: Reading,
    known: Measures,
    compared: Measures,
) -> Seen:
    """What a reading shows. People whom nobody looked at have the attributes that they had when they were.

    What is left as it is has the measures that were `known` of it: the next reading is compared with what the directory
    keeps. So has what this reading was not asked for; `compared` is the part of what is known that it was asked for.
    """
    if memo is None:
        attributes = count_attributes(compilation.shapes.values())
    else:
        attributes = attributes_now(memo, compilation.shapes, inputs.pool.names)
    watched = inputs.roles.watched_groups if inputs.settings.integration.sync.users else frozenset()
    seen = seen_in(inputs.snapshot, inputs.pool.size, inputs.subjects, watched, attributes)
    odd = tuple(_odd_rows(inputs))
    left = frozenset(row.id for row in inputs.snapshot.left_as_is if row.kind != "user" and row.id)
    lists = seen.measures.lists | dict(_kept(known, compilation, left))
    seen = replace(
        seen,
        measures=replace(
            seen.measures,
            lists=lists,
            odd=tuple(sorted(row.id for row in odd if row.id)) or UNSET,
            stamps=_stamps(inputs, reading, lists, known) or UNSET,
        ),
        others={**reading.others, **seen.others},
        confirmed=reading.confirmed,
        odd=odd,
        left=left,
    )
    unasked = not_asked(inputs.settings, known, compared, seen)
    return replace(seen, measures=replace(seen.measures, unasked=unasked))


def _stamps(inputs: CompilerInputs, reading: Reading, lists: Iterable[str], known: Measures) -> dict[str, str]:
    """When groups last changed: those that are left as they are, when the last good reading saw them."""
    left = {row.id for row in inputs.snapshot.left_as_is}
    stamps = reading.stamps
    found = {name: known.stamp_of(name) if name in left else stamps.get(name, "") for name in sorted(lists)}
    return {name: stamp for name, stamp in found.items() if stamp}


def _odd_rows(inputs: CompilerInputs) -> Iterator[OddRow]:
    """Rows that cannot be read; of people, only of those whom the directory has, or who may be anybody."""
    rows = inputs.snapshot.left_as_is
    known = {entry.okta_id for entry in inputs.index.users.values()} if rows else {}
    for row in rows:
        if row.code == "unreadable" and (row.kind != "user" or not row.id or row.id in known):
            yield OddRow(row.kind, row.id)


def _kept(known: Measures, compilation: Compilation, left: frozenset[str]) -> Iterator[tuple[str, ListMeasure]]:
    for name in left & known.known_lists.keys() if left else ():
        # Where everybody who was in it has left the pool, nothing of it is kept any more.
        if compilation.desired.members.get(name, True):
            yield name, known.known_lists[name]
