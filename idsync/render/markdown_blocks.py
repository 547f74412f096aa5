"""Sections in Markdown: rows between an opening and a closing, of which as many stand as there is room for."""

from collections.abc import Callable, Iterator, Sequence

import msgspec

from idsync.render.room import shares

FOLDED_FROM = 10
"""A section of more rows is folded; where people lose something the fold is open."""
_ROOM_FOR_A_COUNT = 120


class Block(msgspec.Struct, frozen=True):
    """A section: its title in Markdown, and its entries, each of which becomes a row and counts for some.

    A cut goes between rows alone, so that the opening is always closed.
    """

    title: str
    entries: Sequence[object]
    row: Callable[..., str]
    opening: tuple[str, ...] = ()
    closing: tuple[str, ...] = ()
    noun: str = "more"
    count: Callable[..., int] | None = None
    """For how many an entry counts; None for one each."""
    beyond: int = 0
    weight: int = 1
    is_open: bool = True
    """Whether a fold shows its rows at once."""
    heading: str = ""

    @property
    def is_folded(self) -> bool:
        """Whether it is long enough to be folded."""
        return len(self.entries) > FOLDED_FROM

    def fixed(self) -> int:
        """How many characters it takes beside its rows, at most."""
        frame = (*self.lines([]), *self.opening, *self.closing)
        return sum(len(line) + 1 for line in frame) + _ROOM_FOR_A_COUNT

    def rows(self, room: int) -> list[str]:
        """The first rows, one more than there is room for."""
        rows: list[str] = []
        for entry in self.entries:
            rows.append(self.row(entry))
            room -= len(rows[-1]) + 1
            if room < 0:
                break
        return rows

    def lines(self, rows: Sequence[str]) -> Iterator[str]:
        """The section with these rows, and how many it lacks."""
        if self.heading:
            yield from ("", f"#### {self.heading}")
        inside: list[str] = ["", *self.opening, *rows, *self.closing] if rows else []
        hidden = self.beyond + self._count(len(rows))
        if hidden:
            inside += ["", f"… and {hidden:,} more {self.noun}: see `idsync show PLAN --format json`."]
        if self.is_folded:
            yield from ("", f"<details{' open' if self.is_open else ''}>", f"<summary>{self.title}</summary>")
            yield from (*inside, "", "</details>")
        else:
            yield from ("", f"**{self.title}**", *inside)

    def _count(self, shown: int) -> int:
        """For how many the entries after so many count."""
        if self.count is None:
            return len(self.entries) - shown
        return sum(map(self.count, self.entries[shown:]))


def written(blocks: Sequence[Block], room: int) -> list[list[str]]:
    """The lines of each section, of all together in so many characters; each has its fair share of them."""
    left = room - sum(block.fixed() for block in blocks)
    rows = [block.rows(max(left, 0)) for block in blocks]
    given = shares(left, [sum(len(row) + 1 for row in some) for some in rows], [block.weight for block in blocks])
    return [[*block.lines(_fitting(some, share))] for block, some, share in zip(blocks, rows, given, strict=True)]


def _fitting(rows: Sequence[str], share: int) -> Sequence[str]:
    used = 0
    for place, row in enumerate(rows):
        used += len(row) + 1
        if used > share:
            return rows[:place]
    return rows
