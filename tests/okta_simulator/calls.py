"""One call as the endpoints see it, its answer, and the table of routes that they enter themselves into."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from tests.okta_simulator import pages
from tests.okta_simulator.auth import Authority, Principal
from tests.okta_simulator.errors import OktaError, invalid
from tests.okta_simulator.organization import Organization
from tests.okta_simulator.permissions import NEEDS, Need, Role
from tests.okta_simulator.shapes import Json, Shapes

Headers = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: JSON text unless the content type says otherwise."""

    status: int = 200
    body: bytes = b""
    headers: Headers = field(default_factory=list)
    content_type: str = "application/json"


def json_reply(shape: Json, *, status: int = 200, headers: Headers | None = None) -> Reply:
    return Reply(status, msgspec.json.encode(shape), headers or [])


NO_CONTENT = Reply(204)


@dataclass(frozen=True, slots=True)
class Call:
    """A call that was metered and permitted."""

    organization: Organization
    shapes: Shapes
    authority: Authority
    principal: Principal | None
    url: str
    parts: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    twist: pages.Twist = field(default_factory=pages.Twist)
    fail_above: int | None = None

    @property
    def role(self) -> Role:
        return Role.NONE if self.principal is None else self.principal.role

    def flag(self, name: str, *, default: bool) -> bool:
        """A query parameter that is true or false."""
        return self.query.get(name, str(default)).lower() == "true"

    def json(self) -> Json:
        """The body as a JSON object; 400 when it is none."""
        try:
            shape = msgspec.json.decode(self.body or b"{}")
        except msgspec.DecodeError as problem:
            raise OktaError(400, "E0000003", "The request body was not well-formed.") from problem
        if not isinstance(shape, dict):
            raise OktaError(400, "E0000003", "The request body was not well-formed.")
        return shape

    def object(self, shape: Json, name: str) -> Json:
        """A member of the body that must be an object; an absent one is empty."""
        value = shape.get(name) or {}
        if not isinstance(value, dict):
            raise invalid(name, "must be an object")
        return value

    def listing(
        self,
        keys: list[str],
        render: Callable[[str], bytes | Json],
        *,
        default: int,
        maximum: int,
        minimum: int = 1,
        kind: pages.CursorKind = "opaque",
        order: Callable[[str], str] | None = None,
    ) -> Reply:
        """A page of rows with its Link headers; a principal without a role sees none."""
        switches = self.organization.switches
        limit = pages.page_limit(self.query, default=default, maximum=maximum, minimum=minimum, switches=switches)
        if self.fail_above is not None and limit > self.fail_above:
            raise OktaError(500, "E0000009", "Internal Server Error")
        seen = [] if self.role is Role.NONE else keys
        page = pages.page(seen, self.query, limit, switches, kind=kind, order=order, twist=self.twist)
        links = pages.link_headers(self.url, self.query, page.after)
        return Reply(body=rows_body(render(key) for key in page.keys), headers=links)


def rows_body(rows: Iterable[bytes | Json]) -> bytes:
    """A JSON array of rows that are rendered already or not."""
    return b"[" + b",".join(row if isinstance(row, bytes) else msgspec.json.encode(row) for row in rows) + b"]"


Endpoint = Callable[[Call], Reply]


@dataclass(frozen=True, slots=True)
class Route:
    """A method and path, what it needs of its caller, and what answers."""

    method: str
    template: str
    need: Need
    endpoint: Endpoint

    @property
    def name(self) -> str:
        return f"{self.method} {self.template}"

    @property
    def is_open(self) -> bool:
        """Does it answer without a credential?"""
        return self.need.scope is None


ROUTES: list[Route] = []


def route(method: str, template: str) -> Callable[[Endpoint], Endpoint]:
    """Enter an endpoint into the table; what it needs of its caller stands in `permissions.py`."""

    def enter(endpoint: Endpoint) -> Endpoint:
        ROUTES.append(Route(method, template, NEEDS[f"{method} {template}"], endpoint))
        return endpoint

    return enter


def text(shape: Mapping[str, Any], name: str) -> str | None:
    """A member that must be a text when it is there."""
    value = shape.get(name)
    if value is not None and not isinstance(value, str):
        raise invalid(name, "must be a text")
    return value
