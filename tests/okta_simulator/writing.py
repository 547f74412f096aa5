"""The write endpoints: users and their life cycle, groups, members, rules, apps and assignments."""

from collections.abc import Callable, Mapping

from tests.okta_simulator.calls import NO_CONTENT, Call, Reply, json_reply, route, text
from tests.okta_simulator.errors import APP_GROUP, APP_USER, OktaError, invalid, not_found, wrong_status
from tests.okta_simulator.finding import find_app, find_group, find_rule, find_user
from tests.okta_simulator.objects import User
from tests.okta_simulator.organization import Organization
from tests.okta_simulator.shapes import Json

# -- users


@route("POST", "/api/v1/users")
def create_user(call: Call) -> Reply:
    body = call.json()
    profile = call.object(body, "profile")
    login = text(profile, "login")
    if login is None:
        raise invalid("login", "The field cannot be left blank")
    active = call.flag("activate", default=True)
    has_password = bool(call.object(call.object(body, "credentials"), "password"))
    status = "STAGED" if not active else "ACTIVE" if has_password else "PROVISIONED"
    user = call.organization.add_user(login, status=status, profile=profile)  # type: ignore[arg-type]
    return json_reply(call.shapes.user(user, single=True))


@route("POST", "/api/v1/users/{user}")
def update_user(call: Call) -> Reply:
    user = find_user(call, call.parts["user"])
    call.organization.update_user(user, **_attributes(call))
    return json_reply(call.shapes.user(user, single=True))


@route("PUT", "/api/v1/users/{user}")
def replace_user(call: Call) -> Reply:
    user = find_user(call, call.parts["user"])
    attributes = _attributes(call)
    if "login" not in attributes:
        raise invalid("login", "The field cannot be left blank")
    call.organization.update_user(user, **(dict.fromkeys(user.profile) | attributes))
    return json_reply(call.shapes.user(user, single=True))


def _attributes(call: Call) -> Json:
    profile = call.object(call.json(), "profile")
    if "login" in profile and not text(profile, "login"):
        raise invalid("login", "The field cannot be left blank")
    return profile


@route("DELETE", "/api/v1/users/{user}")
def delete_user(call: Call) -> Reply:
    user = find_user(call, call.parts["user"])
    if user.status == "DEPROVISIONED":
        call.organization.delete_user(user)
    else:
        call.organization.deactivate(user)
    return NO_CONTENT


_MOVES: Mapping[str, Callable[[Organization, User], None]] = {
    "activate": Organization.activate,
    "reactivate": Organization.reactivate,
    "deactivate": Organization.deactivate,
    "suspend": Organization.suspend,
    "unsuspend": Organization.unsuspend,
    "unlock": Organization.unlock,
    "expire_password": Organization.expire_password,
    "reset_password": Organization.reset_password,
}


@route("POST", "/api/v1/users/{user}/lifecycle/{move}")
def move_user(call: Call) -> Reply:
    user = find_user(call, call.parts["user"])
    move = _MOVES.get(call.parts["move"])
    if move is None:
        raise OktaError(404, "E0000008", "The requested path was not found")
    move(call.organization, user)
    return json_reply({})


# -- groups and rules


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
    group = find_group(call, call.parts["group"])
    call.organization.add_member(group, find_user(call, call.parts["user"]))
    return NO_CONTENT


@route("DELETE", "/api/v1/groups/{group}/users/{user}")
def remove_member(call: Call) -> Reply:
    group = find_group(call, call.parts["group"])
    call.organization.remove_member(group, find_user(call, call.parts["user"]))
    return NO_CONTENT


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


# -- apps and assignments


@route("POST", "/api/v1/apps")
def create_app(call: Call) -> Reply:
    body = call.json()
    features = body.get("features") or []
    app = call.organization.add_app(
        text(body, "label") or "",
        name=text(body, "name"),
        sign_on_mode=text(body, "signOnMode") or "SAML_2_0",
        features=tuple(str(feature) for feature in features) if isinstance(features, list) else (),
        settings=call.object(body, "settings"),
        active=call.flag("activate", default=True),
    )
    return json_reply(call.shapes.app(app))


@route("PUT", "/api/v1/apps/{app}")
def replace_app(call: Call) -> Reply:
    app = find_app(call, call.parts["app"])
    label = text(call.json(), "label")
    if not label:
        raise invalid("label", "The field cannot be left blank")
    call.organization.update_app(app, label=label)
    return json_reply(call.shapes.app(app))


@route("POST", "/api/v1/apps/{app}/lifecycle/activate")
def activate_app(call: Call) -> Reply:
    call.organization.activate_app(find_app(call, call.parts["app"]))
    return json_reply({})


@route("POST", "/api/v1/apps/{app}/lifecycle/deactivate")
def deactivate_app(call: Call) -> Reply:
    call.organization.deactivate_app(find_app(call, call.parts["app"]))
    return json_reply({})


@route("DELETE", "/api/v1/apps/{app}")
def delete_app(call: Call) -> Reply:
    call.organization.delete_app(find_app(call, call.parts["app"]))
    return NO_CONTENT


@route("POST", "/api/v1/apps/{app}/users")
def assign_user(call: Call) -> Reply:
    body = call.json()
    return _assign_user(call, text(body, "id") or "", body)


@route("POST", "/api/v1/apps/{app}/users/{user}")
def update_app_user(call: Call) -> Reply:
    return _assign_user(call, call.parts["user"], call.json())


def _assign_user(call: Call, identifier: str, body: Json) -> Reply:
    app, user = find_app(call, call.parts["app"]), find_user(call, identifier)
    profile = call.object(body, "profile") if "profile" in body else None
    user_name = text(call.object(body, "credentials"), "userName")
    call.organization.assign_user(app, user, user_name=user_name, profile=profile)
    row = call.organization.app_user(app, user)
    assert row is not None
    return json_reply(call.shapes.app_user(row, expand=False))


@route("DELETE", "/api/v1/apps/{app}/users/{user}")
def unassign_user(call: Call) -> Reply:
    app, user = find_app(call, call.parts["app"]), find_user(call, call.parts["user"])
    try:
        call.organization.unassign_user(app, user)
    except KeyError as problem:
        raise not_found(user.id, APP_USER) from problem
    return NO_CONTENT


@route("PUT", "/api/v1/apps/{app}/groups/{group}")
@route("PATCH", "/api/v1/apps/{app}/groups/{group}")
def assign_group(call: Call) -> Reply:
    app, group = find_app(call, call.parts["app"]), find_group(call, call.parts["group"])
    body = call.json()
    priority = body.get("priority")
    if priority is not None and (isinstance(priority, bool) or not isinstance(priority, int)):
        raise invalid("priority", "must be a whole number")
    profile = call.object(body, "profile") if "profile" in body else None
    assignment = call.organization.assign_group(app, group, priority=priority, profile=profile)
    return json_reply(call.shapes.app_group(app, assignment, expand=None))


@route("DELETE", "/api/v1/apps/{app}/groups/{group}")
def unassign_group(call: Call) -> Reply:
    app, group = find_app(call, call.parts["app"]), find_group(call, call.parts["group"])
    try:
        call.organization.unassign_group(app, group)
    except KeyError as problem:
        raise not_found(group.id, APP_GROUP) from problem
    return NO_CONTENT
