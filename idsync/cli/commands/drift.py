"""`idsync drift`: show what people changed by hand of what is ours, which the next apply puts back."""

from pathlib import Path

import click

from idsync.cli.exit_codes import ExitCode
from idsync.cli.invocation import Invocation, common_options, pass_invocation
from idsync.cli.options import as_applied_option, detail_option, format_option, snapshot_option
from idsync.cli.plans import plan_text
from idsync.cli.progress import ProgressDisplay
from idsync.cli.workspaces import workspace
from idsync.reconcile.drift import drift_of, hands_in
from idsync.reconcile.single_pass import plan_once
from idsync.stores.protocol import Access


@click.command("drift")
@snapshot_option
@as_applied_option
@format_option("text", "json", "markdown")
@detail_option
@common_options()
@pass_invocation
def command(invocation: Invocation, snapshot: Path | None, as_applied: bool, form: str, detail: bool) -> ExitCode:
    """Show what people changed by hand since the last apply, and how the next apply puts it back.

    Exits 10 when there is any. What people own (owners, review dates, a member's expiry) is not drift.
    """
    place = workspace(invocation)
    with place.store(Access.READ) as store:
        place = (place.applied(store) if as_applied else None) or place.judged(store)
        target = place.target(store)
        with ProgressDisplay(invocation.console) as progress:
            source = place.source(progress, snapshot=snapshot)
            options = place.plan_options(store, snapshot=snapshot)
            merged = place.merging(store, snapshot=snapshot)
            planned = plan_once(place.settings, source, target, options, merged=merged)
        hands = hands_in(store.agreed(target.name).differing(), store.journal.headlines())
        drifted = drift_of(planned, target, hands)
    invocation.console.result(plan_text(drifted, form, invocation, drift=True, detail=detail))
    return ExitCode.DONE if drifted.is_empty else ExitCode.DRIFT_FOUND
