"""Who may push: the bearer of a token that is neither revoked nor over.

A request is let in before its body is read, and its token is looked at again with what it asks, in one state of the
store: what a token may do hangs on that. So who was let in a moment ago is let in again without a question, which keeps
out strangers and their bodies just as well.
"""

import asyncio
import time
from typing import NamedTuple

from scim2_models import UnauthorizedException
from starlette.requests import Request as HttpRequest

from idsync.errors import StoreAway, StoreError
from idsync.model.pushed import ScimToken
from idsync.server.tokens import accepted, digest_of, is_live, is_to_note, note_use
from idsync.server.worker import Worker
from idsync.stores.protocol import Store

REFUSED = "The bearer token is missing, unknown, revoked or expired."
_MOMENT = 2.0
"""Seconds for which who was let in is let in again."""


class _LetIn(NamedTuple):
    token: ScimToken
    until: float


class Gate:
    """Lets in who may push to one integration."""

    def __init__(self, integration: str, worker: Worker) -> None:
        self._integration = integration
        self._worker = worker
        self._lately: dict[bytes, _LetIn] = {}
        """Who was let in, by the digest of their token."""
        self._noting: dict[str, asyncio.Task[object]] = {}
        """By token, the use that is being written."""

    async def admit(self, http: HttpRequest) -> ScimToken:
        """The token of a request. Raises UnauthorizedException, and StoreAway: a stranger is not told where it is."""
        given = http.headers.getlist("authorization")
        scheme, _, text = given[0].partition(" ") if len(given) == 1 else ("", "", "")  # of two, others may see another
        text = text.strip()
        if scheme.lower() != "bearer" or not text or http.path_params["integration"] != self._integration:
            raise UnauthorizedException(detail=REFUSED)
        try:
            return self._let_in_lately(text) or await self._found(text, http.client.host if http.client else "")
        except StoreError as error:
            raise StoreAway("The service cannot use its store now.") from error

    def check(self, store: Store, digest: bytes) -> None:
        """Raise UnauthorizedException where a token that was let in may do nothing, or nothing any more."""
        token = store.tokens.find(digest)
        if token is None or not is_live(token, store.now()):
            self._lately.pop(digest, None)
            raise UnauthorizedException(detail=REFUSED)

    def _let_in_lately(self, text: str) -> ScimToken | None:
        token, until = self._lately.get(digest_of(text), (None, 0.0))
        return token if time.monotonic() < until else None

    async def _found(self, text: str, source: str) -> ScimToken:
        def look(store: Store) -> tuple[ScimToken, bool] | None:
            now = store.now()
            token = accepted(store.tokens, text, self._integration, now)
            return None if token is None else (token, is_to_note(token, now))

        found: tuple[ScimToken, bool] | None = await self._worker.find(look)
        if found is None:
            raise UnauthorizedException(detail=REFUSED)
        token, to_note = found
        self._lately[token.digest] = _LetIn(token, time.monotonic() + _MOMENT)
        if to_note:
            self._note_beside(token, text, source)
        return token

    def _note_beside(self, token: ScimToken, text: str, source: str) -> None:
        """Let the use of a token be written while a request is answered, which neither waits for it nor fails by it."""
        if token.id in self._noting:
            return
        name = self._integration
        task = asyncio.create_task(
            self._worker.write(lambda store: note_use(store.tokens, text, name, store.now(), source))
        )
        self._noting[token.id] = task

        def ended(task: "asyncio.Task[object]") -> None:
            del self._noting[token.id]
            if not task.cancelled():
                task.exception()  # who pushes is told the same of the store

        task.add_done_callback(ended)
