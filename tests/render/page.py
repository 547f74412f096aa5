"""A page as tests read it."""

import re

from idsync.plan.changes import Plan
from idsync.render.html import document


def page_of(plan: Plan) -> str:
    """The page without its script, its sheet and their digests, which have tests of their own; a row in a line."""
    text = re.sub(r"(<(style|script)>).*?(</\2>)", r"\1\3", document.render_plan(plan), flags=re.DOTALL)
    return re.sub(r"(?=<(?:li|tr|section|path|g)[ >])", "\n", re.sub(r"sha256-[\w+/=]+", "sha256-…", text))
