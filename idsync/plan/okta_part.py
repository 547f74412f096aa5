"""A plan without what goes to Okta, and what goes there alone: plans like any, for who applies them apart."""

from collections.abc import Container

import msgspec

from idsync.plan.assemble import summarise
from idsync.plan.changes import Change, Plan
from idsync.plan.seal import sealed
from idsync.plan.sections import OKTA, requirements

replace = msgspec.structs.replace


def without_okta(plan: Plan) -> Plan:
    """The plan without its section for Okta; the plan itself where it has none."""
    changes = tuple(change for change in plan.changes if change.target != OKTA)
    return plan if len(changes) == len(plan.changes) else _part(plan, changes)


def okta_alone(plan: Plan, moved: Container[tuple[str, str]] = ()) -> Plan | None:
    """What of a plan goes to Okta, but for what `moved` since, by target and address; None where that is nothing."""
    changes = tuple(
        change for change in plan.changes if change.target == OKTA and (change.target, change.address) not in moved
    )
    if not changes:
        return None
    return _part(replace(plan, findings=(), forgets=msgspec.UNSET, both_ways=msgspec.UNSET), changes)


def _part(plan: Plan, changes: tuple[Change, ...]) -> Plan:
    targets = {change.target for change in changes}
    return sealed(
        replace(
            plan,
            changes=changes,
            summary=summarise(changes),
            access_delta=tuple(delta for delta in plan.access_delta if delta.target in targets),
            guards=tuple(result for result in plan.guards if result.target in targets),
            requires=requirements(changes),
        )
    )
