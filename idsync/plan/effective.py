"""Effective access: what a person can use, and by which routes. The delta and `explain` both ask here.

A membership counts when the user exists, the list's requirements are met and nothing on the way has expired; through
nested lists the requirements of each must hold. Owners have what a list grants to them where they meet what it asks of
owners. Locks are told apart from access and do not reduce it here.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from idsync.model.nesting import DEEPEST, Parents, is_nested
from idsync.model.resources import AccessList, Grants, Membership, User, UserSpec
from idsync.model.times import is_past
from idsync.plan.role_reach import RoleReach

NOWHERE = RoleReach()
OWN = ("user",)
"""The route by which a user's own roles come."""

Key = tuple[str, str]
"""Kind (`role`, `trait`, `app` or `access_list`) and name; a trait's name is `name=value`."""
Routes = dict[Key, tuple[str, ...]]
"""What a person can use, each with its routes: `user`, or the names of access lists, sorted."""


class Lists:
    """The lists that access may come through; what each one gives is worked out once."""

    def __init__(self, access_lists: Mapping[str, AccessList], parents: Parents, reach: RoleReach = NOWHERE) -> None:
        """`parents` says, for a list that is a member of others, by which memberships; `reach`, what roles give."""
        self.reach = reach
        self.access_lists = access_lists
        self.parents = parents
        self._grants: dict[str, tuple[Key, ...]] = {}
        self._plain: dict[str, bool] = {}
        self._owned: dict[tuple[bool, str], list[str]] | None = None

    def grants(self, name: str) -> tuple[Key, ...]:
        """What a list grants, as keys."""
        known = self._grants.get(name)
        if known is None:
            known = self._grants[name] = self.reaching(granted(self.access_lists[name].spec.grants))
        return known

    def reaching(self, keys: tuple[Key, ...]) -> tuple[Key, ...]:
        """These keys, with the apps that the roles among them give."""
        apps = [app for kind, name in keys if kind == "role" for app in self.reach.apps_of(name)]
        return (*keys, *dict.fromkeys(apps)) if apps else keys

    def owned_by(self, person: str, belongs_to: Iterable[str]) -> Iterator[str]:
        """The lists that grant something to their owners, and that a person owns: by name, or by a list they are in."""
        if self._owned is None:
            self._owned = {}
            for name, item in self.access_lists.items():
                for owner in item.spec.owners if granted(item.spec.owner_grants) else ():
                    self._owned.setdefault((is_nested(owner), owner.name), []).append(name)
        if self._owned:
            yield from self._owned.get((False, person), ())
            for name in belongs_to:
                yield from self._owned.get((True, name), ())

    def is_plain(self, name: str) -> bool:
        """Whether a membership that has not expired is all it takes, and leads no further."""
        known = self._plain.get(name)
        if known is None:
            requires = self.access_lists[name].spec.membership_requires
            known = self._plain[name] = not (requires.roles or requires.traits or name in self.parents)
        return known


def effective_routes(user: User, memberships: Mapping[str, Membership], lists: Lists, now: datetime) -> Routes:
    """Everything that `user` can use, each with its routes; `memberships` are the user's own, by list."""
    routes: Routes = {("role", role): OWN for role in user.spec.roles}
    routes.update((app, OWN) for role in user.spec.roles for app in lists.reach.apps_of(role))
    belongs_to = sorted(effective_lists(user, memberships, lists, now))
    for name in belongs_to:
        for key in lists.grants(name):
            known = routes.get(key)
            routes[key] = (name,) if known is None else (*known, name)
    for name in sorted(set(lists.owned_by(user.metadata.name, belongs_to))):
        spec = lists.access_lists[name].spec
        for key in (
            lists.reaching(granted(spec.owner_grants))
            if not missing_requirements(user, spec.ownership_requires)
            else ()
        ):
            known = routes.get(key, ())
            routes[key] = known if name in known else (*known, name)
    routes.update((("access_list", name), (name,)) for name in belongs_to)
    return routes


def effective_lists(user: User, memberships: Mapping[str, Membership], lists: Lists, now: datetime) -> frozenset[str]:
    """Names of the lists that the user effectively belongs to, directly or through nesting."""
    known = lists.access_lists
    found = {
        name for name, entry in memberships.items() if entry.expires is None and name in known and lists.is_plain(name)
    }
    reached = [(name, entry) for name, entry in memberships.items() if name not in found]
    for _ in range(DEEPEST + 1):
        fresh = {
            name
            for name, entry in reached
            if name not in found and name in known and _counts(user, entry, known[name], now)
        }
        if not fresh:
            break
        found |= fresh
        reached = [way for name in fresh for way in lists.parents.get(name, {}).items()]
    return frozenset(found)


def granted(grants: Grants | UserSpec) -> tuple[Key, ...]:
    """What a list's grants, or a user's own roles and traits, give, as keys."""
    roles: list[Key] = [("role", role) for role in grants.roles]
    return (*roles, *(("trait", f"{name}={value}") for name, values in grants.traits.items() for value in values))


def missing_requirements(user: User, requires: Grants) -> tuple[str, ...]:
    """What a user lacks of a list's requirements, in words."""
    roles = [f"role {role}" for role in requires.roles if role not in user.spec.roles]
    traits = [
        f"trait {name}={value}"
        for name, values in requires.traits.items()
        for value in values
        if value not in user.spec.traits.get(name, ())
    ]
    return (*roles, *traits)


def _counts(user: User, membership: Membership, access_list: AccessList, now: datetime) -> bool:
    return not is_past(membership.expires, now) and not missing_requirements(user, access_list.spec.membership_requires)
