"""`idsync apply --reviewed PLAN`: Okta's own changes first, then the edit that was reviewed, and no other."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from msgspec.structs import replace

from idsync.apply.admission import check_reviewed
from idsync.apply.kept_back import kept_back
from idsync.apply.kept_entries import Kept, holders_in, kept_of
from idsync.apply.last_apply import last_apply
from idsync.apply.request import Applied
from idsync.apply.reviewed import is_used, to_remember_used
from idsync.bootstrap.workspace import Workspace
from idsync.cli.applying import Job
from idsync.cli.console import json_text
from idsync.cli.exit_codes import ExitCode
from idsync.cli.files import private_file
from idsync.cli.invocation import Invocation
from idsync.cli.parts import applied_json, applied_text
from idsync.cli.plans import plan_text
from idsync.errors import IdsyncError, PlanStale
from idsync.model.extent import Reading
from idsync.model.findings import OLDER, ORPHANED
from idsync.model.times import format_time
from idsync.plan.changes import Plan
from idsync.plan.reached import reached_since
from idsync.plan.releases import with_releases
from idsync.plan.seal import write_sealed
from idsync.reconcile.applied_configuration import goes_by
from idsync.reconcile.edit_apart import edit_apart
from idsync.reconcile.merging import reading_begins
from idsync.reconcile.one_reading import OneReading
from idsync.reconcile.parts import Parts
from idsync.reconcile.planned import Planned
from idsync.reconcile.reviewed_edit import Circumstances, Difference, TwoEdits, difference, two_edits
from idsync.render.phrases import listed_names
from idsync.sources.protocol import Progress, Source
from idsync.stores.protocol import Store
from idsync.targets.given import GivenDirectory

_BEFORE_THE_EDIT = frozenset({OLDER, ORPHANED})
"""What is released for Okta's own changes, too. What anything else holds of them waits until the edit is looked at."""
_WHO_TELLS = ("org_url", "source")
"""The settings that say who tells of people."""
_SOME = 5
_PEOPLE_SHOWN = 20


@dataclass(frozen=True)
class ReviewedJob:
    """One apply of a reviewed edit. `place` is the configuration as its files are; a difference is kept in `shows`."""

    invocation: Invocation
    place: Workspace
    store: Store
    reviewed: Plan
    released: dict[str, str]
    timeout: float
    form: str
    snapshot: Path | None = None
    shows: Path | None = None
    told: dict[str, object] = field(default_factory=dict)
    """What was done, for machines."""

    def run(self) -> ExitCode:
        """Apply Okta's own changes, then the edit. Raises what refuses either; PlanStale where it is another edit."""
        check_reviewed(self.reviewed, self.place.expected())
        try:
            return self._run()
        except IdsyncError:
            self._tell()
            raise

    def _run(self) -> ExitCode:
        with self.store.attempt():  # of one state
            applied = self.place.applied(self.store)
            went_by = goes_by(self.store.facts, self.place.target(self.store))
        self._check_who_tells(applied)
        once = self._reading_for(applied)
        held: Kept = {}
        if applied is not None:
            code, parts, made = self._reconcile(applied, once, went_by)
            if made is None:
                self._tell()
                return code
            target = self.place.target(self.store)
            holders = holders_in(target, self.place.settings.integration.org_url)
            held = {**kept_back(self.store.facts, target.name), **kept_of(parts.held, holders)}
        code = self._edit(applied, once, held)
        self._tell()
        return code

    def _tell(self) -> None:
        if self.form == "json":
            self.invocation.console.result(json_text(self.told), exact=True)

    def _say(self, text: str) -> None:
        if self.form == "text":
            self.invocation.console.result(text)

    def _check_who_tells(self, applied: Workspace | None) -> None:
        """Refuse an edit by which somebody else tells of people: what was reviewed was made from what is read now."""
        if applied is None or self.snapshot is not None:
            return
        was, made = applied.settings.integration, self.place.settings.integration
        moved = [name for name in _WHO_TELLS if getattr(was, name) != getattr(made, name)]
        if moved:
            raise PlanStale(
                f"The edit changes {' and '.join(moved)}, and nothing of it was applied.",
                why="The people whom it would reach are read somewhere else than those of the reviewed plan.",
                fix="Look at what is read there, and apply it by hand, with `idsync apply`.",
            )

    def _reading_for(self, applied: Workspace | None) -> OneReading:
        """One reading that both plans are made from, asked for all that either configuration asks for."""
        place = applied or self.place

        def opened(progress: Progress) -> Source:
            return place.source(progress, snapshot=self.snapshot, also=self.place.settings)

        return OneReading(opened, reading_begins(self.store.pushed))

    def _reading_for_edit(self, applied: Workspace | None, once: OneReading) -> OneReading:
        """The same reading; another where the edit changes what is read."""
        if applied is None or applied.settings.integration.reads_as(self.place.settings.integration):
            return once
        begun = reading_begins(self.store.pushed)
        return OneReading(lambda progress: self.place.source(progress, snapshot=self.snapshot), begun)

    def _reconcile(
        self, applied: Workspace, once: OneReading, went_by: Mapping[str, bytes | None]
    ) -> tuple[ExitCode, Parts, Applied | None]:
        """Do what `idsync reconcile` does: Okta's own changes, with the configuration that was applied last."""
        invocation = self.invocation
        releases = {name: reason for name, reason in self.released.items() if name in _BEFORE_THE_EDIT}
        job = Job(
            invocation,
            applied,
            self.store,
            releases,
            self.timeout,
            True,
            self.form,
            unattended=True,
            goes_by=went_by,
        )
        planned = invocation.keep(job.plan(self.snapshot, once))
        shown = plan_text(planned.plan, "text", invocation, split=True)
        self._say(f"First, what Okta changed, with the configuration that was applied last\n\n{shown}")
        code, parts, made = job.made(job.parts(invocation.keep(planned.executable()).plan), planned)
        if made is not None:
            self.told["reconciled"] = msgspec.json.decode(applied_json(made, parts))
            self._say(f"{applied_text(made, parts)}\n")
        return code, parts, made

    def _edit(self, applied: Workspace | None, once: OneReading, held: Kept) -> ExitCode:
        """Apply the edit, unless it is another one than was reviewed."""
        job = self._job()
        planned = self.invocation.keep(job.plan(self.snapshot, self._reading_for_edit(applied, once)))
        before = None if applied is None else applied.settings
        edits = two_edits(self.reviewed, before, self.place.settings, self.place.directory)
        if (other := difference(edits, self._circumstances(planned))) is not None:
            raise self._stale(edits, other)
        if edits.is_in_force:
            self.invocation.console.note("The edit of this plan is in force already.")
        planned = replace(planned, plan=job.without_locks_on_reused_names(planned.plan))
        plan = self.invocation.keep(planned.executable()).plan
        job = self._with_reviewed_releases(job, plan)
        shown = plan_text(with_releases(planned.plan, job.released), "text", self.invocation)
        self._say(f"Then, your edit, as it was reviewed\n\n{shown}")
        parts = edit_apart(job.applier(), plan, held)
        job.show_held(parts)
        code, parts, made = job.made(parts, planned)
        if made is not None:
            self.told["edit"] = msgspec.json.decode(applied_json(made, parts))
            self._say(applied_text(made, parts))
            self._tell_reached(reached_since(self.reviewed, planned.plan))
        return code

    def _tell_reached(self, names: tuple[str, ...]) -> None:
        """Say whom the edit reached who was not in its reach when it was reviewed."""
        if not names:
            return
        self.told["also_reached"] = list(names)
        people = "1 person" if len(names) == 1 else f"{len(names):,} people"
        self._say(f"Also reached by your edit since the review: {people}: {listed_names(names, _PEOPLE_SHOWN)}.")

    def _job(self) -> Job:
        """The apply of the edit; it remembers that the plan is used."""
        remembered = to_remember_used(self.reviewed.digest, format_time(self.place.now()))
        return Job(
            self.invocation,
            self.place,
            self.store,
            self.released,
            self.timeout,
            False,
            self.form,
            remembered=remembered,
        )

    def _with_reviewed_releases(self, job: Job, plan: Plan) -> Job:
        """The same with what the reviewed plan releases, once, and each guard up to the count that was reviewed."""
        if is_used(self.store.facts, self.reviewed.digest):
            if any(result.released for result in self.reviewed.guards):
                self.invocation.console.warning("This plan was applied already: what it released it releases no more.")
            return job
        brought = job.applier().releases_in(self.reviewed, plan)
        for result in self.reviewed.guards:
            if result.guard in brought:
                self.invocation.console.note(f"{result.guard} is released by the reviewed plan: {result.released}")
            elif result.released:
                number = result.kept or result.count
                self.invocation.console.warning(
                    f"{result.guard} was released for {number}, and holds more now: the release does not hold."
                )
        from_plan = {name: f"{reason} (from the reviewed plan)" for name, reason in brought.items()}
        return dataclasses.replace(job, released={**from_plan, **self.released})

    def _circumstances(self, planned: Planned) -> Circumstances:
        target = self.place.target(self.store)
        inputs = planned.inputs
        return Circumstances(
            Reading(inputs.snapshot, others=dict(inputs.others)),
            target,
            last_apply(self.store.facts, target),
            self.store.agreed(target.name).past(),
            self.place.now(),
            GivenDirectory,
        )

    def _stale(self, edits: TwoEdits, other: Difference) -> PlanStale:
        """Show how the edits differ; the error that says so."""
        plan = other.plan
        if self.shows is not None:
            with private_file(self.shows, "plan") as written:
                plan = write_sealed(plan, written.write)
        self.told["difference"] = msgspec.to_builtins(plan)
        shown = plan_text(plan, "text", self.invocation)
        self._say(f"What would be applied and was not reviewed\n\n{shown}")
        return PlanStale(
            "The edit is not the one that was reviewed; nothing of it was applied.",
            addresses=[change.address for change in plan.changes],
            why=_why(edits, other),
            fix="Plan the configuration as it is now, have that plan reviewed, and apply it with --reviewed.",
        )


def _why(edits: TwoEdits, other: Difference) -> str:
    if edits.says_nothing_of_before:
        return (
            "The plan does not say which configuration was in force when it was made: it was made before one was "
            "applied, from a file that does not tell it, or by an earlier version."
        )
    if edits.before.digest == edits.asked.digest:
        return "The configuration asks for nothing that is not in force; what was reviewed is not in its files."
    if other.missing:
        some = ", ".join(other.missing[:_SOME]) + (
            f" and {more} more" if (more := len(other.missing) - _SOME) > 0 else ""
        )
        return f"Another configuration was applied since the review, and these change no more: {some}."
    if edits.reviewed_before.digest != edits.before.digest:
        return "Another configuration was applied since the review, and with it this edit comes to something else."
    if other.plan.is_empty:
        return "The files say something else than what was reviewed, though it changes nothing for anybody now."
    return "The files say something else than what was reviewed; the difference is what that changes."
