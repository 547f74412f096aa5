"""Listening: the web part in this process, what reconciles in another, until a signal ends both."""

import asyncio
import contextlib
import signal
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import uvicorn
import uvloop
from starlette.types import ASGIApp

from idsync.config.secret_references import FileSecret
from idsync.config.service import Service
from idsync.errors import SecretError, UsageError
from idsync.model.numbers import counted
from idsync.server.connections import BoundedProtocol
from idsync.server.logs import LOG

GRACE = 5.0
"""Seconds that requests under way have to end in, once the service is told to end; others are answered 503."""
LAST_ANSWERS = 1.0
"""Seconds that clients have to take that answer, before their connections are cut."""


@dataclass(frozen=True)
class Listening:
    """Where to listen, and how."""

    host: str
    port: int
    service: Service
    directory: Path


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, started: Callable[[int], None]) -> None:
        super().__init__(config)
        self._when_started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so: who waits for that word may ask at once."""
        await super().startup(sockets)
        if self.started:
            self._when_started(self.servers[0].sockets[0].getsockname()[1])

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more requests, and wait for those under way as long as they may take."""
        late = asyncio.create_task(self._break_off())
        await super().shutdown(sockets)
        late.cancel()

    async def _break_off(self) -> None:
        """End what is still under way once its time is over; what was cancelled is answered by `RequestLog`."""
        await asyncio.sleep(GRACE)
        late = max(len(self.server_state.connections), len(self.server_state.tasks))
        what = counted(late, "request was", "requests were")
        LOG.warning("%s still under way after %g seconds: answered 503, or cut.", what, GRACE)
        for task in tuple(self.server_state.tasks):
            task.cancel()
        await asyncio.sleep(LAST_ANSWERS)
        for connection in tuple(self.server_state.connections):
            connection.transport.abort()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to us: an end that was asked for is not a failure."""
        yield


def serve(
    app: ASGIApp,
    listening: Listening,
    *,
    started: Callable[[int], None],
    reload: Callable[[], None],
    ending: Callable[[], None] = lambda: None,
) -> None:
    """Answer until SIGTERM or SIGINT, then end what is being answered; SIGHUP calls `reload`.

    `started` is told the port once it listens, and `ending` is called once it is to end.

    Raises UsageError where nobody can listen there.
    """
    server = server_of(app, listening, started)
    uvloop.run(_run(server, reload, ending))
    if not server.started:
        raise UsageError(
            f"Nothing can listen at {listening.host}:{listening.port}.",
            why="The port is taken, or this machine does not have the address.",
            fix="Give another --host or --port, or end what listens there.",
        )


def server_of(app: ASGIApp, listening: Listening, started: Callable[[int], None] = lambda _: None) -> uvicorn.Server:
    """The server of an application, which does not listen yet; its connections are bounded.

    `started` is told the port once it listens. Raises as `_own_certificate` does.
    """
    service = listening.service
    certificate, key = _own_certificate(listening)
    config = uvicorn.Config(
        app,
        host=listening.host,
        port=listening.port,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        lifespan="on",
        http=BoundedProtocol,
        ws="none",
        timeout_keep_alive=75,
        proxy_headers=bool(service.trusted_proxies),
        forwarded_allow_ips=list(service.trusted_proxies) or None,
        ssl_certfile=certificate,
        ssl_keyfile=key,
    )
    return _Server(config, started)


async def _run(server: uvicorn.Server, reload: Callable[[], None], ending: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()

    def end() -> None:
        server.should_exit = True
        ending()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    loop.add_signal_handler(signal.SIGHUP, reload)
    with contextlib.suppress(SystemExit):  # how the library says that it cannot listen
        await server.serve()


def _own_certificate(listening: Listening) -> tuple[str, str] | tuple[None, None]:
    """The files of the service's own certificate and of its key, once they were tried; without one, nothing.

    Raises SecretError at its line where they cannot be used.
    """
    tls = listening.service.tls
    if tls is None:
        return None, None
    certificate = _readable(listening, "tls.certificate", tls.certificate)
    key = _readable(listening, "tls.key", tls.key)
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key, password=lambda: "")
    except OSError as refusal:
        raise SecretError(
            "The service cannot answer by https: its certificate and key cannot be used.",
            why=f"OpenSSL says: {refusal.strerror or refusal}.",
            fix="Let tls.certificate hold the certificate and its chain, and tls.key its private key, both as PEM and "
            "without a passphrase.",
            position=tls.certificate.position,
        ) from refusal
    return certificate, key


def _readable(listening: Listening, name: str, reference: FileSecret) -> str:
    path = listening.directory / reference.path
    try:
        path.open("rb").close()
    except OSError as refusal:
        raise SecretError(
            f"The file of {name}, {path}, cannot be read.",
            why=f"{refusal.strerror or refusal}.",
            fix="Put the file in place, and let the user who serves read it.",
            position=reference.position,
        ) from refusal
    return str(path)
