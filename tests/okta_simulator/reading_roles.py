"""Who makes a call, and which admin roles they have."""

import msgspec

from tests.okta_simulator.auth import Principal
from tests.okta_simulator.calls import Call, Reply, json_reply, route


@route("GET", "/api/v1/users/me")
def get_me(call: Call) -> Reply:
    """The account behind an API token; everybody may see their own."""
    principal = call.authority.identify(call.headers, "GET", f"{call.shapes.base_url}/api/v1/users/me")
    return json_reply(
        {
            "id": principal.actor.id,
            "status": "ACTIVE",
            "profile": {"login": principal.actor.alternate_id, "nickName": principal.name},
        }
    )


@route("GET", "/api/v1/users/{user}/roles")
def list_roles_of_user(call: Call) -> Reply:
    return _roles(call.principal)


@route("GET", "/oauth2/v1/clients/{client}/roles")
def list_roles_of_client(call: Call) -> Reply:
    return _roles(call.principal)


def _roles(principal: Principal | None) -> Reply:
    assert principal is not None  # these endpoints ask for a scope
    role = principal.role.value
    return Reply(200, msgspec.json.encode([{"id": "ra1", "type": role}] if role else []), [])
