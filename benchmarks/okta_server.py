"""Serves a made-up organization as Okta would, on loopback: `python -m benchmarks.okta_server SNAPSHOT`.

Prints its address on one line, and ends when its standard input does, so that it outlives nobody who started it.
Rate limits are counted and told as Okta tells them, and are so high that nobody waits. `/requests` says what was asked.
"""

import asyncio
import socket
import sys
import time
from collections import Counter
from email.utils import formatdate
from pathlib import Path

import msgspec

from benchmarks.okta_pages import Page, Pages
from idsync.model.identity import Snapshot
from idsync.sources.snapshot import read_snapshot

LIMIT = 10_000_000
_WINDOW = 60


class _Windows:
    """Requests by bucket, in windows of a minute that begin with the first request."""

    def __init__(self) -> None:
        self._ends: dict[str, int] = {}
        self._used: Counter[str] = Counter()

    def headers(self, path: str) -> bytes:
        bucket, now = path.split("/")[3], int(time.time())
        if now >= self._ends.get(bucket, 0):
            self._ends[bucket], self._used[bucket] = now + _WINDOW, 0
        self._used[bucket] += 1
        return (
            b"date: %s\r\nx-okta-request-id: Zo%022d\r\n"
            b"x-rate-limit-limit: %d\r\nx-rate-limit-remaining: %d\r\nx-rate-limit-reset: %d\r\n"
            % (
                formatdate(now, usegmt=True).encode(),
                self._used.total(),
                LIMIT,
                LIMIT - self._used[bucket],
                self._ends[bucket],
            )
        )


class Server:
    """Answers GET requests on connections that stay open."""

    def __init__(self, snapshot: Snapshot, url: str) -> None:
        self._url = url
        self._pages = Pages(snapshot, url)
        self._windows = _Windows()
        self._asked: Counter[str] = Counter()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection in turn, until it is closed."""
        try:
            while True:
                request = await reader.readuntil(b"\r\n\r\n")
                writer.writelines(self._answer(request.split(b" ", 2)[1].decode("ascii")))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _answer(self, target: str) -> list[bytes]:
        path, _, query = target.partition("?")
        if path == "/requests":
            return _response(b"200 OK", b"", msgspec.json.encode(self._asked))
        self._asked[target] += 1
        page = self._pages.page(path, query)
        if page is None:
            problem = b'{"errorCode":"E0000007","errorSummary":"Not found"}'
            return _response(b"404 Not Found", self._windows.headers(path), problem)
        return _response(b"200 OK", self._windows.headers(path) + self._links(target, path, page), page.body)

    def _links(self, target: str, path: str, page: Page) -> bytes:
        lines = f'link: <{self._url}{target}>; rel="self"\r\n'
        if page.following is not None:
            lines += f'link: <{self._url}{path}?{page.following}>; rel="next"\r\n'
        return lines.encode("ascii")


# What Okta's own front sends with every answer, and every client has to read.
_USUAL = (
    b"content-type: application/json\r\nserver: nginx\r\ncache-control: no-cache, no-store\r\npragma: no-cache\r\n"
    b"expires: 0\r\nvary: Accept-Encoding\r\nx-content-type-options: nosniff\r\nx-xss-protection: 0\r\n"
    b"strict-transport-security: max-age=315360000; includeSubDomains\r\naccept-ch: Sec-CH-UA-Platform-Version\r\n"
    b'p3p: CP="HONK"\r\nreferrer-policy: strict-origin-when-cross-origin\r\n'
    b"content-security-policy: default-src 'self' big-pizza.okta.com *.oktacdn.com; connect-src 'self'\r\n"
)


def _response(status: bytes, headers: bytes, body: bytes) -> list[bytes]:
    return [b"HTTP/1.1 %s\r\n%s%scontent-length: %d\r\n\r\n" % (status, _USUAL, headers, len(body)), body]


async def _run(file: Path) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    await asyncio.start_server(Server(read_snapshot(file), url).serve, sock=listener)
    print(url, flush=True)
    await asyncio.to_thread(sys.stdin.buffer.read)


if __name__ == "__main__":
    asyncio.run(_run(Path(sys.argv[1])))
