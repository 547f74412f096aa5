"""The write endpoints for apps, and for who is assigned to them."""

from tests.okta_simulator import saml
from tests.okta_simulator.calls import NO_CONTENT, Call, Reply, json_reply, route, text
from tests.okta_simulator.errors import APP_GROUP, APP_USER, invalid, not_found
from tests.okta_simulator.finding import find_app, find_group, find_user
from tests.okta_simulator.shapes import Json


@route("POST", "/api/v1/apps")
def create_app(call: Call) -> Reply:
    """A custom SAML app is one without a name; an app of the catalogue brings its settings along."""
    body = call.json()
    features = body.get("features") or []
    name, mode = text(body, "name"), text(body, "signOnMode") or "SAML_2_0"
    settings = call.object(body, "settings")
    if mode == "SAML_2_0" and name is None:
        saml.check_settings(call.object(settings, "signOn"))
    app = call.organization.add_app(
        text(body, "label") or "",
        name=name,
        sign_on_mode=mode,
        features=tuple(str(feature) for feature in features) if isinstance(features, list) else (),
        settings=settings,
        active=call.flag("activate", default=True),
    )
    return json_reply(call.shapes.app(app))


@route("PUT", "/api/v1/apps/{app}")
def replace_app(call: Call) -> Reply:
    app = find_app(call, call.parts["app"])
    body = call.json()
    label = text(body, "label")
    if not label:
        raise invalid("label", "The field cannot be left blank")
    call.organization.check_label(label, app)
    settings = call.object(body, "settings") if "settings" in body else None
    call.organization.update_app(app, label=label, settings=settings)
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
