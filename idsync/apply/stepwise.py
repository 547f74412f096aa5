"""Makes the steps of a plan in a target that keeps each as it is made: begun and made are journaled apart.

A step that fails is journaled with why, and the others go on but for those that depend on it.
"""

from collections.abc import Callable, Iterable

import msgspec

from idsync.apply.dependencies import Dependencies
from idsync.apply.entries import entry_of
from idsync.errors import IdsyncError, LeaseLost, PartlyApplied
from idsync.model.addresses import Address, member_address, split_address
from idsync.model.directory import DirectoryState
from idsync.model.journal import StepBegun, StepFailed
from idsync.plan.apply_times import Moment, stamped_members
from idsync.plan.changes import AccessListChange
from idsync.plan.steps import Phase, Step
from idsync.stores.protocol import Found, Lease, Records
from idsync.targets.protocol import Resource, Target


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
        if not done:
            return first
        count = len(self.failures)
        why = f"{address}: {first.summary}" + (f" And {count - 1} more." if count > 1 else "")
        return PartlyApplied(
            f"{done} of {total} steps were made, {count} failed and {self.waiting} wait for these: {why}",
            done=done,
            total=total,
            failed=count,
            waiting=self.waiting,
            why="This target keeps each step as it is made, so that one that fails leaves the others to go on.",
            fix="Apply the same plan again, or a new one: it takes up what is left.",
        )


def make_stepwise(
    steps: Iterable[Step],
    run: int,
    seen: DirectoryState,
    at: Moment,
    *,
    target: Target,
    records: Records,
    lease: Lease,
    report: Callable[[int], None],
) -> Outcome:
    """Make the steps in order. Raises LeaseLost before a step when another process has taken the lease."""
    outcome, dependencies = Outcome(failures=[]), Dependencies()
    for number, step in enumerate(steps):
        report(number)
        if dependencies.waits(step):
            dependencies.failed(step)
            outcome.waiting += 1
            continue
        address = step.change.address
        with records.transaction():
            records.leases.renew(lease)
            records.journal.append(StepBegun(run, step.phase, address, target.name))
        try:
            after = target.make(step, at)
        except LeaseLost:
            raise
        except IdsyncError as error:
            records.journal.append(StepFailed(run, step.phase, address, error.summary, target.name))
            dependencies.failed(step)
            outcome.failures.append((address, error))
            continue
        with records.transaction():
            records.leases.check(lease)
            records.journal.append(*entry_of(step, run, target.name, seen, after))
            records.agreed(target.name).keep(_agreed_by(step, after, at))
        outcome.made += 1
    return outcome


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
