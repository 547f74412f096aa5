"""SCIM over HTTP: who may, how much, and then the worker's thread, which speaks the protocol beside the store."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec
from scim2_models import (
    ForbiddenException,
    NotFoundException,
    PayloadTooLargeException,
    PreconditionFailedException,
    ScimProvider,
)
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import PlainTextResponse, Response

from idsync.bootstrap.workspace import Workspace
from idsync.errors import BlockedError
from idsync.model.pushed import PushedUser, ScimToken
from idsync.reconcile.lately import Lately
from idsync.reconcile.pushed.leavers import Unlocked
from idsync.reconcile.pushed.push_passes import PushPasses
from idsync.reconcile.pushed.pushes import Pushes
from idsync.reconcile.pushed.user_pushes import UserPushes
from idsync.server.request_rate import RequestRate
from idsync.server.scim.creation import Creation, read_creation
from idsync.server.scim.description import description
from idsync.server.scim.gate import Gate
from idsync.server.scim.handler import PushHandler
from idsync.server.scim.request_limits import check_request
from idsync.server.scim.service import OktaScimService, RequestTimeoutException
from idsync.server.scim.storage import PushStorage, not_locked
from idsync.server.worker import Worker
from idsync.stores.protocol import Store

MEDIA_TYPE = "application/scim+json"
BODY_SECONDS = 60.0
"""So long a client may take to send a body."""
OWED_SECONDS = 15.0
"""So long an answer waits for the process that leads to lock somebody who left."""
_PAUSE = 0.2
_SMALL = 16 << 10
"""So many bytes are read and written in a few milliseconds."""
_USERS, _BULK = "/Users", "bulk"
_NEAR = ("/scim", "/v1/")
_READING = frozenset({"GET", "OPTIONS"})

T = TypeVar("T")


class ScimEndpoint:
    """Answers what is asked under the base URL of one integration."""

    def __init__(
        self,
        name: str,
        worker: Worker,
        *,
        in_force: Callable[[Store], Workspace],
        body_limit: int,
        rate: RequestRate | None = None,
        applies: Callable[[Store], bool] = lambda _: True,
        call: Callable[[], None] = lambda: None,
        public_url: Callable[[], str | None] = lambda: None,
    ) -> None:
        """`name` is the integration's; `in_force` says which configuration pushes go by, and `applies` whether they are
        applied here. Where not, they are stored, and `call` lets the process that leads look. Addresses of resources
        begin with `public_url`, where there is one, whatever Host a request names.
        """
        self._applies = applies
        self._call = call
        self._public_url = public_url
        self._worker = worker
        self._in_force = in_force
        self._body_limit = body_limit
        self.rate = rate
        self._ends = False
        self._gate = Gate(name, worker)
        self._lately = Lately()
        worker.after_undone.append(self._lately.forget)
        self._provider: ScimProvider = description(body_limit=body_limit)
        self._service = OktaScimService(self._provider)

    def end(self) -> None:
        """Let nobody wait any longer for the process that leads: the service ends."""
        self._ends = True

    async def answer(self, http: HttpRequest) -> Response:
        """Answer one request; whatever goes wrong is answered in SCIM's words."""
        try:
            token = await self._gate.admit(http)
            if self.rate is not None and (seconds := self.rate.wait(token.id)):
                return _as_http(self._service.too_many(seconds))
            response = await self._served(http, token)
        except ClientDisconnect:
            raise
        except Exception as error:
            response = self._service.error_response(error)
        return _as_http(response)

    async def not_found(self, http: HttpRequest, _: Exception) -> Response:
        """That nothing is at an address; in SCIM's words where somebody who speaks SCIM may have missed it."""
        if not http.url.path.startswith(_NEAR):
            return PlainTextResponse("Not Found", 404)
        nothing = NotFoundException(detail="Nothing is served here. See `idsync scim token create` for the base URL.")
        return _as_http(self._service.error_response(nothing))

    async def _served(self, http: HttpRequest, token: ScimToken) -> ScimResponse:
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await self._body(http)
        except TimeoutError:
            raise RequestTimeoutException from None
        path = "/" + http.path_params.get("path", "")
        method = "GET" if http.method == "HEAD" else http.method  # the same answer, of which the server sends the head
        request = ScimRequest(
            method=method,
            base_url=self._base_url(http, path),
            path=path.removesuffix(".scim"),
            query=dict(parse_qsl(http.url.query, keep_blank_values=True)),
            headers=http.headers.items(),
            body=body,
            subject=token,
        )
        await self._beside(request, lambda: self._read(request))
        if method in _READING or path.endswith("/.search"):
            return await self._worker.read(lambda store: self._in_store(store, request, token))

        def written(store: Store) -> ScimResponse:
            return self._in_store(store, request, token, leaving)

        if method == "POST" and request.path == _USERS:
            creation = await self._beside(request, lambda: read_creation(self._service, request))
            if creation.is_active:
                return await self._created(creation, token)
        leaving = _Leaving()
        response = await self._worker.write(written)
        if leaving.users:
            self._call()
            await self._until_locked(leaving.users, token)
        if leaving.deleted:
            await self._delete_locked(leaving.deleted, token)
        return response

    async def _beside(self, request: ScimRequest, make: Callable[[], T]) -> T:
        """What is made of a request without the store; others are answered meanwhile where it takes long."""
        return make() if len(request.body) <= _SMALL else await asyncio.to_thread(make)

    def _read(self, request: ScimRequest) -> None:
        """Refuse what need not go to the store; a large body is read, too, which takes long."""
        self._service.match(request)
        self._service.ensure_json(request.header("Content-Type") if request.body else None)
        check_request(request)
        if len(request.body) > _SMALL:
            request.body = self._service.read_ahead(request)

    async def _created(self, creation: Creation, token: ScimToken) -> ScimResponse:
        """Take a user who comes, with those who are created with this token at one time.

        The answer is made before the commit: nobody is kept of whom none can be made.
        """

        def alone(store: Store) -> ScimResponse:
            users = self.to_create(store, token.digest, token.name, [creation])
            return self.answer_to(creation, users.create(creation.attributes, store.now()))

        return await self._worker.write(alone, _CreatedTogether(self, token.digest, token.name), creation)

    def answer_to(self, creation: Creation, user: PushedUser) -> ScimResponse:
        """The answer to a creation."""
        return creation.answer(self._service, user)

    def to_create(self, store: Store, digest: bytes, token: str, come: Sequence[Creation]) -> UserPushes:
        """What takes users who come. Raises UnauthorizedException, and as `_pushes`."""
        foresee(store, digest, come)
        self._gate.check(store, digest)
        pushes = self._pushes(store, token)
        if not pushes.passes.applies:
            store.wake()
        return pushes.users

    def _base_url(self, http: HttpRequest, path: str) -> str:
        base, public = http.url.path.removesuffix(path), self._public_url()
        return str(http.url.replace(path=base, query="")) if public is None else public.rstrip("/") + base

    async def _delete_locked(self, users: Sequence[PushedUser], token: ScimToken) -> None:
        """Forget whom a request deleted, once they are locked. Raises PreconditionFailedException, and BlockedError."""
        stay = await self._worker.write(
            lambda store: self._pushes(store, token.name).users.finish_deletions(users, store.now())
        )
        for user in stay:
            if user.active:
                raise PreconditionFailedException(detail=f"{user.username} was pushed as active meanwhile, and stays.")
            raise not_locked(Unlocked(user.username, (), owed=True))

    async def _until_locked(self, left: Sequence[PushedUser], token: ScimToken) -> None:
        """Wait until the process that leads has applied that somebody left. Raises BlockedError where it has not."""

        def of_any(store: Store) -> Unlocked | None:
            users, now = self._pushes(store, token.name).users, store.now()
            known = [store.pushed.user(user.id) or user for user in left]
            found = (users.owed(user) for user in known)
            owed = next((each for each in found if each is not None), None)
            if owed is not None:
                return owed
            open_ = (users.unlocked(user, now) for user in known)
            return next((each for each in open_ if each is not None), None)

        unlocked = None
        for _ in range(int(OWED_SECONDS / _PAUSE)):
            unlocked = await self._worker.read(of_any)
            if unlocked is None or not unlocked.owed or self._ends:
                break
            await asyncio.sleep(_PAUSE)
        if unlocked is not None:
            raise not_locked(unlocked)

    def _pushes(self, store: Store, token: str) -> Pushes:
        """What pushes lead to by the configuration in force. Raises ForbiddenException where it has no SCIM."""
        place = self._in_force(store)
        if not place.settings.integration.sync.scim:
            raise ForbiddenException(detail="The configuration in force has SCIM switched off (sync.scim).")
        passes = PushPasses(
            place.settings,
            store,
            place.target(store),
            lambda now: place.request(f"scim token {token}", now),
            self._lately,
            applies=self._applies(store),
        )
        return Pushes(passes)

    def _in_store(
        self, store: Store, request: ScimRequest, token: ScimToken, leaving: "_Leaving | None" = None
    ) -> ScimResponse:
        """Answer a request; who left and is not locked before what is owed is applied, is kept in `leaving`.

        Raises UnauthorizedException: a body may take its time to come, and the token may be revoked meanwhile.
        """
        self._gate.check(store, token.digest)
        pushes = self._pushes(store, token.name)
        attempt = store.attempt if request.path.strip("/").casefold() == _BULK else None
        storage = PushStorage(self._provider, store.pushed, pushes, attempt, store.now, time.monotonic)
        try:
            response = PushHandler(self._service, storage).handle(request)
            if leaving is not None and not pushes.passes.applies:
                leaving.users, leaving.deleted = pushes.users.locks_owed, pushes.users.deletions_owed
                store.wake()
            return response
        except BlockedError as error:
            if storage.has_failed:
                raise
            return self._service.error_response(error)  # what was pushed is taken, and is to be kept

    async def _body(self, http: HttpRequest) -> bytes:
        """The body, within the limit. Raises PayloadTooLargeException."""
        declared = http.headers.get("content-length", "")
        if declared.isdigit() and int(declared) > self._body_limit:
            raise PayloadTooLargeException(detail=f"A body has at most {self._body_limit} bytes.")
        pieces, size = [], 0
        async for piece in http.stream():
            size += len(piece)
            if size > self._body_limit:
                raise PayloadTooLargeException(detail=f"A body has at most {self._body_limit} bytes.")
            pieces.append(piece)
        return b"".join(pieces)


def foresee(store: Store, digest: bytes, come: Sequence[Creation]) -> None:
    """Say to the store who is to be created, with a token of this digest."""
    store.foresee_push(digest, [each.username for each in come], [*filter(None, (each.okta_id for each in come))])


@dataclass
class _Leaving:
    """Who left by a request, and is not locked before what is owed is applied; some of them are then to be deleted."""

    users: Sequence[PushedUser] = ()
    deleted: Sequence[PushedUser] = ()


@dataclass(frozen=True)
class _CreatedTogether:
    """Users that are created at one time with one token, by its digest and by its name, which the history tells."""

    endpoint: ScimEndpoint
    digest: bytes
    token: str

    def foresee(self, store: Store, creations: Sequence[Creation]) -> None:
        """Say who they are, and whose token it is."""
        foresee(store, self.digest, creations)

    def __call__(self, store: Store, creations: Sequence[Creation]) -> list[Any]:
        users = self.endpoint.to_create(store, self.digest, self.token, creations)
        taken = users.create_together([each.attributes for each in creations], store.now())
        return [
            self.endpoint.answer_to(creation, user) if isinstance(user, PushedUser) else user
            for creation, user in zip(creations, taken, strict=True)
        ]


def _as_http(response: ScimResponse) -> Response:
    content = b"" if response.body is None else msgspec.json.encode(response.body)
    headers = {**response.headers, "Content-Type": MEDIA_TYPE, "Cache-Control": "no-store"}
    return Response(content, int(response.status), headers)
