"""A server on a socket that says whatever a test lets it say, byte by byte, and remembers what it was asked."""

import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress

Speech = Callable[[str], Iterable[bytes]]
"""What is said to a request for a path, in pieces; between two pieces the server may take its time."""

APP = "0oahostile"
ROWS: dict[str, bytes] = {
    "/api/v1/apps": b'[{"id":"0oahostile","label":"Teleport","name":"t","status":"ACTIVE"}]',
    f"/api/v1/apps/{APP}": b'{"id":"0oahostile","label":"Teleport","name":"t","status":"ACTIVE"}',
    f"/api/v1/apps/{APP}/users": b'[{"id":"00u1","scope":"USER","credentials":{"userName":"a@b"},"profile":{},'
    b'"_embedded":{"user":{"id":"00u1","status":"ACTIVE","profile":{"login":"a@b"}}}}]',
    "/api/v1/groups": b'[{"id":"00g1","type":"OKTA_GROUP","profile":{"name":"eng"}}]',
    "/api/v1/groups/00g1/users": b'[{"id":"00u1","status":"ACTIVE"}]',
}
"""A whole organization of one person and one group, path by path."""


def answer(body: bytes, *headers: str, status: str = "200 OK", kind: str = "application/json") -> bytes:
    """A whole response."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


class Hostile:
    """What the server says to each path, and the requests that it got, as they came."""

    def __init__(self, speech: Speech) -> None:
        self.speech = speech
        self.requests: list[bytes] = []
        self.url = ""

    def serve(self, connection: socket.socket) -> None:
        """Answer one connection until somebody has enough."""
        with connection, suppress(OSError):
            connection.settimeout(30)
            while request := _head(connection):
                self.requests.append(request)
                path = request.split(b" ", 2)[1].decode("latin-1")
                for piece in self.speech(path):
                    connection.sendall(piece)


def _head(connection: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65536)
        if not piece:
            return b""
        received += piece
    return received


@contextmanager
def hostile(speech: Speech) -> Iterator[Hostile]:
    """A hostile server, for the time of a `with` block."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = Hostile(speech)
        server.url = f"http://127.0.0.1:{listening.getsockname()[1]}"

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    threading.Thread(target=server.serve, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield server
        finally:
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
