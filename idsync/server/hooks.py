"""Okta event hooks: a wake-up, and never a source of facts. Okta's page "Event hooks" says how it proves itself.

A GET with `X-Okta-Verification-Challenge` is answered with the challenge; a POST bears the secret in `Authorization`.
"""

import hmac
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

CHALLENGE = "x-okta-verification-challenge"
LARGEST = 1 << 20


class EventHooks:
    """Answers at `/hooks/okta` where a secret is configured; `call` wakes what reconciles."""

    def __init__(self, secret: Callable[[], str | None], call: Callable[[], None]) -> None:
        self._secret = secret
        self._call = call

    async def answer(self, request: Request) -> Response:
        """Verify, or wake. What the events say is read from the System Log."""
        secret = self._secret()
        if secret is None:
            return Response(status_code=404)
        challenge = request.headers.get(CHALLENGE)
        if request.method == "GET" and challenge is not None:
            return JSONResponse({"verification": challenge[:1000]})
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode("utf-8", "replace"), secret.encode()):
            return Response(status_code=401)
        if request.method != "POST":
            return Response(status_code=405)
        size = 0
        async for piece in request.stream():  # taken from the wire, and not looked at
            size += len(piece)
            if size > LARGEST:
                return Response(status_code=413)
        self._call()
        return Response(status_code=204)
