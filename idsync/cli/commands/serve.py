"""`idsync serve`: keep the directory right, by SCIM push and by pull."""

import signal
import time
from importlib.util import find_spec

import click

from idsync.bootstrap import Workspace
from idsync.cli.exit_codes import ExitCode
from idsync.cli.invocation import Invocation, common_options, pass_invocation
from idsync.cli.workspaces import workspace
from idsync.config.settings import OktaSource
from idsync.errors import UsageError
from idsync.model.times import format_time
from idsync.stores.protocol import Access

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
    from idsync.server.application import SCIM_BASES, application
    from idsync.server.configured import Configured
    from idsync.server.hooks import EventHooks
    from idsync.server.logs import LOG, set_up_logs
    from idsync.server.metrics import Metrics
    from idsync.server.page.pages import SIGN_INS_A_MINUTE, StatusPage
    from idsync.server.page.sessions import Sessions, status_tokens
    from idsync.server.presence import Presence, wait_for_older
    from idsync.server.reconciler import Reconciler
    from idsync.server.request_rate import RequestRate
    from idsync.server.scim.endpoint import ScimEndpoint
    from idsync.server.serving import Listening, serve
    from idsync.server.wakes import Wakes
    from idsync.server.worker import Worker

    as_json = invocation.console.json_log
    set_up_logs(as_json=as_json)
    place = workspace(invocation)
    service = place.settings.service
    configured = Configured(place, invocation.config)
    listening = Listening(host or service.host, service.port if port is None else port, service, place.directory)
    holder = place.holder(format_time(place.now()))
    wait_for_older(lambda: place.store(Access.WRITE), time.sleep)
    presence = Presence(lambda: place.store(Access.WRITE), holder)
    presence.start()
    worker = Worker(lambda: place.store(Access.WRITE), "local", holder, time.sleep)
    worker.start()
    reconciler = Reconciler(invocation.config, as_json=as_json)
    wakes = Wakes(place.listen, reconciler.call)
    wakes.start()
    scim = ScimEndpoint(
        place.settings.integration.name,
        worker,
        in_force=lambda store: configured.for_pushes(store)[0],
        applies=lambda store: configured.for_pushes(store)[1],
        call=reconciler.call,
        clock=place.now,
        body_limit=service.body_limit,
        rate=RequestRate(lambda: configured.files.settings.service.requests_a_minute, time.monotonic),
    )
    base = SCIM_BASES[0].format(integration=place.settings.integration.name)
    app = application(
        scim,
        worker,
        EventHooks(lambda: _hook_secret(configured.files), reconciler.call),
        Metrics(),
        StatusPage(
            worker,
            files=lambda: configured.files,
            open_store=lambda: place.store(Access.READ),
            in_force=configured.in_force,
            sessions=Sessions(lambda: status_tokens(configured.files), place.now),
            signing_in=RequestRate(lambda: SIGN_INS_A_MINUTE, time.monotonic),
            call=reconciler.call,
            reconciles=lambda: reconciler.is_alive,
        ),
        reconciles=lambda: reconciler.is_alive,
        keys=configured.public_keys,
        pauses=lambda: _pauses(configured.files),
    )

    def started(at: int) -> None:
        scheme = "http" if service.tls is None else "https"
        LOG.info("Serving SCIM at %s://%s:%s%s", scheme, listening.host, at, base)
        if hung_up:
            reload()

    def reload() -> None:
        from idsync.errors import ConfigError

        try:
            configured.reload()
        except ConfigError as error:
            first = next(iter(error.diagnostics), error)
            LOG.error("The configuration is invalid; the one from before stays: %s", first)
        else:
            LOG.info("The configuration was read again.")
            reconciler.reload()

    try:
        serve(app, listening, started=started, reload=reload, ending=scim.end)
    finally:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # what is under way ends in its time
        wakes.stop()
        reconciler.stop()
        worker.stop()
        presence.stop()
    if presence.failure is not None:
        raise presence.failure
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


def _pauses(place: Workspace) -> dict[str, float]:
    """Seconds between two passes by kind, as the loop has them; ticks are made where Okta is read."""
    integration = place.settings.integration
    pauses = {"full": float(integration.interval)}
    if integration.pulls and isinstance(integration.source, OktaSource):
        pauses["tick"] = float(place.settings.service.tick)
    return pauses


def _hook_secret(place: Workspace) -> str | None:
    reference = place.settings.service.hook_secret
    return None if reference is None else place.service_secret(reference)
