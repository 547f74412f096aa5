"""What is held back of a plan that goes ahead in part: by what, how it is released, and every change of it."""

import shlex
from collections.abc import Sequence

from idsync.plan.changes import GuardResult, Plan
from idsync.plan.guards import UNATTENDED
from idsync.plan.health import RELEASABLE
from idsync.plan.holding import BY_HAND, MOVED, in_order
from idsync.render.escape_text import shown, visible
from idsync.render.phrases import counted, listed
from idsync.render.style import PLAIN, Style
from idsync.render.text import sections_text
from idsync.render.view.cells import CODE_LIMIT
from idsync.render.view.change_rows import change_sections
from idsync.render.view.verdicts import CODES_SHOWN, limit_words
from idsync.render.wrap import wrapped


def held_by(held: Plan) -> tuple[str, ...]:
    """The guards and doubts that hold these changes, doubts first."""
    return in_order({mark for change in held.changes for mark in change.blocked_by})


def held_headline(held: Plan) -> str:
    """One sentence that says how much is held back, and by what."""
    results = {result.guard: result for result in held.guards}
    when = of_the_hour(held)
    by = [_mark(mark, results.get(mark), when) for mark in held_by(held)]
    return f"{counted(len(held.changes), 'change is', 'changes are')} held back, by {listed(by, CODES_SHOWN)}."


def of_the_hour(plan: Plan) -> str:
    """What stands after a count of passes that nobody attends, which is of the last hour; nothing after another."""
    return " within an hour" if any(result.guard in UNATTENDED for result in plan.guards) else ""


def held_advice(held: Plan, options: Sequence[str] = ()) -> str:
    """How what is held back can go ahead; `options` are what an apply of this configuration needs."""
    doubts = {finding.code for finding in held.health.findings}
    marks = [mark for mark in held_by(held) if mark != MOVED]
    if any(mark in doubts and mark not in RELEASABLE for mark in marks):
        return f"Nothing releases this: read the source again, whole. {BY_HAND}"
    if not marks:
        return "Plan again: what these changes are about has changed since the plan was made."
    command = visible(shlex.join(["idsync", "apply", *options]))
    released = " ".join(f"--allow {shown(mark, CODE_LIMIT)}=REASON" for mark in marks[:CODES_SHOWN])
    verdict = "right, and the source whole" if not doubts.isdisjoint(marks) else "meant"
    return f"If this is {verdict}: {command} {released}. {BY_HAND}"


def render_held(held: Plan, style: Style = PLAIN, *, columns: int | None = None, options: Sequence[str] = ()) -> str:
    """The part of a plan that is held back, as plain text; nothing where nothing is held."""
    if held.is_empty:
        return ""
    head = wrapped(((f"! {held_headline(held)}", "warning"),), columns, 4, style)
    head += wrapped(((f"  {held_advice(held, options)}", None),), columns, 4, style)
    return "\n".join(head) + "\n" + sections_text(change_sections(held, held=True), style, columns)


def _mark(mark: str, result: GuardResult | None, when: str) -> str:
    name = shown(mark, CODE_LIMIT)
    return name if result is None else f"{name} ({result.count:,}{when}, limit {limit_words(result)})"
