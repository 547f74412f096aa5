"""The headline: one sentence that says what a plan does, to how many."""

from collections.abc import Iterator

from msgspec import UnsetType

from idsync.model.findings import GUARDS_CHANGED
from idsync.plan.changes import Counts, LockChange, Plan
from idsync.render.phrases import counted
from idsync.render.view.outcomes import Touched
from idsync.render.view.view import Outcome

NOTHING = Counts()
NO_CHANGES = "No changes. The directory is as the configuration and Okta ask."
NO_DRIFT = "No drift: what is ours is as the last apply left it."

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


def headline(plan: Plan, touched: Touched, *, drift: bool = False) -> str:
    """One sentence that says what the plan does, to how many."""
    if plan.is_empty and drift:
        return NO_DRIFT
    if plan.is_empty and not plan.does_nothing:
        return _of_the_configuration(plan)
    if plan.is_empty:
        errors = sum(finding.severity == "error" for finding in plan.findings)
        if errors:
            return f"No changes, but {counted(errors, 'item')} could not be dealt with; see the findings."
        return NO_CHANGES if plan.inputs.snapshot_taken_at else "No changes."
    clauses = [_people_clause(touched), _things_clause(plan, touched), _okta_clause(plan), _loosened_clause(plan)]
    clauses = [clause for clause in clauses if clause]
    return f"{'Drift, to be put back' if drift else 'Plan'}: {'; '.join(clauses)}."


def _of_the_configuration(plan: Plan) -> str:
    """What an edit does that changes nothing for anybody now; what it loosens goes before all else."""
    others = sum(finding.code != GUARDS_CHANGED and finding.severity == "error" for finding in plan.findings)
    told = [_loosened_clause(plan) or "the configuration is not the one applied last"]
    told += [f"{counted(others, 'item')} could not be dealt with"] * (others > 0)
    return f"No changes for anybody now, but {', and '.join(told)}; see the findings."


def _loosened_clause(plan: Plan) -> str:
    """How many settings the edit loosens that keep people safe."""
    loosened = sum(finding.code == GUARDS_CHANGED and finding.severity == "error" for finding in plan.findings)
    if not loosened:
        return ""
    keep = "keeps" if loosened == 1 else "keep"
    return f"the configuration loosens {counted(loosened, 'setting')} that {keep} people safe"


def _okta_clause(plan: Plan) -> str:
    """How many memberships change in Okta, as people edited them in the directory."""
    if isinstance(plan.summary.upstream, UnsetType):
        return ""
    number = plan.summary.upstream.add + plan.summary.upstream.remove
    return counted(number, "edited membership goes to Okta", "edited memberships go to Okta")


def _people_clause(touched: Touched) -> str:
    phrases: list[str] = []
    for outcome, (singular, plural, needs) in _VERBS.items():
        number = touched.count(outcome)
        if number:
            who = f"{number:,}" if phrases else counted(number, "person", "people")
            mentioned = any("access" in phrase for phrase in phrases)
            verb = singular if number == 1 else plural
            if outcome is Outcome.LOSES_ALL and not mentioned:
                verb = verb.replace("all of it", "all access")
            phrases.append(f"{who} {verb}{'' if mentioned else needs}")
    return ", ".join(phrases)


def _things_clause(plan: Plan, touched: Touched) -> str:
    lists = plan.summary.access_list
    parts = []
    for number, singular, plural in (
        (lists.create, "list is created", "lists are created"),
        (lists.update, "list is changed", "lists are changed"),
        (lists.delete, "list is deleted", "lists are deleted"),
        *_resources(plan),
        (
            touched.untouched_users,
            "user is changed without effect on access",
            "users are changed without effect on access",
        ),
        (_untouched_locks(plan, touched), "lock is changed", "locks are changed"),
    ):
        if number:
            parts.append(counted(number, singular, plural))
    return ", ".join(parts)


def _resources(plan: Plan) -> Iterator[tuple[int, str, str]]:
    """Apps and groups together; roles come and go with their lists, and are told where they change otherwise."""
    apps, groups, roles = (each or NOTHING for each in (plan.summary.app, plan.summary.user_group, plan.summary.role))
    yield apps.create + groups.create, "app or group is created", "apps and groups are created"
    yield apps.update + groups.update, "app or group is changed", "apps and groups are changed"
    yield apps.delete + groups.delete, "app or group is deleted", "apps and groups are deleted"
    yield roles.update, "role is changed", "roles are changed"
    if not plan.summary.access_list.create:
        yield roles.create, "role is created", "roles are created"
    if not plan.summary.access_list.delete:
        yield roles.delete, "role is deleted", "roles are deleted"


def _untouched_locks(plan: Plan, touched: Touched) -> int:
    """Locks that change nobody's outcome: made longer or shorter, or on something else than a person."""
    count = 0
    for change in plan.changes:
        if isinstance(change, LockChange):
            lock = change.after or change.before
            count += lock is None or lock.spec.target.user not in touched.names
    return count
