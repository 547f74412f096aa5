"""A service that is told to end: what is under way ends in its time or is answered 503, and nothing looks a fault."""

import asyncio
import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
from starlette.types import Message, Receive, Scope, Send

from idsync.server import serving
from idsync.server.metrics import Metrics
from idsync.server.request_log import RequestLog
from tests.server.conftest import BASE, Served
from tests.server.listening import Live, answer_on, live
from tests.server.test_scim_door import user

FAST = 0.5


@pytest.fixture
def door(service: Served, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    """A service that listens, on which bodies may take long, and which ends soon."""
    with live(service, monkeypatch) as running:
        for name in ("connections.HEAD_SECONDS", "connections.BODY_SECONDS", "scim.endpoint.BODY_SECONDS"):
            monkeypatch.setattr(f"idsync.server.{name}", 60.0)
        monkeypatch.setattr(serving, "GRACE", FAST)
        monkeypatch.setattr(serving, "LAST_ANSWERS", FAST)
        yield running


def begun(door: Live, path: str = BASE + "/Users") -> tuple[socket.socket, bytes]:
    """A creation of which half the body is sent, and the rest of it."""
    body = json.dumps(user("slow@x.com")).encode()
    bearer = f"Authorization: Bearer {door.service.token}\r\nContent-Type: application/scim+json\r\n"
    connection = door.connect()
    connection.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\n{bearer}Content-Length: {len(body)}\r\n\r\n".encode())
    connection.sendall(body[:10])
    time.sleep(0.2)
    return connection, body[10:]


def warnings(door: Live) -> list[str]:
    """What was logged beside requests."""
    return [each.getMessage() for each in door.logged.records if each.levelno >= logging.WARNING]


def test_a_request_that_does_not_end_in_time_is_answered_503_and_told_in_one_line(door: Live) -> None:
    connection, _ = begun(door)
    with connection:
        since = time.monotonic()
        door.server.should_exit = True
        answer = answer_on(connection)
        assert FAST <= time.monotonic() - since < FAST * 8
        assert answer.code == 503
        assert b"retry-after: 5" in answer.raw.lower()
    door.ends()
    assert warnings(door) == ["1 request was still under way after 0.5 seconds: answered 503, or cut."]
    assert door.logged.codes == [503]
    assert not [each for each in door.logged.records if each.exc_info]


def test_one_that_ends_in_time_is_answered_and_kept(door: Live) -> None:
    connection, rest = begun(door)
    with connection:
        door.server.should_exit = True
        time.sleep(0.2)
        connection.sendall(rest)
        assert answer_on(connection).code == 201
    door.ends()
    assert warnings(door) == []
    assert "slow@x.com" in door.service.directory().users


def test_a_client_that_takes_no_answer_is_cut(door: Live) -> None:
    """Of a thousand pushes on one connection, none of whose answers is read."""
    with door.connect() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        head = f"GET {BASE}/Schemas HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {door.service.token}\r\n\r\n"
        sending = threading.Thread(target=lambda: _sends(connection, head.encode() * 2000), daemon=True)
        sending.start()
        time.sleep(1.0)
        since = time.monotonic()
        door.server.should_exit = True
        door.ends()
        assert time.monotonic() - since < FAST * 10
    sending.join(10)
    assert not [each for each in door.logged.records if each.exc_info]


def _sends(connection: socket.socket, content: bytes) -> None:
    with suppress(OSError):
        connection.sendall(content)


def test_a_cancelled_request_that_began_to_answer_says_nothing_more() -> None:
    sent: list[str] = []

    async def begins(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await asyncio.sleep(60)

    async def send(message: Message) -> None:
        sent.append(str(message["type"]))

    async def receive() -> Message:
        await asyncio.sleep(60)
        return {}

    async def cancelled() -> None:
        scope = {"type": "http", "path": "/", "method": "GET", "headers": []}
        task = asyncio.ensure_future(RequestLog(begins, Metrics())(scope, receive, send))
        await asyncio.sleep(0)
        task.cancel()
        await task

    asyncio.run(cancelled())
    assert sent == ["http.response.start"]
