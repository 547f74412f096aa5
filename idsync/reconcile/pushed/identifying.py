"""The Okta id of somebody becomes known for whom the SCIM id stood: all that is kept of them goes under the Okta id.

It is the same person. Nobody is locked, deleted or made by it, and what is held stays held.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

from msgspec.structs import replace

from idsync import __version__
from idsync.apply.executor import apply_plan
from idsync.apply.kept_back import identify_kept
from idsync.apply.request import Request
from idsync.config.settings import Settings
from idsync.model.addresses import Address, lock_address, user_address
from idsync.model.directory import DirectoryState, Names, Reason, UpstreamCause, Why
from idsync.model.directory_index import DirectoryIndex
from idsync.model.extent import Extent, Reading
from idsync.model.findings import Health
from idsync.model.identified import OktaIds, identified_past, identified_state
from idsync.model.ownership import okta_id_of
from idsync.model.times import format_time
from idsync.plan.around import Around
from idsync.plan.assemble import assemble, compare
from idsync.plan.changes import Inputs, Plan
from idsync.plan.guards import standing_of
from idsync.plan.health import Judgement
from idsync.plan.same_person import identified
from idsync.plan.seal import ready_at_once
from idsync.plan.sections import FIRST
from idsync.reconcile.people_known import is_stand_in, matched
from idsync.stores.protocol import Pushed, Records, Surroundings, Upstream
from idsync.targets.protocol import Target

_NOBODY: frozenset[str] = frozenset()


class IdentityRecords(Records, Protocol):
    """What a store keeps of people by id."""

    @property
    def upstream(self) -> Upstream: ...

    @property
    def pushed(self) -> Pushed: ...

    def foresee_plan(self, surroundings: Callable[[], Surroundings], seen: int) -> None: ...


def identify(settings: Settings, store: IdentityRecords, target: Target, request: Request, okta_ids: OktaIds) -> None:
    """Keep under Okta ids what was kept under the ids that stood for them; the journal has a run of it.

    Call it inside a transaction. Raises what an apply raises.
    """
    agreed = store.agreed(target.name)
    plan = _relabelling(settings, target, request, okta_ids, store.runs.next_number())
    if not plan.is_empty:
        alone = replace(request, whole=False, sweep_locks=False, split=False, unattended=True)
        apply_plan(plan, alone, targets={FIRST: target}, records=store)
    past = agreed.past(okta_ids.keys())
    if past:
        agreed.forget(past)
        agreed.remember(identified_past(past, okta_ids))
    identify_kept(store.facts, target.name, okta_ids)
    for stand_in, okta_id in okta_ids.items():
        for user in store.pushed.users_of(stand_in):
            store.pushed.put_user(replace(user, okta_id=okta_id))
        _identify_upstream(store.upstream, stand_in, okta_id)


def identify_read(
    settings: Settings, store: IdentityRecords, target: Target, request: Request, reading: Reading
) -> None:
    """The same for everybody whose Okta id a reading tells: who is pushed without one is the person of that name in it.

    Call it inside a transaction, before the reading is held against what is known.
    """
    if not settings.integration.sync.scim:
        return
    if reading.extent.users is None:
        waiting = store.pushed.stand_ins()
    else:
        named = (store.pushed.user_named(person.username) for person in reading.snapshot.users)
        waiting = [user for user in named if user is not None and is_stand_in(user)]
    okta_ids = matched(waiting, reading.snapshot)
    if okta_ids:
        identify(settings, store, target, request, okta_ids)


def _relabelling(settings: Settings, target: Target, request: Request, okta_ids: OktaIds, run: int) -> Plan:
    """A plan that puts the Okta ids on accounts and locks, and changes nothing else."""
    org_url, now = settings.integration.org_url, request.now
    with target.reading():
        names = target.names_of(okta_ids.keys(), ())
        locks = {name: lock for name, lock in target.locks().items() if okta_id_of(lock.metadata.labels) in okta_ids}
        found = DirectoryState(target.state(Names(names, _NOBODY)).users, locks)
        why = _why(found, okta_ids)
        comparison = compare(
            found,
            identified_state(found, okta_ids),
            why=why,
            kept={},
            adopted=_NOBODY,
            ours=target.ours,
            lifetimes={},
        )
        changes = identified(comparison.changes, okta_ids)
        serial, managed = target.serial(), target.counts(org_url)
    at = format_time(now)
    plan = assemble(
        settings,
        changes,
        (),
        inputs=Inputs(settings.digest, "", at, serial, org_url, __version__),
        judgement=Judgement(Health()),
        shown_out=_NOBODY,
        standing=standing_of(settings, changes, DirectoryIndex(), Around(), now),
        managed=managed,
        findings=(),
    )
    return ready_at_once(plan, f"{run}")


def _why(found: DirectoryState, okta_ids: OktaIds) -> Mapping[Address, Why]:
    whys = {}
    for name, user in found.users.items():
        cause = UpstreamCause("user", okta_ids.get(okta_id_of(user.metadata.labels), ""), name)
        whys[user_address(name)] = Why(Reason.IDENTIFIED, (cause,))
    for name, lock in found.locks.items():
        cause = UpstreamCause("user", okta_ids[okta_id_of(lock.metadata.labels)], lock.spec.target.user or "")
        whys[lock_address(name)] = Why(Reason.IDENTIFIED, (cause,))
    return whys


def _identify_upstream(upstream: Upstream, stand_in: str, okta_id: str) -> None:
    """Let facts know the person, and the person's lists, by the Okta id alone; what they know of that already stays."""
    if not upstream.is_known():
        return
    part = upstream.part({stand_in, okta_id}, ())
    lists = [(group.id, group.member_ids()) for group in part.groups] + [(app.id, app.user_ids()) for app in part.apps]
    for name, members in lists:
        if stand_in in members:
            upstream.move(name, [okta_id], [stand_in])
    there = {user.id: user for user in part.users}
    known = there.get(okta_id) or there.get(stand_in)
    users = [] if known is None else [replace(known, id=okta_id)]
    away = {user: status for user, status in part.unassigned.items() if user == okta_id and known is None}
    head = replace(part, users=users, groups=[], apps=[], unassigned=away)
    upstream.take(Reading(head, Extent(frozenset({stand_in, okta_id}), _NOBODY)))
