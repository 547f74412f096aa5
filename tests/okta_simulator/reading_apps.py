"""The read endpoints for apps and their assignments."""

from typing import Any

from tests.okta_simulator import filters, saml
from tests.okta_simulator.calls import Call, Reply, json_reply, route
from tests.okta_simulator.errors import APP, APP_GROUP, APP_USER, KEY, not_found
from tests.okta_simulator.finding import find_app
from tests.okta_simulator.objects import App, User
from tests.okta_simulator.permissions import NEEDS


@route("GET", "/api/v1/apps")
def list_apps(call: Call) -> Reply:
    organization = call.organization
    expand = call.query.get("expand", "")
    wanted = call.query.get("q", "").casefold()
    keys = sorted(key for key, app in organization.apps.items() if app.label.casefold().startswith(wanted))
    if "filter" in call.query:
        predicate = filters.parse(call.query["filter"], filters.APPS)
        keys = [key for key in keys if predicate(_app_values(call, organization.apps[key]))]

    keys = [key for key in keys if key not in organization.hidden]

    def render(key: str) -> dict[str, Any]:
        app = organization.apps[key]
        shape = call.shapes.app(app)
        user = organization.users.get(expand.removeprefix("user/"))
        row = None if user is None else organization.app_user(app, user)
        return shape if row is None else shape | {"_embedded": {"user": call.shapes.app_user(row, expand=False)}}

    return call.listing(keys, render, default=20, maximum=200, kind="number")


def _app_values(call: Call, app: App) -> filters.Values:
    def values(path: str) -> list[Any]:
        match path:
            case "user.id":
                return list(call.organization.assigned_ids(app))
            case "group.id":
                return list(app.groups)
            case _:
                return filters.look_up(call.shapes.app(app))(path)

    return values


@route("GET", "/api/v1/apps/{app}")
def get_app(call: Call) -> Reply:
    return json_reply(call.shapes.app(find_app(call, call.parts["app"])))


@route("GET", "/api/v1/apps/{app}/users")
def list_app_users(call: Call) -> Reply:
    organization, app = call.organization, find_app(call, call.parts["app"])
    expand = call.query.get("expand") == "user"
    keys = organization.assigned_ids(app)
    if "q" in call.query:
        wanted = call.query["q"].casefold()
        keys = [key for key in keys if _app_user_answers(organization.users[key], app, wanted)]

    def render(key: str) -> dict[str, Any]:
        row = organization.app_user(app, organization.users[key])
        if row is None:
            raise not_found(key, APP_USER)
        return call.shapes.app_user(row, expand=expand)

    return call.listing(keys, render, default=50, maximum=500, kind="number")


def _app_user_answers(user: User, app: App, wanted: str) -> bool:
    direct = app.users.get(user.id)
    name = user.login if direct is None or direct.user_name is None else direct.user_name
    return name.casefold().startswith(wanted) or user.answers(wanted)


@route("GET", "/api/v1/apps/{app}/users/{user}")
def get_app_user(call: Call) -> Reply:
    app = find_app(call, call.parts["app"])
    user = call.organization.users.get(call.parts["user"])
    row = None if user is None else call.organization.app_user(app, user)
    if row is None:
        raise not_found(call.parts["user"], APP_USER)
    return json_reply(call.shapes.app_user(row, expand=call.query.get("expand") == "user"))


@route("GET", "/api/v1/apps/{app}/groups")
def list_app_groups(call: Call) -> Reply:
    app = find_app(call, call.parts["app"])
    expand = call.query.get("expand")
    wanted = call.query.get("q", "").casefold()
    groups = call.organization.groups
    keys = sorted(key for key in app.groups if groups[key].name.casefold().startswith(wanted))

    def render(key: str) -> dict[str, Any]:
        return call.shapes.app_group(app, app.groups[key], expand=expand)

    return call.listing(keys, render, default=20, minimum=20, maximum=200, kind="number")


@route("GET", "/api/v1/apps/{app}/groups/{group}")
def get_app_group(call: Call) -> Reply:
    app = find_app(call, call.parts["app"])
    assignment = app.groups.get(call.parts["group"])
    if assignment is None:
        raise not_found(call.parts["group"], APP_GROUP)
    return json_reply(call.shapes.app_group(app, assignment, expand=call.query.get("expand")))


@route("GET", "/api/v1/apps/{app}/group-push/mappings")
def list_push_mappings(call: Call) -> Reply:
    """Asks for two scopes, as no other listing does."""
    if call.principal is not None:
        call.authority.permit(call.principal, NEEDS["GET /api/v1/groups"], call.url)
    app = find_app(call, call.parts["app"])
    source, status = call.query.get("sourceGroupId"), call.query.get("status")
    since = call.query.get("lastUpdated", "")
    shapes = {key: call.shapes.push_mapping(app, mapping) for key, mapping in sorted(app.push_mappings.items())}
    keys = [
        key
        for key, shape in shapes.items()
        if source in (None, shape["sourceGroupId"])
        and status in (None, shape["status"])
        and shape["lastUpdated"] >= since
    ]
    return call.listing(keys, shapes.__getitem__, default=100, maximum=1000, kind="number")


@route("GET", "/api/v1/apps/{app}/sso/saml/metadata")
def get_saml_metadata(call: Call) -> Reply:
    app = find_app(call, call.parts["app"])
    if app.sign_on_mode != "SAML_2_0":
        raise not_found(app.id, APP)
    if call.query.get("kid", app.key_id) != app.key_id:
        raise not_found(call.query["kid"], KEY)
    document = saml.metadata(app, call.shapes.base_url, call.organization.subdomain)
    return Reply(body=document.encode(), content_type="application/xml")
