"""The read endpoints for groups, their members and apps, and group rules."""

from typing import Any

from tests.okta_simulator import filters
from tests.okta_simulator.calls import Call, Reply, json_reply, route, rows_body
from tests.okta_simulator.finding import find_group, find_rule, sees
from tests.okta_simulator.objects import Group
from tests.okta_simulator.pages import link_headers
from tests.okta_simulator.permissions import Role

_QUERY_RESULTS = 300


@route("GET", "/api/v1/groups")
def list_groups(call: Call) -> Reply:
    stats = "stats" in call.query.get("expand", "").split(",")
    if "q" in call.query:
        return _queried_groups(call, stats=stats)
    organization, query = call.organization, call.query
    rows, keys = organization.groups, organization.group_ids
    if "search" in query or "filter" in query:
        name, language, lag = (
            ("search", filters.GROUPS_SEARCH, organization.switches.search_lag)
            if "search" in query
            else ("filter", filters.GROUPS, organization.switches.filter_lag)
        )
        predicate = filters.parse(query[name], language)
        rows = organization.groups_as_of(lag)
        keys = sorted(key for key, group in rows.items() if predicate(_group_values(group)))
    if call.role is not Role.SUPER_ADMIN or organization.hidden:
        keys = [key for key in keys if sees(call, rows[key])]
    return call.listing(keys, lambda key: call.shapes.group(rows[key], stats=stats), default=200, maximum=10_000)


def _queried_groups(call: Call, *, stats: bool) -> Reply:
    wanted = call.query["q"].casefold()
    found = [
        group
        for key in call.organization.group_ids
        if (group := call.organization.groups[key]).name.casefold().startswith(wanted) and sees(call, group)
    ]
    asked = call.query.get("limit", "10")
    limit = min(int(asked), _QUERY_RESULTS) if asked.isdecimal() and len(asked) < 9 else 10
    rows = [] if call.role is Role.NONE else found[:limit]
    body = rows_body(call.shapes.group(group, stats=stats) for group in rows)
    links = link_headers(call.url, call.query, None)
    return Reply(body=body, headers=links if call.organization.switches.query_link == "self" else [])


def _group_values(group: Group) -> filters.Values:
    def values(path: str) -> list[Any]:
        found: Any
        match path:
            case "id" | "type" | "created":
                found = getattr(group, path)
            case "lastUpdated":
                found = group.last_updated
            case "lastMembershipUpdated":
                found = group.last_membership_updated
            case "source.id":
                found = group.source_app
            case _:
                found = group.profile.get(path.removeprefix("profile."))
        return [] if found is None else [found]

    return values


@route("GET", "/api/v1/groups/rules")
def list_rules(call: Call) -> Reply:
    rules = call.organization.rules
    return call.listing(sorted(rules), lambda key: call.shapes.rule(rules[key]), default=50, maximum=200)


@route("GET", "/api/v1/groups/rules/{rule}")
def get_rule(call: Call) -> Reply:
    return json_reply(call.shapes.rule(find_rule(call, call.parts["rule"])))


@route("GET", "/api/v1/groups/{group}")
def get_group(call: Call) -> Reply:
    return json_reply(call.shapes.group(find_group(call, call.parts["group"])))


@route("GET", "/api/v1/groups/{group}/users")
def list_members(call: Call) -> Reply:
    organization = call.organization
    keys = organization.member_ids(find_group(call, call.parts["group"]))
    maximum = organization.switches.group_members_maximum

    def render(key: str) -> bytes:
        return call.shapes.user_bytes(organization.users[key])

    return call.listing(keys, render, default=maximum, maximum=maximum)


@route("GET", "/api/v1/groups/{group}/apps")
def list_group_apps(call: Call) -> Reply:
    organization = call.organization
    group = find_group(call, call.parts["group"])
    keys = sorted(app.id for app in organization.apps_of_group(group))
    maximum = organization.switches.group_apps_maximum
    return call.listing(
        keys, lambda key: call.shapes.app(organization.apps[key]), default=min(20, maximum), maximum=maximum
    )
