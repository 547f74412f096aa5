"""`idsync reconcile`: one pass that nobody attends, for a scheduler: read, plan, and apply what may go ahead."""

import click

from idsync.bootstrap import Workspace
from idsync.cli.applying import Job
from idsync.cli.exit_codes import ExitCode
from idsync.cli.invocation import Invocation, common_options, pass_invocation
from idsync.cli.options import format_option
from idsync.cli.plans import plan_text
from idsync.cli.workspaces import store_to_write, workspace
from idsync.model.findings import Finding
from idsync.plan.changes import Plan
from idsync.reconcile.applied_configuration import applied_configuration, applied_settings, config_waiting
from idsync.reconcile.single_pass import no_store
from idsync.stores.protocol import Store


@click.command("reconcile")
@format_option("text", "json")
@common_options()
@pass_invocation
def command(invocation: Invocation, form: str) -> ExitCode:
    """Bring the directory up to date once, as a scheduler does it: nobody is asked.

    It plans with the configuration that was last applied, applies what may go ahead, and holds back the rest. Guards
    count all that such passes applied within the last hour.
    """
    files = workspace(invocation)
    noticed = [] if files.has_store() else [no_store()]
    with store_to_write(invocation, files) as store:
        place, waiting = _in_force(files, store)
        noticed += waiting
        job = Job(invocation, place, store, {}, 0.0, True, form, tuple(noticed), unattended=True)
        planned = invocation.keep(job.plan(None))
        if form == "text":
            invocation.console.result(plan_text(planned.plan, "text", invocation, split=True))
        else:
            _tell_findings(invocation, planned.plan)
        return job.apply(job.parts(invocation.keep(planned.executable()).plan), planned)


def _in_force(files: Workspace, store: Store) -> tuple[Workspace, list[Finding]]:
    """The configuration that was last applied, and whether a newer one waits; that of the files where none ever was."""
    if files.settings.service.follow_config:
        return files, []
    applied = applied_configuration(store.facts, files.target(store))
    if applied is None:
        return files, []
    settings = applied_settings(applied, files.directory)
    waits = [config_waiting()] if settings.digest != files.settings.digest else []
    return Workspace(settings, files.directory, files=applied.files), waits


def _tell_findings(invocation: Invocation, plan: Plan) -> None:
    for finding in plan.findings:
        if finding.severity != "info" and finding.code not in {result.guard for result in plan.guards}:
            invocation.console.warning(f"{finding.code}: {finding.message}")
