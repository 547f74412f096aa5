"""`idsync serve`: keep the directory right, by SCIM push and by pull."""

import signal
from importlib.util import find_spec

import click

from idsync.cli.exit_codes import ExitCode
from idsync.cli.invocation import Invocation, common_options, pass_invocation
from idsync.cli.workspaces import workspace
from idsync.errors import UsageError

_LIBRARIES = ("scim2_server", "scim2_models", "starlette", "uvicorn", "uvloop", "jinja2", "prometheus_client")


@click.command("serve")
@click.option("--host", metavar="ADDRESS", help="Where to listen.  [default: what the Service document says]")
@click.option("--port", metavar="NUMBER", type=click.IntRange(0, 65535), help="The port there.")
@common_options()
@pass_invocation
def command(invocation: Invocation, host: str | None, port: int | None) -> ExitCode:
    """Serve SCIM 2.0 to Okta, read Okta in a loop, and keep the directory as both say.

    It ends, once what it does is done, on SIGTERM and Ctrl-C. SIGHUP lets it read the configuration again; one that
    comes while it starts does so once it has started.
    """
    hung_up: list[int] = []
    signal.signal(signal.SIGHUP, lambda number, _: hung_up.append(number))  # it would end a process that starts
    _check_libraries()
    from idsync.server.logs import LogForm, set_up_logs
    from idsync.server.running import run
    from idsync.server.serving import Listening

    form = LogForm(invocation.console.json_log, invocation.config_arguments)
    set_up_logs(form)
    place = workspace(invocation)
    service = place.settings.service
    listening = Listening(host or service.host, service.port if port is None else port, service, place.directory)
    run(place, invocation.config, listening, hung_up, form)
    return ExitCode.DONE


def _check_libraries() -> None:
    """Raise UsageError where the libraries of the service are not installed: an extra brings them."""
    missing = [name for name in _LIBRARIES if find_spec(name) is None]
    if missing:
        raise UsageError(
            "The libraries of the service are not installed.",
            why=f"Python does not find {', '.join(missing)}.",
            fix="Install idsync with its extra `serve`, in a checkout: pip install '.[serve]'",
        )
