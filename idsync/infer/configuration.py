"""Inference of a configuration from what is: the settings under which a snapshot and a directory agree.

Nothing here is certain until it is planned: the caller plans with the result, and what that plan would still
change is what prevents an import.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from idsync.compiler.pool import Pool, resolve_pool
from idsync.compiler.subjects import ACTIVE
from idsync.compiler.traits import TraitMapping
from idsync.config.patterns import NameFilter
from idsync.config.read_integration import DEFAULT_ROLE
from idsync.config.settings import (
    AppById,
    EmptyLists,
    Integration,
    ListSubject,
    Settings,
    SuspendedPeople,
    TraitSettings,
    UserSettings,
)
from idsync.diagnostics import Position
from idsync.infer.access_lists import ListFacts, ListRule, infer_list_rules
from idsync.infer.roles import Person, RoleRules, infer_roles
from idsync.model.addresses import Address
from idsync.model.directory import DirectoryState, Reason
from idsync.model.directory_index import index_of
from idsync.model.identity import SUSPENDED, IdentityUser, Snapshot
from idsync.model.ownership import USER_ID_LABEL, is_ours
from idsync.model.resources import AccessList
from idsync.plan.changes import Plan
from idsync.reconcile.managed import in_force, managed_state

GROUP, APP = ListSubject.GROUP, ListSubject.APP


class Inferred(msgspec.Struct, frozen=True):
    """The choices that explain a directory, sorted."""

    roles: RoleRules
    hidden_attributes: tuple[str, ...]
    suspended: SuspendedPeople
    empty_lists: EmptyLists
    locks_for_ever: bool
    owners: tuple[str, ...]
    groups: tuple[str, ...]
    apps: tuple[str, ...]
    list_rules: tuple[ListRule, ...]


class Prevention(msgspec.Struct, frozen=True):
    """An object that a plan with the inferred configuration would still change, and why."""

    address: Address
    action: str
    reason: Reason


def infer(snapshot: Snapshot, state: DirectoryState, pool: Pool, org_url: str, prefix: str) -> Inferred:
    """The configuration that `state` follows; `pool` is resolved with suspended people in it."""
    users = {name: user for name, user in state.users.items() if is_ours(user.metadata.labels, org_url)}
    present = {name: identity for name, identity in pool.present.items() if name in users}
    people = _people(
        present, users_roles={name: users[name].spec.roles for name in present}, snapshot=snapshot, prefix=prefix
    )
    shown = {name: frozenset(users[name].spec.traits) for name in present}
    lists = {name: item for name, item in state.access_lists.items() if is_ours(item.metadata.labels, org_url)}
    groups = {group.id: group for group in snapshot.groups}
    apps = {app.id: app for app in snapshot.apps if app.status == ACTIVE and app.id != snapshot.app_id}
    facts = [
        *(ListFacts(GROUP, groups[name].name, groups[name].description, lists[name]) for name in lists.keys() & groups),
        *(ListFacts(APP, apps[name].label, "", lists[name]) for name in lists.keys() & apps),
    ]
    return Inferred(
        roles=infer_roles(people) if users else RoleRules((DEFAULT_ROLE,), (), ()),
        hidden_attributes=_hidden(present.values(), shown, prefix),
        suspended=_suspended(snapshot, state, users.keys(), org_url),
        empty_lists=EmptyLists.KEEP if any(not state.members[name] for name in lists) else EmptyLists.DELETE,
        locks_for_ever=_locks_for_ever(state, pool, org_url),
        owners=_owners(lists.values()),
        groups=tuple(sorted({groups[name].name for name in lists.keys() & groups})),
        apps=tuple(sorted({apps[name].label for name in lists.keys() & apps})),
        list_rules=infer_list_rules(facts),
    )


def infer_from(snapshot: Snapshot, state: DirectoryState, org_url: str, prefix: str, now: datetime) -> Inferred:
    """The configuration that `state` follows."""
    users = UserSettings(default_roles=(), suspended=SuspendedPeople.LOCK, traits=TraitSettings(prefix))
    nowhere = Position("")
    settings = Settings(Integration("okta", org_url, AppById(snapshot.app_id), users, nowhere))
    managed = managed_state(settings, state, in_force(settings, state.locks, now))
    pool = resolve_pool(settings, snapshot, index_of(managed, org_url))
    return infer(snapshot, managed, pool, org_url, prefix)


def preventions(plan: Plan) -> tuple[Prevention, ...]:
    """What keeps a plan from being empty."""
    return tuple(Prevention(change.address, change.action, change.reason) for change in plan.changes)


def _people(
    present: Mapping[str, IdentityUser], users_roles: Mapping[str, tuple[str, ...]], snapshot: Snapshot, prefix: str
) -> list[Person]:
    """Everyone who is both in the pool and ours, with what a rule could look at."""
    groups: dict[str, list[str]] = {}
    for group in snapshot.groups:
        for user_id in group.member_ids():
            groups.setdefault(user_id, []).append(group.name)
    mapping = TraitMapping(TraitSettings(prefix))
    return [
        Person(
            name,
            users_roles[name],
            tuple(
                (trait, value)
                for trait, values in sorted(mapping.shown(identity.attributes())[0].items())
                for value in values
            ),
            tuple(sorted(set(groups.get(identity.id, ())))),
        )
        for name, identity in sorted(present.items())
    ]


def _hidden(present: Iterable[IdentityUser], shown: Mapping[str, frozenset[str]], prefix: str) -> tuple[str, ...]:
    """Attributes that people have upstream and nobody has as a trait."""
    everything = TraitMapping(TraitSettings(prefix, NameFilter()))
    upstream: set[str] = set()
    for identity in present:
        upstream.update(everything.shown(identity.attributes())[0])
    visible = frozenset[str]().union(*shown.values())
    return tuple(sorted(trait.removeprefix(prefix) for trait in upstream - visible))


def _suspended(snapshot: Snapshot, state: DirectoryState, ours: Iterable[str], org_url: str) -> SuspendedPeople:
    """What was done with most people who are suspended; `lock` when there are none, or nobody was ever applied."""
    existing = frozenset(ours)
    if not existing:
        return SuspendedPeople.LOCK
    locks = (lock for lock in state.locks.values() if is_ours(lock.metadata.labels, org_url))
    for_good = [lock for lock in locks if lock.spec.expires is None]
    locked = {(lock.spec.target.user, lock.metadata.labels.get(USER_ID_LABEL, "")) for lock in for_good}
    seen: Counter[SuspendedPeople] = Counter()
    for identity in snapshot.users:
        if identity.status != SUSPENDED:
            continue
        if identity.username not in existing:
            seen[SuspendedPeople.DELETE] += 1
        elif not locked.isdisjoint({(identity.username, ""), (identity.username, identity.id)}):
            seen[SuspendedPeople.LOCK] += 1
        else:
            seen[SuspendedPeople.IGNORE] += 1
    return max(SuspendedPeople, key=lambda choice: seen[choice])


def _locks_for_ever(state: DirectoryState, pool: Pool, org_url: str) -> bool:
    """Whether somebody who is gone is locked without end."""
    return any(
        lock.spec.expires is None and lock.spec.target.user not in pool.present
        for lock in state.locks.values()
        if is_ours(lock.metadata.labels, org_url) and lock.spec.target.user is not None
    )


def _owners(lists: Iterable[AccessList]) -> tuple[str, ...]:
    """Owners whom every list has, else the one who owns most; lists that exist keep their own in any case."""
    counted: Counter[str] = Counter()
    total = 0
    for item in lists:
        total += 1
        counted.update({owner.name for owner in item.spec.owners})
    common = tuple(sorted(name for name, count in counted.items() if count == total))
    return common or tuple(sorted(counted, key=lambda name: (-counted[name], name))[:1])
