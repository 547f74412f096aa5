"""Releases in a plan: what a person lets pass, and why. What is released is not shown as refused."""

from collections.abc import Mapping

from msgspec.structs import replace

from idsync.model.findings import Finding
from idsync.plan.changes import GuardResult, Plan
from idsync.plan.guards import GUARDS, PROTECTED, released

IN_A_FILE = tuple(guard for guard in GUARDS if guard != PROTECTED)
"""What a plan file may release: all else is released on the command line of the apply only."""


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


def releases_in(plan: Plan, counted: Plan) -> dict[str, str]:
    """The releases that a plan file brings, with their reasons: each up to the count that it was given for.

    `counted` is the plan with its guards counted once more.
    """
    counts: dict[str, int] = {}
    for result in counted.guards:
        counts[result.guard] = max(result.count, counts.get(result.guard, 0))
    return {
        result.guard: result.released
        for result in plan.guards
        if result.released and result.guard in IN_A_FILE and counts.get(result.guard, 0) <= result.count
    }


def _released(result: GuardResult, releases: Mapping[str, str]) -> GuardResult:
    if result.verdict == "ok" or result.guard not in releases:
        return result
    return replace(result, released=releases[result.guard])


def _let_pass(finding: Finding, releases: Mapping[str, str]) -> Finding:
    reason = releases.get(finding.code)
    if reason is None:
        return finding
    what = finding.message.partition(" To go ahead: ")[0]
    return replace(finding, severity="info", message=f"{what} Released: {reason}")
