"""One run of a plan: its sections one after another, and what the journal tells of it as a whole.

A section that is whole is written down with its last step. Where another breaks off, the same plan, applied again,
takes up what is left, and the run is finished once all sections are whole.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress

import msgspec

from idsync.apply.lease import fenced
from idsync.apply.request import Applied, Request
from idsync.apply.section import SectionRun
from idsync.apply.shortfall import Failure, reason_of, shortfall
from idsync.apply.standing_edits import StandingEdits
from idsync.errors import IdsyncError, LeaseLost, PlanStale, StoreError
from idsync.model.journal import Counts, RunFinished, RunResumed, RunStarted, RunStopped, SectionFinished
from idsync.model.times import Clocks, format_time, parse_time
from idsync.plan.apply_times import Moment
from idsync.plan.changes import Plan, Summary
from idsync.plan.sections import FIRST, OKTA, Section
from idsync.plan.steps import step_count
from idsync.stores.protocol import Lease, Records
from idsync.targets.protocol import Progress, Target

_REPORT_EACH = 500


class Entered(msgspec.Struct, frozen=True):
    """A section with its target, and the lease of that; or why it cannot be made now.

    Of one that sends edits of people, `edits` tells whether they still stand.
    """

    section: Section
    target: Target
    lease: Lease | IdsyncError
    edits: StandingEdits | None = None


class Admitted(msgspec.Struct, frozen=True):
    """That a plan may be made: which releases count, and what guards count of it where nobody attends."""

    releases: Mapping[str, str] = {}
    counted: Mapping[str, int] = {}


class Run:
    """One run, which holds the leases of the sections that it entered; the first target's section is always there."""

    def __init__(
        self,
        plan: Plan,
        request: Request,
        records: Records,
        progress: Progress,
        entered: Iterable[Entered],
        admit: Callable[[Mapping[str, Target]], Admitted],
    ) -> None:
        """`admit` refuses what the targets, as they are now, do not let through; else it says which releases count."""
        self._plan = plan
        self._request = request
        self._records = records
        self._progress = progress
        self._admit = admit
        self._admitted = Admitted()
        self._total = step_count(plan.changes)
        self._broken_off = records.runs.unfinished(plan.digest) if plan.changes else None
        self._number = self._broken_off.run if self._broken_off else 0
        self._entered = sorted(entered, key=lambda each: each.section.target)
        self._serial = 0
        self._whole = self._written_as_whole() if self._broken_off else set()
        self._kept_before = sum(
            step_count(each.section.changes) for each in self._entered if each.target.name in self._whole
        )
        self._runs: list[SectionRun] = []
        self._failures: list[Failure] = []

    def make(self) -> Applied:
        """Look at all sections, make those that can be made, and finish.

        Raises, before anything is made, PlanStale when a section is not as planned, or what the plan is refused for;
        else why some of it is left.
        """
        for each in self._still_to_make():
            self._look(each)
        if self._runs:
            self._admitted = self._admit({run.section.target: run.target for run in self._runs})
            self._begin()
            self._make_all()
        if self._failures:
            raise shortfall(self._failures, done=self._kept, total=self._total)
        self._progress("applying", self._total, self._total)
        return Applied(
            self._number or None,
            self._serial,
            self._plan.summary,
            self._total,
            self._broken_off is not None,
            sum(run.swept for run in self._runs),
            tuple(note for run in self._runs for note in run.notes),
            dict(self._admitted.releases),
        )

    @property
    def _kept(self) -> int:
        """How many steps are in their targets."""
        return self._kept_before + sum(run.kept for run in self._runs)

    def _written_as_whole(self) -> set[str]:
        """The targets whose sections this run made whole already, by whichever process."""
        if len(self._entered) == 1:
            return set()
        entries = (each.entry for each in self._records.journal.entries(self._number))
        return {entry.target for entry in entries if isinstance(entry, SectionFinished)}

    def _still_to_make(self) -> list[Entered]:
        """The sections that are not whole; where all are, and the run is not finished, one without its changes."""
        left = [each for each in self._entered if each.target.name not in self._whole]
        if left:
            return left
        some = next((each for each in self._entered if isinstance(each.lease, Lease)), self._entered[0])
        self._whole.discard(some.target.name)
        return [msgspec.structs.replace(some, section=msgspec.structs.replace(some.section, changes=()))]

    def _look(self, entered: Entered) -> None:
        """Look at what a section touches: a target that cannot be asked leaves the others to go on."""
        name, target = entered.target.name, entered.target
        if isinstance(entered.lease, IdsyncError):
            self._failures.append(Failure(name, entered.lease))
            return
        moment = self._moment(target)
        run = SectionRun(entered.section, self._request, target, self._records, entered.lease, moment, entered.edits)
        try:
            run.look()
        except PlanStale:
            raise
        except IdsyncError as error:
            self._failures.append(Failure(name, error))
        else:
            self._runs.append(run)

    def _moment(self, target: Target) -> Moment:
        """When the steps are made. What an atomic target did of a broken-off run, it has undone: nothing there has the
        old run's times.
        """
        clocks = self._request.clocks
        if self._broken_off is None or target.atomic:
            return Moment(clocks.later, earlier=clocks.earlier)
        begun = Clocks(parse_time(self._broken_off.started_at), clocks.ahead)
        return Moment(clocks.later, begun.later, clocks.earlier)

    def _begin(self) -> None:
        """Write down that the run begins, or goes on; raises LeaseLost where another has taken a target over."""
        if not self._plan.changes:
            return
        now = format_time(self._request.now)
        with self._records.transaction():
            for run in self._runs:
                self._records.leases.check(run.lease)
            # Another process may have begun this very plan meanwhile, in a target that this one could not enter.
            self._broken_off = self._broken_off or self._records.runs.unfinished(self._plan.digest)
            if self._broken_off is not None:
                self._number = self._broken_off.run
                told = dict(self._request.circumstances)
                self._records.journal.append(RunResumed(self._number, now, self._request.actor, told))
                return
            self._number = self._records.runs.next_number()
            self._records.journal.append(
                RunStarted(
                    self._number,
                    now,
                    self._request.actor,
                    self._plan.digest,
                    self._plan.integration,
                    self._total,
                    _counts(self._plan.summary),
                    dict(self._admitted.releases),
                    self._plan.inputs.config_digest,
                    self._request.split,
                    self._request.unattended,
                    dict(self._admitted.counted),
                    dict(self._request.circumstances),
                )
            )

    def _make_all(self) -> None:
        """Make each section, and give its lease back where others follow; write down why the run stops, if it does."""
        last = self._runs[-1]
        for run in self._runs:
            try:
                self._make(run)
            except BaseException:
                self._note_stop(run, "interrupted")
                raise
            if run is not last:
                self._records.leases.release(run.lease)
        if self._failures:
            self._note_stop(last, "; ".join(reason_of(failure.error) for failure in self._failures))

    def _make(self, run: SectionRun) -> None:
        kept = self._kept

        def report(done: int) -> None:
            if done % _REPORT_EACH == 0 or not run.target.atomic:
                self._progress("applying", kept + done, self._total)

        try:
            run.make(self._number, report, lambda: self._close(run), late=run is not self._runs[0])
        except Exception as error:
            self._failures.append(Failure(run.name, error, by_steps=run.outcome is not None))
        else:
            self._whole.add(run.name)

    def _close(self, run: SectionRun) -> None:
        """Write down, in the transaction of a section's last step, that it is whole; with the last one, the run is."""
        now = format_time(self._request.now)
        left = {each.target.name for each in self._entered} - self._whole - {run.name}
        left -= self._written_as_whole() if left else set()
        if left:
            if left == {OKTA} and run.section.target == FIRST:
                self._keep()
            if run.section.changes:
                self._records.journal.append(SectionFinished(self._number, now, run.name, run.target.serial()))
            return
        self._serial = self._entered[0].target.serial()
        if run.section.target != OKTA:
            self._keep()
        if self._plan.changes:
            whole = not any(self._request.pending.values())
            self._records.journal.append(RunFinished(self._number, now, self._serial, whole))

    def _keep(self) -> None:
        """Keep what the caller remembers of the plan. What goes to Okta are people's edits: they leave it as it is."""
        self._records.facts.put(self._request.facts)
        self._records.cache.put(self._request.cache)

    def _note_stop(self, run: SectionRun, why: str) -> None:
        """Write down, if that is still possible, why the run broke off and how many steps the targets keep.

        Who has lost the lease does not: another run may have taken this one up. Nor is it one that breaks off where
        another process made the rest.
        """
        if self._number:
            with suppress(StoreError, LeaseLost), fenced(self._records, run.lease):
                if self._records.runs.finished(self._plan.digest) is not None:
                    return
                self._records.journal.append(RunStopped(self._number, format_time(self._request.now), self._kept, why))


def _counts(summary: Summary) -> Counts:
    counts: Counts = msgspec.to_builtins(summary)
    return counts
