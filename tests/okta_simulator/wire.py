"""Answers that break off: the connection closes without one, or in the middle of one."""

import asyncio

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

_TRANSPORT = "okta_simulator.transport"


async def with_transport(application: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Run the application with the connection's transport at hand; uvicorn's `send` is a method of its owner."""
    scope[_TRANSPORT] = getattr(getattr(send, "__self__", None), "transport", None)
    await application(scope, receive, send)


def _transport(scope: Scope) -> asyncio.Transport:
    transport = scope[_TRANSPORT]
    if not isinstance(transport, asyncio.Transport):
        raise RuntimeError("this server gives no access to its connections; serve the simulator with `running`")
    return transport


class Dropped(Response):
    """No answer at all: the connection is reset."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        _transport(scope).abort()
        await receive()


class Truncated(Response):
    """The whole length announced, half of the body sent, the connection closed."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        half = bytes(self.body[: len(self.body) // 2])
        await send({"type": "http.response.body", "body": half, "more_body": True})
        _transport(scope).close()
        await receive()
