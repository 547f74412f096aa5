"""Plans as commands print and read them."""

import shutil
from pathlib import Path

from idsync.cli.files import read_input
from idsync.cli.invocation import Invocation
from idsync.diagnostics import Position
from idsync.errors import PlanError
from idsync.plan.changes import Plan
from idsync.plan.planfile import decode_plan
from idsync.render.links import NO_LINKS, Links
from idsync.render.style import COLOUR, PLAIN
from idsync.render.view.undescribed import NEWCOMERS_DESCRIBED

FORMATS = ("text", "json", "markdown", "html", "sarif", "junit", "github")
"""What `--format` takes where a plan is printed."""
NEWCOMERS_SHOWN = NEWCOMERS_DESCRIBED
"""How many newcomers a plan must describe for the screen."""


def plan_text(
    plan: Plan,
    form: str,
    invocation: Invocation,
    *,
    kept: Path | None = None,
    drift: bool = False,
    split: bool = False,
    key: bytes | None = None,
    detail: bool = False,
    links: Links = NO_LINKS,
) -> str:
    """A plan, or the `drift` in it, in one of the formats of `--format`; `kept` is the file that it is in.

    With a `key`, people stand under its pseudonyms. Of a plan that is about to be `split`, it is not said that an apply
    refuses it. Text has every change only with `detail`; the other formats always have them.
    """
    if key is not None:
        plan = redacted_plan(plan, key, form)
    options = (*invocation.config_arguments, *([] if kept is None else [str(kept)]))
    match form:
        case "json":
            from idsync.render.json import render_plan as render_json

            return render_json(plan)
        case "markdown":
            from idsync.render.markdown import render_plan as render_markdown

            return render_markdown(plan, drift=drift, options=options, links=links)
        case "html":
            from idsync.render.html.document import render_plan as render_html

            return render_html(plan, drift=drift, options=options, links=links)
        case "sarif" | "junit" | "github":
            from idsync.cli.reports import plan_report

            return plan_report(plan, form, invocation)
        case _:
            from idsync.render.text import render_plan as render_text

            console = invocation.console
            style = COLOUR if console.colour else PLAIN
            return render_text(
                plan, style, columns=console.columns, detail=detail, drift=drift, split=split, options=options
            )


def recap_of(plan: Plan, invocation: Invocation, *, split: bool, part: Plan | None = None) -> str:
    """What stands over a question: a plan's headline, every warning, and the headline of a `part` that goes alone."""
    from idsync.render.text import recap

    console = invocation.console
    style = COLOUR if console.colour_of_questions else PLAIN
    columns = shutil.get_terminal_size().columns
    return recap(plan, style, columns=columns, split=split, part=part, options=invocation.config_arguments)


def redacted_plan(plan: Plan, key: bytes, form: str) -> Plan:
    """The plan under pseudonyms, for one of the formats; what machines read is marked as not to be applied."""
    from idsync.render.redaction.redacted import redacted, redacted_file

    shown = redacted(plan, key)
    return redacted_file(shown) if form == "json" else shown


def read_plan(path: Path) -> Plan:
    """The plan in a file; raises UsageError when the file is missing, PlanError when idsync did not write it."""
    content = read_input(path, "plan")
    try:
        return decode_plan(content)
    except PlanError as error:
        error.position = error.position or Position(str(path))
        raise
