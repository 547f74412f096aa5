"""`idsync explain USER [RESOURCE]`: show every path from a person to each role and list, or the first missing link."""

from collections.abc import Callable
from pathlib import Path

import click

from idsync.apply.kept_back import kept_back
from idsync.apply.kept_entries import Kept
from idsync.cli.exit_codes import ExitCode
from idsync.cli.invocation import Invocation, common_options, pass_invocation
from idsync.cli.options import current_option, format_option, snapshot_option
from idsync.cli.progress import ProgressDisplay
from idsync.cli.workspaces import given_directory, workspace
from idsync.model.agreed_past import AgreedPast
from idsync.model.extent import Reading
from idsync.plan.explain import Explanation
from idsync.reconcile.explaining import NOTHING_KEPT, explain
from idsync.reconcile.merged_lists import BothWays
from idsync.reconcile.single_pass import read
from idsync.render.explanation import render_json, render_text
from idsync.render.style import COLOUR, PLAIN
from idsync.stores.protocol import Access, Pushed
from idsync.targets.protocol import DirectoryReader


@click.command("explain")
@click.argument("user")
@click.argument("resource", required=False)
@snapshot_option
@current_option
@format_option("text", "json")
@common_options()
@pass_invocation
def command(
    invocation: Invocation, user: str, resource: str | None, snapshot: Path | None, current: Path | None, form: str
) -> ExitCode:
    """Show why USER (a name or an Okta id) has each role and list, with the rule's file and line.

    With RESOURCE (a name, a list's title, role/NAME or access_list/NAME) only that, or what is missing on the way:
    exits 0 when the directory gives it to the person now, and 10 when it does not. Somebody whom neither Okta nor the
    directory knows is an error, 64.
    """
    place = workspace(invocation)

    def explained(
        directory: DirectoryReader,
        past: AgreedPast,
        pushed: Pushed | None = None,
        kept: Kept = NOTHING_KEPT,
        merged: Callable[[Reading], Reading] | None = None,
        both: BothWays | None = None,
    ) -> Explanation:
        with ProgressDisplay(invocation.console) as progress:
            source = place.source(progress, snapshot=snapshot)
            reading = read(source, directory, place.settings, merged=merged)
        now = place.now()
        facts = reading.snapshot
        return explain(place.settings, facts, directory, user, resource, now, reading, past, pushed, kept, both)

    if current is not None:
        given = given_directory(current).knowing(place.settings.integration.former_addresses)
        explanation = explained(given, given.past)
    else:
        with place.store(Access.READ) as store:
            target = place.target(store)
            pushed = store.pushed if place.settings.integration.sync.scim and snapshot is None else None
            explanation = explained(
                target,
                store.agreed(target.name).past(),
                pushed,
                kept_back(store.facts, target.name),
                place.merging(store, snapshot=snapshot),
                place.both_ways(store) if snapshot is None else None,
            )
    style = COLOUR if invocation.console.colour else PLAIN
    told = render_text(explanation, style, invocation.config_arguments)
    invocation.console.result(render_json(explanation) if form == "json" else told)
    has = resource is None or any(access.now for access in explanation.access)
    return ExitCode.DONE if has else ExitCode.DRIFT_FOUND
