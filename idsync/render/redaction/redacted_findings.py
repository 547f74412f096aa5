"""Findings without people: what was said in particulars is said in general, but for what is known to name nobody."""

from collections.abc import Callable, Iterable, Sequence

from msgspec.structs import replace

from idsync.model.directory import Cause, UpstreamCause
from idsync.model.findings import GUARDS_CHANGED, KEPT_AS_READ, NOT_PUSHED, OLDER, Finding
from idsync.plan.changes import GuardResult
from idsync.plan.reach import CODES
from idsync.render.phrases import listed
from idsync.render.reports.doubt_codes import DOUBT_CODES
from idsync.render.reports.finding_codes import FINDING_CODES

ABOUT_NOBODY = (DOUBT_CODES.keys() - {"unreadable"}) | {
    OLDER,
    "clock_skew",
    "config_changed",
    "config_waiting",
    "no_last_reading",
    "no_store",
}
"""Codes whose messages hold counts, times, and names of groups, apps and attributes alone."""
COUNTED = CODES | {KEPT_AS_READ, NOT_PUSHED}
"""Codes whose messages begin with how many it is, before a colon and the names."""
_OF_PEOPLE = ("protected_users ", "users.adopt ")
_RELEASED = " Released: "
_NAMES_SHOWN = 3


class RedactedFindings:
    """Words each finding again. `clean` takes what is known of people out of a text, `causes` out of causes."""

    def __init__(
        self,
        guards: Iterable[GuardResult],
        clean: Callable[[str], str],
        causes: Callable[[Sequence[Cause]], tuple[Cause, ...]],
    ) -> None:
        self._guards = {result.guard: result for result in guards if result.verdict == "blocked"}
        self._clean = clean
        self._causes = causes

    def of(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """The findings in their order."""
        return tuple(map(self._finding, findings))

    def _finding(self, finding: Finding) -> Finding:
        causes = self._causes(finding.causes)
        message, released, _ = finding.message.partition(_RELEASED)
        if finding.code in self._guards:
            said = _of_guard(self._guards[finding.code])
        elif finding.code in ABOUT_NOBODY or _names_nobody(finding):
            said = self._clean(message)
        elif finding.code in COUNTED:
            said = self._counted(finding.message, causes)
        else:
            said = _in_general(finding.code, causes)
        return replace(finding, message=f"{said}{f'{_RELEASED}(left out)' if released else ''}", causes=causes)

    def _counted(self, message: str, causes: Sequence[Cause]) -> str:
        """How many it is about, which stands before the names, and the people by their pseudonyms."""
        names = _people_in(causes)
        said = self._clean(message.partition(": ")[0]).removesuffix(".")
        return f"{said}: {listed(names)}." if names else f"{said}."


def _names_nobody(finding: Finding) -> bool:
    """Whether a finding about a setting holds no name of a person."""
    return finding.code == GUARDS_CHANGED and not finding.message.startswith(_OF_PEOPLE)


def _of_guard(result: GuardResult) -> str:
    limit = f"{result.limit:,.1f}".removesuffix(".0")
    return f"The plan counts {result.count:,}; the limit is {limit}. To go ahead: apply --allow {result.guard}=REASON."


def _in_general(code: str, causes: Sequence[Cause]) -> str:
    known = FINDING_CODES.get(code)
    said = known.says if known is not None else "What this finding says is left out."
    names = _people_in(causes)
    return f"{said} It is about {listed(names, _NAMES_SHOWN)}." if names else said


def _people_in(causes: Sequence[Cause]) -> list[str]:
    people = (cause for cause in causes if isinstance(cause, UpstreamCause) and cause.object == "user")
    return list(dict.fromkeys(person.name for person in people if person.name))
