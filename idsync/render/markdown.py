"""A plan as a comment on a pull request: the headline, who loses and gains what, then the detail, folded away.

Never longer than GitHub takes; what must go is cut at row boundaries, the least important first, and counted.
"""

from collections.abc import Iterable, Iterator, Sequence

from idsync.plan.changes import Plan
from idsync.render.escape_markdown import code, prose
from idsync.render.plan_view import plan_view
from idsync.render.text import ORDER, row_lines
from idsync.render.view import Limits, Line, PlanView, Row, Section

MARKER = "<!-- idsync-plan -->"
"""The first line, by which a workflow finds its own comment again."""
SIZE_LIMIT = 65_536
LIMITS = Limits(losing_people=500, other_people=200, changes=200, locks=200, findings=100, losing_lines=24)
_ROOM_FOR_A_COUNT = 120
_FENCE = "`````"
_FOLD = ("", "<details>", f"<summary>{ORDER}</summary>")
_UNFOLD = ("", "</details>")
_COLUMNS = {"Loses": "-", "Gains": "+", "Keeps by another way": "~"}


class Block:
    """Rows under a title, between an opening and a closing; from their end rows may be cut."""

    def __init__(self, section: Section, opening: Iterable[str], rows: Iterable[str], closing: Iterable[str]) -> None:
        count = f" ({section.total:,})" if section.noun else ""
        self.title = f"**{prose(section.title)}**{count}"
        self.opening = tuple(opening)
        self.rows = list(rows)
        self.closing = tuple(closing)
        self.hidden = section.hidden
        self.noun = section.noun or "rows"

    def lines(self) -> Iterator[str]:
        """The block, and how many rows it lacks; nothing when it has nothing to say."""
        if self.rows or self.hidden:
            yield from ("", self.title, "")
        if self.rows:
            yield from (*self.opening, *self.rows, *self.closing)
        if self.hidden:
            yield from ("", f"… and {self.hidden:,} more {self.noun}: see `idsync show PLAN --format json`.")

    def size(self) -> int:
        """An upper bound of its characters, with room for the count of what is cut."""
        fixed = (self.title, *self.opening, *self.closing)
        return sum(len(line) + 1 for line in (*fixed, *self.rows)) + _ROOM_FOR_A_COUNT

    def cut(self, excess: int) -> int:
        """Cut rows from the end until `excess` characters are gone or none is left; the excess that remains."""
        while excess > 0 and self.rows:
            excess -= len(self.rows.pop()) + 1
            self.hidden += 1
        return excess


def render_plan(plan: Plan, *, drift: bool = False, options: Sequence[str] = ()) -> str:
    """The comment on a plan, or on the `drift` in it: the marker first, the plan's digest last."""
    view = plan_view(plan, LIMITS, drift=drift, options=options)
    head = [MARKER, f"### {prose(view.headline)}", *_warnings(view)]
    people = [_people_block(section) for section in view.people]
    locks = _list_block(view.locks)
    checks = [_list_block(section) for section in view.checks]
    findings = _list_block(view.findings)
    details = [_detail_block(section) for section in view.changes]
    foot = ["", "<sub>" + " · ".join(f"{name} {prose(value)}" for name, value in view.facts) + "</sub>"]
    by_importance = [*reversed(details), findings, locks, *reversed(people), *checks]
    fixed = sum(len(line) + 1 for line in (*head, *_FOLD, *_UNFOLD, *foot))
    excess = fixed + sum(block.size() for block in by_importance) - SIZE_LIMIT
    for block in by_importance:
        excess = block.cut(excess)
    body = [line for block in (*people, locks, *checks, findings) for line in block.lines()]
    return "\n".join([*head, *body, *_folded(details), *foot]) + "\n"


def _warnings(view: PlanView) -> Iterator[str]:
    for warning in view.warnings:
        yield from ("", "> [!CAUTION]", f"> {prose(warning.text)}")
        yield from (f"> {prose(detail.text)}" for detail in warning.details)


def _people_block(section: Section) -> Block:
    """A table with the columns that somebody needs."""
    columns = [name for name, symbols in _COLUMNS.items() if _uses(section, symbols)]
    opening = (f"| {' | '.join(['Person', *columns])} |", "|" + "---|" * (len(columns) + 1))
    return Block(section, opening, (_person_row(row, columns) for row in section.rows), ())


def _uses(section: Section, symbols: str) -> bool:
    return any(detail.symbol in symbols for row in section.rows for detail in row.details)


def _person_row(row: Row, columns: list[str]) -> str:
    who = code(row.text) + (f"<br>{prose(row.note)}" if row.note else "")
    cells = [_cell([detail for detail in row.details if detail.symbol in _COLUMNS[name]]) for name in columns]
    return f"| {' | '.join([who, *cells])} |"


def _cell(lines: list[Line]) -> str:
    return "<br>".join(map(_said, lines))


def _said(line: Row | Line) -> str:
    return f"{prose(line.text)}{f' – {prose(line.note)}' if line.note else ''}"


def _list_block(section: Section) -> Block:
    return Block(section, (), map(_list_row, section.rows), ())


def _list_row(row: Row) -> str:
    symbol = "" if row.symbol == " " else f"{code(row.symbol)} "
    return f"- {symbol}{_said(row)}{''.join(f'<br>{_said(detail)}' for detail in row.details)}"


def _detail_block(section: Section) -> Block:
    """Rows as the text renderer writes them, in a fence that none of them can close: each begins with its symbol."""
    return Block(section, [f"{_FENCE}diff"], ("\n".join(row_lines(row)) for row in section.rows), [_FENCE])


def _folded(details: list[Block]) -> Iterator[str]:
    if details:
        yield from _FOLD
        for block in details:
            yield from block.lines()
        yield from _UNFOLD
