"""The read endpoints for users."""

import hashlib
from typing import Any

from tests.okta_simulator import filters
from tests.okta_simulator.calls import Call, Reply, json_reply, route, rows_body
from tests.okta_simulator.errors import invalid
from tests.okta_simulator.finding import find_user, sees
from tests.okta_simulator.objects import User
from tests.okta_simulator.projection import projected


@route("GET", "/api/v1/users")
def list_users(call: Call) -> Reply:
    if "sortBy" in call.query:
        raise invalid("sortBy", "sorting is outside of what this organization simulates")
    rows, keys = _chosen_users(call)
    fields = call.query.get("fields")

    credentials = not _omits_credentials(call)

    def render(key: str) -> bytes | dict[str, Any]:
        user = rows[key]
        if fields is None and credentials:
            return call.shapes.user_bytes(user)
        shape = call.shapes.user(user, credentials=credentials)
        return shape if fields is None else projected(shape, fields)

    order = None
    if call.organization.switches.user_order == "other":
        order = _scattered
        keys = sorted(keys, key=order)
    default = 10 if "q" in call.query else 200
    return call.listing(keys, render, default=default, maximum=200, kind="key", order=order)


def _omits_credentials(call: Call) -> bool:
    """Only all three values together take effect."""
    _, _, asked = call.headers.get("content-type", "").partition("okta-response=")
    return {"omitCredentials", "omitCredentialsLinks", "omitTransitioningToStatus"} <= set(asked.strip('"').split(","))


def _scattered(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _chosen_users(call: Call) -> tuple[dict[str, User], list[str]]:
    organization, query = call.organization, call.query
    switches = organization.switches
    if "search" in query or "filter" in query:
        name, language, lag = (
            ("search", filters.USERS_SEARCH, switches.search_lag)
            if "search" in query
            else ("filter", filters.USERS, switches.filter_lag)
        )
        predicate = filters.parse(query[name], language)
        rows = organization.users_as_of(lag)

        def matching() -> list[str]:
            return [key for key, user in rows.items() if predicate(_user_values(user))]

        if lag:
            return rows, sorted(matching())
        return rows, organization.kept(f"users {name} {query[name]}", matching, organization.changes)
    rows = organization.users
    wanted = query.get("q", "").casefold()

    def alive() -> list[str]:
        return [key for key, user in rows.items() if user.status != "DEPROVISIONED" and user.answers(wanted)]

    revision = organization.changes if wanted else None
    return rows, organization.kept(f"users q {wanted}", alive, revision)


def _user_values(user: User) -> filters.Values:
    def values(path: str) -> list[Any]:
        found: Any
        match path:
            case "id" | "status" | "created" | "activated":
                found = getattr(user, path)
            case "lastUpdated":
                found = user.last_updated
            case "statusChanged":
                found = user.status_changed
            case _:
                found = user.profile.get(path.removeprefix("profile."))
        return [] if found is None else found if isinstance(found, list) else [found]

    return values


@route("GET", "/api/v1/users/{user}")
def get_user(call: Call) -> Reply:
    user = find_user(call, call.parts["user"])
    etag = ("etag", f'W/"{user.id[-4:]}-{user.revision}"')
    shape = call.shapes.user(user, single=True, credentials=not _omits_credentials(call))
    return json_reply(shape, headers=[etag])


@route("GET", "/api/v1/users/{user}/groups")
def list_user_groups(call: Call) -> Reply:
    user = find_user(call, call.parts["user"])
    groups = {group.id: group for group in call.organization.groups_of(user) if sees(call, group)}

    def render(key: str) -> dict[str, Any]:
        return call.shapes.group(groups[key])

    if call.organization.switches.user_groups == "unpaged":
        return Reply(body=rows_body(render(key) for key in groups))
    return call.listing(list(groups), render, default=200, maximum=200)


@route("GET", "/api/v1/users/{user}/appLinks")
def list_app_links(call: Call) -> Reply:
    user = find_user(call, call.parts["user"])
    apps = [app for app in call.organization.apps_of(user) if app.status == "ACTIVE"]
    return Reply(body=rows_body(call.shapes.app_link(app, user) for app in apps))
