"""What a connection may cost before anybody is known behind it: size and time of a head, time to end, their number.

The HTTP protocol itself is uvicorn's; these are limits around it. Bodies have theirs where their request is answered.
"""

from asyncio import TimerHandle, Transport
from typing import Any

import msgspec
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

LARGEST_HEAD = 64 << 10
"""So many bytes of a request line and headers; Okta's are under two thousand."""
HEAD_SECONDS = 20.0
"""So long a client may take to send them, counted from the moment when it connects or begins."""
BODY_SECONDS = 75.0
"""So long it may take to send a body, wherever it goes; SCIM refuses one that is slow in its own words before that."""
LINGER_SECONDS = 5.0
"""So long a client that was answered already may go on sending the body that nobody reads."""
ANSWER_SECONDS = 60.0
"""So long a client may take to read what it was answered, where the connection ends with that."""
MOST_CONNECTIONS = 500
_ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


class BoundedProtocol(HttpToolsProtocol):
    """One connection. What it refuses by itself, it answers in SCIM's form and closes."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._head_size = self._told = 0
        self._in_head = True
        self._deadline: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Begin, where there are not too many."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            self._refuse(503, "Too many connections.")
        else:
            self._within(HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget what is timed, here and by the library: it would hold all that the connection had, TLS and all."""
        self._in_time()
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read what came, while its head is neither too long nor too late."""
        if self.transport.is_closing():
            return
        if self._in_head:
            self._head_size += len(data)
            if self._deadline is None:
                self._within(HEAD_SECONDS)
        super().data_received(data)
        if self._in_head and self._head_size > LARGEST_HEAD and not self.transport.is_closing():
            self._refuse(431, "The request line and the headers are too long.")

    def on_message_begin(self) -> None:
        """A head begins; its size is counted from here."""
        super().on_message_begin()
        self._told = 0

    def on_url(self, url: bytes) -> None:
        """A part of the request line."""
        super().on_url(url)
        self._count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, whole."""
        super().on_header(name, value)
        self._count(len(name) + len(value) + 4)

    def on_headers_complete(self) -> None:
        """The head is there in time; the body has a time of its own."""
        self._in_head, self._head_size = False, 0
        self._within(BODY_SECONDS)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The body is there; what follows is another head."""
        self._in_head = True
        self._in_time()
        super().on_message_complete()
        if self.cycle.response_complete:  # it was answered before its body was there
            self._within(self.timeout_keep_alive)

    def on_response_complete(self) -> None:
        """It was answered: a client that sends on, or does not take the answer, is left after a while."""
        super().on_response_complete()
        if self.transport.is_closing():
            self._within(ANSWER_SECONDS)
        elif not self._in_head:
            self._within(LINGER_SECONDS)

    def timeout_keep_alive_handler(self) -> None:
        """Nothing more came; an answer that was not taken by now is dropped."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        super().timeout_keep_alive_handler()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP, or has too long a head."""
        if self._told > LARGEST_HEAD:
            self._refuse(431, "The request line and the headers are too long.")
        else:
            self._refuse(400, msg)

    def _unsupported_upgrade_warning(self) -> None:
        """Serve the request as it is: a client may ask for another protocol, and need not get it."""

    def _count(self, size: int) -> None:
        self._told += size
        if self._told > LARGEST_HEAD:
            raise ValueError("The head is too long.")  # which the parser makes an error of the request

    def _refuse(self, status: int, detail: str) -> None:
        body = msgspec.json.encode({"schemas": [_ERROR], "status": str(status), "detail": detail})
        lines = [b"content-type: application/scim+json", b"content-length: %d" % len(body), b"connection: close"]
        lines += [b": ".join(header) for header in self.server_state.default_headers]
        self.transport.write(STATUS_LINE[status] + b"\r\n".join(lines) + b"\r\n\r\n" + body)
        self.transport.close()
        self._within(LINGER_SECONDS)

    def _within(self, seconds: float) -> None:
        self._in_time()
        self._deadline = self.loop.call_later(seconds, self._late)

    def _in_time(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _late(self) -> None:
        """End it at once: a client that is so slow reads no answer either."""
        self._deadline = None
        self.transport.abort()
