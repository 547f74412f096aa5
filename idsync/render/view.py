"""The one view of a plan that every renderer of it prints: a headline, warnings, and sections of rows.

Every string in a view is safe for a terminal already; what a format needs beyond that is its renderer's business.
"""

from collections.abc import Callable, Sequence
from typing import Literal, TypeVar

import msgspec

Symbol = Literal["+", "-", "~", "!", " "]
"""Given, taken, changed, in the way, neither."""


class Line(msgspec.Struct, frozen=True):
    """One thing said under a row, and why in the `note`."""

    symbol: Symbol
    text: str
    note: str = ""


class Row(msgspec.Struct, frozen=True):
    """One person, change, guard or finding."""

    symbol: Symbol
    text: str
    note: str = ""
    details: tuple[Line, ...] = ()


class Section(msgspec.Struct, frozen=True):
    """Rows under a title; `total` counts those left out too, `noun` says what they are (none: not worth counting)."""

    title: str
    rows: tuple[Row, ...]
    total: int
    noun: str

    @property
    def hidden(self) -> int:
        """How many rows are not here."""
        return self.total - len(self.rows)


class PlanView(msgspec.Struct, frozen=True):
    """A plan as people read it, the most important first; empty sections are left out of the tuples."""

    headline: str
    warnings: tuple[Row, ...]
    """Why an apply would refuse the plan, and what to do."""
    people: tuple[Section, ...]
    """Who gains and loses what: those who lose come first."""
    locks: Section
    checks: tuple[Section, ...]
    """Doubts about the snapshot, then guards."""
    findings: Section
    changes: tuple[Section, ...]
    """Every change with its fields, a section for each phase of the apply."""
    facts: tuple[tuple[str, str], ...]
    """What the plan was made from, and its digest last."""


class Limits(msgspec.Struct, frozen=True):
    """How much is shown; counts in headline and titles are of everything."""

    losing_people: int = 200
    other_people: int = 50
    changes: int = 50
    """For each phase."""
    locks: int = 100
    findings: int = 50
    lines: int = 12
    """What one person gains."""
    losing_lines: int = 60
    """What one person loses."""


MORE = "use --format json"


Said = TypeVar("Said")


def capped(items: Sequence[Said], limit: int, symbol: Symbol, say: Callable[[Said], Line]) -> tuple[Line, ...]:
    """A line for each item, and in place of those over the limit how many they are."""
    lines = tuple(map(say, items[:limit]))
    return lines if len(items) <= limit else (*lines, Line(symbol, f"… and {len(items) - limit:,} more ({MORE})"))
