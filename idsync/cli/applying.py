"""Applying, as the commands that do it share it: plan, say what is held, make what goes ahead, and tell."""

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from idsync.apply.admission import (
    check_guards,
    check_health,
    check_inputs,
    check_older,
    check_orphaned,
    check_unused,
    unneeded,
)
from idsync.apply.executor import apply_plan
from idsync.apply.last_apply import last_apply, to_remember
from idsync.apply.recount import counted_again
from idsync.apply.request import Applied, Request, left_for_later
from idsync.apply.unattended import counted_lately
from idsync.bootstrap import Workspace
from idsync.cli.circumstances import circumstances
from idsync.cli.exit_codes import ExitCode, exit_code_of, first_of
from idsync.cli.invocation import Invocation
from idsync.cli.parts import PASSED, Parts, applied_json, applied_text, held_codes, held_text, warn_of_held
from idsync.cli.plans import NEWCOMERS_SHOWN
from idsync.cli.progress import ProgressDisplay
from idsync.errors import PartlyApplied, PlanStale
from idsync.model.directory import Names
from idsync.model.findings import LOGIN_REUSED, Finding
from idsync.model.times import Clocks, format_time
from idsync.plan.changes import Plan
from idsync.plan.holding import LOCKS_GO
from idsync.plan.released_logins import reused_names, with_locks_lifted
from idsync.plan.releases import releases_in
from idsync.plan.split import split as split_plan
from idsync.plan.split import with_moved
from idsync.reconcile.applied_configuration import (
    AppliedConfiguration,
    applied_configuration,
    configuration_to_remember,
    settings_before,
)
from idsync.reconcile.clocks import clocks_of
from idsync.reconcile.managed import in_force
from idsync.reconcile.planned import Planned, last_apply_in_part
from idsync.reconcile.single_pass import plan_once, remember_after_apply
from idsync.render.phrases import listed_names
from idsync.stores.protocol import Store
from idsync.targets.protocol import DirectoryReader


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

    def plan(self, snapshot: Path | None) -> Planned:
        """Plan now, to apply at once."""
        place, store = self.place, self.store
        with ProgressDisplay(self.invocation.console) as progress:
            source = place.source(progress, snapshot=snapshot)
            target = place.target(store)
            return plan_once(
                place.settings,
                source,
                target,
                last_apply(store.facts, target),
                place.now(),
                past=store.agreed(target.name).past(),
                cache=store.cache,
                described=NEWCOMERS_SHOWN,
                noticed=self.noticed,
                further=place.further_targets(),
                earlier=settings_before(store.facts, target, place.settings, place.directory),
            )

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
        brought = releases_in(plan, self._counted_again(plan))
        for name, reason in brought.items():
            self.invocation.console.note(f"{name} is released by the plan file: {reason}")
        from_file = {name: f"{reason} (from the plan file)" for name, reason in brought.items()}
        return dataclasses.replace(self, released={**from_file, **self.released})

    def _counted_again(self, plan: Plan) -> Plan:
        place, now = self.place, self.place.now()
        lately = counted_lately(self.store.journal, now) if self.unattended else None
        return counted_again(plan, place.expected(), place.targets(self.store), now, lately)

    def parts(self, plan: Plan) -> Parts:
        """What of a plan goes ahead and what is held, which is shown; without --split, all of it goes."""
        if not self.split:
            return Parts(plan, plan)
        check_unused(plan, self.store.runs)
        check_inputs(plan, self.place.expected())
        self._check_older(plan)
        self._check_orphaned(plan)
        plan = self._counted_again(plan)
        going, held = split_plan(plan, self.released)
        if self.form == "text":
            self.invocation.console.result(held_text(held, self.invocation))
        return Parts(plan, going, held)

    def _check_orphaned(self, plan: Plan) -> None:
        expected = self.place.expected()
        check_orphaned(plan, self.place.target(self.store).orphans(expected.known), expected, self.released)

    def _check_older(self, plan: Plan) -> None:
        check_older(plan, last_apply(self.store.facts, self.place.target(self.store)), self.released)

    def approved(self, parts: Parts, *, ask: bool) -> bool:
        """Refuse what may not be applied, and ask; there is nothing to ask about an empty plan."""
        if not self.split:
            check_inputs(parts.whole, self.place.expected())
            self._check_orphaned(parts.whole)
            self._check_older(parts.whole)
            check_health(parts.whole, self.released)
            check_guards(parts.whole, self.released)
        question = "Apply the part that may go ahead?" if parts.held.changes else "Apply this plan?"
        return not ask or parts.going.is_empty or self.invocation.console.confirm(question)

    def apply(self, parts: Parts, planned: Planned | None = None, clocks: Clocks | None = None) -> ExitCode:
        """Make so what goes ahead, and tell what was done and what is held; `planned` is left as a memo.

        `clocks` are those that the reading heard; of a plan file only when its reading was taken is known.
        """
        console = self.invocation.console
        clocks = planned.inputs.clocks if planned else clocks
        try:
            applied = self._run(parts, clocks)
            applied = replace(
                applied, notes=(*unneeded(self.released, {*applied.releases, *parts.limits_reached}), *applied.notes)
            )
        except PartlyApplied as error:
            codes = held_codes(parts, self.released)
            if not codes:
                raise
            console.failure(error)
            warn_of_held(parts, self.invocation, self.released)
            return first_of({*codes, exit_code_of(error)})
        except PlanStale as error:
            left = self._without_moved(parts, error)
            if left is None:
                raise
            return self.apply(left, clocks=clocks)
        if planned is not None and parts.held.is_empty:
            remember_after_apply(planned, self.place.target(self.store), self.store.cache, applied)
        for note in applied.notes:
            console.warning(f"{note}.")
        warn_of_held(parts, self.invocation, self.released)
        console.result(applied_json(applied, parts) if self.form == "json" else applied_text(applied, parts))
        return first_of(held_codes(parts, self.released))

    def _without_moved(self, parts: Parts, stale: PlanStale) -> Parts | None:
        """The parts when changes wait whose objects moved since the plan was made; None where no part may go alone."""
        moved = {(stale.target, address) for address in stale.addresses}
        if not self.split or {(change.target, change.address) for change in parts.going.changes}.isdisjoint(moved):
            return None
        self.invocation.console.warning(stale.summary, why="What the plan changes of these objects waits.")
        return self.parts(with_moved(parts.whole, moved))

    def _run(self, parts: Parts, clocks: Clocks | None) -> Applied:
        place, now = self.place, self.place.now()
        heard = clocks or clocks_of(now, parts.whole.inputs.snapshot_taken_at)
        holder = place.holder(format_time(now))
        nothing = parts.going.is_empty and not parts.held.is_empty
        target = place.target(self.store)
        before = last_apply(self.store.facts, target)
        last = last_apply_in_part(parts.whole, parts.held, before, in_doubt=bool(parts.doubts(self.released)))
        request = Request(
            actor=f"{holder.user}@{holder.host}",
            circumstances=circumstances(os.environ),
            now=now,
            ahead=heard.ahead,
            holder=holder,
            expected=place.expected(),
            releases=self._releases(parts),
            lock_timeout=self.timeout,
            sweep_locks=place.settings.integration.sync.users,
            facts={**({} if nothing else to_remember(last, target)), **self._configuration(target, nothing=nothing)},
            split=self.split,
            pending=left_for_later(parts.held),
            unattended=self.unattended,
        )
        targets = place.targets(self.store)
        console = self.invocation.console
        console.keeps_steps = not all(target.atomic for target in targets.values())
        with ProgressDisplay(console) as progress:
            return apply_plan(parts.going, request, targets=targets, records=self.store, progress=progress)

    def _configuration(self, target: DirectoryReader, *, nothing: bool) -> Mapping[str, bytes]:
        """The configuration as the applied one; where nothing goes ahead, only if there was none before."""
        if nothing and applied_configuration(self.store.facts, target) is not None:
            return {}
        applied = AppliedConfiguration(self.place.settings.digest, self.place.files)
        return configuration_to_remember(applied, self.store.facts, target)

    def _releases(self, parts: Parts) -> Mapping[str, str]:
        """What is released, with the reasons; of locks that go ahead of the rest, the history is to say so."""
        passed = LOCKS_GO if self.unattended else parts.passed_limits(self.released)
        return {**dict.fromkeys(passed, PASSED), **self.released}
