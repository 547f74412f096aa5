"""Clients that are slow, endless or no clients at all: each is answered or left in time, and the next one is served."""

import asyncio
import gc
import json
import socket
import struct
import time
import weakref
from collections.abc import Iterator

import pytest

from idsync.server import connections
from idsync.server.connections import BoundedProtocol
from tests.server.conftest import BASE, Served
from tests.server.listening import ERROR, FAST, Live, answer_on, live
from tests.server.test_scim_door import user

LATE = FAST * 12
"""So soon at the latest, on a busy machine, a slow client is left."""


@pytest.fixture
def door(service: Served, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    """A service that listens, which serves as before when the test is over."""
    with live(service, monkeypatch) as running:
        yield running
        assert running.asks().code == 200
        assert running.logged.failures == []


def body_of(name: str) -> bytes:
    """A user, as bytes."""
    return json.dumps(user(name)).encode()


def is_left_though_it_sends(connection: socket.socket, piece: bytes) -> bool:
    """Whether the service ends a connection on which something comes all the time."""
    since = time.monotonic()
    while time.monotonic() - since < LATE:
        try:
            connection.sendall(piece)
        except OSError:
            return True
        time.sleep(FAST / 10)
    return False


@pytest.mark.parametrize(
    "begun",
    [b"", b"GET /healthz HTTP/1.1\r\nHost: x\r\n", b"GET /heal", b"\r\n\r\n", b"GET / HTTP/1.1\r\nX: "],
    ids=["nothing", "a head without an end", "half a line", "empty lines", "half a header"],
)
def test_a_client_that_sends_no_whole_head_is_left(door: Live, begun: bytes) -> None:
    with door.connect() as connection:
        connection.sendall(begun)
        since = time.monotonic()
        assert answer_on(connection).ended
        assert time.monotonic() - since < LATE


@pytest.mark.parametrize("piece", [b"X-A: b\r\n", b"x"], ids=["a header at a time", "a byte at a time"])
def test_a_head_that_dribbles_is_left_however_often_it_moves(door: Live, piece: bytes) -> None:
    with door.connect() as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nX-")
        assert is_left_though_it_sends(connection, piece)


def test_empty_lines_between_requests_keep_no_connection(door: Live) -> None:
    with door.connect() as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert answer_on(connection).code == 200
        assert is_left_though_it_sends(connection, b"\r\n")


def test_a_body_that_dribbles_is_408_and_then_left(door: Live) -> None:
    with door.connect() as connection:
        head = (
            f"POST {BASE}/Users HTTP/1.1\r\nAuthorization: Bearer {door.service.token}\r\nContent-Length: 1000\r\n\r\n"
        )
        connection.sendall(head.encode() + b"{")
        answer = answer_on(connection)
        assert (answer.code, answer.body["status"]) == (408, "408")
        assert answer_on(connection).ended


@pytest.mark.parametrize("path", ["/sign-in", "/hooks/okta", "/nothing"])
def test_a_slow_body_elsewhere_is_left_too(door: Live, path: str) -> None:
    with door.connect() as connection:
        connection.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\na=".encode())
        since = time.monotonic()
        while not answer_on(connection).ended:
            assert time.monotonic() - since < LATE


def test_a_client_that_goes_away_in_its_body_is_not_a_failure_of_ours(door: Live) -> None:
    with door.connect() as connection:
        bearer = f"Authorization: Bearer {door.service.token}"
        connection.sendall(f"POST {BASE}/Users HTTP/1.1\r\n{bearer}\r\nContent-Length: 1000\r\n\r\n{{".encode())
    ends = time.monotonic() + LATE
    while not (codes := door.logged.codes) and time.monotonic() < ends:
        time.sleep(0.02)
    assert codes == [499]


def test_a_client_that_does_not_take_its_answer_is_left(door: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        name = f"p{number}@x.com"
        made = door.service.http.post(
            f"{BASE}/Users",
            headers={"Authorization": f"Bearer {door.service.token}"},
            json=user(name, about="x" * 250_000),
        )
        assert made.status_code == 201
    with door.connect() as connection:
        request = (
            f"GET {BASE}/Users HTTP/1.1\r\nAuthorization: Bearer {door.service.token}\r\nConnection: close\r\n\r\n"
        )
        monkeypatch.setattr(connections, "ANSWER_SECONDS", FAST)
        connection.sendall(request.encode())
        time.sleep(FAST * 6)
        taken = 0
        try:
            while piece := connection.recv(1 << 20):
                taken += len(piece)
        except ConnectionError:
            pass
    assert taken < 5_000_000, "the rest was dropped, and not kept for a client that does not read"


@pytest.mark.parametrize("answered", [True, False], ids=["after the answer", "before the answer"])
def test_of_a_client_that_broke_off_nothing_is_held(
    door: Live, answered: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, made = weakref.WeakSet[BoundedProtocol](), BoundedProtocol.connection_made

    def connection_made(protocol: BoundedProtocol, transport: asyncio.Transport) -> None:
        held.add(protocol)
        made(protocol, transport)

    monkeypatch.setattr(BoundedProtocol, "connection_made", connection_made)
    request = f"GET {BASE}/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {door.service.token}\r\n\r\n"
    for _ in range(20):
        with door.connect() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.sendall(request.encode())
            if answered:
                assert answer_on(connection).code == 200
    since = time.monotonic()
    while len(held) > 1 and time.monotonic() - since < LATE:  # a variable of the loop may name the last one
        time.sleep(FAST / 10)
        gc.collect()
    assert len(held) <= 1


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nX-A: " + b"a" * 100_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X-A: a\r\n" * 20_000 + b"\r\n",
        b"GET /?" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nX-A: " + b"a" * 10_000_000,
    ],
    ids=["one header", "many headers", "a long address", "without an end"],
)
def test_a_head_over_the_limit_is_431(door: Live, head: bytes) -> None:
    answer = door.sends(head)
    assert (answer.code, answer.body["schemas"]) == (431, [ERROR])


@pytest.mark.parametrize(
    "head",
    [
        "Content-Length: -1",
        "Content-Length: 3x",
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 9" + "9" * 30,
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: gzip",
        "X Y: z",
        "X-A: a\x00b",
    ],
)
def test_a_head_that_is_not_http_is_400(door: Live, head: str) -> None:
    answer = door.asks(body_of("ann@x.com"), method="POST", head=head + "\r\n")
    assert (answer.code, answer.body["schemas"]) == (400, [ERROR])
    assert door.service.directory().users == {}


@pytest.mark.parametrize(
    "chunk", [b"ZZ\r\nabc\r\n", b"-1\r\n", b"ffffffffffffffffffff\r\n", b"5\r\nabcdefgh\r\n0\r\n\r\n"]
)
def test_chunks_that_are_none_are_400(door: Live, chunk: bytes) -> None:
    assert door.asks(chunk, method="POST", head="Transfer-Encoding: chunked\r\n").code == 400


@pytest.mark.parametrize(
    "first", [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"SSH-2.0-x\r\n", b"PRI * HTTP/2.0\r\n\r\n"]
)
def test_what_is_not_http_at_all_is_refused(door: Live, first: bytes) -> None:
    answer = door.sends(first)
    assert answer.code in (0, 400)


def test_bodies_in_chunks_and_too_short_or_too_long_ones(door: Live) -> None:
    body = body_of("ann@x.com")
    pieces = [b"%x\r\n%s\r\n" % (1, body[place : place + 1]) for place in range(len(body))]
    assert door.asks(*pieces, b"0\r\n\r\n", method="POST", head="Transfer-Encoding: chunked\r\n").code == 201
    assert door.asks(body, method="POST", head="Content-Length: 10\r\n").code == 400, "the rest is not a request"
    missing = door.asks(method="POST")
    assert (missing.code, missing.body["scimType"]) == (400, "invalidSyntax")


@pytest.mark.parametrize("token", ["", "wrong"])
def test_a_hundred_megabytes_are_refused_before_they_are_there(door: Live, token: str) -> None:
    bearer = f"Bearer {token}" if token else f"Bearer {door.service.token}"
    piece = b"10000\r\n" + b" " * (1 << 16) + b"\r\n"
    chunked = "Transfer-Encoding: chunked"
    for length, sent in ((f"Content-Length: {100 << 20}", b" " * (1 << 16)), (chunked, piece)):
        head = f"POST {BASE}/Users HTTP/1.1\r\nHost: x\r\nAuthorization: {bearer}\r\n{length}\r\n\r\n"
        answer = door.sends(head.encode(), *[sent] * 1600)
        assert answer.code in ((401,) if token else (413, 0)), "it may be gone before the client has read why"


def test_more_connections_than_there_may_be_are_refused(door: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MOST_CONNECTIONS", 3)
    monkeypatch.setattr(connections, "HEAD_SECONDS", 30.0)
    held = [door.connect() for _ in range(3)]
    try:
        for connection in held:
            connection.sendall(b"GET /healthz HTTP/1.1\r\n")
        time.sleep(FAST)
        answer = door.sends(b"GET /healthz HTTP/1.1\r\n\r\n")
        assert answer.code in (503, 0)
    finally:
        for connection in held:
            connection.close()
    time.sleep(FAST)


@pytest.mark.parametrize("upgrade", ["websocket", "h2c"])
def test_another_protocol_is_not_spoken(door: Live, upgrade: str) -> None:
    answer = door.asks(
        head=f"Connection: Upgrade\r\nUpgrade: {upgrade}\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    )
    assert answer.code in (200, 400, 401)


def test_dots_in_a_path_lead_nowhere(door: Live) -> None:
    for path in (f"{BASE}/Users/../Groups", f"{BASE}/../other/Users", f"{BASE}/./Users", f"{BASE}/../okta/Users"):
        answer = door.asks(path=path)
        assert (answer.code, answer.body["schemas"]) == (404, [ERROR])
    assert door.asks(path=f"http://evil.example{BASE}/Users").code == 200, "an address with its host is RFC 9112's"
    assert door.asks(path=f"/{BASE}/Users").code == 404
