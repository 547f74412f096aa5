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

from idsync.errors import IdsyncError
from idsync.server.hooks import EventHooks
from idsync.server.logs import LOG
from idsync.server.metrics import Metrics
from idsync.server.page.pages import StatusPage
from idsync.server.probes import Probes
from idsync.server.request_log import RequestLog
from idsync.server.scim.endpoint import ScimEndpoint
from idsync.server.worker import Worker

SCIM_BASES = ("/scim/v2/{integration}", "/v1/webapi/scim/{integration}")
"""Where SCIM is served; the second is where instructions written for Teleport send Okta."""
GONE = 499
"""The code that several servers count such a request under."""


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
    unkept: Callable[[], frozenset[str]] = frozenset,
) -> ASGIApp:
    """The application of one integration; the worker runs as long as it does.

    `keys` are JWKs to be shown, `pauses` the seconds between two passes of each kind, and `unkept` the kinds of which
    the last one failed without a word in the store.
    """
    measured = metrics or Metrics()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        worker.stop()

    async def public_keys(_: Request) -> Response:
        return JSONResponse({"keys": keys()}, headers={"Cache-Control": "public, max-age=300"})

    routes = Probes(worker, measured, reconciles, pauses, unkept).routes()
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
