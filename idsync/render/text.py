"""A plan as plain text for a terminal or a log: the headline first, then what is wrong, then who loses and gains what.

What it says depends on the plan alone; only where lines are broken, and colour, depend on the terminal.
"""

from collections.abc import Sequence

from idsync.plan.changes import Plan
from idsync.render.blocks import COLUMNS, Block, blocks_of, fitting, section_block
from idsync.render.lines import Line, entry_lines
from idsync.render.style import PLAIN, Style
from idsync.render.view.cells import Cell, Value, plain_words
from idsync.render.view.headline import headline
from idsync.render.view.outcomes import touched_by
from idsync.render.view.plan_view import plan_view
from idsync.render.view.titles import ORDER
from idsync.render.view.undescribed import NEWCOMERS_DESCRIBED
from idsync.render.view.verdicts import warnings_of
from idsync.render.view.view import PlanView, Section
from idsync.render.wrap import wrapped

ROOM = 46
"""So many lines of usual width make two screens, with the command and the prompt."""
THINGS_SHOWN, ALL_THINGS_SHOWN = 8, 60
ENTRIES_SHOWN = 200
"""Of each section, where everything is asked for."""
DIGITS_SHOWN = 12
SINGULAR = {
    "findings": "finding",
    "guards": "guard",
    "people": "person",
    "lists": "list",
    "users": "user",
    "locks": "lock",
}
MORE, NO_MORE = "use --detail", "use --format json"


def render_plan(
    plan: Plan,
    style: Style = PLAIN,
    *,
    columns: int | None = None,
    detail: bool = False,
    drift: bool = False,
    split: bool = False,
    described: int = NEWCOMERS_DESCRIBED,
    options: Sequence[str] = (),
) -> str:
    """The plan, or the `drift` in it, in lines of at most so many columns; the same bytes each time when plain.

    Without `detail` it fits two screens, and with it the changes follow in the order of the apply. Of newcomers so many
    are `described`.
    """
    view = plan_view(plan, detail=detail, drift=drift, split=split, described=described, options=options)
    paper = _Paper(style, columns, NO_MORE if detail else MORE)
    facts = [] if plan.is_empty else _facts(view, whole=detail)
    written = [*paper.lines(_head(view)), *_warnings(view, paper)]
    blocks = blocks_of(view, ALL_THINGS_SHOWN if detail else THINGS_SHOWN)
    said = [ENTRIES_SHOWN] * len(blocks) if detail else fitting(blocks, ROOM - _fixed(view, facts))
    for block, shown in zip(blocks, said, strict=True):
        written += paper.block(block, shown)
    if view.changes:
        written += ["", style.paint(ORDER, "strong")]
        for section in view.changes:
            written += paper.block(section_block(section), ENTRIES_SHOWN)
    if facts:
        written += ["", *paper.lines(facts)]
    return "\n".join(written) + "\n"


def sections_text(sections: Sequence[Section], style: Style = PLAIN, columns: int | None = None) -> str:
    """Sections one under the other, each after an empty line, for what shows a part of a plan."""
    paper = _Paper(style, columns, NO_MORE)
    return "".join(f"{row}\n" for section in sections for row in paper.block(section_block(section), ENTRIES_SHOWN))


def recap(
    plan: Plan,
    style: Style = PLAIN,
    *,
    columns: int | None = None,
    split: bool = False,
    part: Plan | None = None,
    options: Sequence[str] = (),
) -> str:
    """The headline and every warning: what a question about a plan says again, beside the answer.

    Where a `part` alone goes ahead, its headline stands last.
    """
    paper = _Paper(style, columns, "")
    head = Line(0, ((headline(plan, touched_by(plan)), "strong"),))
    warnings = [line for warning in warnings_of(plan, options, split=split) for line in entry_lines(warning, 0)]
    going = []
    if part is not None:
        told = headline(part, touched_by(part)).removeprefix("Plan: ")
        going = [Line(0, ((f"The part that may go ahead: {told}", "strong"),))]
    return "".join(f"{row}\n" for row in paper.lines([head, *warnings, *going]))


class _Paper:
    """What is written on: so wide, with colour or without; `hint` says how to see more."""

    def __init__(self, style: Style, columns: int | None, hint: str) -> None:
        self._style = style
        self._columns = columns
        self._hint = hint

    def lines(self, some: Sequence[Line]) -> list[str]:
        """Lines broken where they are too long."""
        return [
            row
            for line in some
            for row in wrapped(((" " * line.indent, None), *line.pieces), self._columns, line.indent + 4, self._style)
        ]

    def block(self, block: Block, shown: int) -> list[str]:
        """A section with so many of its entries, and how many are left out."""
        rows = [] if block.is_close else [""]
        rows += [self._style.paint(title, "strong") for title in (block.heading, block.title) if title]
        rows += self.lines([line for entry in block.first(shown) for line in entry])
        hidden = block.hidden(shown)
        if hidden:
            noun = block.noun if hidden > 1 else SINGULAR.get(block.noun, block.noun)
            more = f"… and {hidden:,} more{noun and f' {noun}'}{block.rest(shown)} ({self._hint})"
            rows += self.lines([Line(2, ((more, None),))])
        return rows


def _head(view: PlanView) -> list[Line]:
    return [Line(0, ((view.headline, "strong"),))]


def _warnings(view: PlanView, paper: _Paper) -> list[str]:
    return [row for warning in view.warnings for row in ("", *paper.lines(entry_lines(warning, 0)))]


def _fixed(view: PlanView, facts: Sequence[Line]) -> int:
    """How many lines of usual width stand in any case: above the sections, and under them."""
    usual = _Paper(PLAIN, COLUMNS, "")
    return len(usual.lines(_head(view))) + len(_warnings(view, usual)) + bool(facts) + len(usual.lines(facts))


def _facts(view: PlanView, *, whole: bool) -> list[Line]:
    """What the plan was made from; digests whole or, to be told apart by people, their beginnings."""
    if whole:
        return [Line(0, ((f"{name}: {plain_words(words)}", "faint"),)) for name, words in view.facts]
    told = [f"{name} {plain_words(tuple(map(_brief, words)))}" for name, words in view.facts]
    return [Line(0, (("; ".join(told), "faint"),))]


def _brief(word: str | Cell) -> str | Cell:
    if isinstance(word, Value) and word.text.startswith("sha256:"):
        return Value(word.text[: len("sha256:") + DIGITS_SHOWN])
    return word
