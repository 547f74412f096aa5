"""A way to the simulators of this process without a wire: what Okta's client of the package asks is a call.

It is as real as the wire where the wire is not what a test is about, and takes a third of the processor time. What
happens to a wire (a delay, a lost answer, a connection that breaks) happens on the real one.
"""

from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import httpx
from starlette.types import Message

from idsync.okta.transport import _Connections
from tests.okta_simulator.serving import served_at
from tests.okta_simulator.simulator import Simulator


@contextmanager
def short_ways() -> Iterator[None]:
    """As long as the block lasts, connections to a simulator that this process serves are short ways to it."""
    made = _Connections._add

    def add(connections: _Connections) -> httpx.BaseTransport:
        simulator = served_at(str(connections._url))
        return made(connections) if simulator is None else _ShortWay(simulator, lambda: made(connections))

    with mock.patch.object(_Connections, "_add", add):
        yield


class _ShortWay(httpx.BaseTransport):
    def __init__(self, simulator: Simulator, make_wire: Callable[[], httpx.BaseTransport]) -> None:
        self._simulator = simulator
        self._make_wire = make_wire
        self._wire: httpx.BaseTransport | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if not self._simulator.answers_at_once or served_at(self._simulator.base_url) is not self._simulator:
            self._wire = self._wire or self._make_wire()
            return self._wire.handle_request(request)
        body, answer = request.read(), list[Message]()

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            answer.append(message)

        _to_its_end(self._simulator(_scope(request), receive, send))
        content = b"".join(message.get("body", b"") for message in answer)
        return httpx.Response(answer[0]["status"], headers=answer[0]["headers"], stream=httpx.ByteStream(content))


def _scope(request: httpx.Request) -> dict[str, Any]:
    path, _, query = request.url.raw_path.partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.url.scheme,
        "path": request.url.path,
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": ("127.0.0.1", 0),
        "server": (request.url.host, request.url.port),
    }


def _to_its_end(called: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine to its end without an event loop: it never waits for anything but its turn."""
    try:
        while True:
            called.send(None)
    except StopIteration:
        return
