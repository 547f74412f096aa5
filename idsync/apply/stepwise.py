"""Makes the steps of a plan in a target that keeps each as it is made: begun and made are journaled apart.

A step that fails is journaled with why, and the others go on but for those that depend on it.
"""

from collections.abc import Callable, Iterable

import msgspec

from idsync.apply.dependencies import Dependencies, subject_of
from idsync.apply.entries import entry_of
from idsync.apply.lease import fenced
from idsync.errors import IdsyncError, LeaseLost, PartlyApplied
from idsync.model.addresses import Address, lock_address, member_address, split_address
from idsync.model.canonical import Body, body_of
from idsync.model.directory import DirectoryState, Reason
from idsync.model.journal import LocksSwept, StepBegun, StepFailed, StepMade
from idsync.model.numbers import counted
from idsync.model.resources import Lock
from idsync.model.times import format_time
from idsync.plan.apply_times import Moment, stamped_members
from idsync.plan.changes import AccessListChange, LockChange
from idsync.plan.steps import Phase, Step
from idsync.stores.protocol import Found, Lease, Records
from idsync.targets.protocol import NotingTarget, Resource, Target, WaitingTarget


class Outcome(msgspec.Struct):
    """How many steps were made, why others were not, and how many wait for these."""

    made: int = 0
    failures: list[tuple[Address, IdsyncError]] = []
    waiting: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether every step was made."""
        return not self.failures and not self.waiting

    def as_error(self, done: int, total: int) -> IdsyncError:
        """What to raise; `done` steps were made in all, those of a run before included."""
        address, first = self.failures[0]
        count = len(self.failures)
        if not done:
            more = f", and {count - 1} more failed" if count > 1 else ""
            first.why = f"{first.why} This was {address}{more}.".lstrip()
            return first
        why = f"{address}: {first.summary}" + (f" And {count - 1} more." if count > 1 else "")
        return PartlyApplied(
            f"{done} of {total} steps were made, {count} failed and "
            f"{counted(self.waiting, 'waits', 'wait')} for these: {why}",
            done=done,
            total=total,
            failed=count,
            waiting=self.waiting,
            why="This target keeps each step as it is made, so that one that fails leaves the others to go on.",
            fix="Apply the same plan again, or a new one: it takes up what is left.",
        )


class Fenced(msgspec.Struct, frozen=True):
    """A target, where its steps are recorded, and the lease under which they are made."""

    target: Target
    records: Records
    lease: Lease


Told = Callable[[Step, DirectoryState, Resource | None], tuple[StepMade, list[Body]]]
"""What the journal is told of a step: of what was seen before the run, and what is there now."""


def _nothing(step: Step) -> None:
    """Check nothing."""


class Sweep(msgspec.Struct):
    """How many ended locks were swept, and what to tell of those that were not."""

    made: int = 0
    notes: list[str] = []


def make_stepwise(
    steps: Iterable[Step],
    run: int,
    seen: DirectoryState,
    at: Moment,
    *,
    where: Fenced,
    report: Callable[[int], None],
    made: Callable[[int], None],
    told: Told | None = None,
    check: Callable[[Step], None] = _nothing,
) -> Outcome:
    """Make the steps in order; `made` is told how many were, after each. `told` makes the entries of a resumed run.

    `check` is called right before each step, after whatever it waits for, and raises why it may not be made.
    Raises LeaseLost before a step when another process has taken the lease.
    """
    outcome, dependencies = Outcome(failures=[]), Dependencies()
    target, records, lease = where.target, where.records, where.lease
    for number, step in enumerate(steps):
        report(number)
        if dependencies.waits(step):
            dependencies.failed(step)
            outcome.waiting += 1
            continue
        address = step.change.address
        with fenced(records, lease, renewed=True):
            records.journal.append(StepBegun(run, step.phase, address, target.name))
        try:
            after = _made(step, at, where, check)
        except LeaseLost:
            raise
        except IdsyncError as error:
            with fenced(records, lease):
                records.journal.append(StepFailed(run, step.phase, subject_of(step), error.summary, target.name))
                if isinstance(target, NotingTarget):
                    target.note_failed(step, error)
            dependencies.failed(step)
            outcome.failures.append((subject_of(step), error))
            continue
        with fenced(records, lease):
            entry = told(step, seen, after) if told else entry_of(step, run, target.name, seen, after)
            records.journal.append(*entry)
            records.agreed(target.name).keep(_agreed_by(step, after, at))
            if isinstance(target, NotingTarget):
                target.note(step)
        outcome.made += 1
        made(outcome.made)
    return outcome


def _made(step: Step, at: Moment, where: Fenced, check: Callable[[Step], None]) -> Resource | None:
    target, lease = where.target, where.lease

    def still() -> None:
        where.records.leases.check(lease)
        check(step)

    if isinstance(target, WaitingTarget):
        return target.make_when(step, at, lease.token, still)
    check(step)
    return target.make(step, at, lease.token)


def sweep_stepwise(locks: Iterable[Lock], run: int, at: Moment, *, where: Fenced) -> Sweep:
    """Lift these locks, whose time has passed, one by one: no call to the target is inside a transaction of the store.

    A lock that cannot be lifted is told, and is left to the next apply: nobody is locked by it any more.
    """
    swept = Sweep(notes=[])
    target, records, lease = where.target, where.records, where.lease
    for lock in locks:
        step, body = sweep_of(lock), body_of(lock)
        with fenced(records, lease, renewed=True):
            pass
        try:
            target.make(step, at, lease.token)
        except LeaseLost:
            raise
        except IdsyncError as error:
            swept.notes.append(f"The ended {step.change.address} could not be cleared away: {error.summary}")
            continue
        with fenced(records, lease):
            entry = LocksSwept(run, format_time(at.now), {lock.metadata.name: body.fingerprint}, target.name)
            records.journal.append(entry, [body])
            records.agreed(target.name).keep({step.change.address: None})
        swept.made += 1
    return swept


def sweep_of(lock: Lock) -> Step:
    """A lock whose time has passed, lifted."""
    address = lock_address(lock.metadata.name)
    return Step(Phase.UNLOCK, LockChange(address, "delete", Reason.UNSUSPENDED, (), lock, None))


def _agreed_by(step: Step, after: Resource | None, at: Moment) -> dict[Address, Found | None]:
    """What a step that was made leaves at the addresses that it is about."""
    change = step.change
    if not isinstance(change, AccessListChange) or step.phase is Phase.ACCESS_LIST_DELETE:
        return {change.address: after}
    name = split_address(change.address)[1]
    if step.phase is Phase.MEMBER_REMOVAL:
        return {member_address(name, member): None for member in change.members_removed}
    members = stamped_members(change, at.stamp)
    return {change.address: after, **{member_address(name, member): entry for member, entry in members.items()}}
