"""A plan's changes in pieces, which can be applied some at a time: in the order of steps, and together what it changes.

A list that gains and loses members is in two pieces, since others come between; one with very many is in several.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence

import msgspec

from idsync.model.canonical import fingerprint
from idsync.plan.changes import AccessListChange, Change
from idsync.plan.steps import Phase, Step, in_listing_order, steps_of

replace = msgspec.structs.replace
MOST_MEMBERS = 2000
"""So many members of one list are moved in one piece."""
OBJECT = 20
"""What an object costs, where each membership costs 1."""


class Piece(msgspec.Struct, frozen=True, gc=False):
    """The part of a change `whole` that is made at once; `number` counts those of one change from 0, up to `last`."""

    whole: Change
    number: int = 0
    last: int = 0
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    @property
    def weight(self) -> int:
        """About what it costs."""
        return OBJECT + len(self.added) + len(self.removed)


def pieces_of(changes: Iterable[Change]) -> list[Piece]:
    """Every piece, in the order in which steps run."""
    pieces: list[Piece] = []
    made: dict[tuple[str, str], int] = {}
    for step in steps_of(changes):
        for added, removed in _members_of(step):
            key = (step.change.target, step.change.address)
            number = made.get(key, 0)
            made[key] = number + 1
            pieces.append(Piece(step.change, number, added=added, removed=removed))
    lasts = {key: count - 1 for key, count in made.items() if count > 1}
    if not lasts:
        return pieces
    return [
        replace(piece, last=lasts[key]) if (key := (piece.whole.target, piece.whole.address)) in lasts else piece
        for piece in pieces
    ]


def joined(pieces: Sequence[Piece]) -> tuple[Change, ...]:
    """What pieces change together, one change for each object, in the order in which plans list them."""
    parts: dict[tuple[str, str], list[Piece]] = {}
    for piece in pieces:
        parts.setdefault((piece.whole.target, piece.whole.address), []).append(piece)
    return in_listing_order(_joined(each) for each in parts.values())


def _joined(pieces: Sequence[Piece]) -> Change:
    first = pieces[0]
    whole = first.whole
    if not isinstance(whole, AccessListChange) or len(pieces) == first.last + 1:
        return whole
    added = tuple(name for piece in pieces for name in piece.added)
    part = replace(
        whole,
        members_added=added,
        members_removed=tuple(sorted(name for piece in pieces for name in piece.removed)),
        carried={name: whole.carried[name] for name in added if name in whole.carried} if whole.carried else {},
    )
    if first.number == 0:
        return part
    before = None if whole.after is None else fingerprint(whole.after)
    return replace(part, action="update", before=whole.after, before_fingerprint=before, kept=())


def _members_of(step: Step) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """The members that come and go in each piece of a step; a membership that passes on goes and comes at once."""
    change = step.change
    if not isinstance(change, AccessListChange):
        yield (), ()
        return
    match step.phase:
        case Phase.ACCESS_LIST:
            renewed = change.members_renewed
            for some in _sliced(change.members_added):
                yield some, tuple(name for name in some if name in renewed) if renewed else ()
        case Phase.MEMBER_REMOVAL:
            for some in _sliced(change.members_gone):
                yield (), some
        case _:
            yield (), change.members_removed


def _sliced(names: Collection[str]) -> Iterator[tuple[str, ...]]:
    listed = tuple(names)
    for start in range(0, len(listed) or 1, MOST_MEMBERS):
        yield listed[start : start + MOST_MEMBERS]
