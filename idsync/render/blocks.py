"""The sections of a view as blocks of text, of which as many entries are said as there is room for."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from idsync.render.escape_text import shown
from idsync.render.lines import Line, entry_lines, people_lines, problem_line, tally_line, tally_words
from idsync.render.room import shares
from idsync.render.view.cells import plain_words
from idsync.render.view.sides import SideOfView, sides_of
from idsync.render.view.titles import PROBLEMS, REACH, RELEASED, TALLIES, group_title
from idsync.render.view.view import LOSING, Entry, Group, PlanView, Problem, Section, Tally
from idsync.render.wrap import rows

COLUMNS = 80
"""The width for which room is measured, whatever the terminal's is: what is said is the same everywhere."""
FLOOR = 4
"""No section that wants them is given fewer lines; its first entry is said in any case."""
REST_SHOWN = 12


class Block(msgspec.Struct, frozen=True):
    """A section as text: its title, its entries, and how one is said."""

    title: str
    entries: Sequence[Any]
    say: Callable[[Any], list[Line]]
    noun: str = ""
    count: Callable[[Any], int] | None = None
    """For how many an entry counts; None for one each."""
    beyond: int = 0
    """How many there are who have no entry."""
    weight: int = 1
    rest: Callable[[int], str] = lambda _: ""
    """What is said of those that are left out, beyond their number, after so many entries."""
    rest_lines: int = 1
    """On how many lines it is said what is left out."""
    heading: str = ""
    """What stands over this section and those after it."""
    is_close: bool = False
    """Whether it stands close under the section before, with no empty line between."""

    @property
    def overhead(self) -> int:
        """The lines that it takes beside its entries."""
        return 1 + bool(self.heading) + (not self.is_close)

    def first(self, limit: int) -> list[list[Line]]:
        """The first entries as lines."""
        return [self.say(entry) for entry in self.entries[:limit]]

    def hidden(self, shown: int) -> int:
        """How many are left out when so many entries are said."""
        if self.count is None:
            return self.beyond + max(0, len(self.entries) - shown)
        return self.beyond + sum(map(self.count, self.entries[shown:]))


def blocks_of(view: PlanView, things: int) -> list[Block]:
    """The sections in the order in which they are read; of one person at most so many things are said."""
    title = PROBLEMS if view.verdict == "ok" else f"{PROBLEMS} (the snapshot is {view.verdict})"
    blocks = [
        Block(
            title,
            view.problems,
            lambda problem: [problem_line(problem)],
            "findings",
            weight=3,
            rest=lambda shown: _codes(view.problems[shown:]),
            rest_lines=2,
        ),
        Block(RELEASED, view.released, entry_lines, "guards"),
        Block(
            TALLIES,
            view.tallies,
            lambda tally: [tally_line(tally)],
            rest=lambda shown: _rest(view.tallies, shown),
            rest_lines=3,
        ),
        Block(REACH, view.reach, entry_lines, rest=lambda shown: _beginnings(view.reach[shown:]), rest_lines=3),
        *(block for side in sides_of(view) for block in _of_side(side, things)),
    ]
    return [block for block in blocks if block.entries or block.beyond]


def section_block(section: Section) -> Block:
    """A section of entries, with their number where they are counted."""
    title = f"{section.title} ({len(section.entries):,})" if section.noun else section.title
    return Block(title, section.entries, entry_lines, section.noun)


def fitting(blocks: Sequence[Block], room: int) -> list[int]:
    """How many entries of each block are said in so many lines of usual width.

    Each has its first lines, and of what is left its fair share; its first entry is said whatever it takes.
    """
    sizes = [_sizes(block, room) for block in blocks]
    wants = [sum(some) + bool(block.beyond) for block, some in zip(blocks, sizes, strict=True)]
    floors = [min(want, FLOOR + block.rest_lines - 1) for block, want in zip(blocks, wants, strict=True)]
    left = room - sum(floors) - sum(block.overhead for block in blocks)
    beyond = [want - floor for want, floor in zip(wants, floors, strict=True)]
    given = shares(left, beyond, [block.weight for block in blocks])
    return [
        _fitting(some, floor + share, want, block.rest_lines)
        for block, some, share, floor, want in zip(blocks, sizes, given, floors, wants, strict=True)
    ]


def _sizes(block: Block, room: int) -> list[int]:
    """On how many lines each entry stands; of those for which there can be no room, nothing."""
    return [sum(rows(line.text, COLUMNS, line.indent + 4) for line in lines) for lines in block.first(max(room, FLOOR))]


def _fitting(sizes: Sequence[int], share: int, want: int, rest: int) -> int:
    if want <= share:
        return len(sizes)
    used, shown = rest, 0
    for size in sizes:
        if shown and used + size > share:
            break
        used += size
        shown += 1
    return shown


def _of_side(side: SideOfView, things: int) -> Iterator[Block]:
    """The people and the other changes of a side; where there are several, it is said over each who makes them."""
    made = [*_people(side.groups, things), *map(section_block, side.sections)]
    for number, block in enumerate(made):
        yield msgspec.structs.replace(block, heading="" if number else side.heading_with_both)


def _people(groups: Sequence[Group], things: int) -> Iterator[Block]:
    for number, group in enumerate(groups):
        yield Block(
            group_title(group),
            group.entries,
            lambda entry: people_lines(entry, things),
            "people",
            lambda entry: len(entry.people),
            group.total - sum(len(entry.people) for entry in group.entries),
            3 if group.outcome in LOSING else 1,
            is_close=number > 0,
        )


def _rest(tallies: Sequence[Tally], shown: int) -> str:
    """The tallies that have no line of their own, in brief."""
    left = tallies[shown : shown + REST_SHOWN]
    more = ", …" if len(tallies) > shown + REST_SHOWN else ""
    return f": {', '.join(plain_words(tally_words(each)) for each in left)}{more}"


def _codes(left: Sequence[Problem]) -> str:
    """Which findings have no line of their own, and how grave they are."""
    counts = Counter((problem.severity, problem.code) for problem in left)
    return f": {', '.join(f'{number:,} {severity} {shown(code)}' for (severity, code), number in counts.items())}"


def _beginnings(left: Sequence[Entry]) -> str:
    """What has no line of its own, without the names that it ends in."""
    return f": {'; '.join(plain_words(entry.words).partition(': ')[0] for entry in left)}"
