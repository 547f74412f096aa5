"""`idsync history`: show what was applied and what was done by hand, from the journal."""

import re

import click

from idsync.cli.console import json_text, one_line
from idsync.cli.exit_codes import ExitCode
from idsync.cli.invocation import Invocation, common_options, pass_invocation
from idsync.cli.options import format_option
from idsync.cli.workspaces import workspace
from idsync.errors import StoreError, UsageError
from idsync.history.past_states import no_such_run
from idsync.model.journal import Head, Verification, bodies_named
from idsync.render.history import render_json, render_run, render_text
from idsync.render.journal_names import has_title, lists_named, told_names
from idsync.render.style import COLOUR, PLAIN
from idsync.stores.protocol import Access

_PRINT = "print"
_HEAD = re.compile(r"(\d{1,18}):([0-9a-f]{64})")


def _number_of_run(_context: click.Context, _parameter: click.Parameter, text: str | None) -> int | None:
    """The number that RUN is; raises UsageError for any other text."""
    if text is None:
        return None
    number = text.removeprefix("#")
    if not (number.isascii() and number.isdigit() and len(number) <= 18 and int(number) > 0):
        raise UsageError(
            f"{one_line(text)[:100]!r} is not the number of a run.",
            why="RUN is a number, counted from 1.",
            fix="`idsync history` lists every run with its number.",
        )
    return int(number)


@click.command("history")
@click.argument("run", metavar="[RUN]", required=False, callback=_number_of_run)
@click.option("--verify", is_flag=True, help="Check that the journal is as it was written, entry by entry, to its end.")
@click.option(
    "--head",
    metavar="[HEAD]",
    is_flag=False,
    flag_value=_PRINT,
    help="Print where the journal ends, to be kept elsewhere; with --verify, check that it goes on from there.",
)
@format_option("text", "json")
@common_options()
@pass_invocation
def command(invocation: Invocation, run: int | None, verify: bool, head: str | None, form: str) -> ExitCode:
    """Show what was applied, when and by whom, the newest first; with RUN, every step of that run."""
    kept = _kept_head(head, verify=verify)
    place = workspace(invocation)
    style = COLOUR if invocation.console.colour else PLAIN
    with place.store(Access.READ) as store:
        if verify:
            return _verified(invocation, store.verify(kept), form)
        if head is not None:
            return _tell_head(invocation, store.journal.head(), form)
        entries = list(store.journal.headlines() if run is None else store.journal.entries(run))
        told_by_bodies = entries if form == "json" else [each for each in entries if has_title(each.entry)]
        bodies = store.bodies.find({name for each in told_by_bodies for name in bodies_named(each.entry)})
        lists = place.target(store).access_lists(lists_named(entries))
    if run is not None and not entries:
        raise no_such_run(run)
    if form == "json":
        invocation.console.result(render_json(entries, bodies))
    else:
        told = told_names(entries, bodies, {name: found.spec.title for name, found in lists.items()})
        render = render_text if run is None else render_run
        invocation.console.result(render(entries, style, told))
    return ExitCode.DONE


def _kept_head(text: str | None, *, verify: bool) -> Head | None:
    """The head that was printed earlier and is given now; raises UsageError for any other text."""
    if text is None or text == _PRINT:
        if text == _PRINT and verify:
            raise UsageError(
                "--verify --head needs the head to check against.",
                fix="Give what `idsync history --head` printed earlier.",
            )
        return None
    if not verify:
        raise UsageError(
            f"--head {one_line(text)} is for --verify.",
            fix="Write `idsync history --verify --head HEAD`, or --head alone.",
        )
    found = _HEAD.fullmatch(text)
    if found is None:
        raise UsageError(
            f"{one_line(text)[:100]!r} is not the head of a journal.",
            why="A head is a number of entries, a colon and 64 hexadecimal digits.",
            fix="Give what `idsync history --head` printed earlier.",
        )
    return Head(int(found[1]), found[2])


def _tell_head(invocation: Invocation, head: Head, form: str) -> ExitCode:
    told = json_text({"entries": head.entries, "head": str(head)}) if form == "json" else str(head)
    invocation.console.result(told)
    return ExitCode.DONE


def _verified(invocation: Invocation, verdict: Verification, form: str) -> ExitCode:
    if form == "json":
        invocation.console.result(json_text(verdict))
    elif verdict.broken_at is None:
        invocation.console.line(f"The journal is whole: {verdict.entries:,} entries, each chained to the one before.")
    if verdict.broken_at is not None:
        raise StoreError(
            f"The journal is not as it was written: {verdict.why}.",
            why="Somebody changed the store past idsync, or the file is damaged.",
            fix="Compare with a backup of the store; what follows this entry cannot be trusted.",
        )
    return ExitCode.DONE
