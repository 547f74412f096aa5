"""The section of one target in a plan, whichever target it is: what takes it to its part of a desired state.

The target says what of the state it can hold, which of its objects are ours, and when one is as wanted. People own the
rest of an object there as they do in the directory: it is kept.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

import msgspec

from idsync.apply.surroundings import around_who_may_lose
from idsync.config.guards import Guards
from idsync.config.settings import LockSettings, SyncSwitches, TraitSettings
from idsync.diagnostics import Position
from idsync.model.addresses import PLAIN_KINDS, Address, Kind
from idsync.model.directory import DirectoryState, Members, Why
from idsync.model.findings import Finding, Health
from idsync.model.names import twin_key
from idsync.model.ownership import ended_locks
from idsync.model.resources import Lock
from idsync.model.times import parse_time
from idsync.plan.around import Around
from idsync.plan.assemble import compare
from idsync.plan.changes import Change
from idsync.plan.guard_findings import guard_findings
from idsync.plan.guards import Standing, check_guards, marked, taken_by
from idsync.plan.guards import leaving as leaving_by
from idsync.plan.health import Judgement, held_back
from idsync.plan.sections import Section
from idsync.reconcile.kept_there import as_kept_there, lasting, left_alone, locks_of_the_absent, taken_over, unlockable
from idsync.targets.protocol import Target

replace = msgspec.structs.replace
HEALTHY = Judgement(Health())
NOBODY: frozenset[str] = frozenset()
NO_MEMBERS: Members = {}


class Desired(msgspec.Struct, frozen=True):
    """What every target is to hold its part of: everybody's objects and memberships, and why they are so.

    A lock to be made has a lifetime in seconds, or none where it has no end. `held` are names of people in doubt, who
    stay as they are wherever they are; `leaving` are names that go or pass on, and `lent` those of them by which
    somebody else may sign in already.
    """

    state: DirectoryState
    why: Mapping[Address, Why] = {}
    lifetimes: Mapping[str, int] = {}
    held: frozenset[str] = NOBODY
    leaving: frozenset[str] = NOBODY
    lent: frozenset[str] = NOBODY


class Terms(msgspec.Struct, frozen=True):
    """On which terms a section is planned: what the configuration says, and the health of the reading.

    `adopt` names foreign users to take over, `shown_out` people whom Okta itself shows as deactivated or suspended.
    """

    org_url: str
    sync: SyncSwitches = SyncSwitches()
    locks: LockSettings = LockSettings()
    adopt: frozenset[str] = NOBODY
    guards: Guards = Guards()
    judgement: Judgement = HEALTHY
    shown_out: frozenset[str] = NOBODY
    traits: TraitSettings = TraitSettings()
    places: tuple[tuple[str, Position], ...] = ()


class TargetSection(msgspec.Struct, frozen=True):
    """A section with what was noticed about it; `found` is what the target holds of the kinds that are managed."""

    section: Section
    findings: tuple[Finding, ...]
    found: DirectoryState


def section_of(target: Target, desired: Desired, terms: Terms, now: datetime) -> TargetSection:
    """Plan for one target: everything that is ours there and is not as desired, judged and counted, without a delta.

    Kinds that are switched off, or that the target cannot hold, are neither read nor changed.
    """
    kinds = target.kinds - _switched_off(terms.sync)
    with target.reading():
        serial = target.serial()
        found = _of_kinds(_in_force(target.state(), target, now), kinds)
    part = _of_kinds(target.project(desired.state), kinds)
    part = left_alone(part, found, desired.held)
    added = locks_of_the_absent(part, found, target, terms.org_url) if "lock" in kinds else {}
    lifetimes = {**lasting(terms.locks, added), **desired.lifetimes}
    locks = {**part.locks, **added}
    part = replace(left_alone(part, found, unlockable(replace(part, locks=locks), found, target)), locks=locks)
    wanted, adopted = taken_over(as_kept_there(part, found, target, lifetimes, now), found, target, terms.adopt)
    comparison = compare(
        found,
        wanted,
        why=desired.why,
        kept={},
        adopted=adopted,
        ours=target.ours,
        lifetimes=_lifetimes(part.locks, lifetimes, now),
        lent=desired.lent,
    )
    changes = held_back(comparison.changes, terms.judgement, terms.shown_out)
    around = around_who_may_lose(changes, found.members, target, terms.sync)
    taken = taken_by(changes, _standing(changes, found, target, desired.leaving, terms, around, now))
    managed = target.counts(terms.org_url)
    results = check_guards(terms.guards, taken, managed)
    changes = marked(changes, results, taken)
    noticed = (*guard_findings(results, taken, terms.guards, managed, dict(terms.places)), *comparison.findings)
    section = Section(target.name, serial, changes, (), results)
    return TargetSection(section, tuple(_told_of(target.name, each) for each in noticed), found)


def _switched_off(sync: SyncSwitches) -> frozenset[Kind]:
    users: frozenset[Kind] = frozenset() if sync.users else frozenset({"user", "lock"})
    lists: frozenset[Kind] = frozenset() if sync.access_lists else frozenset({"access_list", "access_list_member"})
    return users | lists | (frozenset() if sync.app_groups else frozenset(PLAIN_KINDS))


def _of_kinds(state: DirectoryState, kinds: Collection[Kind]) -> DirectoryState:
    """The part of a state that is of these kinds; a list whose members are none of them has none."""
    lists = state.access_lists if "access_list" in kinds else {}
    has_members = "access_list_member" in kinds
    return DirectoryState(
        users=state.users if "user" in kinds else {},
        locks=state.locks if "lock" in kinds else {},
        access_lists=lists,
        members={name: state.members[name] if has_members else NO_MEMBERS for name in lists},
        plain={address: item for address, item in state.plain.items() if item.kind in kinds},
    )


def _in_force(state: DirectoryState, target: Target, now: datetime) -> DirectoryState:
    """The state without locks of ours that have ended: they count as absent."""
    ended = ended_locks(state.locks, target.ours, now)
    return replace(state, locks={name: lock for name, lock in state.locks.items() if name not in ended})


def _lifetimes(locks: Mapping[str, Lock], lifetimes: Mapping[str, int], now: datetime) -> dict[str, int]:
    """How long locks last that are made: as they are to be made everywhere, or as long as they last elsewhere."""
    left = {
        name: max(1, int((parse_time(lock.spec.expires) - now).total_seconds()))
        for name, lock in locks.items()
        if lock.spec.expires is not None
    }
    return {**left, **lifetimes}


def _standing(
    changes: tuple[Change, ...],
    found: DirectoryState,
    target: Target,
    leaving: frozenset[str],
    terms: Terms,
    around: Around,
    now: datetime,
) -> Standing:
    """Whom guards count in this target: people who have an account of ours there, and do not leave."""
    return Standing(
        frozenset(name for name, user in found.users.items() if target.ours(user)),
        leaving | leaving_by(changes),
        around,
        now,
        frozenset(map(twin_key, terms.guards.protected_users)),
        terms.traits,
    )


def _told_of(target: str, finding: Finding) -> Finding:
    return replace(finding, message=f"In the target {target}: {finding.message}")
