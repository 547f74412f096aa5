"""Desired locks: one for everyone who leaves or is suspended, none of ours for anyone who is back."""

from collections.abc import Container, Iterable, Mapping
from datetime import datetime, timedelta

import msgspec

from idsync.compiler.pool import Pool, user_cause
from idsync.config.settings import LockSettings
from idsync.model.addresses import Address, lock_address
from idsync.model.directory import Cause, Reason, Why
from idsync.model.findings import Finding
from idsync.model.identity import IdentityUser
from idsync.model.ownership import is_ours, lock_name, our_labels
from idsync.model.resources import Lock, LockSpec, LockTarget, Metadata
from idsync.model.resources import lock as lock_resource
from idsync.model.times import is_past

_MESSAGES = {
    Reason.UNASSIGNED: "Your access ended: you are no longer assigned to the application in Okta.",
    Reason.DEACTIVATED: "Your access ended: your Okta account was deactivated.",
    Reason.DELETED_UPSTREAM: "Your access ended: your Okta account was deleted.",
    Reason.RENAMED: "This name is no longer yours: your Okta login was renamed. Sign in with the new one.",
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


def desired_locks(
    settings: LockSettings,
    org_url: str,
    pool: Pool,
    current: Mapping[str, Lock],
    existing_users: Container[str],
    now: datetime,
) -> DesiredLocks:
    """Locks for `pool`, given those in force; people who are held keep theirs, and so do the absent."""
    draft = _Draft(settings, org_url, now)
    for name in sorted(pool.leaving):
        draft.want(name, pool.leaving[name], current.get(lock_name(org_url, name)), permanent=False)
    draft.wait_with(new for new, old in pool.renamed.items() if old in draft.unlockable)
    for name in sorted((pool.suspended & pool.present.keys()) - draft.unlockable):
        why = Why(Reason.SUSPENDED, (user_cause(pool.present[name]),))
        draft.want(name, why, current.get(lock_name(org_url, name)), permanent=True)
    for new, old in pool.renamed.items():
        if new in draft.unlockable and old not in draft.unlockable:
            why = Why(Reason.SUSPENDED, (user_cause(pool.present[new]),))
            draft.want(old, why, current.get(lock_name(org_url, old)), permanent=True)
            draft.wait_with([old])
    for name, lock in current.items():
        if name not in draft.locks and is_ours(lock.metadata.labels, org_url):
            draft.review(lock, pool, existing_users)
    return draft.result()


class _Draft:
    """The locks while they are being decided."""

    def __init__(self, settings: LockSettings, org_url: str, now: datetime) -> None:
        self._settings = settings
        self._org_url = org_url
        self._now = now
        self.locks: dict[str, Lock] = {}
        self._lifetimes: dict[str, int] = {}
        self._why: dict[Address, Why] = {}
        self._findings: list[Finding] = []
        self.unlockable: set[str] = set()

    def result(self) -> DesiredLocks:
        """The locks, decided."""
        return DesiredLocks(self.locks, self._lifetimes, self._why, tuple(self._findings), frozenset(self.unlockable))

    def wait_with(self, other_names: Iterable[str]) -> None:
        """If either name of a renamed person cannot be locked, postpone the rename: both names stay as they are."""
        self.unlockable.update(other_names)

    def want(self, user: str, why: Why, existing: Lock | None, *, permanent: bool) -> None:
        """Want a lock on `user`: create it, keep one that will do, or correct one that will not."""
        if existing is not None and not is_ours(existing.metadata.labels, self._org_url):
            self._conflict(user, existing, why.causes)
            return
        name = lock_name(self._org_url, user)
        self._why[lock_address(name)] = why
        self.locks[name] = self._serving(existing, user, why, permanent=permanent, outlasting=self._settings.ttl or 0)

    def review(self, lock: Lock, pool: Pool, existing_users: Container[str]) -> None:
        """A lock of ours that nobody asked for: lifted for people who are back, kept for the absent and the held."""
        user = lock.spec.target.user
        name = lock.metadata.name
        if user is None or user in pool.held or user in self.unlockable:
            self.locks[name] = lock
        elif user not in pool.present and self._settings.ttl is None:
            self.locks[name] = lock  # of somebody long gone, made when locks had an end: it may come
        elif user in pool.present:
            reason = Reason.UNSUSPENDED if user in existing_users else Reason.REPROVISIONED
            self._why[lock_address(name)] = Why(reason, (user_cause(pool.present[user]),))
            if user in pool.renamed and lock.spec.message != _MESSAGES[Reason.RENAMED]:
                self._passed_on(user, pool.present[user])
        else:
            why = Why(Reason.UNASSIGNED)
            self._why[lock_address(name)] = why
            self.locks[name] = self._serving(lock, user, why, permanent=False)

    def _serving(self, existing: Lock | None, user: str, why: Why, *, permanent: bool, outlasting: int = 0) -> Lock:
        """`existing` if it will do; it must be in force for `outlasting` more seconds, as credentials may be."""
        lasting = permanent or self._settings.ttl is None
        if existing is not None and existing.spec.target == LockTarget(user=user):
            ends = existing.spec.expires
            if lasting == (ends is None) and not is_past(ends, self._now + timedelta(seconds=outlasting)):
                return existing
        message = _MESSAGES.get(why.reason, _MESSAGES[Reason.UNASSIGNED])
        labels = {**(existing.metadata.labels if existing else {}), **our_labels(self._org_url)}
        name = lock_name(self._org_url, user) if existing is None else existing.metadata.name
        self._lifetimes.pop(name, None)
        if not lasting:
            self._lifetimes[name] = (self._settings.ttl or 0) + self._settings.margin
        return lock_resource(
            Metadata(name, labels=labels), LockSpec(LockTarget(user=user), message, created_by="idsync")
        )

    def _passed_on(self, user: str, identity: IdentityUser) -> None:
        self._findings.append(
            Finding(
                "identity_replaced",
                "warning",
                f"{user} was locked when somebody left, and is unlocked for Okta user {identity.id}, now of that name. "
                "Lock it by hand until the credentials of the person who left have run out: nothing else ends them.",
                (user_cause(identity),),
            )
        )

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
