"""Newcomers whom a plan does not describe one by one: who they are, and what they gain by the changes made for them."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from idsync.model.addresses import split_address
from idsync.model.resources import AccessList, User
from idsync.plan.changes import AccessListChange, BriefPlan, PlainChange, Plan, UserChange
from idsync.plan.effective import Key, Lists, granted, missing_requirements
from idsync.plan.newcomers import plain_newcomers
from idsync.plan.role_reach import RoleReach
from idsync.render.view.things import OWN_ROUTE

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


def gained_by(plan: Plan, people: frozenset[str]) -> dict[Key, tuple[int, frozenset[str]]]:
    """How many of these people gain each role, trait and list, and by which routes."""
    if not people:
        return {}
    gained: dict[Key, dict[str, Collection[str]]] = defaultdict(dict)
    users = {
        change.after.metadata.name: change.after
        for change in plan.changes
        if type(change) is UserChange and change.after is not None and not change.target and change.before is None
    }
    own: dict[str, list[str]] = defaultdict(list)
    for name in people:
        for role in users[name].spec.roles:
            own[role].append(name)
    made = {
        each.address: each.after for each in plan.changes if isinstance(each, PlainChange) and each.after is not None
    }
    after = Lists({}, {}, RoleReach(made))
    for role, names in own.items():
        for key in after.reaching((("role", role),)):
            gained[key][OWN_ROUTE] = names
    counts: dict[Key, tuple[int, frozenset[str]]] = {}
    for change in plan.changes:
        if type(change) is AccessListChange and change.after is not None and not change.target:
            joining = _joining(change, change.after, people, users)
            if joining:
                route = split_address(change.address)[1]
                counts["access_list", route] = (len(joining), frozenset((route,)))
                for key in after.reaching(granted(change.after.spec.grants)):
                    gained[key][route] = joining
    for key, by_route in gained.items():
        counts[key] = (_people(list(by_route.values())), frozenset(by_route))
    return counts


def _joining(
    change: AccessListChange, after: AccessList, people: frozenset[str], users: Mapping[str, User]
) -> frozenset[str]:
    """Those of these people who join a list and meet what it asks of its members."""
    joining = people.intersection(change.members_added)
    requires = after.spec.membership_requires
    if requires.roles or requires.traits:
        return frozenset(name for name in joining if not missing_requirements(users[name], requires))
    return joining


def _people(by_routes: Sequence[Collection[str]]) -> int:
    """How many people these are, whom several routes may reach."""
    return len(by_routes[0]) if len(by_routes) == 1 else len(set().union(*by_routes))
