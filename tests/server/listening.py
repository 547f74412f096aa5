"""The service on a socket of its own, within the test's process, with clocks that run fast; and what it logs."""

import asyncio
import json
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn

from idsync.config.service import Service
from idsync.server import connections
from idsync.server.logs import LOG
from idsync.server.scim import endpoint
from idsync.server.serving import Listening, server_of
from tests.server.conftest import BASE, Served

FAST = 0.3
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


class Logged(logging.Handler):
    """What was logged by the service and by the library that listens."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.records.append(record)

    @property
    def codes(self) -> list[int]:
        """Of the requests that were answered."""
        return [vars(each)["code"] for each in self.records if "code" in vars(each)]

    @property
    def failures(self) -> list[str]:
        """What speaks of a failure of ours."""
        bad = [each for each in self.records if each.exc_info or each.levelno >= logging.ERROR]
        return [f"{each.getMessage()} {vars(each)}" for each in bad] + ["500" for code in self.codes if code == 500]


@dataclass
class Answer:
    """What came back on a connection: nothing where it was closed without a word."""

    raw: bytes
    ended: bool

    @property
    def code(self) -> int:
        """The status; 0 where there is none."""
        return int(self.raw.split(b" ", 2)[1]) if self.raw.startswith(b"HTTP/") else 0

    @property
    def body(self) -> Any:
        """The JSON of the body."""
        return json.loads(self.raw.partition(b"\r\n\r\n")[2])


@dataclass
class Live:
    """A service that listens."""

    service: Served
    port: int
    server: uvicorn.Server
    thread: threading.Thread
    logged: Logged = field(default_factory=Logged)

    def ends(self) -> None:
        """Let it end, and wait for that."""
        self.server.should_exit = True
        self.thread.join(20)
        assert not self.thread.is_alive()

    def connect(self) -> socket.socket:
        """A connection to it, which waits ten seconds at most."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def asks(self, *pieces: bytes, method: str = "GET", path: str = BASE + "/Users", head: str = "") -> Answer:
        """The answer to a request with a good token, whose pieces follow its head."""
        bearer = f"Authorization: Bearer {self.service.token}\r\nContent-Type: application/scim+json\r\n"
        return self.sends(f"{method} {path} HTTP/1.1\r\nHost: x\r\n{bearer}{head}\r\n".encode(), *pieces)

    def sends(self, *pieces: bytes) -> Answer:
        """The answer to these bytes."""
        with self.connect() as connection:
            for piece in pieces:
                try:
                    connection.sendall(piece)
                except OSError:  # it had enough, and may have said why
                    break
            return answer_on(connection)


def answer_on(connection: socket.socket) -> Answer:
    """What comes until a whole answer is there, or the connection ends."""
    told = b""
    while True:
        try:
            piece = connection.recv(1 << 16)
        except ConnectionError:
            return Answer(told, True)
        except TimeoutError:
            return Answer(told, False)
        if not piece:
            return Answer(told, True)
        told += piece
        head, _, body = told.partition(b"\r\n\r\n")
        sizes = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")]
        if sizes and len(body) >= int(sizes[0]):
            return Answer(told, False)


@contextmanager
def live(service: Served, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    """The service on a socket as long as the block lasts; slow clients are slow after a third of a second."""
    for name in ("HEAD_SECONDS", "LINGER_SECONDS"):
        monkeypatch.setattr(connections, name, FAST)
    monkeypatch.setattr(connections, "BODY_SECONDS", FAST * 3)
    monkeypatch.setattr(endpoint, "BODY_SECONDS", FAST)
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    server = server_of(service.http.app, Listening("127.0.0.1", port, Service(), service.path.parent))
    server.config.lifespan = "off"  # the client without a socket has it
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])), daemon=True)
    running = Live(service, port, server, thread)
    logs = [LOG, logging.getLogger("uvicorn.error")]
    levels = [log.level for log in logs]
    for log in logs:
        log.addHandler(running.logged)
        log.setLevel(logging.INFO)
    thread.start()
    try:
        yield running
    finally:
        running.ends()
        listener.close()
        for log, level in zip(logs, levels, strict=True):
            log.removeHandler(running.logged)
            log.setLevel(level)
