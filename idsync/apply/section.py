"""The run of one section, with its target's lease held: looked at, made in order, swept and settled."""

from collections.abc import Callable, Iterable

from idsync.apply.agreed_lists import note_agreed
from idsync.apply.agreed_past import losing_ids, note_past
from idsync.apply.entries import entry_of
from idsync.apply.lease import fenced
from idsync.apply.preconditions import Checked, Seen, check_preconditions, look_at
from idsync.apply.request import NOTHING_LEFT, Request, addresses_in
from idsync.apply.resumption import Resumption, left_by
from idsync.apply.shortfall import stopped_after
from idsync.apply.standing_edits import StandingEdits
from idsync.apply.stepwise import Fenced, Outcome, Told, make_stepwise, sweep_of, sweep_stepwise
from idsync.errors import PartlyApplied
from idsync.model.addresses import Address, lock_address
from idsync.model.canonical import body_of
from idsync.model.findings import LOGIN_REUSED
from idsync.model.journal import LocksSwept
from idsync.model.ownership import ended_locks
from idsync.model.resources import Lock
from idsync.model.times import format_time
from idsync.plan.apply_times import Moment
from idsync.plan.changes import Change
from idsync.plan.sections import FIRST, Section
from idsync.plan.steps import Step, step_count, steps_of
from idsync.stores.protocol import Found, Lease, Records
from idsync.targets.protocol import Target

Report = Callable[[int], None]
UNKNOWN_SERIAL = -1


class SectionRun:
    """The run of one section. `kept` counts the steps that its target keeps, those of a run before included."""

    def __init__(
        self,
        section: Section,
        request: Request,
        target: Target,
        records: Records,
        lease: Lease,
        at: Moment,
        edits: StandingEdits | None = None,
    ) -> None:
        """`edits` tells of a section that sends edits of people whether they still stand."""
        self.section = section
        self.target = target
        self.lease = lease
        self.total = step_count(section.changes)
        self.kept = 0
        self.swept = 0
        self.notes: list[str] = []
        self.outcome: Outcome | None = None
        self._request = request
        self._records = records
        self._at = at
        self._edits = edits

    @property
    def name(self) -> str:
        """What the journal calls the target."""
        return self.target.name

    def look(self) -> None:
        """Look at what the section touches. Raises PlanStale when it is not as planned, or why nobody can look."""
        self._serial = self.target.serial()
        self._moved = self._serial != self.section.serial
        self._seen, self._checked = self._look()

    def make(self, run: int, report: Report, close: Callable[[], None], *, late: bool = False) -> None:
        """Make what is left of it; `close` writes down, with the last of what is made, that the section is whole.

        `report` is told how many steps are made. A section that is made `late` waited for others since it was looked
        at. Raises PlanStale, LeaseLost, PartlyApplied, or why the first step was not made.
        """
        if late:
            with fenced(self._records, self.lease, renewed=True):
                pass
        try:
            self._make(run, report, close, late=late)
        except PartlyApplied:
            raise
        except Exception as error:
            if not self.kept:
                raise
            raise stopped_after(error, self.kept, self.total) from error

    def _make(self, run: int, report: Report, close: Callable[[], None], *, late: bool) -> None:
        with self.target.transaction():
            self._records.leases.check(self.lease)
            self._look_again(late=late)
            steps = [step for step in steps_of(self._checked.changes) if step.change.address not in self._checked.made]
            before = self.total - len(steps)
            if self.target.atomic:
                self._make_at_once(steps, before, run, report)
            else:
                self._make_stepwise(steps, before, run, report)
            found = self._left_by_all()
            with fenced(self._records, self.lease):
                if self.target.atomic:
                    self._settle()
                elif found:
                    self._records.agreed(self.name).keep(found)
                self._note_past()
                close()
        self.kept = self.total

    def _make_at_once(self, steps: list[Step], before: int, run: int, report: Report) -> None:
        for done, step in enumerate(steps, before):
            report(done)
            after = self.target.make(step, self._at, self.lease.token)
            self._records.journal.append(*entry_of(step, run, self.target.name, self._seen.state, after))
        self._sweep_at_once(run)

    def _make_stepwise(self, steps: list[Step], before: int, run: int, report: Report) -> None:
        """Make what can be made, each step by itself; raise when some is left."""
        self.kept = before

        def made(count: int) -> None:
            self.kept = before + count

        where = Fenced(self.target, self._records, self.lease)
        told = self._taken_up(steps, run) if self._at.resumed else None
        self.outcome = make_stepwise(
            steps,
            run,
            self._seen.state,
            self._at,
            where=where,
            report=lambda done: report(before + done),
            made=made,
            told=told,
            check=lambda step: self._check_edits([step.change]),
        )
        if not self.outcome.is_whole:
            raise self.outcome.as_error(self.kept, self.total)
        swept = sweep_stepwise(self._spent_locks(), run, self._at, where=where)
        self.swept, self.notes = swept.made, swept.notes

    def _taken_up(self, left: list[Step], run: int) -> Told:
        """Write down what the broken-off run could not; what to tell of the steps that are left to make."""
        seen, journal = self._seen.state, self._records.journal
        resumption = Resumption(self.section.changes, journal, run, self.name)
        with fenced(self._records, self.lease):
            for entry in resumption.found(left, seen):
                journal.append(*entry)
        return resumption.entry

    def _look_again(self, *, late: bool) -> None:
        """Look once more where the target may have moved since."""
        serial = self.target.serial()
        if serial != self._serial or (late and serial == UNKNOWN_SERIAL):
            self._seen, self._checked = self._look()
            self._moved = True

    def _look(self) -> tuple[Seen, Checked]:
        changes, request = self.section.changes, self._request
        seen = look_at(changes, self.target, ended_at=request.locks_ended_at)
        adopt = request.expected.adopt
        past = self._records.agreed(self.target.name).past(losing_ids(changes))
        checked = check_preconditions(
            changes,
            seen,
            target=self.target,
            at=self._at,
            adopt=adopt,
            named=self.section.target,
            past=past,
            reused=LOGIN_REUSED in request.releases,
        )
        self._check_edits([change for change in checked.changes if change.address not in checked.made])
        return seen, checked

    def _check_edits(self, changes: Iterable[Change]) -> None:
        """Raise PlanStale where a person edited back what these changes send."""
        if self._edits is not None:
            self._edits.check(changes, self._at.now)

    def _left_by_all(self) -> dict[Address, Found | None]:
        """What the section leaves where steps of a broken-off run may not have kept it; else each step has."""
        if not self._at.resumed:
            return {}
        return left_by(self.section.changes, look_at(self.section.changes, self.target, ended_at=None).state)

    def _settle(self) -> None:
        """What the section changed is as desired; so are edits made before it that a whole plan left alone."""
        pending = self._request.pending.get(self.section.target, NOTHING_LEFT)
        agreed = self._records.agreed(self.target.name)
        differing = agreed.differing()
        if differing and (self._moved or not self._request.whole or pending):
            made = {each for change in self.section.changes for each in addresses_in(change)}
            agreed.settle((differing.keys() & made) - pending)
        elif differing:
            agreed.settle(differing)

    def _note_past(self) -> None:
        """Keep what was: names that people left, locks that hands lifted, memberships that ended; and what is agreed
        on with Okta.
        """
        pending = self._request.pending.get(self.section.target, NOTHING_LEFT)
        if self.section.target == FIRST:
            note_agreed(self.section.changes, self._request, pending, self._records)
        note_past(
            self.section.changes,
            self._seen.state,
            pending=pending,
            forgets=self._request.forgets,
            target=self.target,
            agreed=self._records.agreed(self.target.name),
            now=self._request.now,
        )

    def _sweep_at_once(self, run: int) -> None:
        spent = self._spent_locks()
        if not spent:
            return
        bodies = {lock.metadata.name: body_of(lock) for lock in spent}
        locks = {name: body.fingerprint for name, body in bodies.items()}
        entry = LocksSwept(run, format_time(self._request.now), locks, self.target.name)
        self._records.journal.append(entry, bodies.values())
        for lock in spent:
            self.target.make(sweep_of(lock), self._at, self.lease.token)
        self.swept = len(spent)

    def _spent_locks(self) -> list[Lock]:
        """The locks of ours whose time has passed and that the section does not touch, by name."""
        ended_at = self._request.locks_ended_at
        if ended_at is None:
            return []
        locks = self._seen.state.locks
        ended = ended_locks(locks, self.target.ours, ended_at)
        touched = {change.address for change in self.section.changes} if ended else frozenset()
        return [locks[name] for name in sorted(ended) if lock_address(name) not in touched]
