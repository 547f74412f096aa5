"""`idsync cleanup`: take everything of ours out of the directory; Okta is left alone."""

import dataclasses

import click
from msgspec.structs import replace

from idsync.bootstrap.workspace import Workspace
from idsync.cli.applying import Job
from idsync.cli.exit_codes import ExitCode
from idsync.cli.invocation import Invocation, common_options, pass_invocation
from idsync.cli.options import auto_approve_option, detail_option, format_option
from idsync.cli.parts import applied_json, applied_text
from idsync.cli.plans import plan_text
from idsync.cli.progress import ProgressDisplay
from idsync.cli.workspaces import store_to_write, workspace
from idsync.errors import LeaseHeld
from idsync.model.findings import ORPHANED
from idsync.plan.changes import Plan
from idsync.plan.releases import holding
from idsync.reconcile.clearing import RELEASED, plan_to_clear
from idsync.reconcile.parts import Parts
from idsync.stores.holder import is_dead
from idsync.stores.protocol import Access, Store


@click.command("cleanup")
@auto_approve_option
@click.option("--locks", "lift_locks", is_flag=True, help="Lift our locks as well, and lock nobody.")
@format_option("text", "json")
@detail_option
@common_options()
@pass_invocation
def command(invocation: Invocation, auto_approve: bool, lift_locks: bool, form: str, detail: bool) -> ExitCode:
    """Take everything of ours out of the directory: users, who are locked first, and lists.

    Without --auto-approve it is only shown. Our locks stay until they end. Guards do not count: this is meant. What
    people made stays, and Okta is neither asked nor changed. End what runs `idsync serve`, `idsync reconcile` or
    `idsync apply` first, or everybody is made again.
    """
    place = workspace(invocation)
    with store_to_write(invocation, place) if auto_approve else place.store(Access.READ) as store:
        _check_no_service(place, store)
        target = place.target(store)
        past = store.agreed(target.name).past()
        plan = plan_to_clear(place.settings, target, past, place.now(), lift_locks=lift_locks)
        if form == "text":
            invocation.console.result(plan_text(plan, "text", invocation, detail=detail))
        if not auto_approve:
            if form == "json":
                invocation.console.result(plan_text(plan, "json", invocation))
            elif not plan.is_empty:
                invocation.console.note("Nothing was changed. Give --auto-approve to make it so.")
            return ExitCode.DONE
        return _made(Job(invocation, place, store, {}, 0.0, False, form), plan)


def _made(job: Job, plan: Plan) -> ExitCode:
    """Make it so; guards are released by name, as the history then tells."""
    applier = job.applier()
    # The reading that was good last stays so, and the configuration that is in force.
    applier = dataclasses.replace(applier, files=(), request=replace(applier.request, whole=False))
    released = dict.fromkeys([*holding(applier.marked_as_kept(applier.counted_again(plan))), ORPHANED], RELEASED)
    applier = dataclasses.replace(applier, request=replace(applier.request, releases=released))
    parts = Parts(plan, plan)
    with ProgressDisplay(job.invocation.console) as progress:
        parts, applied = dataclasses.replace(applier, progress=progress).make(parts)
    told = applied_json(applied, parts) if job.form == "json" else applied_text(applied, parts)
    job.invocation.console.result(told)
    return ExitCode.DONE


def _check_no_service(place: Workspace, store: Store) -> None:
    """Raise LeaseHeld while a service runs on this store: it would make everybody again."""
    here = place.holder("")
    for _, holder in store.replicas.running():
        if not is_dead(holder, here):
            raise LeaseHeld(
                f"A service runs on this store: process {holder.process} on {holder.host}.",
                holder=f"{holder.user}@{holder.host}",
                since=holder.since,
                why="It would make everybody again at its next pass.",
                fix="End it, wait a minute where it was killed, and run this again.",
            )
