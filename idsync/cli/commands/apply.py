"""`idsync apply [PLAN]`: make a reviewed plan so, or plan, show, ask and apply; all of it, or what may go ahead."""

from pathlib import Path

import click
from msgspec.structs import replace

from idsync.apply.admission import ALLOWED
from idsync.cli.applying import Job
from idsync.cli.exit_codes import ExitCode
from idsync.cli.invocation import Invocation, common_options, pass_invocation
from idsync.cli.options import (
    allow_option,
    auto_approve_option,
    detail_option,
    format_option,
    releases,
    snapshot_option,
)
from idsync.cli.plans import plan_text, read_plan
from idsync.cli.reviewed import ReviewedJob
from idsync.cli.workspaces import store_to_write, workspace
from idsync.errors import UsageError
from idsync.model.times import parse_duration
from idsync.plan.releases import with_releases
from idsync.reconcile.single_pass import no_store


@click.command("apply")
@click.argument("plan", metavar="[PLAN]", required=False, type=click.Path(path_type=Path))
@auto_approve_option
@click.option(
    "--reviewed",
    metavar="PLAN",
    type=click.Path(path_type=Path),
    help="Apply what Okta changed, then the edit that PLAN shows, if it is still the same edit.",
)
@click.option(
    "--difference",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="With --reviewed: keep here, as a plan for `idsync show`, how another edit differs.",
)
@click.option("--split", is_flag=True, help="Apply what may go ahead, and hold back the rest.")
@allow_option
@snapshot_option
@click.option("--lock-timeout", metavar="DURATION", default="0s", help="Wait so long for another run to end: 30s, 5m.")
@format_option("text", "json")
@detail_option
@common_options()
@pass_invocation
def command(
    invocation: Invocation,
    plan: Path | None,
    auto_approve: bool,
    reviewed: Path | None,
    difference: Path | None,
    split: bool,
    allow: tuple[str, ...],
    snapshot: Path | None,
    lock_timeout: str,
    form: str,
    detail: bool,
) -> ExitCode:
    """Apply PLAN, which was reviewed; without it, plan now, show and ask.

    A plan is refused whole where a guard, or a doubt about what was read of Okta, holds any of it back; with --split
    the rest is applied, and the exit code says that not all of it was.

    With --reviewed, Okta's own changes since the review are applied first, as `idsync reconcile` does it; then what the
    configuration changes, if that is what was reviewed. Nobody is asked.
    """
    if plan is not None and snapshot is not None:
        raise UsageError("A plan is applied as it is; --snapshot cannot change it.", fix="Give one of the two.")
    released, timeout = releases(allow, ALLOWED), _seconds(lock_timeout)
    if reviewed is not None or difference is not None:
        _check_reviewed(plan, reviewed, split=split)
    file = plan or reviewed
    from_file = None if file is None else read_plan(file)
    place = workspace(invocation)
    if file is None and not auto_approve:
        invocation.console.require_person()
    if reviewed is not None and from_file is not None:
        with store_to_write(invocation, place) as store:
            return ReviewedJob(invocation, place, store, from_file, released, timeout, form, snapshot, difference).run()
    noticed = () if place.has_store() else (no_store(),)
    with store_to_write(invocation, place) as store:
        job = Job(invocation, place, store, released, timeout, split, form, noticed)
        if from_file is not None:
            job = job.with_releases_of(from_file)
            return job.apply(job.parts(job.without_locks_on_reused_names(from_file)))
        planned = job.plan(snapshot)
        planned = invocation.keep(replace(planned, plan=job.without_locks_on_reused_names(planned.plan)))
        shown = with_releases(planned.plan, released)
        if form == "text":
            invocation.console.result(plan_text(shown, "text", invocation, split=split, detail=detail))
        parts = job.parts(invocation.keep(planned.executable()).plan)
        if not job.approved(parts, shown, ask=not auto_approve):
            invocation.console.note("Nothing was changed.")
            return ExitCode.INTERRUPTED
        return job.apply(parts, planned)


def _check_reviewed(plan: Path | None, reviewed: Path | None, *, split: bool) -> None:
    """Raise UsageError for what does not go together with --reviewed."""
    if reviewed is None:
        raise UsageError("--difference is given without --reviewed.", fix="Give --reviewed PLAN, or leave it out.")
    if plan is not None:
        raise UsageError(
            "PLAN is given twice, to be applied as it is and as reviewed.", fix="Give PLAN, or --reviewed PLAN."
        )
    if split:
        raise UsageError(
            "--split and --reviewed do not go together.",
            why="What Okta changed is split always, and of an edit all that was reviewed is applied, or nothing.",
            fix="Leave out --split.",
        )


def _seconds(text: str) -> float:
    try:
        return parse_duration(text)
    except ValueError:
        raise UsageError(f"--lock-timeout {text!r} is not a duration.", fix="Write it like 30s, 5m or 1h.") from None
