"""`idsync reconcile`: one pass that nobody attends, for a scheduler: read, plan, and apply what may go ahead."""

import click

from idsync.cli.applying import Job
from idsync.cli.exit_codes import ExitCode
from idsync.cli.invocation import Invocation, common_options, pass_invocation
from idsync.cli.options import as_applied_option, format_option
from idsync.cli.plans import plan_text
from idsync.cli.workspaces import store_to_write, workspace
from idsync.plan.changes import Plan
from idsync.reconcile.applied_configuration import config_waiting, goes_by
from idsync.reconcile.single_pass import no_store


@click.command("reconcile")
@format_option("text", "json")
@as_applied_option
@common_options()
@pass_invocation
def command(invocation: Invocation, form: str, as_applied: bool) -> ExitCode:
    """Bring the directory up to date once, as a scheduler does it: nobody is asked.

    It plans with the configuration that was last applied, applies what may go ahead, and holds back the rest. Guards
    count all that such passes applied within the last hour.
    """
    files = workspace(invocation)
    noticed = [] if files.has_store() else [no_store()]
    with store_to_write(invocation, files) as store:
        with store.attempt():  # of one state
            place, waits = files.in_force(store, as_applied=as_applied)
            went_by = goes_by(store.facts, place.target(store))
        noticed += [config_waiting()] if waits else []
        job = Job(invocation, place, store, {}, 0.0, True, form, tuple(noticed), unattended=True, goes_by=went_by)
        planned = invocation.keep(job.plan(None))
        if form == "text":
            invocation.console.result(plan_text(planned.plan, "text", invocation, split=True))
        else:
            _tell_findings(invocation, planned.plan)
        return job.apply(job.parts(invocation.keep(planned.executable()).plan), planned)


def _tell_findings(invocation: Invocation, plan: Plan) -> None:
    for finding in plan.findings:
        if finding.severity != "info" and finding.code not in {result.guard for result in plan.guards}:
            invocation.console.warning(f"{finding.code}: {finding.message}")
