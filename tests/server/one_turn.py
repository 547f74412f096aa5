"""A client of an application in this process, which goes to the thread of the event loop once for each request.

Starlette's own goes there and back eight times, so that a test can read an answer that is still being written: that
is more than half of what a request takes.
"""

import asyncio
from typing import Any
from urllib.parse import unquote

import httpx2
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Message


class OneTurnClient(TestClient):
    """Starlette's client, for requests and answers that are whole."""

    def __init__(self, app: ASGIApp, base_url: str, *, client: tuple[str, int]) -> None:
        super().__init__(app, base_url, client=client, follow_redirects=False)
        self._transport = _OneTurn(self, client)


class _OneTurn(httpx2.BaseTransport):
    def __init__(self, owner: TestClient, client: tuple[str, int]) -> None:
        self._owner = owner
        self._client = client

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        assert self._owner.portal is not None, "the client is used in its `with` block"
        return self._owner.portal.call(self._answer, request, request.read())

    async def _answer(self, request: httpx2.Request, body: bytes) -> httpx2.Response:
        asked, answer, answered = [body], list[Message](), asyncio.Event()

        async def receive() -> Message:
            if asked:
                return {"type": "http.request", "body": asked.pop()}
            await answered.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            assert not answered.is_set(), "more than a whole answer"
            answer.append(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                answered.set()

        await self._owner.app(self._scope(request), receive, send)
        assert answered.is_set(), "less than a whole answer"
        content = b"".join(message.get("body", b"") for message in answer) if request.method != "HEAD" else b""
        return httpx2.Response(answer[0]["status"], headers=answer[0]["headers"], stream=httpx2.ByteStream(content))

    def _scope(self, request: httpx2.Request) -> dict[str, Any]:
        url = request.url
        return {
            "type": "http",
            "http_version": "1.1",
            "method": request.method,
            "path": unquote(url.path),
            "raw_path": url.raw_path.partition(b"?")[0],
            "root_path": "",
            "scheme": url.scheme,
            "query_string": url.query,
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "client": self._client,
            "server": [url.host, url.port or {"http": 80, "https": 443}[url.scheme]],
            "state": self._owner.app_state.copy(),
        }
