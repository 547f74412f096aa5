"""What each endpoint asks of its caller: an OAuth scope, and an admin role. One table, in which every endpoint stands.

Scopes are those of Okta's API reference. Roles follow its comparison of the standard administrators, where one role of
several is enough; custom roles and targets are represented by `Organization.hidden` alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum


class Role(Enum):
    """The admin role behind a credential; the values are Okta's names of the standard roles."""

    SUPER_ADMIN = "SUPER_ADMIN"
    ORG_ADMIN = "ORG_ADMIN"
    APP_ADMIN = "APP_ADMIN"
    GROUP_ADMIN = "USER_ADMIN"
    GROUP_MEMBERSHIP_ADMIN = "GROUP_MEMBERSHIP_ADMIN"
    READ_ONLY = "READ_ONLY_ADMIN"
    NONE = ""

    @property
    def label(self) -> str:
        """The name that people see."""
        return _LABELS[self]


_LABELS = {
    Role.SUPER_ADMIN: "Super Administrator",
    Role.ORG_ADMIN: "Organization Administrator",
    Role.APP_ADMIN: "Application Administrator",
    Role.GROUP_ADMIN: "Group Administrator",
    Role.GROUP_MEMBERSHIP_ADMIN: "Group Membership Administrator",
    Role.READ_ONLY: "Read-only Administrator",
    Role.NONE: "",
}


@dataclass(frozen=True, slots=True)
class Need:
    """The scope that an endpoint needs (None: it needs no credential), and the roles of which one is enough."""

    scope: str | None
    roles: frozenset[Role]


_SUPER, _ORG, _APP = Role.SUPER_ADMIN, Role.ORG_ADMIN, Role.APP_ADMIN
_GROUP, _MEMBERSHIP, _READ_ONLY = Role.GROUP_ADMIN, Role.GROUP_MEMBERSHIP_ADMIN, Role.READ_ONLY

_PEOPLE_READERS = (_SUPER, _ORG, _APP, _GROUP, _MEMBERSHIP, _READ_ONLY)
_READERS = (_SUPER, _ORG, _APP, _READ_ONLY)

_READS: list[tuple[str, tuple[Role, ...], str]] = [
    (
        "okta.users.read",
        _PEOPLE_READERS,
        "/api/v1/users /api/v1/users/{user} /api/v1/users/{user}/groups /api/v1/users/{user}/appLinks",
    ),
    (
        "okta.groups.read",
        _PEOPLE_READERS,
        "/api/v1/groups /api/v1/groups/{group} /api/v1/groups/{group}/users /api/v1/groups/{group}/apps "
        "/api/v1/groups/rules /api/v1/groups/rules/{rule}",
    ),
    (
        "okta.apps.read",
        _READERS,
        "/api/v1/apps /api/v1/apps/{app} /api/v1/apps/{app}/users /api/v1/apps/{app}/users/{user} "
        "/api/v1/apps/{app}/groups /api/v1/apps/{app}/groups/{group} /api/v1/apps/{app}/group-push/mappings "
        "/api/v1/apps/{app}/sso/saml/metadata",
    ),
    ("okta.roles.read", (_SUPER,), "/api/v1/groups/{group}/roles"),
    ("okta.logs.read", _READERS, "/api/v1/logs"),
    ("okta.orgs.read", _READERS, "/api/v1/org"),
    ("okta.roles.read", tuple(Role), "/api/v1/users/{user}/roles /oauth2/v1/clients/{client}/roles"),
]

_WRITES: list[tuple[str, tuple[Role, ...], str]] = [
    (
        "okta.users.manage",
        (_SUPER, _ORG, _GROUP),
        "POST /api/v1/users, POST /api/v1/users/{user}, PUT /api/v1/users/{user}, DELETE /api/v1/users/{user}, "
        "POST /api/v1/users/{user}/lifecycle/{move}",
    ),
    (
        "okta.groups.manage",
        (_SUPER, _ORG, _GROUP, _MEMBERSHIP),
        "PUT /api/v1/groups/{group}/users/{user}, DELETE /api/v1/groups/{group}/users/{user}",
    ),
    (
        "okta.groups.manage",
        (_SUPER, _ORG, _GROUP),
        "POST /api/v1/groups, PUT /api/v1/groups/{group}, DELETE /api/v1/groups/{group}, POST /api/v1/groups/rules, "
        "PUT /api/v1/groups/rules/{rule}, DELETE /api/v1/groups/rules/{rule}, "
        "POST /api/v1/groups/rules/{rule}/lifecycle/activate, POST /api/v1/groups/rules/{rule}/lifecycle/deactivate",
    ),
    (
        "okta.roles.manage",
        (_SUPER,),
        "POST /api/v1/groups/{group}/roles, DELETE /api/v1/groups/{group}/roles/{role}",
    ),
    (
        "okta.apps.manage",
        (_SUPER, _APP),
        "POST /api/v1/apps, PUT /api/v1/apps/{app}, DELETE /api/v1/apps/{app}, "
        "POST /api/v1/apps/{app}/lifecycle/activate, POST /api/v1/apps/{app}/lifecycle/deactivate, "
        "POST /api/v1/apps/{app}/users, POST /api/v1/apps/{app}/users/{user}, "
        "DELETE /api/v1/apps/{app}/users/{user}, PUT /api/v1/apps/{app}/groups/{group}, "
        "PATCH /api/v1/apps/{app}/groups/{group}, DELETE /api/v1/apps/{app}/groups/{group}",
    ),
]

_OPEN = (
    "GET /.well-known/okta-organization",
    "GET /api/v1/users/me",
    "GET /oauth2/v1/keys",
    "POST /oauth2/v1/token",
)


def _needs() -> Iterator[tuple[str, Need]]:
    for scope, roles, paths in _READS:
        yield from ((f"GET {path}", Need(scope, frozenset(roles))) for path in paths.split())
    for scope, roles, endpoints in _WRITES:
        yield from ((endpoint, Need(scope, frozenset(roles))) for endpoint in endpoints.split(", "))
    yield from ((endpoint, Need(None, frozenset())) for endpoint in _OPEN)


NEEDS: dict[str, Need] = dict(_needs())
"""By method and path template, as in `PUT /api/v1/groups/{group}/users/{user}`."""

WRITES: dict[str, Need] = {
    endpoint: need for endpoint, need in NEEDS.items() if not endpoint.startswith("GET ") and need.scope is not None
}
"""The part of it that changes an organization."""
