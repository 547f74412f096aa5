"""`idsync validate`: check the configuration and report every mistake of the whole tree at once."""

import click

from idsync.bootstrap import Workspace
from idsync.cli.exit_codes import ExitCode
from idsync.cli.invocation import Invocation, common_options, pass_invocation
from idsync.cli.options import format_option
from idsync.config.loader import load
from idsync.diagnostics import has_errors, in_reading_order
from idsync.errors import ConfigError
from idsync.render.diagnostics import count_words, render_diagnostics_json


@click.command("validate")
@click.option("--secrets", is_flag=True, help="Also fetch the secrets that it names, and see that they can be used.")
@format_option("text", "json")
@common_options()
@pass_invocation
def command(invocation: Invocation, secrets: bool, form: str) -> ExitCode:
    """Check the configuration. Every mistake is reported with its place, its reason and its remedy."""
    loaded = load(invocation.config)
    diagnostics = loaded.diagnostics
    if secrets and loaded.settings is not None:
        place = Workspace(loaded.settings, loaded.directory)
        diagnostics = in_reading_order((*diagnostics, *place.check_secrets()))
    invalid = has_errors(diagnostics)
    if form == "json":
        invocation.console.result(render_diagnostics_json(diagnostics))
        return ExitCode.CONFIG_INVALID if invalid else ExitCode.DONE
    if invalid:
        raise ConfigError(f"The configuration is invalid: {count_words(diagnostics)}.", diagnostics)
    invocation.console.diagnostics(diagnostics)
    noticed = f" ({count_words(diagnostics)})" if diagnostics else ""
    invocation.console.line(f"The configuration is valid{noticed}.")
    return ExitCode.DONE
