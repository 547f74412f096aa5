"""The times that only an apply knows: what a planned object becomes at the moment of being made."""

from collections.abc import Collection
from datetime import MAXYEAR, UTC, datetime

import msgspec

from idsync.model.resources import AccessList, Audit, Lock, Membership
from idsync.model.times import format_time, later
from idsync.plan.changes import AccessListChange, LockChange

REVIEW_MONTHS = 6
_LAST_MONTH = MAXYEAR * 12 + 11
"""The last month of the last year that can be written, counted from the year 0."""


class Moment(msgspec.Struct, frozen=True):
    """When a run takes place: `now`, and the beginning of the broken-off run that it resumes, if it does.

    `now` is by the later of two clocks, `earlier` by the other one, where there is another.
    """

    now: datetime
    resumed: datetime | None = None
    earlier: datetime | None = None

    @property
    def lock_end(self) -> datetime:
        """The time by which a lock must have ended to be over."""
        return self.earlier or self.now

    @property
    def stamp(self) -> datetime:
        """The time that new lists and memberships get: a resumed run goes on with that of its beginning."""
        return self.resumed or self.now


def stamped_lock(change: LockChange, now: datetime) -> Lock:
    """The lock to write: made now, in force for the change's lifetime; without one, until the end that it names."""
    if change.after is None:
        raise ValueError(f"{change.address}: nothing to write")
    expires = change.after.spec.expires if change.lifetime is None else later(now, change.lifetime)
    created_at = change.after.spec.created_at or format_time(now)
    return msgspec.structs.replace(
        change.after, spec=msgspec.structs.replace(change.after.spec, expires=expires, created_at=created_at)
    )


def stamped_access_list(change: AccessListChange, now: datetime) -> AccessList:
    """The list to write: a new one gets its first review date, an existing one keeps its own."""
    if change.after is None:
        raise ValueError(f"{change.address}: nothing to write")
    if change.action != "create":
        return change.after
    audit = change.after.spec.audit or Audit()
    if audit.next_audit_date is None:
        audit = msgspec.structs.replace(audit, next_audit_date=format_time(first_review(now)))
    return msgspec.structs.replace(change.after, spec=msgspec.structs.replace(change.after.spec, audit=audit))


def stamped_alike(change: AccessListChange, now: datetime) -> list[tuple[Membership, Collection[str]]]:
    """The memberships to add, by their details: nearly always all alike, and without a look at each."""
    if not change.carried:
        return [(Membership(joined=format_time(now)), change.members_added)] if change.members_added else []
    alike: dict[Membership, list[str]] = {}
    for name, details in stamped_members(change, now).items():
        alike.setdefault(details, []).append(name)
    return list(alike.items())


def stamped_members(change: AccessListChange, now: datetime) -> dict[str, Membership]:
    """The memberships to add: carried ones as they were, the others new, joined now."""
    new = Membership(joined=format_time(now))
    members = dict.fromkeys(change.members_added, new)
    members.update((name, details) for name, details in change.carried.items() if name in members)
    return members


def first_review(now: datetime) -> datetime:
    """The first day of a month, at least six months from `now`."""
    now = now.astimezone(UTC)
    months = now.year * 12 + now.month - 1 + REVIEW_MONTHS
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if now.day > 1 or now > day:
        months += 1
    months = min(months, _LAST_MONTH)
    return day.replace(year=months // 12, month=months % 12 + 1, day=1)
