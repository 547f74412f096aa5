"""`idsync plan`: show what would change, for whom and why; keep it with `-o`."""

import shlex
from collections.abc import Container
from contextlib import suppress
from pathlib import Path

import click
from msgspec.structs import replace

from idsync.apply.admission import ALLOWED, unneeded
from idsync.bootstrap.workspace import Workspace
from idsync.cli.exit_codes import ExitCode
from idsync.cli.files import private_file
from idsync.cli.invocation import Invocation, common_options, pass_invocation
from idsync.cli.options import (
    current_option,
    detail_option,
    format_option,
    link_options,
    links_to,
    releases,
    snapshot_option,
)
from idsync.cli.plans import FORMATS, NEWCOMERS_SHOWN, plan_text
from idsync.cli.progress import ProgressDisplay
from idsync.cli.sanitizing import check_key_file, redact_options, redaction_key
from idsync.cli.workspaces import given_directory, workspace
from idsync.errors import StoreError, UsageError
from idsync.plan.changes import Plan
from idsync.plan.releases import RELEASED_ANYWHERE, holding, with_releases
from idsync.plan.seal import sealed, write_sealed
from idsync.reconcile.applied_configuration import (
    AppliedConfiguration,
    applied_configuration,
    applied_in,
    judged,
    settings_before_in,
)
from idsync.reconcile.plan_options import PlanOptions
from idsync.reconcile.reviewed_edit import edit_since
from idsync.reconcile.single_pass import no_last_reading, no_store, not_merged, plan_once, remember_after_plan
from idsync.reconcile.waiting import kept_back_findings, with_kept
from idsync.stores.protocol import Access


@click.command("plan")
@snapshot_option
@current_option
@click.option("-o", "output", metavar="PLAN", type=click.Path(path_type=Path), help="Keep the plan in a file.")
@format_option(*FORMATS)
@redact_options
@click.option(
    "--allow",
    metavar="GUARD=REASON",
    multiple=True,
    help="Release one guard in the plan, and say why: the plan shows it, and apply takes it from the file.",
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when there are changes.")
@click.option(
    "--fail-on", type=click.Choice(["warning", "error"]), help="Exit 5 when a finding is at least that severe."
)
@detail_option
@link_options
@common_options()
@pass_invocation
def command(
    invocation: Invocation,
    snapshot: Path | None,
    current: Path | None,
    output: Path | None,
    form: str,
    redact: bool,
    key_file: Path | None,
    allow: tuple[str, ...],
    detailed_exitcode: bool,
    fail_on: str | None,
    detail: bool,
    link_config: str,
    link_run: str,
    link_plan: str,
) -> ExitCode:
    """Show what would change, for whom and why. Nothing is changed."""
    released, links = _releases(allow), links_to(link_config, link_run, link_plan)
    check_key_file(key_file, sanitized=redact, option="--redact")
    key = redaction_key(invocation, key_file, given_current=current is not None) if redact else None
    place = workspace(invocation)
    described = NEWCOMERS_SHOWN if output is None and form == "text" and not redact else None
    if current is None:
        plan = _plan_in_store(place, invocation, snapshot, described, released)
    else:
        plan = _plan_on_given(place, invocation, snapshot, current, described)
    held = holding(plan)
    plan = with_releases(plan, {name: reason for name, reason in released.items() if name in held})
    if output is not None:
        with private_file(output, "plan") as written:
            plan = write_sealed(plan, written.write)
    elif form != "text":
        plan = sealed(plan)
    for note in unneeded(released, held):
        invocation.console.warning(f"{note}.")
    text = plan_text(plan, form, invocation, kept=output, key=key, detail=detail, links=links)
    invocation.console.result(text, exact=form == "json")
    if output is not None:
        apply = shlex.join(["idsync", "apply", *invocation.config_arguments, str(output)])
        invocation.console.note(f"The plan is kept in {output}; apply it with `{apply}`.")
    if fail_on is not None and _worst(plan) >= _RANKS[fail_on]:
        return ExitCode.BLOCKED
    return ExitCode.CHANGES_PRESENT if detailed_exitcode and not plan.does_nothing else ExitCode.DONE


def _plan_in_store(
    place: Workspace, invocation: Invocation, snapshot: Path | None, described: int | None, released: Container[str]
) -> Plan:
    """The plan against the directory in the store, which may not be there yet."""
    noticed = [] if place.has_store() else [no_store()]
    applied = None
    with ProgressDisplay(invocation.console) as progress:
        source = place.source(progress, snapshot=snapshot)
        with place.store(Access.READ) as store:
            place = place.judged(store)
            target = place.target(store)
            kept = kept_back_findings(store.facts, target, invocation.config_arguments, released)
            options = place.plan_options(store, snapshot=snapshot, noticed=(*noticed, *kept))
            options = replace(options, described=described)
            planned = plan_once(
                place.settings,
                source,
                target,
                options,
                cache=store.cache,
                further=place.further_targets(),
                merged=place.merging(store, snapshot=snapshot),
            )
            planned = with_kept(invocation.keep(planned), store.facts, target)
            with suppress(StoreError):
                applied = applied_configuration(store.facts, target)
    if planned.looked_at_everything and place.has_store():
        # A store that is only to be read, or is of an earlier schema, stays as it is.
        with suppress(StoreError), place.store(Access.REMEMBER) as store:
            remember_after_plan(planned, place.target(store), store.cache)
    return _with_edit(planned.plan, place, applied)


def _plan_on_given(
    place: Workspace, invocation: Invocation, snapshot: Path | None, current: Path, described: int | None
) -> Plan:
    """The plan against the directory that a file holds."""
    with ProgressDisplay(invocation.console) as progress:
        source = place.source(progress, snapshot=snapshot)
        target = given_directory(current).knowing(place.settings.integration.former_addresses)
        noticed = [] if target.tells_state else [no_last_reading()]
        if place.settings.integration.sync.bidirectional:
            noticed.append(not_merged())
        applied = applied_in(target.configuration, target.last_apply)
        options = PlanOptions(
            now=place.now(),
            last=target.last_apply,
            past=target.past,
            earlier=settings_before_in(applied, place.files, place.directory),
            noticed=tuple(noticed),
            described=described,
        )
        planned = plan_once(judged(place.settings, applied, place.directory), source, target, options)
        return _with_edit(planned.plan, place, applied)


def _with_edit(plan: Plan, place: Workspace, applied: AppliedConfiguration | None) -> Plan:
    """The plan with what it says of the edit in it, for `apply --reviewed`; one that never applies says nothing."""
    edit = None if plan.inputs.sanitized else edit_since(applied, place.settings.digest, place.files)
    return plan if edit is None else replace(plan, edit=edit)


def _releases(allow: tuple[str, ...]) -> dict[str, str]:
    """What is to be released in the plan; raises UsageError for what only the apply itself may release."""
    released = releases(allow, ALLOWED)
    for name in released.keys() - {*RELEASED_ANYWHERE}:
        raise UsageError(
            f"A plan cannot release {name}.",
            why="Whether it is right shows only when the plan is applied: who applies it answers for it.",
            fix=f'Make the plan without it; then idsync apply … --allow {name}="why it is right this time".',
        )
    return released


_RANKS = {"info": 0, "warning": 1, "error": 2}


def _worst(plan: Plan) -> int:
    return max((_RANKS[finding.severity] for finding in (*plan.findings, *plan.health.findings)), default=0)
