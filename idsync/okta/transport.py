"""One HTTP request and its response: bounded in size and time, never redirected, cut off when the work is given up."""

import contextlib
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Iterator
from typing import Any, Literal

import httpx
import msgspec

from idsync import __version__
from idsync.okta.environment import usable_environment
from idsync.okta.headers import Headers

Method = Literal["GET", "POST", "PUT", "DELETE"]
LARGEST_ANSWER = 64 << 20
LONGEST_ANSWER = 600.0
_LOOK_EVERY = 1.0
_SILENCE, _CONNECTING = 300.0, 20.0
"""Seconds without a byte, and to reach the host, after which a request is given up."""
_HEADERS = {
    "User-Agent": f"idsync/{__version__}",
    "Accept": "application/json",
    "Accept-Encoding": "gzip",  # the one coding that is undone within bounds
    "Connection": "keep-alive",
}


class Answer(msgspec.Struct, frozen=True):
    """A response, read whole, and the address that was asked."""

    status: int
    headers: Headers
    body: bytes
    url: str


class Broken(msgspec.Struct, frozen=True):
    """A request that brought no response, and why."""

    kind: Literal["dns", "tls", "connect", "proxy", "timeout", "broken", "size"]
    text: str


class Transport:
    """Connections to one host, one for each thread. `cut` ends every request under way, from any thread."""

    def __init__(self, org_url: str, injected: httpx.BaseTransport | None = None, longest: float | None = None) -> None:
        """`injected` stands in for the network; without it, proxies and certificates are those of the environment.

        An answer may take `longest` seconds, headers and all; LONGEST_ANSWER for None.
        """
        self._longest = LONGEST_ANSWER if longest is None else longest
        self._connections = _Connections(org_url) if injected is None else _Injected(injected)
        self._extensions = {"timeout": self._timeout().as_dict(), "trace": self._remember_socket}
        self._sockets: dict[int, socket.socket] = {}
        self._is_cut = False
        self._lock = threading.Lock()
        self._under_way: dict[int, float] = {}
        self._watcher: threading.Thread | None = None
        self._closed = threading.Event()

    def send(
        self,
        method: Method,
        url: str,
        headers: dict[str, str],
        form: dict[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer | Broken:
        """Send one request and read its response whole."""
        started = time.monotonic()
        try:
            with self._watched(started):
                request = httpx.Request(
                    method, url, headers=_HEADERS | headers, data=form, content=body, extensions=self._extensions
                )
                return self._send_and_read(request, url, started)
        except httpx.TimeoutException as error:
            return Broken("timeout", type(error).__name__)
        except httpx.ConnectError as error:
            return Broken(_kind_of(error), str(error)[:200])
        except httpx.ProxyError as error:
            return Broken("proxy", str(error)[:200])
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            if self._is_overdue(started):
                return self._overdue()
            return Broken("broken", f"{type(error).__name__}: {error}"[:200])
        except UnicodeError:
            return Broken("dns", "a name that no host can have")
        except OSError as error:  # a socket that was shut while it was being set up
            return Broken("broken", type(error).__name__)

    def cut(self) -> None:
        """Shut every socket down, now and from now on; requests under way end as broken ones."""
        with self._lock:
            self._is_cut = True
            sockets = list(self._sockets.values())
        for connection in sockets:
            _shut(connection)

    def close(self) -> None:
        """Close every connection."""
        self._closed.set()
        if self._watcher is not None:
            self._watcher.join()
        self._connections.close()

    def _send_and_read(self, request: httpx.Request, url: str, started: float) -> Answer | Broken:
        # The connection is asked directly: a client above it would take apart cookies and redirects of each answer.
        with contextlib.closing(self._connections.of_this_thread().handle_request(request)) as response:
            return self._read(response, url, started)

    @contextlib.contextmanager
    def _watched(self, started: float) -> Iterator[None]:
        """End the request of this thread when it takes too long, headers and all."""
        me = threading.get_ident()
        with self._lock:
            self._under_way[me] = started
            if self._watcher is None:
                self._watcher = threading.Thread(target=self._watch, name="idsync-okta-watch", daemon=True)
                self._watcher.start()
        try:
            yield
        finally:
            with self._lock:
                del self._under_way[me]

    def _watch(self) -> None:
        while not self._closed.wait(_LOOK_EVERY):
            with self._lock:
                sockets = list(self._sockets.values()) if any(map(self._is_overdue, self._under_way.values())) else []
            # httpcore does not say which socket is the slow one; the other requests are tried again.
            for connection in sockets:
                _shut(connection)

    def _timeout(self) -> httpx.Timeout:
        return httpx.Timeout(min(_SILENCE, self._longest), connect=min(_CONNECTING, self._longest), pool=None)

    def _is_overdue(self, started: float) -> bool:
        return time.monotonic() - started > self._longest

    def _overdue(self) -> Broken:
        return Broken("timeout", f"not complete after {self._longest:.0f} s")

    def _read(self, response: httpx.Response, url: str, started: float) -> Answer | Broken:
        headers = Headers(response.headers.raw)
        coding = headers.get("content-encoding", "identity").strip().lower()
        if coding not in ("gzip", "identity"):
            return Broken("broken", f"an encoding that was not asked for: {coding[:40]!r}")
        unpacked = zlib.decompressobj(zlib.MAX_WBITS | 16) if coding == "gzip" else None
        parts: list[bytes] = []
        room = LARGEST_ANSWER + 1
        assert isinstance(response.stream, httpx.SyncByteStream)  # noqa: S101 - the client is synchronous
        for part in response.stream:
            try:
                parts.append(part if unpacked is None else unpacked.decompress(part, room))
            except zlib.error as error:
                return Broken("broken", f"broken compression: {error}")
            room -= len(parts[-1])
            if room <= 0:
                return Broken("size", f"more than {LARGEST_ANSWER >> 20} MiB")
            if self._is_overdue(started):
                return self._overdue()
        if unpacked is not None and parts and not unpacked.eof:
            return Broken("broken", "broken compression: the end is missing")
        return Answer(response.status_code, headers, b"".join(parts), url)

    def _remember_socket(self, event: str, info: dict[str, Any]) -> None:
        # Shutting its socket is the only way to end a read that another thread waits in, and only this hook shows it.
        if not event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            return
        connection = info["return_value"].get_extra_info("socket")
        if not isinstance(connection, socket.socket):
            return
        with self._lock:
            self._sockets = {key: known for key, known in self._sockets.items() if known.fileno() >= 0}
            self._sockets[id(connection)] = connection
            too_late = self._is_cut
        if too_late:
            _shut(connection)


class _Connections:
    """A connection for each thread: a pool that threads share looks at every connection for each request."""

    def __init__(self, org_url: str) -> None:
        self._url = httpx.URL(org_url)
        self._mine = threading.local()
        self._lock = threading.Lock()
        self._clients: list[httpx.Client] = []
        with usable_environment():
            self._tls = _certificates(self._url)
            self._mine.connection = self._add()

    def of_this_thread(self) -> httpx.BaseTransport:
        """The connection of the thread that calls."""
        found: httpx.BaseTransport | None = getattr(self._mine, "connection", None)
        if found is None:
            found = self._mine.connection = self._add()
        return found

    def close(self) -> None:
        """Close every connection."""
        for client in self._clients:
            client.close()

    def _add(self) -> httpx.BaseTransport:
        client = httpx.Client(
            verify=self._tls,
            mounts={"http://": None},  # a loopback's: no proxy reaches it, nor should see the credential
            limits=httpx.Limits(max_connections=1, max_keepalive_connections=1),
        )
        with self._lock:
            self._clients.append(client)
        # What a client would send a request by, with or without a proxy; httpx has no public name for it.
        return client._transport_for_url(self._url)


class _Injected:
    """One transport for all threads, given from outside."""

    def __init__(self, transport: httpx.BaseTransport) -> None:
        self._transport = transport

    def of_this_thread(self) -> httpx.BaseTransport:
        """The given transport."""
        return self._transport

    def close(self) -> None:
        """Close the given transport."""
        self._transport.close()


def _certificates(url: httpx.URL) -> ssl.SSLContext:
    """Whom to trust. Reading the authorities takes longer than some requests: a loopback without TLS trusts nobody."""
    return httpx.create_ssl_context() if url.scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _shut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _kind_of(error: BaseException) -> Literal["dns", "tls", "connect"]:
    cause: BaseException | None = error
    for _ in range(8):
        if isinstance(cause, socket.gaierror):
            return "dns"
        if isinstance(cause, ssl.SSLError):
            return "connect" if isinstance(cause, ssl.SSLEOFError) else "tls"  # the server hung up, which may pass
        cause = cause and (cause.__cause__ or cause.__context__)
    return "connect"
