"""Newcomers whom a plan does not describe one by one: who they are, and what they gain by the changes made for them."""

from collections import defaultdict

from idsync.model.addresses import split_address
from idsync.plan.changes import AccessListChange, BriefPlan, Plan, UserChange
from idsync.plan.effective import Key, granted, missing_requirements
from idsync.plan.newcomers import plain_newcomers
from idsync.render.things import OWN_ROUTE

NEWCOMERS_DESCRIBED = 200
"""How many newcomers a view describes unless it is asked for more: a first import is of nothing but newcomers."""


def undescribed_in(plan: Plan, described: int | None) -> frozenset[str]:
    """The newcomers of the first target beyond so many; of a brief plan, those whom it does not describe itself."""
    more = plan.more_newcomers if isinstance(plan, BriefPlan) else 0
    if described is None and not more:
        return frozenset()
    renamed = {delta.person for delta in plan.access_delta if delta.renamed_from is not None}
    newcomers = plain_newcomers([change for change in plan.changes if not change.target], renamed)
    if more:
        described = len(newcomers) - more if described is None else min(described, len(newcomers) - more)
    return frozenset(newcomers[described:])


def gained_by(plan: Plan, people: frozenset[str]) -> dict[Key, tuple[int, set[str]]]:
    """How many of these people gain each role, trait and list, and by which routes."""
    if not people:
        return {}
    gained: dict[Key, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    users = {}
    for change in plan.changes:
        if isinstance(change, UserChange) and not change.target and change.after is not None:
            name = change.after.metadata.name
            if name in people:
                users[name] = change.after
                for role in change.after.spec.roles:
                    gained["role", role][OWN_ROUTE].add(name)
    for change in plan.changes:
        if isinstance(change, AccessListChange) and not change.target and change.after is not None:
            joining = people.intersection(change.members_added)
            requires = change.after.spec.membership_requires
            if requires.roles or requires.traits:
                joining = frozenset(name for name in joining if not missing_requirements(users[name], requires))
            for key in (*granted(change.after.spec.grants), ("access_list", split_address(change.address)[1])):
                if joining:
                    gained[key][split_address(change.address)[1]] = set(joining)
    return {key: (_people(by_route), set(by_route)) for key, by_route in gained.items()}


def _people(by_route: dict[str, set[str]]) -> int:
    """How many people these are, whom several routes may reach."""
    sets = list(by_route.values())
    return len(sets[0]) if len(sets) == 1 else len(set().union(*sets))
