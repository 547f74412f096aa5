"""`idsync apply [PLAN]`: make a reviewed plan so, or plan, show, ask and apply in one go."""

from dataclasses import dataclass
from pathlib import Path

import click

from idsync.apply.admission import check_guards, check_health, check_inputs
from idsync.apply.executor import Applied, Request, apply_plan
from idsync.bootstrap import Workspace
from idsync.cli.console import json_text
from idsync.cli.exit_codes import ExitCode
from idsync.cli.invocation import Invocation, common_options, pass_invocation
from idsync.cli.options import allow_option, auto_approve_option, format_option, overrides, snapshot_option
from idsync.cli.plans import NEWCOMERS_SHOWN, plan_text, read_plan
from idsync.cli.progress import ProgressDisplay
from idsync.cli.workspaces import workspace
from idsync.errors import UsageError
from idsync.model.directory import LastApply
from idsync.model.times import format_time, parse_duration
from idsync.plan.changes import Plan
from idsync.plan.guards import GUARDS
from idsync.plan.health import RELEASABLE
from idsync.reconcile.planned import Planned, last_apply_of
from idsync.reconcile.single_pass import last_apply, plan_once, remember_after_apply, to_remember
from idsync.render.phrases import counted
from idsync.stores.sqlite.store import SqliteStore


@click.command("apply")
@click.argument("plan", metavar="[PLAN]", required=False, type=click.Path(path_type=Path))
@auto_approve_option
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
    allow: tuple[str, ...],
    snapshot: Path | None,
    lock_timeout: str,
    form: str,
) -> ExitCode:
    """Apply PLAN, which was reviewed; without it, plan now, show and ask."""
    if plan is not None and snapshot is not None:
        raise UsageError("A plan is applied as it is; --snapshot cannot change it.", fix="Give one of the two.")
    released, timeout = overrides(allow, {*GUARDS, *RELEASABLE}), _seconds(lock_timeout)
    if plan is None and not auto_approve:
        invocation.console.require_person()
    reviewed = None if plan is None else read_plan(plan)
    place = workspace(invocation)
    with place.store(writing=True) as store:
        job = _Job(invocation, place, store, released, timeout)
        if reviewed is not None:
            applied = job.apply(reviewed, last_apply_of(reviewed))
        else:
            planned = invocation.keep(job.plan(snapshot))
            if not job.approved(planned.plan, show=form == "text", ask=not auto_approve):
                invocation.console.note("Nothing was changed.")
                return ExitCode.INTERRUPTED
            ready = invocation.keep(planned.executable())
            applied = job.apply(ready.plan, ready.last_apply)
            remember_after_apply(planned, place.target(store), store.cache, applied)
    for note in applied.notes:
        invocation.console.warning(f"{note}.")
    invocation.console.result(json_text(applied) if form == "json" else _told(applied))
    return ExitCode.DONE


@dataclass(frozen=True)
class _Job:
    """One apply: who releases what, where, and how long to wait for another."""

    invocation: Invocation
    place: Workspace
    store: SqliteStore
    released: dict[str, str]
    timeout: float

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
                cache=store.cache,
                described=NEWCOMERS_SHOWN,
            )

    def approved(self, plan: Plan, *, show: bool, ask: bool) -> bool:
        """Show the plan, refuse what may not be applied, and ask; there is nothing to ask about an empty plan."""
        console = self.invocation.console
        if show:
            console.result(plan_text(plan, "text", self.invocation))
        check_inputs(plan, self.place.expected())
        check_health(plan, self.released)
        check_guards(plan, self.released)
        return not ask or plan.is_empty or console.confirm("Apply this plan?")

    def apply(self, plan: Plan, last: LastApply) -> Applied:
        """Make the plan so; `last` is what the next one will know of it."""
        place, now = self.place, self.place.now()
        holder = place.holder(format_time(now))
        request = Request(
            actor=f"{holder.user}@{holder.host}",
            now=now,
            holder=holder,
            expected=place.expected(),
            overrides=self.released,
            lock_timeout=self.timeout,
            sweep_locks=place.settings.integration.sync.users,
            facts=to_remember(last, place.target(self.store)),
        )
        with ProgressDisplay(self.invocation.console) as progress:
            return apply_plan(plan, request, target=place.target(self.store), records=self.store, progress=progress)


def _seconds(text: str) -> float:
    try:
        return parse_duration(text)
    except ValueError:
        raise UsageError(f"--lock-timeout {text!r} is not a duration.", fix="Write it like 30s, 5m or 1h.") from None


def _told(applied: Applied) -> str:
    swept = f" {counted(applied.locks_swept, 'expired lock')} cleared away." if applied.locks_swept else ""
    if applied.run is None:
        return f"Nothing to change.{swept}"
    resumed = ", taken up where it was broken off" if applied.resumed else ""
    return f"Applied: run {applied.run}{resumed}, {counted(applied.steps, 'step')}, serial {applied.serial}.{swept}"
