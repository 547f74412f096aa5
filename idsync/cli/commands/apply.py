"""`idsync apply [PLAN]`: make a reviewed plan so, or plan, show, ask and apply in one go."""

from pathlib import Path

import click

from idsync.apply.admission import check_guards, check_health, check_inputs
from idsync.apply.executor import Applied, Request, apply_plan
from idsync.bootstrap import Workplace
from idsync.cli.console import json_text
from idsync.cli.exit_codes import ExitCode
from idsync.cli.invocation import Invocation, common_options, pass_invocation
from idsync.cli.options import allow_option, auto_approve_option, format_option, overrides, snapshot_option
from idsync.cli.plans import plan_text, read_plan
from idsync.cli.progress import ProgressDisplay
from idsync.cli.workplaces import workplace
from idsync.errors import UsageError
from idsync.model.directory import LastApply
from idsync.model.times import format_time, parse_duration
from idsync.plan.changes import Plan
from idsync.plan.guards import GUARDS
from idsync.plan.health import RELEASABLE
from idsync.reconcile.planning import Planned
from idsync.reconcile.single_pass import last_apply_of, plan_once, remember_after_apply, to_remember
from idsync.stores.sqlite import SqliteStore


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
    released = overrides(allow, {*GUARDS, *RELEASABLE})
    timeout = _seconds(lock_timeout)
    if plan is not None and snapshot is not None:
        raise UsageError("A plan is applied as it is; --snapshot cannot change it.", fix="Give one of the two.")
    if plan is None and not auto_approve:
        invocation.console.require_person()
    reviewed = None if plan is None else read_plan(plan)
    place = workplace(invocation)
    with place.store(writing=True) as store:
        planned = _plan(invocation, place, store, snapshot) if reviewed is None else None
        if planned is not None:
            reviewed, last = planned.plan, planned.last_apply
            if form == "text":
                invocation.console.result(plan_text(reviewed, form, colour=invocation.console.colour))
            check_inputs(reviewed, place.expected())
            check_health(reviewed, released)
            check_guards(reviewed, released)
            if not (auto_approve or reviewed.is_empty or invocation.console.confirm("Apply this plan?")):
                invocation.console.note("Nothing was changed.")
                return ExitCode.INTERRUPTED
        elif reviewed is not None:
            last = last_apply_of(reviewed, place.target(store).index(place.settings.integration.org_url))
        applied = _apply(invocation, place, store, reviewed, last, released, timeout)
        if planned is not None:
            remember_after_apply(planned, place.target(store), store.cache)
    for note in applied.notes:
        invocation.console.warning(f"{note[:1].upper()}{note[1:]}.")
    invocation.console.result(json_text(applied) if form == "json" else _told(applied))
    return ExitCode.DONE


def _plan(invocation: Invocation, place: Workplace, store: SqliteStore, snapshot: Path | None) -> Planned:
    with ProgressDisplay(invocation.console) as progress:
        source = place.source(progress, snapshot=snapshot)
        return plan_once(place.settings, source, place.target(store), store.facts, place.now(), cache=store.cache)


def _apply(
    invocation: Invocation,
    place: Workplace,
    store: SqliteStore,
    plan: Plan,
    last: LastApply,
    released: dict[str, str],
    timeout: float,
) -> Applied:
    now = place.now()
    holder = place.holder(format_time(now))
    request = Request(
        actor=f"{holder.user}@{holder.host}",
        now=now,
        holder=holder,
        expected=place.expected(),
        overrides=released,
        lock_timeout=timeout,
        facts=to_remember(last),
    )
    with ProgressDisplay(invocation.console) as progress:
        return apply_plan(plan, request, target=place.target(store), records=store, progress=progress)


def _seconds(text: str) -> float:
    try:
        return parse_duration(text)
    except ValueError:
        raise UsageError(f"--lock-timeout {text!r} is not a duration.", fix="Write it like 30s, 5m or 1h.") from None


def _told(applied: Applied) -> str:
    swept = f" {applied.locks_swept} expired locks cleared away." if applied.locks_swept else ""
    if applied.run is None:
        return f"Nothing to change.{swept}"
    resumed = ", taken up where it was broken off" if applied.resumed else ""
    return f"Applied: run {applied.run}{resumed}, {applied.steps} steps, serial {applied.serial}.{swept}"
