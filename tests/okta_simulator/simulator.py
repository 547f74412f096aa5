"""The ASGI application: meters, authenticates and serves each call, with the faults that were injected into it."""

import asyncio
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route as StarletteRoute
from starlette.types import Receive, Scope, Send

from tests.okta_simulator import (
    copies,
    event_hooks,
    logs,
    reading_apps,
    reading_groups,
    reading_organization,
    reading_roles,
    reading_users,
    roles_of_groups,
    writing_apps,
    writing_groups,
    writing_users,
)
from tests.okta_simulator.auth import Authority, Principal
from tests.okta_simulator.calls import ROUTES, Call, Headers, Reply, Route
from tests.okta_simulator.effects import ConcurrencyLimit, Empty, Fail, FailAfter, HtmlPage, Malformed, RateLimit
from tests.okta_simulator.errors import OAuthError, OktaError
from tests.okta_simulator.faults import Distortion, Faults
from tests.okta_simulator.limits import Limits, bucket_of
from tests.okta_simulator.moments import http_date
from tests.okta_simulator.objects import SYSTEM
from tests.okta_simulator.organization import Organization
from tests.okta_simulator.requests import RecordedRequest, Requests
from tests.okta_simulator.shapes import Shapes
from tests.okta_simulator.wire import Dropped, Truncated, with_transport

ENDPOINT_MODULES = (
    reading_roles,
    reading_users,
    reading_groups,
    reading_apps,
    reading_organization,
    logs,
    event_hooks,
    roles_of_groups,
    writing_users,
    writing_groups,
    writing_apps,
)
"""Importing them has entered their endpoints into the table of routes."""

DEFAULT_TOKEN = "00simulated-token-of-a-super-admin"
_ERRORS = {
    400: ("E0000001", "Api validation failed"),
    401: ("E0000011", "Invalid token provided"),
    403: ("E0000006", "You do not have permission to perform the requested action"),
    404: ("E0000008", "The requested path was not found"),
    409: ("E0000195", "The request conflicts with another change of the same object"),
    500: ("E0000009", "Internal Server Error"),
    503: ("E0000010", "Service is in read only mode"),
}


class Simulator:
    """An Okta organization as an ASGI application; `running` puts it on a socket.

    `limits` default to those of a Workforce org; `latency` is what each metered call takes, in seconds.
    """

    def __init__(self, organization: Organization, *, limits: Limits | None = None, latency: float = 0.0) -> None:
        self.organization = organization
        self.limits = limits or Limits(organization.clock, organization.switches)
        self.latency = latency
        self.authority = Authority(organization.clock, organization.switches)
        self.authority.add_token(DEFAULT_TOKEN)
        self.token = DEFAULT_TOKEN
        self.faults = Faults()
        self.requests = Requests()
        self.base_url = "http://127.0.0.1"
        self.failures: list[Exception] = []
        """What went wrong inside the simulator itself; `running` raises the first at its end."""
        self._calls: Counter[str] = Counter()
        self._shapes: dict[tuple[str, str], Shapes] = {}
        self._application = Starlette(
            routes=[StarletteRoute(route.template, self._endpoint(route), methods=[route.method]) for route in ROUTES],
            exception_handlers={HTTPException: self._no_route},
        )

    @property
    def answers_at_once(self) -> bool:
        """Whether no call takes time, and none ends without an answer."""
        return self.latency == 0 and self.organization.switches.big_lists != "slow" and not self.faults.reach_the_wire

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await with_transport(self._application, scope, receive, send)

    def _endpoint(self, route: Route) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            return await self._recorded(request, route)

        return endpoint

    async def _no_route(self, request: Request, problem: Exception) -> Response:
        return await self._recorded(request, problem)

    async def _recorded(self, request: Request, route: Route | Exception) -> Response:
        metered = isinstance(route, Route)
        template = route.template if isinstance(route, Route) else "none"
        bucket = bucket_of(request.method, request.url.path) if metered else None
        entry = RecordedRequest(request.method, request.url.path, dict(request.query_params), template, bucket)
        self.requests.arrive(entry)
        try:
            if isinstance(route, Route):
                return await self._answer(request, route, entry)
            return self._response(_refused(_unknown(route), request.url.path, short=False), entry, Distortion())
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception as failure:
            self.failures.append(failure)
            return Response("the simulator failed", status_code=599)
        finally:
            self.requests.leave()

    async def _answer(self, request: Request, route: Route, entry: RecordedRequest) -> Response:
        with self.organization.lock:
            distortion = self.faults.meet(request.method, request.url.path)
        await asyncio.sleep(distortion.seconds)
        if distortion.dropped:
            return Dropped()
        if distortion.intercepted is not None:
            return Response(distortion.intercepted.body, distortion.intercepted.status)
        body = await request.body()
        rate_headers: Headers = []
        try:
            with self.organization.lock:
                principal = self._admit(request, route, entry, distortion, rate_headers)
            await asyncio.sleep(self._seconds(request, route))
            reply = self._serve(request, route, principal, body, distortion)
            entry.served = True
            if distortion.late_failure is not None:
                raise _failure(distortion.late_failure)
        except (OktaError, OAuthError) as error:
            reply = _refused(error, request.url.path, short=self.organization.switches.log_errors == "short")
        await asyncio.sleep(distortion.late_seconds)
        if distortion.answer_lost:
            return Dropped()
        reply.headers.extend(rate_headers)
        return self._response(_spoiled(reply, distortion), entry, distortion)

    def _seconds(self, request: Request, route: Route) -> float:
        switches = self.organization.switches
        limit = request.query_params.get("limit", "0")
        if switches.big_lists == "slow" and limit.isdecimal() and int(limit) > switches.big_list_limit:
            return self.latency + switches.big_list_seconds
        return 0.0 if route.is_open else self.latency

    def _admit(
        self, request: Request, route: Route, entry: RecordedRequest, distortion: Distortion, rate_headers: Headers
    ) -> Principal | None:
        """Let a call in, or raise the refusal. `rate_headers` are filled as soon as the call is counted."""
        if distortion.refusal == ConcurrencyLimit() or self.requests.in_flight > self.limits.concurrency:
            raise self.limits.refuse_concurrency()
        principal = None
        if not route.is_open:
            principal = self.authority.identify(request.headers, request.method, self._url(request))
            entry.principal = principal.name
        name, share = ("anybody", 1.0) if principal is None else (principal.name, principal.share)
        if entry.bucket is not None:
            if distortion.refusal == RateLimit():
                raise self.limits.refuse(entry.bucket, name, share)
            rate_headers.extend(self.limits.charge(entry.bucket, name, share))
        if distortion.failure is not None:
            raise _failure(distortion.failure)
        if principal is not None:
            self.authority.permit(principal, route.need, self._url(request))
        return principal

    def _serve(
        self, request: Request, route: Route, principal: Principal | None, body: bytes, distortion: Distortion
    ) -> Reply:
        _check_body(request, route, body)
        organization = distortion.organization or self.organization
        query = dict(request.query_params)
        if distortion.expand_ignored:
            query.pop("expand", None)
        switches = organization.switches
        call = Call(
            organization=organization,
            shapes=self._shapes_of(organization),
            authority=self.authority,
            principal=principal,
            url=self._url(request),
            parts=request.path_params,
            query=query,
            headers=request.headers,
            body=body,
            twist=distortion.twist,
            fail_above=switches.big_list_limit if switches.big_lists == "failing" else distortion.fail_above,
        )
        with organization.lock:
            for change in distortion.changes:
                change(organization)
            self._calls[route.name] += 1
            seconds = copies.lag(route.name, switches, self._calls[route.name])
            call = replace(call, organization=copies.behind(organization, seconds))
            with organization.acting(SYSTEM if principal is None else principal.actor, uuid.uuid4().hex):
                reply = route.endpoint(call)
            for change in distortion.late_changes:
                change(organization)
        return Reply(reply.status, reply.body, list(reply.headers), reply.content_type)

    def _url(self, request: Request) -> str:
        """The address as it was asked for, percent signs and all, without the query."""
        return f"{self.base_url}{request.scope['raw_path'].decode('ascii')}"

    def _shapes_of(self, organization: Organization) -> Shapes:
        key = (organization.id, self.base_url)
        if key not in self._shapes:
            self._shapes[key] = Shapes(organization, self.base_url)
        return self._shapes[key]

    def _response(self, reply: Reply, entry: RecordedRequest, distortion: Distortion) -> Response:
        kind = Truncated if distortion.truncated else Response
        response = kind(reply.body or None, reply.status, media_type=reply.content_type if reply.body else None)
        headers = MutableHeaders(raw=response.raw_headers)
        headers["date"] = http_date(self.organization.clock())
        headers["x-okta-request-id"] = uuid.uuid4().hex
        for name, value in reply.headers:
            if not (distortion.links_lost and name == "link"):
                headers.append(name, value)
        response.raw_headers = headers.raw
        entry.status = reply.status
        return response


def _unknown(problem: Exception) -> OktaError:
    if isinstance(problem, HTTPException) and problem.status_code == 405:
        return OktaError(405, "E0000022", "The endpoint does not support the provided HTTP method")
    return OktaError(404, "E0000008", "The requested path was not found")


def _failure(wanted: Fail | FailAfter) -> OktaError:
    code, summary = _ERRORS.get(wanted.status, ("E0000009", "Internal Server Error"))
    return OktaError(wanted.status, wanted.code or code, summary)


def _check_body(request: Request, route: Route, body: bytes) -> None:
    if request.method in ("POST", "PUT") and not {"content-length", "transfer-encoding"} & set(request.headers):
        raise OktaError(411, "E0000001", "Content-Length is required")
    if body and not route.is_open and "json" not in request.headers.get("content-type", ""):
        raise OktaError(400, "E0000021", "Bad request.  Accept and/or Content-Type headers likely do not match.")


def _refused(error: OktaError | OAuthError, path: str, *, short: bool) -> Reply:
    if isinstance(error, OAuthError):
        return Reply(error.status, msgspec.json.encode(error.body()), list(error.headers.items()))
    body = b"" if error.empty else msgspec.json.encode(error.body(short=short and path.endswith("/logs")))
    return Reply(error.status, body, list(error.headers))


def _spoiled(reply: Reply, distortion: Distortion) -> Reply:
    match distortion.spoiled:
        case Malformed():
            return Reply(200, b'[{"id": "00u', reply.headers)
        case HtmlPage(status):
            page = b"<!DOCTYPE html><html><body><h1>Service temporarily unavailable</h1></body></html>"
            return Reply(status, page, reply.headers, "text/html")
        case Empty():
            return Reply(200, b"[]", [(name, value) for name, value in reply.headers if 'rel="next"' not in value])
        case None:
            pass
    if distortion.omitted and reply.status == 200:
        shape = msgspec.json.decode(reply.body)
        for row in shape if isinstance(shape, list) else [shape]:
            for name in distortion.omitted:
                _omit(row, name.split("."))
        return Reply(reply.status, msgspec.json.encode(shape), reply.headers)
    return reply


def _omit(row: Any, path: list[str]) -> None:
    for part in path[:-1]:
        row = row.get(part) if isinstance(row, dict) else None
    if isinstance(row, dict):
        row.pop(path[-1], None)
