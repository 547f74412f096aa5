"""Executes a Plan: refuses what may not be applied, takes the lease, makes every step in order and journals each."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime

import msgspec

from idsync.apply.admission import (
    Expected,
    check_guards,
    check_health,
    check_inputs,
    check_ownership,
    check_unused,
    unneeded,
)
from idsync.apply.entries import entry_of
from idsync.apply.lease import held
from idsync.apply.preconditions import Checked, Seen, check_preconditions, look_at
from idsync.apply.stepwise import make_stepwise
from idsync.errors import IdsyncError, PartlyApplied, StoreError
from idsync.model.addresses import Address, lock_address, member_address, split_address
from idsync.model.canonical import body_of
from idsync.model.directory import DirectoryState, Reason
from idsync.model.journal import Counts, LocksSwept, RunFinished, RunResumed, RunStarted, RunStopped
from idsync.model.ownership import ended_locks
from idsync.model.resources import Lock
from idsync.model.times import format_time, parse_time
from idsync.plan.apply_times import Moment
from idsync.plan.changes import AccessListChange, Change, LockChange, Plan, Summary
from idsync.plan.steps import Phase, Step, steps_of
from idsync.stores.protocol import Holder, Lease, Records
from idsync.targets.protocol import Progress, Target

_REPORT_EACH = 500


def _silent(what: str, done: int, total: int) -> None:
    """Reports to nobody."""


class Request(msgspec.Struct, frozen=True):
    """Who applies, when, and what they release: `overrides` holds the reason for each guard or health finding.

    Expired locks of ours are swept, unless users and their locks are none of this configuration's business. A plan that
    is not `whole` looked at a part of the directory, and says nothing of edits elsewhere. A `split` run makes the part
    of a plan that may go ahead; `pending` are the addresses of what it leaves for later.
    """

    actor: str
    now: datetime
    holder: Holder
    expected: Expected
    overrides: Mapping[str, str] = {}
    lock_timeout: float = 0.0
    sweep_locks: bool = True
    whole: bool = True
    facts: Mapping[str, bytes] = {}
    cache: Mapping[str, bytes] = {}
    split: bool = False
    pending: frozenset[Address] = frozenset()


class Applied(msgspec.Struct, frozen=True):
    """What an apply did; `run` is None when the plan was empty."""

    run: int | None
    serial: int
    summary: Summary
    steps: int
    resumed: bool
    locks_swept: int
    notes: tuple[str, ...] = ()


def apply_plan(
    plan: Plan,
    request: Request,
    *,
    target: Target,
    records: Records,
    sleep: Callable[[float], None] = time.sleep,
    progress: Progress = _silent,
) -> Applied:
    """Make the plan so.

    Raises PlanError, SourceUnhealthy, BlockedError or LeaseHeld before anything is changed; PartlyApplied when a target
    without transactions fails midway. Killed at any point, the same call with the same plan goes on where it ended.
    """
    check_unused(plan, records.runs)
    check_inputs(plan, request.expected)
    check_ownership(plan.changes, target.ours, request.expected.adopt)
    check_health(plan, request.overrides)
    check_guards(plan, request.overrides)
    with held(records.leases, target.name, request.holder, timeout=request.lock_timeout, sleep=sleep) as lease:
        # The run that had the lease until now may have applied this very plan.
        check_unused(plan, records.runs)
        return _Run(plan, request, target, records, progress, lease).make()


class _Run:
    """One run of a plan, with the lease held."""

    def __init__(
        self, plan: Plan, request: Request, target: Target, records: Records, progress: Progress, lease: Lease
    ) -> None:
        self._lease = lease
        self._plan = plan
        self._request = request
        self._target = target
        self._records = records
        self._progress = progress
        self._moved = True
        self._total = len(steps_of(plan.changes))
        broken_off = records.runs.unfinished(plan.digest) if plan.changes else None
        self._resumes = broken_off is not None
        self._number = broken_off.run if broken_off else records.runs.next_number() if plan.changes else 0
        # What an atomic target did of a broken-off run, it has undone: nothing there has the old run's times.
        kept = broken_off is not None and not target.atomic
        self._at = Moment(request.now, parse_time(broken_off.started_at) if broken_off and kept else None)

    def make(self) -> Applied:
        """Check, make every step, finish."""
        seen, checked = self._look()
        serial = self._target.serial()
        self._moved = serial != self._plan.inputs.target_serial
        self._begin()
        done = 0
        try:
            with self._target.transaction():
                self._records.leases.check(self._lease)
                if self._target.serial() != serial:
                    seen, checked = self._look()
                    self._moved = True
                steps = [step for step in steps_of(checked.changes) if step.change.address not in checked.made]
                done = self._total - len(steps)
                if self._target.atomic:
                    for step in steps:
                        self._report(done)
                        self._make(step, seen.state)
                        done += 1
                else:
                    done += self._make_stepwise(steps, seen.state)
                swept = self._finish(seen.state)
                serial = self._target.serial()
        except Exception as error:
            raise self._stopped(error, done) from error
        except BaseException:
            self._note_stop(done, "interrupted")
            raise
        self._progress("applying", done, done)
        return Applied(
            self._number or None,
            serial,
            self._plan.summary,
            self._total,
            self._resumes,
            swept,
            unneeded(self._plan, self._request.overrides),
        )

    def _report(self, done: int) -> None:
        if done % _REPORT_EACH == 0:
            self._progress("applying", done, self._total)

    def _make_stepwise(self, steps: list[Step], seen: DirectoryState) -> int:
        """Make what can be made, each step by itself, and raise when some is left; how many were made."""
        skipped = self._total - len(steps)
        outcome = make_stepwise(
            steps,
            self._number,
            seen,
            self._at,
            target=self._target,
            records=self._records,
            lease=self._lease,
            report=lambda done: self._report(skipped + done),
        )
        if not outcome.is_whole:
            raise outcome.as_error(skipped + outcome.made, self._total)
        return outcome.made

    def _make(self, step: Step, seen: DirectoryState) -> None:
        after = self._target.make(step, self._at)
        self._records.journal.append(*entry_of(step, self._number, self._target.name, seen, after))

    def _look(self) -> tuple[Seen, Checked]:
        changes = self._plan.changes
        seen = look_at(changes, self._target, ended_at=self._request.now if self._request.sweep_locks else None)
        adopt = self._request.expected.adopt
        return seen, check_preconditions(changes, seen, target=self._target, at=self._at, adopt=adopt)

    def _begin(self) -> None:
        if not self._plan.changes:
            return
        now = format_time(self._request.now)
        if self._resumes:
            self._records.journal.append(RunResumed(self._number, now, self._request.actor))
            return
        self._records.journal.append(
            RunStarted(
                self._number,
                now,
                self._request.actor,
                self._plan.digest,
                self._plan.integration,
                self._total,
                _counts(self._plan.summary),
                dict(self._request.overrides),
                self._plan.inputs.config_digest,
                self._request.split,
            )
        )

    def _finish(self, seen: DirectoryState) -> int:
        """Sweep, and record that the plan was applied; the number of locks swept."""
        spent = self._spent_locks(seen)
        now = format_time(self._request.now)
        with self._records.transaction():
            if spent:
                bodies = {name: body_of(seen.locks[name]) for name in spent}
                locks = {name: body.fingerprint for name, body in bodies.items()}
                self._records.journal.append(LocksSwept(self._number, now, locks, self._target.name), bodies.values())
                for name in spent:
                    self._target.make(_sweep_of(seen.locks[name]), self._at)
            if self._target.atomic:  # else each step has kept what it left
                self._settle()
            self._records.facts.put(self._request.facts)
            self._records.cache.put(self._request.cache)
            if self._plan.changes:
                whole = not self._request.pending
                self._records.journal.append(RunFinished(self._number, now, self._target.serial(), whole))
        return len(spent)

    def _settle(self) -> None:
        """What the plan changed is as desired; so are edits made before it that a whole plan left alone."""
        agreed = self._records.agreed(self._target.name)
        differing = agreed.differing()
        if differing and (self._moved or not self._request.whole or self._request.pending):
            made = {each for change in self._plan.changes for each in addresses_in(change)}
            agreed.settle((differing.keys() & made) - self._request.pending)
        elif differing:
            agreed.settle(differing)

    def _spent_locks(self, seen: DirectoryState) -> list[str]:
        if not self._request.sweep_locks:
            return []
        touched = {change.address for change in self._plan.changes}
        ended = ended_locks(seen.locks, self._target.ours, self._request.now)
        return sorted(name for name in ended if lock_address(name) not in touched)

    def _stopped(self, error: Exception, done: int) -> Exception:
        """Write down that the run broke off; the error to raise."""
        why = error.summary if isinstance(error, IdsyncError) else type(error).__name__
        if isinstance(error, PartlyApplied):
            done = error.done
        self._note_stop(done, why)
        if self._target.atomic or not done or isinstance(error, PartlyApplied):
            return error
        return PartlyApplied(
            f"{done} of {self._total} steps were made, then: {why}",
            done=done,
            total=self._total,
            why="This target keeps each step as it is made.",
            fix="Apply the same plan again; it goes on from there.",
        )

    def _note_stop(self, done: int, why: str) -> None:
        """Write down, if that is still possible, why the run broke off and how many steps the target keeps."""
        if self._number:
            with suppress(StoreError):
                kept = 0 if self._target.atomic else done
                self._records.journal.append(RunStopped(self._number, format_time(self._request.now), kept, why))


def _sweep_of(lock: Lock) -> Step:
    """A lock whose time has passed, lifted."""
    address = lock_address(lock.metadata.name)
    return Step(Phase.UNLOCK, LockChange(address, "delete", Reason.UNSUSPENDED, (), lock, None))


def addresses_in(change: Change) -> Iterator[Address]:
    """The addresses of what a change is about: of its object, and of the members that it names."""
    yield change.address
    if isinstance(change, AccessListChange):
        name = split_address(change.address)[1]
        yield from (member_address(name, member) for member in (*change.members_added, *change.members_removed))


def _counts(summary: Summary) -> Counts:
    counts: Counts = msgspec.to_builtins(summary)
    return counts
