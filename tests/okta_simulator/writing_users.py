"""The write endpoints for users and their life cycle."""

from collections.abc import Callable, Mapping

from tests.okta_simulator.calls import NO_CONTENT, Call, Reply, json_reply, route, text
from tests.okta_simulator.errors import OktaError, invalid
from tests.okta_simulator.finding import find_user
from tests.okta_simulator.objects import User
from tests.okta_simulator.organization import Organization
from tests.okta_simulator.shapes import Json


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
