"""Who makes a call, and which admin roles they have."""

import msgspec

from tests.okta_simulator.auth import Principal, Role
from tests.okta_simulator.calls import Call, Reply, json_reply, route

ROLES_READ = "okta.roles.read"
TYPES = {
    Role.SUPER_ADMIN: ["SUPER_ADMIN"],
    Role.READ_ONLY: ["READ_ONLY_ADMIN"],
    Role.GROUP_ADMIN: ["GROUP_MEMBERSHIP_ADMIN"],
    Role.NONE: [],
}
ACCOUNT = "00uaccountofthetoken"


@route("GET", "/api/v1/users/me", None)
def get_me(call: Call) -> Reply:
    """The account behind an API token; everybody may see their own."""
    principal = call.authority.identify(call.headers, "GET", f"{call.shapes.base_url}/api/v1/users/me")
    return json_reply(
        {
            "id": ACCOUNT,
            "status": "ACTIVE",
            "profile": {"login": "integrations@example.com", "nickName": principal.name},
        }
    )


@route("GET", "/api/v1/users/{user}/roles", ROLES_READ)
def list_roles_of_user(call: Call) -> Reply:
    return _roles(call.principal)


@route("GET", "/oauth2/v1/clients/{client}/roles", ROLES_READ)
def list_roles_of_client(call: Call) -> Reply:
    return _roles(call.principal)


def _roles(principal: Principal | None) -> Reply:
    assert principal is not None  # these endpoints ask for a scope
    roles = [{"id": f"ra1{number}", "type": kind} for number, kind in enumerate(TYPES[principal.role])]
    return Reply(200, msgspec.json.encode(roles), [])
