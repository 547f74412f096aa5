"""An explanation as `explain` prints it: who the person is, then each role and list with every path to it."""

import shlex
from collections.abc import Iterable, Sequence

import msgspec

from idsync.plan.explain import ExplainedAccess, Explanation, HeldBy, Path
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
STEPS = {"lock": "The lock is", "deletion": "The deletion is", "change": "A change of the account is"}
"""What is held back of an account."""
UNKNOWN = {
    "unread": "not in the last reading",
    "unpushed": "no push tells of them",
    "inactive": "pushed as inactive",
    "": "",
}
"""Why no status of somebody is known."""
KINDS = {"role": "role", "access_list": "list", "trait": "trait", "app": "app"}


def render_json(explanation: Explanation) -> str:
    """All of it, as one object."""
    return msgspec.json.format(msgspec.json.encode(explanation), indent=2).decode() + "\n"


def render_text(explanation: Explanation, style: Style = PLAIN, options: Sequence[str] = ()) -> str:
    """A line on the person, then what they have or are to have, then what is missing, and how what is held is released.

    `options` are what an apply of this configuration needs.
    """
    lines = [_person(explanation, style)]
    lines += [style.paint(f"{STEPS[each.step]} {held_words(each.by)}.", "warning") for each in explanation.held]
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
        what = "nothing" if explanation.resource is None else f'nothing called "{shown(explanation.resource)}"'
        lines += ["", f"There is {what} to explain."]
    if guards := holding(explanation):
        lines += ["", f"To release all that {_and(guards)} hold{'' if guards[1:] else 's'}: {release(guards, options)}"]
    return "\n".join(lines) + "\n"


def _person(explanation: Explanation, style: Style) -> str:
    okta = f"Okta user {shown(explanation.okta_id)}, " if explanation.okta_id else ""
    locked = "; locked now" if explanation.locked else ""
    name = style.paint(shown(explanation.person), "strong")
    return f"{name} ({okta}{status_words(explanation)}) {STANDINGS[explanation.standing]}{locked}."


def status_words(explanation: Explanation) -> str:
    """The person's status in Okta, or why none is known."""
    return visible(explanation.okta_status) or UNKNOWN[explanation.unknown]


def _access_lines(access: ExplainedAccess, style: Style) -> list[str]:
    what = f"{KINDS[access.kind]} {named(access.title, access.name)}"
    match access.now, access.desired:
        case True, True:
            head = f"  {what}"
        case False, True:
            head = style.paint(f"+ {what}  [{coming_words(access)}]", "added")
        case _:
            head = style.paint(f"- {what}  [{coming_words(access)}]", "removed")
    return ["", head, *(f"      {path_words(path)}" for path in access.paths)]


def coming_words(access: ExplainedAccess) -> str:
    """Whether something comes or goes with the next apply, or is held back, by what and since when."""
    if access.held:
        return f"{'goes' if access.now else 'comes'} later: {held_words(access.held)}"
    return "goes with the next apply" if access.now else "comes with the next apply"


def held_words(by: Iterable[HeldBy]) -> str:
    """`held back by user_deletes since 2026-11-22T12:00:00Z`."""
    guards = (f"{shown(each.guard)} since {shown(each.since)}" if each.since else shown(each.guard) for each in by)
    return f"held back by {_and(tuple(guards))}"


def holding(explanation: Explanation) -> tuple[str, ...]:
    """The guards that hold back anything that is told of the person."""
    told = [by.guard for step in explanation.held for by in step.by]
    told += [by.guard for access in explanation.access for by in access.held]
    return tuple(sorted(set(told)))


def release(guards: Iterable[str], options: Sequence[str] = ()) -> str:
    """The command that releases all that some guards hold."""
    allowed = " ".join(f"--allow {shown(guard)}=REASON" for guard in guards)
    return f"{visible(shlex.join(['idsync', 'apply', *options]))} {allowed}"


def _and(words: Sequence[str]) -> str:
    return " and ".join((", ".join(words[:-1]), words[-1])) if words[1:] else "".join(words)


def path_words(path: Path) -> str:
    """One way by which somebody has something."""
    causes = " → ".join(cause_words(cause) for cause in path.causes)
    if path.via == "user":
        return causes or "on the user"
    through = f"list {named(path.title, path.via)}"
    return f"{causes} → {through}" if causes else through
