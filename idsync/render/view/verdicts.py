"""What is wrong with a plan: why an apply would refuse it and what to do, what was noticed, what was released."""

import shlex
from collections.abc import Sequence

from idsync.model.findings import Finding
from idsync.plan import reach
from idsync.plan.changes import GuardResult, Plan
from idsync.plan.guards import PROTECTED
from idsync.plan.health import RELEASABLE
from idsync.plan.holding import BY_HAND
from idsync.render.escape_text import shown
from idsync.render.phrases import counted, in_target
from idsync.render.view.cells import CODE_LIMIT, Code, Command, Safe, Said, Words, cause_cell, some
from idsync.render.view.view import Entry, Problem, Severity

CODES_SHOWN = 5
_GRAVITY: dict[Severity, int] = {"error": 0, "warning": 1, "info": 2}


def warnings_of(plan: Plan, options: Sequence[str], *, split: bool) -> tuple[Entry, ...]:
    """Why an apply would refuse the plan; `options` are what an `apply` of it needs."""
    warnings = []
    if plan.health.verdict != "ok":
        warnings.append(_health_warning(plan, options, split=split))
    blocked = [result for result in plan.guards if result.verdict == "blocked" and not result.released]
    if blocked:
        what = some([guard_words(result) for result in blocked], CODES_SHOWN)
        outcome = (
            f"what {'it counts' if len(blocked) == 1 else 'they count'} is held back"
            if split
            else "apply refuses this plan"
        )
        holding = [result.guard for result in plan.guards if result.holds]
        details = [_release([*dict.fromkeys(holding)], "meant", options)]
        if any(result.guard == PROTECTED for result in blocked):
            harmed = [finding for finding in plan.findings if finding.code == PROTECTED]
            details = [*(Entry(" ", (Said(_without_advice(each.message)),)) for each in harmed), *details]
        if not warnings:
            details.append(_by_hand())
        warnings.append(Entry("!", ("Blocked by ", *what, f": {outcome} (exit 5)."), details=tuple(details)))
    kept = [result for result in plan.guards if result.holds and result.verdict == "ok"]
    if kept:
        what = some([guard_words(result) for result in kept], CODES_SHOWN)
        outcome = "that stays held" if split else "apply refuses this plan"
        details = [] if blocked else [_release([*dict.fromkeys(result.guard for result in kept)], "meant", options)]
        warnings.append(Entry("!", ("Kept back by ", *what, f": {outcome} (exit 5)."), details=tuple(details)))
    if plan.inputs.sanitized:
        warnings.append(
            Entry("!", ("Made from a sanitized snapshot: people stand under pseudonyms; apply refuses it.",))
        )
    return tuple(warnings)


def problems_of(plan: Plan) -> tuple[Problem, ...]:
    """Doubts about the snapshot, then the findings of the plan, each the gravest first.

    Guards that block, and how far the plan reaches, are told apart.
    """
    guards = {result.guard for result in plan.guards if result.verdict == "blocked"}
    others = [finding for finding in plan.findings if finding.code not in guards | reach.CODES]
    return tuple(
        Problem(each.severity, each.code, each.message, tuple(map(cause_cell, each.causes)))
        for findings in (plan.health.findings, others)
        for each in sorted(findings, key=_gravity)
    )


def released_of(plan: Plan) -> tuple[Entry, ...]:
    """The guards that would hold something and are released, and why."""
    return tuple(
        Entry(" ", (*guard_words(result), ", released: ", Said(result.released)))
        for result in plan.guards
        if result.released
    )


def guard_words(result: GuardResult) -> Words:
    """A guard with its count and its limit; of one within its limit, with how much it keeps back all the same."""
    keeps = result.kept and result.verdict != "blocked"
    number = f"{result.kept:,} kept back earlier" if keeps else f"{result.count:,}"
    return (Code(result.guard), Safe(in_target(result.target)), f" ({number}, limit {limit_words(result)})")


def limit_words(result: GuardResult) -> str:
    """A limit as people write numbers."""
    return f"{result.limit:,.1f}".removesuffix(".0")


def _gravity(finding: Finding) -> int:
    return _GRAVITY[finding.severity]


def _health_warning(plan: Plan, options: Sequence[str], *, split: bool) -> Entry:
    codes = [*dict.fromkeys(finding.code for finding in plan.health.findings if finding.severity != "info")]
    if plan.health.findings and not codes:
        doubts = some([Code(finding.code) for finding in plan.health.findings], CODES_SHOWN)
        return Entry("!", (f"The snapshot is {plan.health.verdict}: ", *doubts, ", released."))
    marks = frozenset(codes)
    held = sum(not marks.isdisjoint(change.blocked_by) for change in plan.changes)
    doubts = some([Code(code) for code in codes], CODES_SHOWN) or ("no reason given",)
    what = f". {counted(held, 'change is', 'changes are')} held back"
    what += " (exit 7)." if split else ", and apply refuses this plan (exit 7)."
    words = (f"The snapshot is {plan.health.verdict}: ", *doubts, what)
    if plan.health.verdict == "broken" or not RELEASABLE.issuperset(codes):
        nothing = Entry(" ", ("Nothing releases this: fix the source and plan again.",))
        return Entry("!", words, details=(nothing, _by_hand()))
    return Entry("!", words, details=(_release(codes, "right, and the source whole", options), _by_hand()))


def _release(names: Sequence[str], verdict: str, options: Sequence[str]) -> Entry:
    released = " ".join(f"--allow {shown(name, CODE_LIMIT)}=REASON" for name in names[:CODES_SHOWN])
    line = f"{shlex.join(['idsync', 'apply', *options])} {released}"
    return Entry(" ", (f"If this is {verdict}: ", Command(line)))


def _by_hand() -> Entry:
    return Entry(" ", (Said(BY_HAND),))


def _without_advice(message: str) -> str:
    """What a guard's finding says, without the way past it, which stands beside it for all guards."""
    return message.partition(" To go ahead: ")[0]
