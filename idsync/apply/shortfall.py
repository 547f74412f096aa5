"""What to raise for a plan that was not made whole: the error of the one section that failed, or a summary of all."""

from collections.abc import Sequence

import msgspec

from idsync.errors import IdsyncError, PartlyApplied, PlanStale


class Failure(msgspec.Struct, frozen=True):
    """Why the section of the target of this name is not whole; `by_steps` when its steps were tried one by one."""

    target: str
    error: Exception
    by_steps: bool = False

    @property
    def causes(self) -> tuple[IdsyncError, ...]:
        """The errors that say with which code a command ends, beside that the plan was applied in part."""
        if isinstance(self.error, PartlyApplied):
            return self.error.causes
        return (self.error,) if isinstance(self.error, IdsyncError) and not self.by_steps else ()


def reason_of(error: Exception) -> str:
    """An error in a sentence; of one that explains nothing, its kind."""
    return error.summary if isinstance(error, IdsyncError) else type(error).__name__


def stopped_after(error: Exception, done: int, total: int) -> PartlyApplied:
    """The error of a section whose target keeps the steps that were made before something else went wrong."""
    return PartlyApplied(
        f"{done} of {total} steps were made, then: {reason_of(error)}",
        done=done,
        total=total,
        causes=[error] if isinstance(error, IdsyncError) else [],
        why="This target keeps each step as it is made.",
        fix="Apply the same plan again; it goes on from there.",
    )


def shortfall(failures: Sequence[Failure], *, done: int, total: int) -> Exception:
    """The error to raise, of which `done` says how many of all `total` steps are in their targets.

    Where one section failed and no other has a step that was made, it is that section's own.
    """
    first = failures[0].error
    kept = first.done if isinstance(first, PartlyApplied) else 0
    if len(failures) == 1 and kept == done:
        return first
    stopped = [failure.error for failure in failures if isinstance(failure.error, PartlyApplied)]
    causes = [cause for failure in failures for cause in failure.causes]
    stale = any(isinstance(cause, PlanStale) for cause in causes)
    return PartlyApplied(
        f"{done} of {total} steps were made, and not all in "
        + "; ".join(f"{failure.target}: {reason_of(failure.error)}" for failure in failures),
        done=done,
        total=total,
        failed=sum(error.failed for error in stopped),
        waiting=sum(error.waiting for error in stopped),
        causes=causes,
        why="Each target is applied by itself, so that one that fails leaves the others to go on.",
        fix="Make a new plan, which shows what is left, and apply that."
        if stale
        else "Apply the same plan again, or a new one: it takes up what is left.",
    )
