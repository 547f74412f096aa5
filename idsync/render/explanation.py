"""An explanation as `explain` prints it: who the person is, then each role and list with every path to it."""

import msgspec

from idsync.plan.explain import ExplainedAccess, Explanation, Path
from idsync.render.escape_text import shown, visible
from idsync.render.phrases import cause_words, named
from idsync.render.style import PLAIN, Style

STANDINGS = {
    "present": "has the app",
    "suspended": "is suspended: kept, behind a lock",
    "held": "is left exactly as it is, because of a finding",
    "leaving": "is leaving: locked, then deleted",
    "absent": "does not have the app",
}
"""How a person stands, after their name."""
KINDS = {"role": "role", "access_list": "list", "trait": "trait"}


def render_json(explanation: Explanation) -> str:
    """All of it, as one object."""
    return msgspec.json.format(msgspec.json.encode(explanation), indent=2).decode() + "\n"


def render_text(explanation: Explanation, style: Style = PLAIN) -> str:
    """A line on the person, then what they have or are to have, then what is missing."""
    lines = [_person(explanation, style)]
    for access in explanation.access:
        lines += _access_lines(access, style)
    for edge in explanation.missing:
        causes = "".join(f"  [{cause_words(cause)}]" for cause in edge.causes)
        lines += [
            "",
            f"{style.paint('missing', 'warning')}: {visible(edge.what)}{causes}",
            f"  fix: {visible(edge.fix)}",
        ]
    if not explanation.access and not explanation.missing:
        what = "nothing" if explanation.resource is None else f"nothing called {shown(explanation.resource)}"
        lines += ["", f"There is {what} to explain."]
    return "\n".join(lines) + "\n"


def _person(explanation: Explanation, style: Style) -> str:
    okta = f"Okta user {shown(explanation.okta_id)}, " if explanation.okta_id else ""
    status = visible(explanation.okta_status) or "not in the snapshot"
    locked = "; locked now" if explanation.locked else ""
    name = style.paint(shown(explanation.person), "strong")
    return f"{name} ({okta}{status}) {STANDINGS[explanation.standing]}{locked}."


def _access_lines(access: ExplainedAccess, style: Style) -> list[str]:
    what = f"{KINDS[access.kind]} {named(access.title, access.name)}"
    match access.now, access.desired:
        case True, True:
            head = f"  {what}"
        case False, True:
            head = style.paint(f"+ {what}  [comes with the next apply]", "added")
        case _:
            head = style.paint(f"- {what}  [goes with the next apply]", "removed")
    return ["", head, *(f"      {path_words(path)}" for path in access.paths)]


def path_words(path: Path) -> str:
    """One way by which somebody has something."""
    causes = " → ".join(cause_words(cause) for cause in path.causes)
    if path.via == "user":
        return causes or "on the user"
    through = f"list {named(path.title, path.via)}"
    return f"{causes} → {through}" if causes else through
