"""A plan once a person released `login_reused`: locks that keep a former holder out of a name are lifted by it."""

from collections.abc import Collection, Mapping

from msgspec.structs import replace

from idsync.model.addresses import Address, lock_address, split_address
from idsync.model.canonical import fingerprint
from idsync.model.directory import Reason, UpstreamCause
from idsync.model.findings import LOGIN_REUSED
from idsync.model.ownership import USER_ID_LABEL, Ours, okta_id_of
from idsync.model.resources import Lock, User
from idsync.plan.assemble import summarise
from idsync.plan.changes import Change, LockChange, PersonDelta, Plan, UserChange, passes_on
from idsync.plan.steps import in_listing_order


def reused_names(plan: Plan) -> dict[str, UpstreamCause]:
    """The names that a plan says are another person's now, with who has each."""
    found: dict[str, UpstreamCause] = {}
    for finding in plan.findings:
        if finding.code == LOGIN_REUSED and finding.causes and isinstance(finding.causes[0], UpstreamCause):
            found[finding.causes[0].name] = finding.causes[0]
    return found


def with_locks_lifted(plan: Plan, locks: Mapping[str, Lock], users: Mapping[str, User], ours: Ours) -> Plan:
    """The plan with these locks lifted, as far as they are ours and keep somebody else than the holder out of a name.

    `locks` are those in force on the names that passed on, `users` those of the directory under these names. Those that
    the plan would make are not made. It has the same digest: applied, it is the plan that was reviewed.
    """
    holders = _holders(plan, users)
    lifted: dict[Address, LockChange] = {}
    for name, lock in locks.items():
        holder = holders.get(_user(lock))
        if holder is not None and ours(lock) and lock.metadata.labels.get(USER_ID_LABEL) != holder.id:
            address = lock_address(name)
            lifted[address] = LockChange(
                address, "delete", Reason.LOGIN_REUSED, (holder,), lock, None, fingerprint(lock)
            )
    kept = [change for change in plan.changes if change.address not in lifted and not _keeps_out(change, holders)]
    changes = in_listing_order([*kept, *lifted.values()])
    return replace(
        plan,
        changes=changes,
        summary=summarise(changes),
        access_delta=_told(plan.access_delta, {_user(lock.before) for lock in lifted.values()}, holders),
        findings=tuple(finding for finding in plan.findings if finding.code != LOGIN_REUSED),
    )


def lifts_for_reused_names(plan: Plan) -> bool:
    """Whether a plan, as `with_locks_lifted` leaves it, lifts a lock on a name that passed on, or makes none."""
    lifts = (isinstance(change, LockChange) and change.reason is Reason.LOGIN_REUSED for change in plan.changes)
    passes = (isinstance(change, UserChange) and passes_on(change) for change in plan.changes)
    return any(lifts) or any(passes)


def _holders(plan: Plan, users: Mapping[str, User]) -> dict[str, UpstreamCause]:
    """Who has each name that the plan calls another person's: told by the account, once the plan is made.

    What the plan says of it is for people. A name whose account is not that person's is left out.
    """
    then = dict(users)
    for change in plan.changes:
        if isinstance(change, UserChange):
            name = split_address(change.address)[1]
            if change.after is None:
                then.pop(name, None)
            else:
                then[name] = change.after
    return {
        name: holder
        for name, holder in reused_names(plan).items()
        if name in then and okta_id_of(then[name].metadata.labels) == holder.id
    }


def _user(lock: Lock | None) -> str:
    return (lock.spec.target.user if lock else None) or ""


def _keeps_out(change: Change, holders: Mapping[str, UpstreamCause]) -> bool:
    """Whether a change makes a lock for somebody who had a name before."""
    if not isinstance(change, LockChange) or change.after is None:
        return False
    holder = holders.get(_user(change.after))
    return holder is not None and change.after.metadata.labels.get(USER_ID_LABEL) != holder.id


def _told(
    deltas: Collection[PersonDelta], unlocked: Collection[str], holders: Collection[str]
) -> tuple[PersonDelta, ...]:
    """The delta without the locks that are not made, and with those that are lifted."""
    told = {delta.person: replace(delta, locked=None) if delta.person in holders else delta for delta in deltas}
    for person in unlocked:
        delta = told.get(person, PersonDelta(person, (), ()))
        told[person] = replace(delta, unlocked=Reason.LOGIN_REUSED)
    left = (delta for delta in told.values() if delta != PersonDelta(delta.person, (), (), target=delta.target))
    return tuple(sorted(left, key=lambda delta: (delta.person, delta.target)))
