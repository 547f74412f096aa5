"""`idsync apply [PLAN]`: make a reviewed plan so, or plan, show, ask and apply; all of it, or what may go ahead."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click
from msgspec.structs import replace

from idsync.apply.admission import (
    ALLOWED,
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
from idsync.bootstrap import Workspace
from idsync.cli.exit_codes import ExitCode, exit_code_of, first_of
from idsync.cli.invocation import Invocation, common_options, pass_invocation
from idsync.cli.options import allow_option, auto_approve_option, format_option, overrides, snapshot_option
from idsync.cli.parts import PASSED, Parts, applied_json, applied_text, held_codes, held_text, warn_of_held
from idsync.cli.plans import NEWCOMERS_SHOWN, plan_text, read_plan
from idsync.cli.progress import ProgressDisplay
from idsync.cli.workspaces import store_to_write, workspace
from idsync.errors import PartlyApplied, PlanStale, UsageError
from idsync.model.findings import Finding
from idsync.model.times import Clocks, format_time, parse_duration
from idsync.plan.changes import Plan
from idsync.plan.released_logins import LOGIN_REUSED, reused_names, with_locks_lifted
from idsync.plan.releases import releases_in, with_releases
from idsync.plan.split import split as split_plan
from idsync.plan.split import with_moved
from idsync.reconcile.applied_configuration import AppliedConfiguration, configuration_to_remember, settings_before
from idsync.reconcile.clocks import clocks_of
from idsync.reconcile.managed import in_force
from idsync.reconcile.planned import Planned, last_apply_in_part
from idsync.reconcile.single_pass import no_store, plan_once, remember_after_apply
from idsync.render.phrases import listed_names
from idsync.stores.protocol import Store
from idsync.targets.protocol import DirectoryReader


@click.command("apply")
@click.argument("plan", metavar="[PLAN]", required=False, type=click.Path(path_type=Path))
@auto_approve_option
@click.option("--split", is_flag=True, help="Apply what may go ahead, and hold back the rest.")
@allow_option
@snapshot_option
@click.option("--lock-timeout", metavar="DURATION", default="0s", help="Wait so long for another run to end: 30s, 5m.")
@format_option("text", "json")
@common_options()
@pass_invocation
def command(
    invocation: Invocation,
    plan: Path | None,
    auto_approve: bool,
    split: bool,
    allow: tuple[str, ...],
    snapshot: Path | None,
    lock_timeout: str,
    form: str,
) -> ExitCode:
    """Apply PLAN, which was reviewed; without it, plan now, show and ask.

    A plan of which a guard or a doubt holds something is refused whole; with --split, what they do not hold is applied,
    and the exit code says that the rest is not.
    """
    if plan is not None and snapshot is not None:
        raise UsageError("A plan is applied as it is; --snapshot cannot change it.", fix="Give one of the two.")
    released, timeout = overrides(allow, ALLOWED), _seconds(lock_timeout)
    if plan is None and not auto_approve:
        invocation.console.require_person()
    reviewed = None if plan is None else read_plan(plan)
    place = workspace(invocation)
    noticed = () if place.has_store() else (no_store(),)
    with store_to_write(invocation, place) as store:
        job = _Job(invocation, place, store, released, timeout, split, form, noticed)
        if reviewed is not None:
            job = job.with_releases_of(reviewed)
            return job.apply(job.parts(job.without_locks_on_reused_names(reviewed)))
        planned = job.plan(snapshot)
        planned = invocation.keep(replace(planned, plan=job.without_locks_on_reused_names(planned.plan)))
        if form == "text":
            invocation.console.result(plan_text(with_releases(planned.plan, released), "text", invocation, split=split))
        parts = job.parts(invocation.keep(planned.executable()).plan)
        if not job.approved(parts, ask=not auto_approve):
            invocation.console.note("Nothing was changed.")
            return ExitCode.INTERRUPTED
        return job.apply(parts, planned)


@dataclass(frozen=True)
class _Job:
    """One apply: who releases what, where, how long to wait for another, and whether a part may go ahead alone."""

    invocation: Invocation
    place: Workspace
    store: Store
    released: dict[str, str]
    timeout: float
    split: bool
    form: str
    noticed: tuple[Finding, ...] = ()

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
        return with_locks_lifted(plan, locks, target.ours)

    def with_releases_of(self, plan: Plan) -> "_Job":
        """The same with the releases that a plan file brings; those of the command line go before."""
        if not any(result.released for result in plan.guards):
            return self
        brought = releases_in(plan, self._counted_again(plan))
        for name, reason in brought.items():
            self.invocation.console.note(f"{name} is released by the plan file: {reason}")
        from_file = {name: f"{reason} (from the plan file)" for name, reason in brought.items()}
        return dataclasses.replace(self, released={**from_file, **self.released})

    def _counted_again(self, plan: Plan) -> Plan:
        return counted_again(plan, self.place.expected(), self.place.targets(self.store), self.place.now())

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
        last = last_apply_in_part(parts.whole, parts.held, last_apply(self.store.facts, target))
        request = Request(
            actor=f"{holder.user}@{holder.host}",
            now=now,
            ahead=heard.ahead,
            holder=holder,
            expected=place.expected(),
            overrides=self._overrides(parts),
            lock_timeout=self.timeout,
            sweep_locks=place.settings.integration.sync.users,
            facts={} if nothing else {**to_remember(last, target), **self._configuration(target)},
            split=self.split,
            pending=left_for_later(parts.held),
        )
        targets = place.targets(self.store)
        console = self.invocation.console
        console.keeps_steps = not all(target.atomic for target in targets.values())
        with ProgressDisplay(console) as progress:
            return apply_plan(parts.going, request, targets=targets, records=self.store, progress=progress)

    def _configuration(self, target: DirectoryReader) -> Mapping[str, bytes]:
        applied = AppliedConfiguration(self.place.settings.digest, self.place.files)
        return configuration_to_remember(applied, self.store.facts, target)

    def _overrides(self, parts: Parts) -> Mapping[str, str]:
        """What is released, with the reasons; of locks that go ahead of the rest, the history is to say so."""
        return {**dict.fromkeys(parts.passed_limits(self.released), PASSED), **self.released}


def _seconds(text: str) -> float:
    try:
        return parse_duration(text)
    except ValueError:
        raise UsageError(f"--lock-timeout {text!r} is not a duration.", fix="Write it like 30s, 5m or 1h.") from None
