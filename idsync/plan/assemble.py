"""The planner's door: a comparison, judged, counted and explained, becomes the Plan value."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import msgspec

from idsync.config.settings import Settings
from idsync.model.addresses import Address, split_address
from idsync.model.directory import DirectoryState, Why
from idsync.model.directory_index import Managed
from idsync.model.findings import Finding
from idsync.model.ownership import Ours, list_of_role
from idsync.plan.changes import (
    FORMAT_VERSION,
    PLAIN_CHANGES,
    AccessListChange,
    BriefPlan,
    Change,
    Counts,
    Inputs,
    LockChange,
    MemberCounts,
    PersonDelta,
    Plan,
    Summary,
    UserChange,
)
from idsync.plan.differ import changes_between
from idsync.plan.guard_findings import guard_findings
from idsync.plan.guards import Standing, check_guards, marked, taken_by
from idsync.plan.health import Judgement, held_back
from idsync.plan.ownership import comparable, foreign_clashes
from idsync.plan.sections import goes_to_okta, requirements

replace = msgspec.structs.replace


class Comparison(msgspec.Struct, frozen=True):
    """The changes between two states, and what ownership kept out of them."""

    changes: tuple[Change, ...]
    findings: tuple[Finding, ...]


def compare(
    current: DirectoryState,
    desired: DirectoryState,
    *,
    why: Mapping[Address, Why],
    kept: Mapping[str, tuple[str, ...]],
    adopted: frozenset[str],
    ours: Ours,
    lifetimes: Mapping[str, int],
    passed: frozenset[str] = frozenset(),
    lent: frozenset[str] = frozenset(),
) -> Comparison:
    """Changes from `current` to `desired`, never naming an object that is not ours (or adopted by name)."""
    touchable = comparable(current, desired, adopted, ours)
    clashes = foreign_clashes(current, desired, touchable)
    if clashes:
        desired = _without(desired, clashes)
    changes = changes_between(touchable, desired, why, kept, lifetimes, passed, lent)
    return Comparison(changes, tuple(_clash_finding(address) for address in sorted(clashes)))


def assemble(
    settings: Settings,
    changes: Iterable[Change],
    delta: tuple[PersonDelta, ...],
    *,
    inputs: Inputs,
    judgement: Judgement,
    shown_out: frozenset[str],
    standing: Standing,
    managed: Managed,
    findings: Iterable[Finding],
    forgets: tuple[str, ...] = (),
) -> Plan:
    """The plan: held back by health, counted and marked by guards; `plan/seal.py` gives it its digest."""
    held = held_back(changes, judgement, shown_out)
    taken = taken_by(held, standing)
    results = check_guards(settings.limits, taken, managed)
    held = marked(held, results, taken)
    noticed = [*guard_findings(results, taken, settings.limits, managed, dict(settings.places)), *findings]
    return Plan(
        format_version=FORMAT_VERSION,
        integration=settings.integration.name,
        inputs=inputs,
        health=judgement.health,
        summary=summarise(held),
        changes=held,
        access_delta=delta,
        guards=results,
        findings=tuple(noticed),
        requires=requirements(held),
        forgets=forgets or msgspec.UNSET,
    )


def in_brief(plan: Plan, more_newcomers: int) -> BriefPlan:
    """A plan that is only to be shown, whose delta leaves out so many newcomers."""
    return BriefPlan(**{field: getattr(plan, field) for field in plan.__struct_fields__}, more_newcomers=more_newcomers)


def summarise(changes: Iterable[Change]) -> Summary:
    """Counts by kind and action."""
    counts: dict[type[Change], dict[str, int]] = defaultdict(lambda: {"create": 0, "update": 0, "delete": 0})
    added = removed = 0
    upstream = MemberCounts()
    for change in changes:
        if goes_to_okta(change):
            gone, come = len(change.members_removed), len(change.members_added)
            upstream = MemberCounts(upstream.add + come, upstream.remove + gone)
            continue
        counts[type(change)][change.action] += 1
        if isinstance(change, AccessListChange):
            added += len(change.members_added)
            removed += len(change.members_removed)
    return Summary(
        Counts(**counts[UserChange]),
        Counts(**counts[LockChange]),
        Counts(**counts[AccessListChange]),
        MemberCounts(added, removed),
        **{kind: Counts(**counts[made]) for kind, made in PLAIN_CHANGES.items() if made in counts},
        upstream=upstream if upstream != MemberCounts() else msgspec.UNSET,
    )


def _without(desired: DirectoryState, clashes: frozenset[Address]) -> DirectoryState:
    lists = {name: item for name, item in desired.access_lists.items() if f"access_list/{name}" not in clashes}
    return DirectoryState(
        users={name: item for name, item in desired.users.items() if f"user/{name}" not in clashes},
        locks={name: item for name, item in desired.locks.items() if f"lock/{name}" not in clashes},
        access_lists=lists,
        members={name: desired.members[name] for name in lists},
        plain={address: item for address, item in desired.plain.items() if address not in clashes},
    )


def _clash_finding(address: Address) -> Finding:
    kind, name = split_address(address)
    given = f", and the access list {list_of_role(name)} does not give it" if kind == "role" else ""
    return Finding("conflict", "error", f"{address} exists and is not ours; it is left as it is{given}.")
