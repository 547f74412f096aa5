"""Who makes a call, and which admin roles they have."""

import msgspec

from tests.okta_simulator.auth import Principal
from tests.okta_simulator.calls import Call, Reply, json_reply, route
from tests.okta_simulator.errors import IAM_ROLE, not_found


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


@route("GET", "/api/v1/iam/roles/{role}/permissions")
def list_permissions(call: Call) -> Reply:
    """What a custom role permits; the role is named by its id or label."""
    role = call.parts["role"]
    custom = next((each for each in call.authority.custom_roles() if role in (each.id, each.label)), None)
    if custom is None:
        raise not_found(role, IAM_ROLE)
    since = "2026-01-01T00:00:00.000Z"
    rows = [{"label": each, "created": since, "lastUpdated": since} for each in sorted(custom.permissions)]
    return json_reply({"permissions": rows})


def _roles(principal: Principal | None) -> Reply:
    assert principal is not None  # these endpoints ask for a scope
    role, custom = principal.role.value, principal.custom
    if custom is None:
        return Reply(200, msgspec.json.encode([{"id": "ra1", "type": role}] if role else []), [])
    row = {
        "id": "irb1",
        "type": role,
        "label": custom.label,
        "role": custom.id,
        "resource-set": "iam1",
        "status": "ACTIVE",
    }
    return Reply(200, msgspec.json.encode([row]), [])
