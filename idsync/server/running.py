"""One service as a process: its parts, put together from a configuration, started, and ended in their order."""

import gc
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from starlette.types import ASGIApp

from idsync.bootstrap.workspace import Workspace
from idsync.config.settings import OktaSource
from idsync.errors import ConfigError
from idsync.model.times import format_time
from idsync.server.application import SCIM_BASES, application
from idsync.server.configured import Configured, refuse_foreign_store
from idsync.server.hooks import EventHooks
from idsync.server.logs import LOG, LogForm
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
from idsync.stores.protocol import Access

_NEW_OBJECTS = 5_000
"""So many more are made than freed before cycles are looked for among them."""


class _Parts(NamedTuple):
    """What runs beside the server of HTTP, and what answers pushes."""

    presence: Presence
    worker: Worker
    reconciler: Reconciler
    wakes: Wakes
    scim: ScimEndpoint
    page: StatusPage

    def end_soon(self) -> None:
        """Let nothing wait any longer that need not; this waits for nobody."""
        self.scim.end()
        self.page.end()
        self.worker.end()
        self.reconciler.end()

    def end(self) -> None:
        """End them, each once nothing needs it any more."""
        self.wakes.stop()
        self.reconciler.stop()
        self.worker.stop()
        self.presence.stop()


def run(place: Workspace, config: Path, listening: Listening, hung_up: list[int], form: LogForm) -> None:
    """Serve until told to end. `hung_up` has the SIGHUPs that came before it listened: the configuration is read again
    then. Raises what opening the store raises, and why another version ended it.
    """
    configured = Configured(place, config)
    parts = _started(place, config, configured, form)
    app = _application(configured, parts)

    def started(port: int) -> None:
        tell_address(place, listening, port)
        parts.presence.listens()
        if hung_up:
            reload()

    def reload() -> None:
        if _read_again(configured):
            parts.reconciler.reload()

    def end() -> None:
        LOG.info("Told to end: what is under way is finished first.")
        parts.end_soon()

    _free_what_no_command_would()
    try:
        serve(app, listening, started=started, reload=reload, ending=end)
    finally:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # what is under way ends in its time
        parts.end()
    if parts.presence.failure is not None:
        raise parts.presence.failure
    LOG.info("Ended.")


def _free_what_no_command_would() -> None:
    """Look for cycles of garbage from now on, such as each error leaves with the frames that it came through.

    A command leaves them to its end (`idsync/__main__.py`), which a service does not see for months. What is there by
    now stays, and is not looked through; nor is a batch of pushes, mostly, while it is made.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS)
    gc.enable()


def _started(place: Workspace, config: Path, configured: Configured, form: LogForm) -> _Parts:
    """The parts, started in their order, once the store is there and is that of this configuration."""
    holder = place.holder(format_time(place.now()))
    tell_if_new(place)
    wait_for_older(lambda: place.store(Access.WRITE), time.sleep)
    with place.store(Access.READ) as store:
        refuse_foreign_store(place, store)
    tell_missing_secrets(place)
    presence = Presence(lambda: place.store(Access.REMEMBER), holder)  # from here on nobody makes another store
    presence.start()
    worker = Worker(lambda: place.store(Access.REMEMBER), "local", holder, time.sleep)
    worker.when_replaced.append(presence.end)
    worker.start()
    reconciler = Reconciler(config, place.settings.integration, form, lambda: configured.taken)
    wakes = Wakes(place.listen, reconciler.call)
    wakes.start()
    scim = _scim(place, configured, worker, reconciler)
    page = _page(place, configured, worker, reconciler, form.options)
    return _Parts(presence, worker, reconciler, wakes, scim, page)


def _application(configured: Configured, parts: _Parts) -> ASGIApp:
    """What answers over HTTP."""
    worker, reconciler = parts.worker, parts.reconciler
    return application(
        parts.scim,
        worker,
        EventHooks(lambda: _hook_secret(configured.files), reconciler.call),
        Metrics(),
        parts.page,
        reconciles=lambda: reconciler.is_alive,
        keys=configured.public_keys,
        pauses=lambda: pauses(configured.files),
        unkept=lambda: reconciler.unkept,
    )


def _scim(place: Workspace, configured: Configured, worker: Worker, reconciler: Reconciler) -> ScimEndpoint:
    """What answers pushes."""
    return ScimEndpoint(
        place.settings.integration.name,
        worker,
        in_force=lambda store: configured.for_pushes(store)[0],
        applies=lambda store: configured.for_pushes(store)[1],
        call=reconciler.call,
        public_url=lambda: configured.files.settings.service.public_url,
        body_limit=place.settings.service.body_limit,
        rate=RequestRate(lambda: configured.files.settings.service.requests_a_minute, time.monotonic),
    )


def _page(
    place: Workspace, configured: Configured, worker: Worker, reconciler: Reconciler, options: Sequence[str]
) -> StatusPage:
    """What people look at."""
    return StatusPage(
        worker,
        files=lambda: configured.files,
        open_store=lambda: place.store(Access.REMEMBER),  # one that is missing is an error here
        in_force=configured.in_force,
        sessions=Sessions(lambda: status_tokens(configured.files), place.now),
        signing_in=RequestRate(lambda: SIGN_INS_A_MINUTE, time.monotonic),
        call=reconciler.call,
        reconciles=lambda: reconciler.is_alive,
        unkept=lambda: reconciler.unkept,
        options=options,
    )


def tell_if_new(place: Workspace) -> None:
    """Say in the log where the store is still to be made: one that was lost is made again as an empty one."""
    if not place.has_store():
        LOG.warning(
            "The store is new, and empty: who left before is not known in it, nor any token. If there was one, end "
            "this service, and restore it from a backup."
        )


def tell_missing_secrets(place: Workspace) -> None:
    """Say in the log which secrets of the service cannot be read: it serves without them what needs none of them."""
    for error in place.secrets.missing(place.settings.service.secrets):
        LOG.warning("%s", error.in_full)


def tell_address(place: Workspace, listening: Listening, port: int) -> None:
    """Say in the log where it serves, and that pushes are refused there where the files do not ask for any."""
    scheme = "http" if place.settings.service.tls is None else "https"
    base = SCIM_BASES[0].format(integration=place.settings.integration.name)
    LOG.info("Serving SCIM at %s://%s:%s%s", scheme, listening.host, port, base)
    if not place.settings.integration.sync.scim:
        LOG.info("SCIM is off: a push there is answered 403 until `sync: {scim: true}` is applied.")


def _first_of(error: ConfigError) -> str:
    """What is wrong first, how to repair it, and how many more there are."""
    if not error.diagnostics:
        return error.in_full
    first, *more = error.diagnostics
    others = f" `idsync validate` tells {len(more)} more." if more else ""
    return f"{first}. {first.fix}{others}"


def _read_again(configured: Configured) -> bool:
    """Whether the configuration could be read again; else the one from before stays."""
    try:
        configured.reload()
    except ConfigError as error:
        LOG.error("The configuration is not taken; the one from before stays: %s", _first_of(error))
        return False
    LOG.info("The configuration was read again.")
    tell_missing_secrets(configured.files)
    return True


def pauses(place: Workspace) -> dict[str, float]:
    """Seconds between two passes by kind, as the loop has them; ticks are made where Okta is read."""
    integration = place.settings.integration
    lasting = {"full": float(integration.interval)}
    if integration.pulls and isinstance(integration.source, OktaSource):
        lasting["tick"] = float(place.settings.service.tick)
    return lasting


def _hook_secret(place: Workspace) -> str | None:
    reference = place.settings.service.hook_secret
    return None if reference is None else place.secrets.reveal(reference)
