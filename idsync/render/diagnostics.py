"""Mistakes in somebody's files, and errors, as people and machines read them: what, why, how to fix it, and where.

No line of a file is ever quoted: it may hold the very secret that should not be there.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from idsync.diagnostics import Diagnostic, Position, Severity, has_errors
from idsync.errors import (
    AuthorizationError,
    BlockedError,
    ConfigError,
    IdsyncError,
    LeaseHeld,
    PartlyApplied,
    PlanStale,
    SourceUnhealthy,
)
from idsync.render.escape_text import visible
from idsync.render.phrases import counted, listed_names
from idsync.render.style import PLAIN, Style, Tone

NAMES_SHOWN = 20
_TONES: dict[Severity, Tone] = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "strong"}


def render_diagnostics(found: Sequence[Diagnostic], style: Style = PLAIN) -> str:
    """Each mistake as `file:line:column: severity code: summary`, its reason and remedy under it; counts at the end."""
    lines = [line for diagnostic in found for line in _diagnostic_lines(diagnostic, style)]
    return "\n".join([*lines, f"{count_words(found)}."]) + "\n" if found else ""


def render_diagnostics_json(found: Sequence[Diagnostic]) -> str:
    """Whether the files are valid, and every mistake."""
    return _json({"valid": not has_errors(found), "diagnostics": found})


def render_error(error: IdsyncError, style: Style = PLAIN) -> str:
    """What went wrong, where, why, what it is about, and how to fix it; after the mistakes, if files are at fault."""
    lines: list[str] = []
    if isinstance(error, ConfigError):
        lines += [line for found in error.diagnostics for line in _diagnostic_lines(found, style)]
    lines.append(f"{style.paint('error', 'error')}: {visible(error.summary)}")
    if error.position is not None:
        lines.append(f"  at: {_place(error.position)}")
    if error.why:
        lines.append(f"  why: {visible(error.why)}")
    lines += [f"  {name}: {words}" for name, words in _particulars(error)]
    if error.fix:
        lines.append(f"  fix: {visible(error.fix)}")
    return "\n".join(lines) + "\n"


def count_words(found: Sequence[Diagnostic]) -> str:
    """`2 errors, 1 warning`."""
    words = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
    counts = {severity: sum(diagnostic.severity is severity for diagnostic in found) for severity in Severity}
    told = [counted(number, words[severity]) for severity, number in counts.items() if number]
    return ", ".join(told) or "no mistakes"


def _diagnostic_lines(found: Diagnostic, style: Style) -> Iterator[str]:
    severity = style.paint(f"{found.severity} {visible(found.code)}", _TONES[found.severity])
    yield f"{style.paint(_place(found.position), 'strong')}: {severity}: {visible(found.summary)}"
    yield f"  why: {visible(found.why)}"
    yield f"  fix: {visible(found.fix)}"
    yield from (f"  see: {_place(place)}" for place in found.related)


def _place(position: Position) -> str:
    return visible(str(position))


def _particulars(error: IdsyncError) -> Iterator[tuple[str, str]]:
    """What an error knows besides its words."""
    match error:
        case AuthorizationError(scope=scope) if scope:
            yield "scope", visible(scope)
        case BlockedError(guards=guards) if guards:
            yield "guards", listed_names(guards, NAMES_SHOWN)
        case PlanStale(addresses=addresses) if addresses:
            yield "changed since", listed_names(addresses, NAMES_SHOWN)
        case SourceUnhealthy(codes=codes) if codes:
            yield "health", listed_names(codes, NAMES_SHOWN)
        case PartlyApplied(done=done, total=total):
            yield "done", f"{done:,} of {counted(total, 'step')}"
        case LeaseHeld(holder=holder, since=since):
            yield "held by", f"{visible(holder)} since {visible(since)}"
        case _:
            return


def _json(value: dict[str, Any]) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"
