"""What each endpoint asks of its caller: an OAuth scope, and an admin role. One table, in which every endpoint stands.

Scopes are those of Okta's API reference. Roles follow its comparison of the standard administrators, where one role of
several is enough; a custom role has permissions, of which an endpoint needs some. Resource sets are represented by
`Organization.hidden` alone.
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
    CUSTOM = "CUSTOM"
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
    Role.CUSTOM: "Custom",
    Role.NONE: "",
}


@dataclass(frozen=True, slots=True)
class CustomRole:
    """An admin role that an organization made: its id, what people call it, and what it permits, by Okta's names."""

    id: str
    label: str
    permissions: frozenset[str]


@dataclass(frozen=True, slots=True)
class Need:
    """The scope that an endpoint needs (None: it needs no credential), and the roles of which one is enough; a custom
    role needs one permission of each set.
    """

    scope: str | None
    roles: frozenset[Role]
    permissions: tuple[frozenset[str], ...] | None = None

    def is_met_by(self, role: Role, custom: CustomRole | None) -> bool:
        """Whether a caller with this role may do it."""
        if custom is None:
            return role in self.roles
        return self.permissions is not None and all(custom.permissions & each for each in self.permissions)


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
    ("okta.eventHooks.read", (_SUPER, _READ_ONLY), "/api/v1/eventHooks"),
    ("okta.roles.read", tuple(Role), "/api/v1/users/{user}/roles /oauth2/v1/clients/{client}/roles"),
    ("okta.roles.read", (_SUPER,), "/api/v1/iam/roles/{role}/permissions"),
]

_VIEW = {kind: frozenset({f"okta.{kind}.read", f"okta.{kind}.manage"}) for kind in ("users", "groups", "apps")}
_ASSIGN = frozenset({"okta.apps.assignment.manage", "okta.apps.manage"})
_GROUP_S_APPS = frozenset({"okta.groups.appAssignment.manage", "okta.groups.manage"})
_PERMISSIONS: list[tuple[tuple[frozenset[str], ...], str]] = [
    ((_VIEW["users"],), "GET /api/v1/users, GET /api/v1/users/{user}, GET /api/v1/users/{user}/groups"),
    (
        (_VIEW["groups"],),
        "GET /api/v1/groups, GET /api/v1/groups/{group}, GET /api/v1/groups/{group}/users, "
        "GET /api/v1/groups/{group}/apps, GET /api/v1/groups/rules",
    ),
    (
        (_VIEW["apps"] | _ASSIGN,),
        "GET /api/v1/apps, GET /api/v1/apps/{app}, GET /api/v1/apps/{app}/users, GET /api/v1/apps/{app}/users/{user}, "
        "GET /api/v1/apps/{app}/groups, GET /api/v1/apps/{app}/sso/saml/metadata",
    ),
    ((), "GET /api/v1/users/{user}/roles, GET /oauth2/v1/clients/{client}/roles"),
    ((frozenset({"okta.iam.read"}),), "GET /api/v1/iam/roles/{role}/permissions, GET /api/v1/groups/{group}/roles"),
    (
        (frozenset({"okta.groups.members.manage", "okta.groups.manage"}),),
        "PUT /api/v1/groups/{group}/users/{user}, DELETE /api/v1/groups/{group}/users/{user}",
    ),
    ((frozenset({"okta.apps.manage"}),), "POST /api/v1/apps, PUT /api/v1/apps/{app}"),
    ((_ASSIGN,), "POST /api/v1/apps/{app}/users, DELETE /api/v1/apps/{app}/users/{user}"),
    (
        (_ASSIGN, _GROUP_S_APPS),
        "PUT /api/v1/apps/{app}/groups/{group}, DELETE /api/v1/apps/{app}/groups/{group}",
    ),
]
"""What custom roles need, of the endpoints that they can be given."""

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
        "okta.eventHooks.manage",
        (_SUPER,),
        "POST /api/v1/eventHooks, POST /api/v1/eventHooks/{hook}/lifecycle/verify, DELETE /api/v1/eventHooks/{hook}",
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
    permissions = {endpoint: needed for needed, endpoints in _PERMISSIONS for endpoint in endpoints.split(", ")}

    def need(endpoint: str, scope: str, roles: tuple[Role, ...]) -> tuple[str, Need]:
        return endpoint, Need(scope, frozenset(roles), permissions.get(endpoint))

    for scope, roles, paths in _READS:
        yield from (need(f"GET {path}", scope, roles) for path in paths.split())
    for scope, roles, endpoints in _WRITES:
        yield from (need(endpoint, scope, roles) for endpoint in endpoints.split(", "))
    yield from ((endpoint, Need(None, frozenset())) for endpoint in _OPEN)


NEEDS: dict[str, Need] = dict(_needs())
"""By method and path template, as in `PUT /api/v1/groups/{group}/users/{user}`."""

WRITES: dict[str, Need] = {
    endpoint: need for endpoint, need in NEEDS.items() if not endpoint.startswith("GET ") and need.scope is not None
}
"""The part of it that changes an organization."""
