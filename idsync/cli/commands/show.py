"""`idsync show PLAN`: show a plan file as it was shown when it was made."""

from pathlib import Path

import click

from idsync.cli.exit_codes import ExitCode
from idsync.cli.invocation import Invocation, common_options, pass_invocation
from idsync.cli.options import detail_option, format_option, link_options, links_to
from idsync.cli.plans import FORMATS, plan_text, read_plan
from idsync.cli.sanitizing import check_key_file, redact_options, redaction_key


@click.command("show")
@click.argument("plan", metavar="PLAN", type=click.Path(path_type=Path))
@format_option(*FORMATS)
@redact_options
@detail_option
@link_options
@common_options()
@pass_invocation
def command(
    invocation: Invocation,
    plan: Path,
    form: str,
    redact: bool,
    key_file: Path | None,
    detail: bool,
    link_config: str,
    link_run: str,
    link_plan: str,
) -> ExitCode:
    """Show a plan file. A file that is not as `plan -o` wrote it is refused."""
    check_key_file(key_file, sanitized=redact, option="--redact")
    links = links_to(link_config, link_run, link_plan)
    key = redaction_key(invocation, key_file) if redact else None
    told = plan_text(read_plan(plan), form, invocation, kept=plan, key=key, detail=detail, links=links)
    invocation.console.result(told, exact=form == "json")
    return ExitCode.DONE
