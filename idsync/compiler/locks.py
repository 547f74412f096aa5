"""Desired locks: one for everyone who leaves or is suspended, none of ours for anyone who is back.

A lock is for a person, by Okta id: who gets the name of somebody else neither lifts nor inherits their lock.
"""

import shlex
from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from idsync.compiler.causes import user_cause
from idsync.compiler.locks_in_force import LocksInForce
from idsync.compiler.pool import Pool
from idsync.compiler.reused_logins import login_reused
from idsync.config.settings import LockSettings
from idsync.model.addresses import Address, lock_address
from idsync.model.agreed_past import NOTHING_PAST, AgreedPast, Event
from idsync.model.directory import Cause, Reason, UpstreamCause, Why
from idsync.model.directory_index import UserEntry
from idsync.model.findings import Finding
from idsync.model.ownership import UNKNOWN_PERSON, USER_ID_LABEL, is_ours, our_labels
from idsync.model.resources import Lock, LockSpec, LockTarget, Metadata
from idsync.model.resources import lock as lock_resource
from idsync.model.times import is_past, moved, parse_time

_MESSAGES = {
    Reason.UNASSIGNED: "Your access ended: you are no longer assigned to the application in Okta.",
    Reason.DEACTIVATED: "Your access ended: your Okta account was deactivated.",
    Reason.DELETED_UPSTREAM: "Your access ended: your Okta account was deleted.",
    Reason.RENAMED: "This name is no longer yours: your Okta login was renamed. Sign in with the new one.",
    Reason.CLEARED: "Your access ended: idsync no longer manages this directory.",
    Reason.SUSPENDED: "Your Okta account is suspended. Access returns when the suspension is lifted.",
}


class DesiredLocks(msgspec.Struct, frozen=True):
    """The locks to have, and why each is there or goes."""

    locks: dict[str, Lock]
    lifetimes: dict[str, int]
    """For how many seconds the locks that are new or replaced last; without an entry they have no end."""
    why: dict[Address, Why]
    findings: tuple[Finding, ...]
    unlockable: frozenset[str]
    """People about whom nothing can be done, since a foreign lock has the name of ours."""
    locked: frozenset[str] = frozenset()
    """Okta ids of the people whom a lock of ours keeps out now."""
    strangers: frozenset[str] = frozenset()
    """Names that somebody gets in this plan, and under which the directory has entries of the person before."""


def desired_locks(
    settings: LockSettings,
    org_url: str,
    pool: Pool,
    current: Mapping[str, Lock],
    entries: Mapping[str, UserEntry],
    now: datetime,
    past: AgreedPast = NOTHING_PAST,
) -> DesiredLocks:
    """Locks for `pool`, given those in force; people who are held keep theirs, and so do the absent.

    `past` knows which locks a hand lifted, and whose account a hand took.
    """
    draft = _Draft(settings, org_url, LocksInForce(org_url, current, entries), now, past)
    for name in sorted(pool.leaving):
        draft.want_departure(name, entries[name].okta_id or "", pool.leaving[name])
    for name, former in sorted(pool.passed.items()):
        draft.want_departure(name, former.okta_id, former.why)
    for name, former in pool.gone:
        draft.want_for_one_gone(name, former.okta_id, former.why)
    draft.wait_with(new for new, old in pool.renamed.items() if old in draft.unlockable)
    for name in sorted((pool.suspended & pool.present.keys()) - draft.unlockable):
        why = Why(Reason.SUSPENDED, (user_cause(pool.present[name]),))
        draft.want(name, pool.present[name].id, why)
    for new, old in pool.renamed.items():
        if new in draft.unlockable and old not in draft.unlockable:
            why = Why(Reason.SUSPENDED, (user_cause(pool.present[new]),))
            draft.want(old, pool.present[new].id, why)
            draft.wait_with([old])
    for name, lock in current.items():
        if name not in draft.locks and is_ours(lock.metadata.labels, org_url):
            draft.review(lock, pool)
    return draft.result(pool)


def events_over(pool: Pool, past: AgreedPast) -> tuple[str, ...]:
    """Okta ids of people whose lock a hand lifted and who are there and not suspended any more: that event is over."""
    free = (okta_id for okta_id in past.lifted_locks if pool.names.get(okta_id, "") not in {"", *pool.suspended})
    return tuple(sorted(okta_id for okta_id in free if pool.names[okta_id] not in pool.held))


class _Draft:
    """The locks while they are being decided."""

    def __init__(
        self, settings: LockSettings, org_url: str, in_force: LocksInForce, now: datetime, past: AgreedPast
    ) -> None:
        self._settings = settings
        self._org_url = org_url
        self._in_force = in_force
        self._now = now
        self._past = past
        self.locks: dict[str, Lock] = {}
        self._lifetimes: dict[str, int] = {}
        self._why: dict[Address, Why] = {}
        self._findings: list[Finding] = []
        self.unlockable: set[str] = set()

    def result(self, pool: Pool) -> DesiredLocks:
        """The locks, decided; with a finding for each that keeps the credentials of a former holder out of a name."""
        findings = [*self._findings, *login_reused(pool, self._in_force, self.locks, self._lifetimes)]
        return DesiredLocks(
            self.locks,
            self._lifetimes,
            self._why,
            tuple(findings),
            frozenset(self.unlockable),
            self._in_force.people,
            self._in_force.strangers(pool, self._past),
        )

    def wait_with(self, other_names: Iterable[str]) -> None:
        """If either name of a renamed person cannot be locked, postpone the rename: both names stay as they are."""
        self.unlockable.update(other_names)

    def want(self, user: str, okta_id: str, why: Why) -> None:
        """Want a lock without an end on `user`, for the person of this id, who stays: keep one, or make it so."""
        if not self._was_lifted(user, okta_id, "suspension", why):
            self._want(user, okta_id, why, lifetime=None)

    def want_departure(self, user: str, okta_id: str, why: Why) -> None:
        """Want a lock on a name that this person has no more: it ends when no credentials of theirs can be alive."""
        if not self._was_lifted(user, okta_id, "departure", why):
            self._want(user, okta_id, why, lifetime=self._lifetime, departs=True)

    def want_for_one_gone(self, user: str, okta_id: str, why: Why) -> None:
        """Want a lock on somebody whose account a hand took before they left, while credentials may be alive."""
        since = self._past.since(user, okta_id)
        over = self._lifetime is not None and is_past(since, moved(self._now, -self._lifetime))
        if not over and self._in_force.place_of(user, okta_id, self.locks)[1] is None:
            self.want_departure(user, okta_id, why)

    def _was_lifted(self, user: str, okta_id: str, event: Event, why: Why) -> bool:
        """Whether a hand lifted the lock for this very event: it is not made again, and the plan says so."""
        at = self._past.lifted_at(okta_id, event) if okta_id else None
        if at is None or self._in_force.place_of(user, okta_id, self.locks)[1] is not None:
            return False
        self._findings.append(
            Finding(
                "lock_lifted",
                "info",
                f"{user} is not locked again for the same {event}: somebody lifted that lock by hand at {at}. "
                f"To lock all the same: idsync lock {shlex.quote(user)} --message TEXT.",
                why.causes,
            )
        )
        return True

    @property
    def _lifetime(self) -> int | None:
        return None if self._settings.ttl is None else self._settings.ttl + self._settings.margin

    def _want(self, user: str, okta_id: str, why: Why, *, lifetime: int | None, departs: bool = False) -> None:
        name, existing = self._in_force.place_of(user, okta_id, self.locks)
        if existing is not None and not is_ours(existing.metadata.labels, self._org_url):
            self._conflict(user, existing, why.causes)
            return
        self._why[lock_address(name)] = why
        named = existing is not None and existing.metadata.labels.get(USER_ID_LABEL, "") == okta_id
        if existing is not None and self._will_do(existing, user, lifetime) and (named or not departs):
            self.locks[name] = existing
            return
        message = _MESSAGES.get(why.reason, _MESSAGES[Reason.UNASSIGNED])
        spec = LockSpec(LockTarget(user=user), message, created_by="idsync")
        self._put(name, okta_id, spec, existing, lifetime)

    def _will_do(self, existing: Lock, user: str, lifetime: int | None) -> bool:
        """Whether a lock is on `user` and in force for at least so many seconds from now on, as credentials may be."""
        if existing.spec.target != LockTarget(user=user):
            return False
        ends = existing.spec.expires
        if lifetime is None or ends is None:
            return lifetime is None and ends is None
        return parse_time(ends) >= moved(self._now, lifetime)

    def _put(self, name: str, okta_id: str, spec: LockSpec, existing: Lock | None, lifetime: int | None) -> None:
        labels = {**(existing.metadata.labels if existing else {}), **our_labels(self._org_url)}
        if okta_id:
            labels[USER_ID_LABEL] = okta_id
        self._lifetimes.pop(name, None)
        if lifetime is not None:
            self._lifetimes[name] = lifetime
        self.locks[name] = lock_resource(Metadata(name, labels=labels), spec)

    def review(self, lock: Lock, pool: Pool) -> None:
        """A lock of ours that nobody asked for: lifted for the person whom it is for, once they are back under its
        name; it stays for people who are absent, held, or of another name, and where nobody can tell whom it is for.
        """
        user, name = lock.spec.target.user, lock.metadata.name
        owner = self._in_force.person_of(lock)
        if user is None or user in pool.held or user in self.unlockable:
            self.locks[name] = lock
        elif owner and pool.names.get(owner) == user:
            reason = Reason.UNSUSPENDED if self._in_force.has_account(owner, user) else Reason.REPROVISIONED
            self._why[lock_address(name)] = Why(reason, (user_cause(pool.present[user]),))
        else:
            self._keep(lock, owner, passed=user in pool.present)

    def _keep(self, lock: Lock, owner: str, *, passed: bool) -> None:
        """Keep a lock until it ends; one without an end gets one, as far as locks have ends here.

        Where the name has `passed` to another person, a lock must not be taken for theirs at the next plan.
        """
        name = lock.metadata.name
        gets_end = lock.spec.expires is None and self._lifetime is not None
        nameless = passed and not lock.metadata.labels.get(USER_ID_LABEL)
        if not gets_end and not nameless:
            self.locks[name] = lock
            return
        causes = (UpstreamCause("user", owner, lock.spec.target.user or ""),) if owner else ()
        self._why[lock_address(name)] = Why(Reason.LOGIN_REUSED if passed else Reason.UNASSIGNED, causes)
        person = owner or (UNKNOWN_PERSON if passed else "")
        if gets_end:
            spec = LockSpec(lock.spec.target, _MESSAGES[Reason.UNASSIGNED], created_by="idsync")
            self._put(name, person, spec, lock, self._lifetime)
        else:
            self._put(name, person, lock.spec, lock, None)

    def _conflict(self, user: str, existing: Lock, causes: tuple[Cause, ...]) -> None:
        self.unlockable.add(user)
        self._findings.append(
            Finding(
                "lock_conflict",
                "error",
                f"{user} should be locked, but the lock {existing.metadata.name} exists and is not ours. "
                "Nothing else is done about this person until it is removed.",
                causes,
            )
        )
