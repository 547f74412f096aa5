"""`idsync validate`: check the configuration and report every mistake of the whole tree at once."""

import os
from pathlib import Path

import click

from idsync.cli.exit_codes import ExitCode
from idsync.cli.invocation import Invocation, common_options, pass_invocation
from idsync.cli.options import format_option
from idsync.config.loader import load
from idsync.config.secrets import resolve, secret_references
from idsync.config.settings import Settings
from idsync.diagnostics import Diagnostic, has_errors, in_reading_order
from idsync.errors import ConfigError
from idsync.render.diagnostics import count_words, render_diagnostics_json


@click.command("validate")
@click.option("--secrets", is_flag=True, help="Also fetch the secrets that it names.")
@format_option("text", "json")
@common_options()
@pass_invocation
def command(invocation: Invocation, secrets: bool, form: str) -> ExitCode:
    """Check the configuration. Every mistake is reported with its place, its reason and its remedy."""
    loaded = load(invocation.config)
    diagnostics = loaded.diagnostics
    if secrets and loaded.settings is not None:
        diagnostics = in_reading_order((*diagnostics, *_secret_diagnostics(loaded.settings, loaded.directory)))
    invalid = has_errors(diagnostics)
    if form == "json":
        invocation.console.result(render_diagnostics_json(diagnostics))
        return ExitCode.CONFIG_INVALID if invalid else ExitCode.DONE
    if invalid:
        raise ConfigError(f"The configuration is invalid: {count_words(diagnostics)}.", diagnostics)
    invocation.console.diagnostics(diagnostics)
    noticed = f" ({count_words(diagnostics)})" if diagnostics else ""
    invocation.console.result(f"The configuration is valid{noticed}.")
    return ExitCode.DONE


def _secret_diagnostics(settings: Settings, directory: Path) -> list[Diagnostic]:
    references = secret_references(settings)
    return [found for reference in references for found in resolve(reference, os.environ, directory).diagnostics]
