"""`idsync history`: show what was applied and what was done by hand, from the journal."""

import click

from idsync.cli.console import json_text
from idsync.cli.exit_codes import ExitCode
from idsync.cli.invocation import Invocation, common_options, pass_invocation
from idsync.cli.options import format_option
from idsync.cli.workspaces import workspace
from idsync.errors import StoreError
from idsync.history.past_states import no_such_run
from idsync.model.journal import Verification, bodies_named
from idsync.render.history import render_json, render_run, render_text
from idsync.render.style import COLOUR, PLAIN
from idsync.stores.protocol import Access


@click.command("history")
@click.argument("run", metavar="[RUN]", required=False, type=click.IntRange(min=1))
@click.option("--verify", is_flag=True, help="Check that the journal is as it was written, entry by entry.")
@format_option("text", "json")
@common_options()
@pass_invocation
def command(invocation: Invocation, run: int | None, verify: bool, form: str) -> ExitCode:
    """Show what was applied, when and by whom, the newest first; with RUN, every step of that run."""
    place = workspace(invocation)
    style = COLOUR if invocation.console.colour else PLAIN
    with place.store(Access.READ) as store:
        if verify:
            return _verified(invocation, store.journal.verify(), form)
        entries = list(store.journal.headlines() if run is None else store.journal.entries(run))
        named = {fingerprint for each in entries for fingerprint in bodies_named(each.entry)} if form == "json" else ()
        bodies = store.bodies.find(named)
    if run is not None and not entries:
        raise no_such_run(run)
    if form == "json":
        invocation.console.result(render_json(entries, bodies))
    else:
        invocation.console.result(render_text(entries, style) if run is None else render_run(entries, style))
    return ExitCode.DONE


def _verified(invocation: Invocation, verdict: Verification, form: str) -> ExitCode:
    if form == "json":
        invocation.console.result(json_text(verdict))
    elif verdict.broken_at is None:
        invocation.console.result(f"The journal is whole: {verdict.entries:,} entries, each chained to the one before.")
    if verdict.broken_at is not None:
        raise StoreError(
            f"The journal is not as it was written: {verdict.why}.",
            why="Somebody changed the store past idsync, or the file is damaged.",
            fix="Compare with a backup of the store; what follows this entry cannot be trusted.",
        )
    return ExitCode.DONE
