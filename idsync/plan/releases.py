"""Releases in a plan: what a person lets pass, and why. What is released is not shown as refused."""

from collections.abc import Mapping

from msgspec.structs import replace

from idsync.model.findings import Finding
from idsync.plan.changes import GuardResult, Plan
from idsync.plan.guards import ALL_GUARDS, PROTECTED, released

RELEASED_ANYWHERE = tuple(guard for guard in ALL_GUARDS if guard != PROTECTED)
"""What a plan file and the status page may release, too: all else is released on the command line of the apply only."""


def holding(plan: Plan) -> tuple[str, ...]:
    """What refuses an apply of the plan until it is released, beside doubts about its reading: guards that are over
    their limit, then whatever else marks a change.
    """
    over = [result.guard for result in plan.guards if result.verdict == "blocked"]
    doubts = {finding.code for finding in plan.health.findings}
    marks = {code for change in plan.changes for code in change.blocked_by if code not in doubts}
    return (*dict.fromkeys(over), *sorted(marks.difference(over)))


def with_releases(plan: Plan, releases: Mapping[str, str]) -> Plan:
    """The plan with the reason beside each guard, doubt and finding that is released, and without their marks."""
    if not releases:
        return plan
    health = replace(plan.health, findings=tuple(_let_pass(each, releases) for each in plan.health.findings))
    return replace(
        plan,
        changes=released(plan.changes, releases),
        guards=tuple(_released(result, releases) for result in plan.guards),
        findings=tuple(_let_pass(each, releases) for each in plan.findings),
        health=health,
    )


def releases_in(plan: Plan, counted: Plan, kept: Mapping[str, int]) -> dict[str, str]:
    """The releases that a plan file brings, with their reasons: each up to what it was given for.

    `counted` is the plan with its guards counted once more, and `kept` says how much of it each guard keeps back now.
    """
    counts: dict[str, int] = {}
    for result in counted.guards:
        counts[result.guard] = max(result.count, counts.get(result.guard, 0))

    def covers(result: GuardResult) -> bool:
        """Whether no more waits than was released; of a guard over its limit, the count covers what it keeps back."""
        enough = result.verdict == "blocked" or kept.get(result.guard, 0) <= result.kept
        return enough and counts.get(result.guard, 0) <= result.count

    return {
        result.guard: result.released
        for result in plan.guards
        if result.released and result.guard in RELEASED_ANYWHERE and covers(result)
    }


def _released(result: GuardResult, releases: Mapping[str, str]) -> GuardResult:
    reason = releases.get(result.guard)
    return replace(result, released=reason) if reason is not None and result.holds else result


def _let_pass(finding: Finding, releases: Mapping[str, str]) -> Finding:
    reason = releases.get(finding.code)
    if reason is None:
        return finding
    what = finding.message.partition(" To go ahead: ")[0]
    return replace(finding, severity="info", message=f"{what} Released: {reason}")
