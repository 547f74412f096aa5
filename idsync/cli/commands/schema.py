"""`idsync schema NAME`: print a published JSON Schema."""

from importlib import resources

import click

from idsync.cli.exit_codes import ExitCode
from idsync.cli.invocation import Invocation, common_options, pass_invocation

SCHEMAS = {
    "config": ("idsync.config", "config.v1.schema.json"),
    "snapshot": ("idsync.sources", "snapshot.v1.schema.json"),
    "plan": ("idsync.plan", "plan.v1.schema.json"),
}


@click.command("schema")
@click.argument("name", metavar="config|snapshot|plan", type=click.Choice(list(SCHEMAS)))
@common_options()
@pass_invocation
def command(invocation: Invocation, name: str) -> ExitCode:
    """Print the JSON Schema of configuration documents, snapshot files or plan files."""
    package, file = SCHEMAS[name]
    invocation.console.result(resources.files(package).joinpath(file).read_text("utf-8"))
    return ExitCode.DONE
