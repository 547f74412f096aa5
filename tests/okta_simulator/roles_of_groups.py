"""The endpoints for admin roles of groups: who is in such a group is an administrator."""

from tests.okta_simulator.calls import NO_CONTENT, Call, Reply, json_reply, route, rows_body, text
from tests.okta_simulator.errors import ROLE, invalid, not_found
from tests.okta_simulator.finding import find_group
from tests.okta_simulator.permissions import Role


@route("GET", "/api/v1/groups/{group}/roles")
def list_group_roles(call: Call) -> Reply:
    """All of them at once; Okta's API reference knows no pages of this list."""
    group = find_group(call, call.parts["group"])
    return Reply(body=rows_body(call.shapes.role(group, assignment) for assignment in group.roles.values()))


@route("POST", "/api/v1/groups/{group}/roles")
def grant_role(call: Call) -> Reply:
    group = find_group(call, call.parts["group"])
    name = text(call.json(), "type")
    role = next((role for role in Role if role.value == name and role not in (Role.CUSTOM, Role.NONE)), None)
    if role is None:
        raise invalid("type", "Invalid role type")
    return json_reply(call.shapes.role(group, call.organization.grant_role(group, role)))


@route("DELETE", "/api/v1/groups/{group}/roles/{role}")
def revoke_role(call: Call) -> Reply:
    group = find_group(call, call.parts["group"])
    try:
        call.organization.revoke_role(group, group.roles[call.parts["role"]])
    except KeyError as problem:
        raise not_found(call.parts["role"], ROLE) from problem
    return NO_CONTENT
