"""The ASGI application: SCIM at both base URLs, event hooks, the status page, metrics, and whether all is alive."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from idsync.apply.kept_back import kept_back
from idsync.errors import IdsyncError, StoreError
from idsync.reconcile.continuous.pass_reports import last_report
from idsync.reconcile.continuous.standing import last_standing
from idsync.server.hooks import EventHooks
from idsync.server.logs import LOG
from idsync.server.metrics import Metrics, Told
from idsync.server.page.pages import StatusPage
from idsync.server.request_log import RequestLog
from idsync.server.run_tally import RunTally
from idsync.server.scim.endpoint import ScimEndpoint
from idsync.server.worker import Worker
from idsync.stores.protocol import Store

SCIM_BASES = ("/scim/v2/{integration}", "/v1/webapi/scim/{integration}")
"""Where SCIM is served; the second is where instructions written for Teleport send Okta."""
GONE = 499
"""The code that several servers count such a request under."""
PASSES = ("full", "tick")


def application(
    scim: ScimEndpoint,
    worker: Worker,
    hooks: EventHooks | None = None,
    metrics: Metrics | None = None,
    page: StatusPage | None = None,
    *,
    reconciles: Callable[[], bool] = lambda: True,
    keys: Callable[[], list[dict[str, Any]]] = list,
    pauses: Callable[[], Mapping[str, float]] = dict,
) -> ASGIApp:
    """The application of one integration; the worker runs as long as it does.

    `keys` are JWKs to be shown, `pauses` the seconds between two passes of each kind.
    """
    measured, tally = metrics or Metrics(), RunTally()

    async def ready(_: Request) -> Response:
        try:
            await worker.read(_ready)
        except IdsyncError as error:
            LOG.error("Not ready: %s %s", error.summary, error.why)
            return PlainTextResponse("The store cannot be used now; the log says why.\n", 503)
        return PlainTextResponse("ready\n")

    async def public_keys(_: Request) -> Response:
        return JSONResponse({"keys": keys()}, headers={"Cache-Control": "public, max-age=300"})

    async def alive(_: Request) -> Response:
        return PlainTextResponse("alive\n")

    async def told(_: Request) -> Response:
        try:
            found, news = await worker.read(lambda store: (_told(store, pauses()), tally.news(store.journal)))
        except StoreError:  # what this process knows by itself is told all the same
            found, news = Told(reachable=False), []
        measured.take(news)
        measured.waiting.set(worker.waiting)
        measured.reconciling.set(float(reconciles()))
        return Response(measured.text(found), media_type="text/plain; version=0.0.4; charset=utf-8")

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        worker.stop()

    routes = [Route("/healthz", alive), Route("/readyz", ready), Route("/metrics", told)]
    routes.append(Route("/.well-known/jwks.json", public_keys))
    if hooks is not None:
        routes.append(Route("/hooks/okta", hooks.answer, methods=["GET", "POST"]))
    if page is not None:
        routes += page.routes()
    for base in SCIM_BASES:
        routes.append(Route(base, _AnyMethod(scim)))
        routes.append(Route(base + "/{path:rest}", _AnyMethod(scim)))
    handlers = {404: scim.not_found, ClientDisconnect: _gone, IdsyncError: _failed}
    return RequestLog(Starlette(routes=routes, lifespan=lifespan, exception_handlers=handlers), measured)


async def _gone(_: Request, __: Exception) -> Response:
    """What is counted where a client went away before its body was there; nobody reads it."""
    return Response(status_code=GONE)


async def _failed(_: Request, error: Exception) -> Response:
    """That something of ours cannot be read now, such as a secret; what, strangers are not told."""
    LOG.error("A request failed: %s", error)
    return PlainTextResponse("Not available now; the log says why.\n", 503)


class _Rest(Convertor[str]):
    """What is left of a path, line breaks included."""

    regex = "(?s:.*)"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("rest", _Rest())


class _AnyMethod:
    """Lets SCIM answer every method itself: one that there is not is refused in its words, once the token is known."""

    def __init__(self, scim: ScimEndpoint) -> None:
        self._scim = scim

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._scim.answer(Request(scope, receive))
        await response(scope, receive, send)


def _ready(store: Store) -> None:
    store.check_schema()
    store.runs.next_number()


def _told(store: Store, pauses: Mapping[str, float]) -> Told:
    reports = [(kind, last_report(store.facts, kind), last_report(store.facts, kind, good=True)) for kind in PASSES]
    return Told(reports, len(kept_back(store.facts, "local")), last_standing(store.facts), pauses)
