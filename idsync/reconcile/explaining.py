"""Why one person has what they have: compiles their part of the directory and follows every path."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

import msgspec
from msgspec.structs import replace

from idsync.apply.kept_entries import Kept
from idsync.apply.surroundings import surroundings, with_reach
from idsync.compiler.app_groups import address_of_subject, role_addresses
from idsync.compiler.causes import user_cause
from idsync.compiler.compile import Compilation, compile_state
from idsync.compiler.inputs import Inputs, decide_locks, prepare
from idsync.compiler.missing_links import (
    find_identity,
    missing_for_list,
    missing_for_person,
    missing_for_role,
    nobody_called,
    unknown_list,
)
from idsync.config.settings import Settings
from idsync.errors import SnapshotError
from idsync.model.addresses import Address
from idsync.model.agreed_past import NOTHING_PAST, AgreedPast
from idsync.model.directory import DirectoryState, GivenRoles, Names, UpstreamCause
from idsync.model.directory_index import DirectoryIndex
from idsync.model.extent import Reading
from idsync.model.findings import MissingEdge
from idsync.model.identity import IdentityUser, Snapshot
from idsync.model.odd_rows import set_aside
from idsync.model.ownership import is_ours, okta_id_of
from idsync.plan.around import Around
from idsync.plan.effective import Lists
from idsync.plan.explain import ExplainedAccess, Explanation, Standpoint, explained_access, matches
from idsync.plan.role_reach import RoleReach
from idsync.reconcile.both_ways import merged_lists, with_lists
from idsync.reconcile.clocks import clocks_of
from idsync.reconcile.held_access import HeldAccess
from idsync.reconcile.managed import in_force, managed_index, managed_state
from idsync.reconcile.merged_lists import BothWays
from idsync.reconcile.moved_organization import present_state
from idsync.reconcile.planning import pool_of
from idsync.stores.protocol import Pushed
from idsync.targets.protocol import DirectoryReader

Standing = Literal["present", "suspended", "held", "leaving", "absent"]
NOTHING_KEPT: Kept = {}


def explain(
    settings: Settings,
    snapshot: Snapshot,
    target: DirectoryReader,
    person: str,
    resource: str | None,
    now: datetime,
    reading: Reading | None = None,
    past: AgreedPast = NOTHING_PAST,
    pushed: Pushed | None = None,
    kept: Kept = NOTHING_KEPT,
    both: BothWays | None = None,
) -> Explanation:
    """Explain `person` (name or Okta id), and `resource` alone when it is given (name, title or kind/name).

    `pushed` knows who left by a push, and `kept` what guards hold back; `both` is what memberships that go both
    ways are merged by.

    Raises UnknownPerson where neither the snapshot nor the directory nor a push knows them.
    """
    reading = Reading(snapshot) if reading is None else reading

    question = _Question(person, resource, past, pushed, kept, both)

    def explained(snapshot: Snapshot) -> Explanation:
        read = replace(reading, snapshot=snapshot)
        return _explained(question, _found(question, settings, read, target, now))

    try:
        return explained(snapshot)
    except SnapshotError:
        readable = set_aside(snapshot)
        if readable is snapshot:
            raise
        return explained(readable)


class _Question(msgspec.Struct, frozen=True):
    """Who is asked about, and what; with what is known of them beyond the reading and the directory."""

    person: str
    resource: str | None
    past: AgreedPast
    pushed: Pushed | None
    kept: Kept
    both: BothWays | None


class _Found(msgspec.Struct, frozen=True):
    """What was found about one person: who they are in Okta, what is around their `name` here, and what is to be."""

    inputs: Inputs
    identity: IdentityUser | None
    name: str
    around: Around
    locked: bool
    compilation: Compilation

    @property
    def present(self) -> Standpoint:
        """The person as the directory has them."""
        around = self.around
        lists = Lists(around.access_lists, around.parents, RoleReach(around.plain))
        return Standpoint(around.users.get(self.name), around.memberships.get(self.name, {}), lists)


def _found(question: _Question, settings: Settings, reading: Reading, target: DirectoryReader, now: datetime) -> _Found:
    """Read what is around the person, and compile their part."""
    snapshot, sync = reading.snapshot, settings.integration.sync
    clocks = clocks_of(now, snapshot.taken_at, reading)
    with target.reading():
        index = managed_index(settings, target.index(settings.integration.org_url))
        pool = pool_of(settings, snapshot, index, target, question.past)
        inputs = prepare(settings, snapshot, index, pool, None, clocks, past=question.past)
        identity = find_identity(inputs, question.person)
        name = identity.username if identity else _name_here(index, question.person)
        joins = _lists_upstream(inputs, identity)
        around = surroundings([name], DirectoryState(), target, sync, changing=joins)
        plain: frozenset[Address] = frozenset()
        if sync.app_groups:
            roles = _roles_of(joins)
            around = with_reach(around, (), target, sync, target.plain(roles))
            reached = joins.union(app.id for app in snapshot.apps if joins.intersection(app.groups))
            own = (address_of_subject(each) for each in inputs.app_groups if each.id in reached)
            plain = frozenset([*around.plain, *own, *roles])
        within = Names(frozenset({name}), joins | around.access_lists.keys(), plain)
        found = managed_state(settings, target.state(within), in_force(settings, target.locks(), clocks.earlier))
        current = present_state(settings, found, target)
        if question.both is not None:
            inputs = with_lists(inputs, merged_lists(inputs, current, question.both, target, within))
    locked = any(lock.spec.target.user == name for lock in current.locks.values())
    compilation = compile_state(inputs, decide_locks(inputs, current.locks), current, within)
    return _Found(inputs, identity, name, around, locked, compilation)


def _name_here(index: DirectoryIndex, person: str) -> str:
    """The name under which the directory still has somebody who is asked for by an Okta id; else what was asked for."""
    return next((name for name, entry in index.users.items() if entry.okta_id and entry.okta_id == person), person)


def _explained(question: _Question, found: _Found) -> Explanation:
    """Follow every path from the person as they are, and as they are to be."""
    inputs, identity, name, present = found.inputs, found.identity, found.name, found.present
    compilation, resource = found.compilation, question.resource
    after = _desired(compilation, name, present, found.around, inputs.settings)
    given = compilation.given.get(name, GivenRoles())
    access = explained_access(present, after, given, compilation.why, inputs.clocks.later)
    account = "" if present.user is None else okta_id_of(present.user.metadata.labels)
    held = HeldAccess(question.kept, name, account or (identity.id if identity else ""), present)
    shown = tuple(
        held.told(item, leaves=after.user is None) for item in access if resource is None or matches(item, resource)
    )
    left = _left(question.pushed, question.person) if identity is None else []
    status = identity.status if identity else inputs.snapshot.unassigned.get(question.person, "")
    if not (identity or status or left or found.locked or present.user or present.memberships):
        raise nobody_called(inputs, question.person)
    return Explanation(
        person=name,
        okta_id=identity.id if identity else "",
        okta_status=status,
        standing=_standing(inputs, compilation.held, name),
        locked=found.locked,
        resource=resource,
        access=shown,
        missing=tuple(left or _missing(inputs, compilation, identity, name, resource, shown)),
        held=held.steps(),
        unknown="" if status else _unknown(question.pushed, inputs.settings, inactive=bool(left)),
    )


def _unknown(pushed: Pushed | None, settings: Settings, *, inactive: bool) -> Literal["unread", "unpushed", "inactive"]:
    """Of what somebody is not known, where `pushed` is given wherever pushes tell of people."""
    if settings.integration.pulls or pushed is None:
        return "unread"
    return "inactive" if inactive else "unpushed"


def _left(pushed: Pushed | None, person: str) -> list[MissingEdge]:
    """That somebody, by name or Okta id, is not assigned since a push deactivated them; nothing of anybody else."""
    user = None if pushed is None else pushed.user_named(person) or next(iter(pushed.users_of(person)), None)
    if user is None or user.active:
        return []
    return [
        MissingEdge(
            f"{user.username} has left: a push of {user.modified} says that Okta deactivated them or took the app.",
            "If they are to have access, assign the app in Okta: it pushes them again, and they regain their lists.",
            (UpstreamCause("user", user.okta_id, user.username),),
        )
    ]


def _roles_of(lists: Iterable[str]) -> list[Address]:
    return [address for name in lists for address in role_addresses(name)]


def _lists_upstream(inputs: Inputs, identity: IdentityUser | None) -> frozenset[str]:
    """Lists of the groups and apps that the person may be in."""
    okta_id = identity.id.encode() if identity else b"\0"
    return frozenset(subject.id for subject in inputs.subjects if okta_id in bytes(subject.raw_members))


def _desired(
    compilation: Compilation,
    name: str,
    present: Standpoint,
    around: Around,
    settings: Settings,
) -> Standpoint:
    """The person after the next apply; users and lists that are not ours stay as they are."""
    desired: DirectoryState = compilation.desired
    compiled = compilation_lists(compilation)
    org_url, former = settings.integration.org_url, settings.integration.former_addresses
    user = desired.users.get(name)
    if user is None and present.user is not None and not is_ours(present.user.metadata.labels, org_url, former):
        user = present.user
    memberships = {key: entry for key, entry in present.memberships.items() if key not in compiled}
    memberships.update((key, entries[name]) for key, entries in desired.members.items() if name in entries)
    parents = {
        child: {
            key: entry for key, entry in above.items() if key not in compiled or child in desired.members.get(key, {})
        }
        for child, above in present.lists.parents.items()
    }
    reach = RoleReach({**around.plain, **desired.plain})
    return Standpoint(user, memberships, Lists({**present.lists.access_lists, **desired.access_lists}, parents, reach))


def compilation_lists(compilation: Compilation) -> frozenset[str]:
    """Names of the lists whose members the compiler decided."""
    return frozenset(address.partition("/")[2] for address in compilation.why if address.startswith("access_list/"))


def _standing(inputs: Inputs, held: frozenset[str], name: str) -> Standing:
    pool = inputs.pool
    if name in held:
        return "held"
    if name in pool.suspended:
        return "suspended"
    if name in pool.present:
        return "present"
    return "leaving" if name in pool.leaving else "absent"


def _held_back(compilation: Compilation, identity: IdentityUser | None) -> MissingEdge | None:
    """Why somebody who is to be in the directory is left as they are."""
    if identity is None or identity.username not in compilation.held:
        return None
    cause = user_cause(identity)
    finding = next((item for item in compilation.findings if item.severity == "error" and cause in item.causes), None)
    what = finding.message if finding else f"{identity.username} is left as they are, as the plan's findings say."
    return MissingEdge(what, "Settle that; the next plan sees it.", (cause,))


def _missing(
    inputs: Inputs,
    compilation: Compilation,
    identity: IdentityUser | None,
    name: str,
    resource: str | None,
    shown: Sequence[ExplainedAccess],
) -> list[MissingEdge]:
    first = missing_for_person(inputs, name) or _held_back(compilation, identity)
    if first is not None:
        return [first]
    if resource is None or identity is None or any(item.desired for item in shown):
        return []
    kind, _, rest = resource.partition("/")
    if kind in ("access_list", "app"):
        return missing_for_list(inputs, identity, rest) or ([] if shown else [unknown_list(inputs, rest)])
    if kind == "role":
        return missing_for_role(inputs, identity, rest)
    return missing_for_list(inputs, identity, resource) or missing_for_role(inputs, identity, resource)
