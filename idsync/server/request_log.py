"""Every request has an id, is counted, and is a line in the log; nothing of its headers, query or body is."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from uuid import uuid4

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from idsync.server.logs import LOG
from idsync.server.metrics import Metrics

ID = "x-request-id"
_GOOD_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}\Z")
_SCIM = re.compile(r"/(?:scim/v2|v1/webapi/scim)/")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
_ENDS = PlainTextResponse("This service ends; ask again soon.\n", 503, {"Retry-After": "5"})


class RequestLog:
    """ASGI middleware around the whole service."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, count and log one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = dict(scope["headers"]).get(ID.encode(), b"")
        request_id = given.decode() if _GOOD_ID.match(given) else uuid4().hex
        codes: list[int] = []
        begun = time.perf_counter()
        sending = _with_id(send, request_id, codes)
        try:
            await self._app(scope, receive, sending)
        except asyncio.CancelledError:  # the service ends, and this did not end in time
            if not codes:
                await _ENDS(scope, receive, sending)
        finally:
            self._note(scope, request_id, codes[0] if codes else 500, time.perf_counter() - begun)

    def _note(self, scope: Scope, request_id: str, code: int, seconds: float) -> None:
        path = scope["path"]
        part = "scim" if _SCIM.match(path) else path.split("/")[1][:20] if path in _QUIET else "other"
        method = scope["method"] if scope["method"] in _METHODS else "other"  # strangers make no series of their own
        self._metrics.requests.labels(part, method, str(code)).inc()
        self._metrics.seconds.labels(part).observe(seconds)
        if path not in _QUIET:
            told = {"request_id": request_id, "method": scope["method"], "path": path[:200], "code": code}
            LOG.info("answered", extra=told | {"milliseconds": round(seconds * 1000, 1)})


def _with_id(send: Send, request_id: str, codes: list[int]) -> Callable[[Message], Awaitable[None]]:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            codes.append(message["status"])
            message["headers"] = [*message.get("headers", ()), (ID.encode(), request_id.encode())]
        await send(message)

    return sending
