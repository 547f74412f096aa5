"""What a plan or a configuration reports, one by one, for formats that other programs read: code, level and place.

Every text here is safe for a terminal already.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from idsync.config.codes import CODES
from idsync.diagnostics import Diagnostic
from idsync.model.directory import Cause, ConfigCause, UpstreamCause
from idsync.model.findings import Finding
from idsync.plan.changes import GuardResult, Plan
from idsync.render.escape_text import shown, visible
from idsync.render.phrases import in_target
from idsync.render.reports.doubt_codes import DOUBT_CODES, GUARD_CODES
from idsync.render.reports.finding_codes import FINDING_CODES
from idsync.render.view.verdicts import limit_words

Level = Literal["error", "warning", "note"]
Family = Literal["snapshot", "guard", "finding", "configuration"]
MESSAGE_LIMIT = 2_000
CODE_LIMIT = 60
_LEVELS: dict[str, Level] = {"error": "error", "warning": "warning", "info": "note"}
_FIX_A_READING = "Read the source again, whole. If it is right as it is, `idsync apply --allow {code}=REASON`."
_FIX_A_BROKEN_READING = "Nothing releases this: correct the source, and plan again."
_FIX_A_GUARD = "See whom the plan counts. If it is meant, `idsync apply --allow {code}=REASON`."


class Place(msgspec.Struct, frozen=True):
    """A file as its reader finds it; lines and columns count from 1, line 0 means the file as a whole."""

    file: str
    line: int = 0
    column: int = 0


class Places(msgspec.Struct, frozen=True):
    """Where the files of the configuration lie for the reader of a report, and what stands for a place not known."""

    root: str = ""
    """The folder of the configuration, relative to the top of the repository; empty where they are the same."""
    fallback: str = "idsync.yaml"
    """The file to name where none is at fault and one must be named, relative to the top of the repository."""

    def of(self, file: str, line: int = 0, column: int = 0) -> Place:
        """A place in a file of the configuration."""
        is_whole = not self.root or file.startswith("/") or file == self.root
        inside = file if is_whole else f"{self.root.rstrip('/')}/{file}"
        return Place(inside, max(line, 0), max(column, 0))

    def first(self, causes: Sequence[Cause]) -> Place | None:
        """The first place in the configuration among some causes; None where there is none."""
        for cause in causes:
            if isinstance(cause, ConfigCause) and cause.file:
                return self.of(cause.file, cause.line, cause.column)
        return None


class Reported(msgspec.Struct, frozen=True):
    """One finding, doubt, guard or mistake. A guard within its limit, and what a person released, is a `note`."""

    family: Family
    code: str
    level: Level
    message: str
    place: Place | None
    objects: tuple[UpstreamCause, ...] = ()
    """What of Okta it is about; names as they came."""
    target: str = ""
    passed: bool = False
    """Whether it is a guard that holds nothing back."""


class Help(msgspec.Struct, frozen=True):
    """What a code means and what to do about it; Markdown without any mark-up but code."""

    says: str
    to_do: str


def reported_of_plan(plan: Plan, places: Places) -> tuple[Reported, ...]:
    """Doubts, guards and findings of a plan, in this order; what a guard that blocks says is told with the guard."""
    messages: dict[str, list[Finding]] = defaultdict(list)
    for finding in plan.findings:
        messages[finding.code].append(finding)
    blocked = {result.guard for result in plan.guards if result.verdict == "blocked"}
    guards = tuple(
        _guard(
            each, messages[each.guard].pop(0) if each.verdict == "blocked" and messages[each.guard] else None, places
        )
        for each in plan.guards
    )
    others = [finding for finding in plan.findings if finding.code not in blocked]
    return (
        *(_finding("snapshot", finding, places) for finding in plan.health.findings),
        *guards,
        *(_finding("finding", finding, places) for finding in others),
    )


def reported_of_diagnostics(found: Sequence[Diagnostic], places: Places) -> tuple[Reported, ...]:
    """The mistakes in a configuration, in their order."""
    return tuple(_diagnostic(each, places) for each in found)


def help_of(reported: Reported) -> Help | None:
    """What the code of something reported means; None for a code that this version does not know."""
    code = reported.code
    match reported.family:
        case "guard" if code in GUARD_CODES:
            return Help(GUARD_CODES[code].counts, _FIX_A_GUARD.format(code=code))
        case "snapshot" if code in DOUBT_CODES:
            released = DOUBT_CODES[code].verdict == "suspect"
            return Help(
                DOUBT_CODES[code].says, (_FIX_A_READING if released else _FIX_A_BROKEN_READING).format(code=code)
            )
        case "configuration" if code in CODES:
            return Help(f"{CODES[code].what} {CODES[code].why}", CODES[code].fix)
        case "finding" | "snapshot" if code in FINDING_CODES:
            return Help(FINDING_CODES[code].says, FINDING_CODES[code].to_do)
        case _:
            return None


def _guard(result: GuardResult, finding: Finding | None, places: Places) -> Reported:
    counted = f"{result.count:,} of {limit_words(result)}{in_target(result.target)}"
    if result.verdict == "ok" and result.kept:
        counted = f"{result.kept:,} kept back earlier, limit {limit_words(result)}{in_target(result.target)}"
    if result.released:
        message = f"{counted}, released: {shown(result.released, MESSAGE_LIMIT)}"
    elif result.verdict == "ok":
        message = f"Held until a person releases it: {counted}." if result.kept else f"Within its limit: {counted}."
    elif finding is None:
        message = f"Blocked: {counted}."
    else:
        message = shown(finding.message, MESSAGE_LIMIT) + in_target(result.target)
    return Reported(
        "guard",
        shown(result.guard, CODE_LIMIT),
        "error" if result.holds else "note",
        message,
        places.first(finding.causes if finding else ()),
        target=result.target,
        passed=result.verdict == "ok" and not result.kept,
    )


def _finding(family: Family, finding: Finding, places: Places) -> Reported:
    return Reported(
        family,
        shown(finding.code, CODE_LIMIT),
        _LEVELS[finding.severity],
        shown(finding.message, MESSAGE_LIMIT),
        places.first(finding.causes),
        tuple(cause for cause in finding.causes if isinstance(cause, UpstreamCause)),
    )


def _diagnostic(found: Diagnostic, places: Places) -> Reported:
    position = found.position
    return Reported(
        "configuration",
        found.code,
        _LEVELS[found.severity.value],
        " ".join(visible(sentence) for sentence in _sentences(found)),
        places.of(position.file, position.line, position.column),
    )


def _ended(sentence: str) -> str:
    """A sentence with its full stop: a summary stands in a line of its own elsewhere, and has none."""
    return sentence if sentence.endswith((".", "?", "!", "…")) else f"{sentence}."


def _sentences(found: Diagnostic) -> Iterator[str]:
    yield _ended(found.summary)
    yield _ended(found.why)
    yield f"Fix: {found.fix}"
    for place in found.related:
        yield f"See {place}."
