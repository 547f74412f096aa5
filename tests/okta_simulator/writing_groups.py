"""The write endpoints for groups, their members, and group rules."""

from tests.okta_simulator.calls import NO_CONTENT, Call, Reply, json_reply, route, text
from tests.okta_simulator.errors import forbidden, invalid, wrong_status
from tests.okta_simulator.finding import find_group, find_rule, find_user
from tests.okta_simulator.objects import Group
from tests.okta_simulator.permissions import Role
from tests.okta_simulator.shapes import Json


@route("POST", "/api/v1/groups")
def create_group(call: Call) -> Reply:
    profile = call.object(call.json(), "profile")
    group = call.organization.add_group(
        text(profile, "name") or "", description=text(profile, "description"), profile=profile
    )
    return json_reply(call.shapes.group(group))


@route("PUT", "/api/v1/groups/{group}")
def replace_group(call: Call) -> Reply:
    group = find_group(call, call.parts["group"])
    profile = call.object(call.json(), "profile")
    if not text(profile, "name"):
        raise invalid("name", "The field cannot be left blank")
    call.organization.update_group(group, **profile)
    return json_reply(call.shapes.group(group))


@route("DELETE", "/api/v1/groups/{group}")
def delete_group(call: Call) -> Reply:
    call.organization.delete_group(find_group(call, call.parts["group"]))
    return NO_CONTENT


@route("PUT", "/api/v1/groups/{group}/users/{user}")
def add_member(call: Call) -> Reply:
    group = _changeable(call)
    call.organization.add_member(group, find_user(call, call.parts["user"]))
    return NO_CONTENT


@route("DELETE", "/api/v1/groups/{group}/users/{user}")
def remove_member(call: Call) -> Reply:
    group = _changeable(call)
    call.organization.remove_member(group, find_user(call, call.parts["user"]))
    return NO_CONTENT


def _changeable(call: Call) -> Group:
    """A group whose members this caller may change: who is in one that conveys an admin role, a super admin decides."""
    group = find_group(call, call.parts["group"])
    if group.roles and call.role is not Role.SUPER_ADMIN:
        raise forbidden()
    return group


@route("POST", "/api/v1/groups/rules")
def create_rule(call: Call) -> Reply:
    body = call.json()
    expression, groups = _rule_parts(call, body)
    rule = call.organization.add_rule(
        text(body, "name") or "", expression, [find_group(call, str(group)) for group in groups]
    )
    return json_reply(call.shapes.rule(rule))


@route("PUT", "/api/v1/groups/rules/{rule}")
def replace_rule(call: Call) -> Reply:
    rule = find_rule(call, call.parts["rule"])
    if rule.status == "ACTIVE":
        raise wrong_status("the rule is active")
    body = call.json()
    rule.expression, groups = _rule_parts(call, body)
    rule.groups = tuple(find_group(call, str(group)).id for group in groups)
    rule.name = text(body, "name") or rule.name
    return json_reply(call.shapes.rule(rule))


def _rule_parts(call: Call, body: Json) -> tuple[str, list[object]]:
    expression = text(call.object(call.object(body, "conditions"), "expression"), "value")
    groups = call.object(call.object(body, "actions"), "assignUserToGroups").get("groupIds")
    if expression is None or not isinstance(groups, list) or not groups:
        raise invalid("groupRule", "An expression and at least one group are needed")
    return expression, groups


@route("POST", "/api/v1/groups/rules/{rule}/lifecycle/activate")
def activate_rule(call: Call) -> Reply:
    call.organization.activate_rule(find_rule(call, call.parts["rule"]))
    return NO_CONTENT


@route("POST", "/api/v1/groups/rules/{rule}/lifecycle/deactivate")
def deactivate_rule(call: Call) -> Reply:
    call.organization.deactivate_rule(find_rule(call, call.parts["rule"]))
    return NO_CONTENT


@route("DELETE", "/api/v1/groups/rules/{rule}")
def delete_rule(call: Call) -> Reply:
    rule = find_rule(call, call.parts["rule"])
    call.organization.delete_rule(rule, remove_users=call.flag("removeUsers", default=False))
    return Reply(202)
