"""A plan as plain text for a terminal or a log: the headline first, who loses what before who gains what."""

from collections.abc import Sequence

from idsync.plan.changes import Plan
from idsync.render.plan_view import plan_view
from idsync.render.style import PLAIN, Style, Tone
from idsync.render.view import MORE, Limits, Line, Row, Section, Symbol

ORDER = "Changes, in the order of the apply"
_TONES: dict[Symbol, Tone] = {"+": "added", "-": "removed", "~": "changed", "!": "warning", " ": "faint"}


def render_plan(
    plan: Plan,
    style: Style = PLAIN,
    limits: Limits | None = None,
    *,
    drift: bool = False,
    split: bool = False,
    options: Sequence[str] = (),
) -> str:
    """The plan, or the `drift` in it, on as many lines as `limits` allows; the same bytes each time when plain."""
    view = plan_view(plan, limits, drift=drift, split=split, options=options)
    blocks = [[style.paint(view.headline, "strong")]]
    blocks += [row_lines(warning, style, "  ") for warning in view.warnings]
    blocks += [section_lines(section, style) for section in (*view.people, *view.checks, view.findings) if section.rows]
    if view.changes:
        blocks.append([style.paint(ORDER, "strong")])
        blocks += [section_lines(section, style) for section in view.changes]
    if not plan.is_empty:
        blocks.append([style.paint(f"{name}: {value}", "faint") for name, value in view.facts])
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def section_lines(section: Section, style: Style = PLAIN, indent: str = "  ") -> list[str]:
    """A section's title with its count, its rows, and how many are left out."""
    lines = [style.paint(section_title(section), "strong")]
    for row in section.rows:
        lines.extend(indent + line for line in row_lines(row, style))
    if section.hidden:
        lines.append(f"{indent}… and {section.hidden:,} more {section.noun} ({MORE})")
    return lines


def section_title(section: Section) -> str:
    """The title, with its count where rows are counted."""
    return f"{section.title} ({section.total:,})" if section.noun else section.title


def row_lines(row: Row, style: Style = PLAIN, indent: str = "    ") -> list[str]:
    """One row and what is said under it."""
    return [_line(row, style, "  "), *(indent + _line(detail, style, "") for detail in row.details)]


def _line(line: Row | Line, style: Style, without_symbol: str) -> str:
    symbol = without_symbol if line.symbol == " " else style.paint(line.symbol, _TONES[line.symbol]) + " "
    note = f"  {style.paint(f'[{line.note}]', 'faint')}" if line.note else ""
    return f"{symbol}{line.text}{note}"
