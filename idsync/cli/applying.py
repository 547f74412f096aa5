"""Applying, as the commands that do it share it: plan, say what is held, make what goes ahead, and tell."""

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from msgspec.structs import replace

from idsync.apply.admission import unneeded
from idsync.apply.request import Applied, Request
from idsync.bootstrap.workspace import Workspace
from idsync.cli.circumstances import circumstances
from idsync.cli.exit_codes import ExitCode, exit_code_of, first_of
from idsync.cli.invocation import Invocation
from idsync.cli.parts import applied_json, applied_text, held_codes, held_text, warn_of_held
from idsync.cli.plans import NEWCOMERS_SHOWN, recap_of
from idsync.cli.progress import ProgressDisplay
from idsync.errors import PartlyApplied, PlanStale, UsageError
from idsync.model.directory import Names
from idsync.model.findings import LOGIN_REUSED, Finding
from idsync.model.times import Clocks, format_time
from idsync.plan.changes import Plan
from idsync.plan.released_logins import reused_names, with_locks_lifted
from idsync.plan.split import split
from idsync.reconcile.applying import Applier
from idsync.reconcile.managed import in_force
from idsync.reconcile.one_reading import OneReading
from idsync.reconcile.parts import Parts
from idsync.reconcile.planned import Planned
from idsync.reconcile.single_pass import plan_once, remember_after_apply
from idsync.reconcile.waiting import kept_back_findings, with_kept
from idsync.render.phrases import listed_names
from idsync.stores.protocol import Store


@dataclass(frozen=True)
class Job:
    """One apply: who releases what, where, how long to wait for another, and whether a part may go ahead alone."""

    invocation: Invocation
    place: Workspace
    store: Store
    released: dict[str, str]
    timeout: float
    split: bool
    form: str
    noticed: tuple[Finding, ...] = ()
    unattended: bool = False
    goes_by: Mapping[str, bytes | None] = field(default_factory=dict)
    """The facts that say which configuration an unattended run goes by, as they were read with it."""
    remembered: Mapping[str, bytes] = field(default_factory=dict)
    """Facts that the apply keeps besides its own."""

    def plan(self, snapshot: Path | None, once: OneReading | None = None) -> Planned:
        """Plan now, to apply at once; of the reading that is to be had `once`, if one is given."""
        place, store = self.place.judged(self.store), self.store
        if snapshot is not None and place.settings.integration.sync.bidirectional:
            raise UsageError(
                "What a snapshot says cannot be applied while memberships go both ways.",
                why="Okta is not asked, so that what people edited in the directory would be put back, and not sent.",
                fix="Leave --snapshot out, or write `bidirectional: false` in the Integration document.",
            )
        merged = place.merging(store, snapshot=snapshot, begun=once.begun if once else None)
        with ProgressDisplay(self.invocation.console) as progress:
            source = once.source(progress) if once else place.source(progress, snapshot=snapshot)
            target = place.target(store)
            kept = kept_back_findings(store.facts, target, self.invocation.config_arguments, self.released)
            options = place.plan_options(store, snapshot=snapshot, noticed=(*self.noticed, *kept))
            planned = plan_once(
                place.settings,
                source,
                target,
                replace(options, described=NEWCOMERS_SHOWN),
                cache=store.cache,
                further=place.further_targets(),
                merged=merged,
            )
        return with_kept(planned, store.facts, target)

    def without_locks_on_reused_names(self, plan: Plan) -> Plan:
        """The plan; where `login_reused` is released, with the locks of former holders of names lifted."""
        if LOGIN_REUSED not in self.released:
            return plan
        names = reused_names(plan)
        if not names:
            self.invocation.console.warning(f"No name of this plan is {LOGIN_REUSED}; its release is ignored.")
            return plan
        target, now = self.place.target(self.store), self.place.now()
        locks = in_force(self.place.settings, target.locks(names), now)
        told = listed_names(sorted(names))
        self.invocation.console.note(f"Locks of former holders are lifted on {told}: {LOGIN_REUSED} is released.")
        users = target.state(Names(frozenset(names), frozenset())).users
        return with_locks_lifted(plan, locks, users, target.ours)

    def with_releases_of(self, plan: Plan) -> "Job":
        """The same with the releases that a plan file brings; those of the command line go before."""
        if not any(result.released for result in plan.guards):
            return self
        brought = self.applier().releases_in(plan, plan)
        for name, reason in brought.items():
            self.invocation.console.note(f"{name} is released by the plan file: {reason}")
        from_file = {name: f"{reason} (from the plan file)" for name, reason in brought.items()}
        return dataclasses.replace(self, released={**from_file, **self.released})

    def applier(self) -> Applier:
        """What applies here, as this job does it."""
        place, now = self.place.judged(self.store), self.store.now()
        holder = place.holder(format_time(now))
        request = Request(
            actor=f"{holder.user}@{holder.host}",
            circumstances=circumstances(os.environ),
            now=now,
            holder=holder,
            expected=place.expected(),
            releases=self.released,
            lock_timeout=self.timeout,
            sweep_locks=place.settings.integration.sync.users,
            split=self.split,
            unattended=self.unattended,
            goes_by=self.goes_by,
        )
        targets = place.targets(self.store)
        return Applier(
            place.settings, self.store, targets, request, self.store.now, place.files, remembered=self.remembered
        )

    def parts(self, plan: Plan) -> Parts:
        """What of a plan goes ahead and what is held, which is shown; without --split, all of it goes."""
        parts = self.applier().parts(plan)
        self.show_held(parts)
        return parts

    def show_held(self, parts: Parts) -> None:
        """Show what is held back, after the plan."""
        if self.split and self.form == "text":
            self.invocation.console.result(held_text(parts.held, self.invocation))

    def approved(self, parts: Parts, shown: Plan, *, ask: bool) -> bool:
        """Refuse what may not be applied, and ask, saying again what matters of the plan that was `shown`.

        A plan that does nothing asks nobody.
        """
        if not self.split:
            self.applier().check_whole(parts.whole)
        question = "Apply the part that may go ahead?" if parts.held.changes else "Apply this plan?"
        if not ask or parts.going.does_nothing:
            return True
        # What is executed tells nothing of people: the part is made of what was shown.
        part = split(shown, self.released)[0] if parts.held.changes else None
        told = recap_of(shown, self.invocation, split=self.split, part=part)
        if not self.invocation.console.confirm(question, told):
            return False
        self.place.both_directions.ask_again()
        return True

    def apply(self, parts: Parts, planned: Planned | None = None, clocks: Clocks | None = None) -> ExitCode:
        """Make so what goes ahead, and tell what was done and what is held; `planned` is left as a memo.

        `clocks` are those that the reading heard; of a plan file only when its reading was taken is known.
        """
        code, parts, applied = self.made(parts, planned, clocks)
        if applied is not None:
            self.invocation.console.result(
                applied_json(applied, parts) if self.form == "json" else applied_text(applied, parts)
            )
        return code

    def made(
        self, parts: Parts, planned: Planned | None = None, clocks: Clocks | None = None
    ) -> tuple[ExitCode, Parts, Applied | None]:
        """The same, and what was done for the caller to tell; None where it was told already that it failed."""
        console = self.invocation.console
        clocks = planned.inputs.clocks if planned else clocks
        tried = [parts]
        try:
            parts, applied = self._make(tried, clocks)
            applied = replace(
                applied, notes=(*unneeded(self.released, {*applied.releases, *parts.limits_reached}), *applied.notes)
            )
        except PartlyApplied as error:
            codes = held_codes(tried[-1], self.released)
            if not codes:
                raise
            console.failure(error)
            warn_of_held(tried[-1], self.invocation, self.released)
            return first_of({*codes, exit_code_of(error)}), tried[-1], None
        if planned is not None and parts.held.is_empty:
            remember_after_apply(planned, self.place.target(self.store), self.store.cache, applied)
        for note in applied.notes:
            console.warning(f"{note}.")
        warn_of_held(parts, self.invocation, self.released)
        return first_of(held_codes(parts, self.released)), parts, applied

    def _make(self, tried: list[Parts], clocks: Clocks | None) -> tuple[Parts, Applied]:
        """Make the last of the parts that were `tried`, to which each new split is added."""
        applier, console = self.applier(), self.invocation.console
        console.keeps_steps = not all(target.atomic for target in applier.targets.values())

        def again(stale: PlanStale, left: Parts) -> None:
            console.warning(stale.summary, why="What the plan changes of these objects waits.")
            self.show_held(left)
            tried.append(left)

        with ProgressDisplay(console) as progress:
            return dataclasses.replace(applier, progress=progress).make(tried[-1], clocks, again=again)
