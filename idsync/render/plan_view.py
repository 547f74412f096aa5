"""A plan turned into its view: the headline with exact counts, what stands in the way, and the sections."""

import shlex
from collections import defaultdict
from collections.abc import Sequence

from idsync.model.findings import Finding
from idsync.plan.changes import GuardResult, LockChange, Plan
from idsync.plan.health import RELEASABLE
from idsync.plan.holding import BY_HAND
from idsync.render.change_rows import change_sections, lock_section
from idsync.render.escape_text import shown, visible
from idsync.render.people import Outcome, People, people_of, people_sections
from idsync.render.phrases import causes_words, counted, in_target, listed
from idsync.render.view import Limits, Line, PlanView, Row, Section, Symbol

NO_CHANGES = "No changes. The directory is as the configuration and Okta ask."
NO_DRIFT = "No drift: what is ours is as the last apply left it."
MESSAGE_LIMIT = 600
CODES_SHOWN = 5
CODE_LIMIT = 60

_VERBS: dict[Outcome, tuple[str, str, str]] = {
    Outcome.GAINS: ("gains access", "gain access", ""),
    Outcome.SWAPS: ("gains some and loses some", "gain some and lose some", " access"),
    Outcome.LOSES: ("loses some", "lose some", " access"),
    Outcome.LOSES_ALL: ("loses all of it", "lose all of it", ""),
    Outcome.LOCKED: ("is locked", "are locked", ""),
    Outcome.UNLOCKED: ("is unlocked", "are unlocked", ""),
    Outcome.RENAMED: ("is renamed", "are renamed", ""),
    Outcome.GETS_NOTHING: ("gets an account and no access", "get an account and no access", ""),
    Outcome.REROUTED: ("keeps access by another way", "keep access by another way", ""),
}
"""How the headline says each outcome, in its order; the last part is added where access was not mentioned yet."""


def plan_view(
    plan: Plan,
    limits: Limits | None = None,
    *,
    drift: bool = False,
    split: bool = False,
    options: Sequence[str] = (),
) -> PlanView:
    """The view of a plan, or of the `drift` in it; its counts are exact whatever `limits` leaves out.

    `options` are what an `apply` of it needs: the configuration, and the file that the plan is in. The plan is about to
    be `split`: what is held does not keep the rest from going ahead.
    """
    limits = limits or Limits()
    people = people_of(plan)
    guard_codes = {result.guard for result in plan.guards if result.verdict == "blocked"}
    other_findings = [finding for finding in plan.findings if finding.code not in guard_codes]
    return PlanView(
        headline=headline(plan, people, drift=drift),
        warnings=_warnings(plan, options, split=split),
        people=people_sections(people, limits),
        locks=lock_section(plan, limits),
        checks=tuple(
            section for section in (_health_section(plan, limits), _guard_section(plan, limits)) if section.rows
        ),
        findings=_findings_section("Findings", other_findings, limits),
        changes=change_sections(plan, limits),
        facts=_facts(plan),
    )


def headline(plan: Plan, people: People, *, drift: bool = False) -> str:
    """One sentence that says what the plan does, to how many."""
    if plan.is_empty and drift:
        return NO_DRIFT
    if plan.is_empty:
        errors = sum(finding.severity == "error" for finding in plan.findings)
        if errors:
            return f"No changes, but {counted(errors, 'item')} could not be dealt with; see the findings."
        return NO_CHANGES
    clauses = [clause for clause in (_people_clause(people), _things_clause(plan, people)) if clause]
    return f"{'Drift, to be put back' if drift else 'Plan'}: {'; '.join(clauses)}."


def _people_clause(people: People) -> str:
    phrases: list[str] = []
    for outcome, (singular, plural, needs) in _VERBS.items():
        number = people.count(outcome)
        if number:
            who = f"{number:,}" if phrases else counted(number, "person", "people")
            mentioned = any("access" in phrase for phrase in phrases)
            verb = singular if number == 1 else plural
            if outcome is Outcome.LOSES_ALL and not mentioned:
                verb = verb.replace("all of it", "all access")
            phrases.append(f"{who} {verb}{'' if mentioned else needs}")
    return ", ".join(phrases)


def _things_clause(plan: Plan, people: People) -> str:
    lists = plan.summary.access_list
    parts = []
    for number, singular, plural in (
        (lists.create, "list is created", "lists are created"),
        (lists.update, "list changes", "lists change"),
        (lists.delete, "list is deleted", "lists are deleted"),
        (
            people.untouched_users,
            "user changes without effect on access",
            "users change without effect on access",
        ),
        (_untouched_locks(plan, people), "lock changes", "locks change"),
    ):
        if number:
            parts.append(counted(number, singular, plural))
    return ", ".join(parts)


def _untouched_locks(plan: Plan, people: People) -> int:
    """Locks that change nobody's outcome: made longer or shorter, or on something else than a person."""
    count = 0
    for change in plan.changes:
        if isinstance(change, LockChange):
            lock = change.after or change.before
            count += lock is None or lock.spec.target.user not in people.names
    return count


def _warnings(plan: Plan, options: Sequence[str], *, split: bool) -> tuple[Row, ...]:
    warnings = []
    if plan.health.verdict != "ok":
        warnings.append(_health_warning(plan, options, split=split))
    blocked = [result for result in plan.guards if result.verdict == "blocked" and not result.released]
    if blocked:
        what = listed(
            [f"{_guard_name(result)} ({result.count:,}, limit {limit_words(result)})" for result in blocked],
            CODES_SHOWN,
        )
        fix = _release([*dict.fromkeys(result.guard for result in blocked)], "meant", options)
        outcome = "what it counts is held back" if split else "apply refuses this plan"
        warnings.append(
            Row("!", f"Blocked by {what}: {outcome} (exit 5).", details=(fix,) if warnings else (fix, _by_hand()))
        )
    if plan.inputs.sanitized:
        warnings.append(Row("!", "Made from a sanitized snapshot: people stand under pseudonyms; apply refuses it."))
    return tuple(warnings)


def _health_warning(plan: Plan, options: Sequence[str], *, split: bool) -> Row:
    codes = [*dict.fromkeys(finding.code for finding in plan.health.findings if finding.severity != "info")]
    if plan.health.findings and not codes:
        doubts = listed([_code(finding.code) for finding in plan.health.findings], CODES_SHOWN)
        return Row("!", f"The snapshot is {plan.health.verdict}: {doubts}, released.")
    marks = frozenset(codes)
    held = sum(not marks.isdisjoint(change.blocked_by) for change in plan.changes)
    doubts = listed([_code(code) for code in codes], CODES_SHOWN) or "no reason given"
    what = f"The snapshot is {plan.health.verdict}: {doubts}."
    what += f" {counted(held, 'change is', 'changes are')} held back"
    what += " (exit 7)." if split else ", and apply refuses this plan (exit 7)."
    if plan.health.verdict == "broken" or not RELEASABLE.issuperset(codes):
        return Row("!", what, details=(Line(" ", "Nothing releases this: fix the source and plan again."), _by_hand()))
    return Row("!", what, details=(_release(codes, "right, and the source whole", options), _by_hand()))


def _release(names: Sequence[str], verdict: str, options: Sequence[str]) -> Line:
    command = visible(shlex.join(["idsync", "apply", *options]))
    released = " ".join(f"--allow {_code(name)}=REASON" for name in names[:CODES_SHOWN])
    return Line(" ", f"If this is {verdict}: {command} {released}")


def _by_hand() -> Line:
    return Line(" ", BY_HAND)


def _health_section(plan: Plan, limits: Limits) -> Section:
    rows = tuple(_finding_row(finding) for finding in plan.health.findings[: limits.findings])
    return Section(f"Snapshot: {plan.health.verdict}", rows, len(plan.health.findings), "findings")


def _guard_section(plan: Plan, limits: Limits) -> Section:
    """Each guard that blocks, and in one row those that do not."""
    messages: dict[str, list[Finding]] = defaultdict(list)
    for finding in plan.findings:
        messages[finding.code].append(finding)
    blocked = [result for result in plan.guards if result.verdict == "blocked"][: limits.findings]
    # Of several targets each has its own finding, in the order of the guards.
    rows = [_guard_row(each, messages[each.guard].pop(0) if messages[each.guard] else None) for each in blocked]
    within = [f"{_guard_name(ok)} {ok.count:,} of {limit_words(ok)}" for ok in plan.guards if ok.verdict == "ok"]
    if within and plan.changes:
        rows.append(Row(" ", f"within limits: {listed(within, 2 * CODES_SHOWN)}"))
    return Section("Guards", tuple(rows), len(rows), "")


def _guard_row(result: GuardResult, finding: Finding | None) -> Row:
    if result.released:
        why = shown(result.released, MESSAGE_LIMIT)
        return Row(" ", f"{_guard_name(result)} {result.count:,} (limit {limit_words(result)}), released: {why}")
    message = "" if finding is None else f": {shown(finding.message, MESSAGE_LIMIT)}"
    return Row("!", f"{_guard_name(result)} {result.count:,} (limit {limit_words(result)}){message}")


def _guard_name(result: GuardResult) -> str:
    return f"{_code(result.guard)}{in_target(result.target)}"


def limit_words(result: GuardResult) -> str:
    """A limit as people write numbers."""
    return f"{result.limit:,.1f}".removesuffix(".0")


def _code(name: str) -> str:
    """A guard's name or a finding's code: short, unless somebody made it up."""
    return shown(name, CODE_LIMIT)


def _findings_section(title: str, findings: Sequence[Finding], limits: Limits) -> Section:
    rows = tuple(_finding_row(finding) for finding in findings[: limits.findings])
    return Section(title, rows, len(findings), "findings")


def _finding_row(finding: Finding) -> Row:
    symbol: Symbol = " " if finding.severity == "info" else "!"
    text = f"{finding.severity} {_code(finding.code)}: {shown(finding.message, MESSAGE_LIMIT)}"
    return Row(symbol, text, causes_words(finding.causes))


def _facts(plan: Plan) -> tuple[tuple[str, str], ...]:
    """What is known of its making; digests that nobody asked for are not there."""
    inputs = plan.inputs
    snapshot = [shown(inputs.snapshot_digest)] if inputs.snapshot_digest else []
    facts = (
        ("organization", inputs.org_url and shown(inputs.org_url)),
        ("snapshot", ", ".join([*snapshot, f"taken {shown(inputs.snapshot_taken_at)}"])),
        ("config", inputs.config_digest and shown(inputs.config_digest)),
        ("plan", plan.digest and shown(plan.digest)),
    )
    return tuple((name, value) for name, value in facts if value)
