"""Responses and parameters against Okta's published model, as the official SDK's generated classes carry it."""

import inspect
import re
from collections.abc import Iterator
from datetime import datetime
from enum import Enum
from typing import Any

import pytest
from okta.api.application_api import ApplicationApi
from okta.api.application_groups_api import ApplicationGroupsApi
from okta.api.application_users_api import ApplicationUsersApi
from okta.api.event_hook_api import EventHookApi
from okta.api.group_api import GroupApi
from okta.api.group_rule_api import GroupRuleApi
from okta.api.role_assignment_b_group_api import RoleAssignmentBGroupApi
from okta.api.role_e_custom_permission_api import RoleECustomPermissionApi
from okta.api.system_log_api import SystemLogApi
from okta.api.user_api import UserApi
from okta.api.user_resources_api import UserResourcesApi
from okta.models.app_user import AppUser
from okta.models.application_group_assignment import ApplicationGroupAssignment
from okta.models.assigned_app_link import AssignedAppLink
from okta.models.group import Group
from okta.models.group_push_mapping import GroupPushMapping
from okta.models.group_rule import GroupRule
from okta.models.log_event import LogEvent
from okta.models.org_setting import OrgSetting
from okta.models.saml_application import SamlApplication
from okta.models.standard_role import StandardRole
from okta.models.user import User
from okta.models.well_known_org_metadata import WellKnownOrgMetadata

from tests.okta_simulator import WRITES, Organization, Role, Simulator
from tests.okta_simulator.calls import ROUTES
from tests.test_okta_simulator.reader import Reader, reading

pytestmark = pytest.mark.long

# Members that the service is seen to send although the published model does not know them.
UNPUBLISHED = {"credentials.emails", "source", "_embedded.stats.hasAdminPrivilege", "_embedded.stats._links"}


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    organization = Organization.generate(5, users=60, groups=6, apps=4)
    hiro = organization.add_user("hiro@enzos-pizza.com", profile={"department": "Delivery", "title": "Deliverator"})
    group = organization.add_group("eng", description="Engineers", members=[hiro])
    organization.activate_rule(organization.add_rule("all delivery", 'user.department == "Delivery"', [group]))
    pushed = organization.add_app("Pushed", features=("PUSH_NEW_USERS",))
    organization.assign_user(pushed, hiro)
    organization.assign_group(pushed, group, profile={"role": "dev"})
    imported = organization.add_group("imported", type="APP_GROUP", source_app=pushed)
    organization.map_pushed_group(pushed, group, imported.id)
    organization.grant_role(group, Role.APP_ADMIN)
    organization.suspend(hiro)
    with reading(Simulator(organization)) as reader:
        yield reader


def normal(value: Any) -> Any:
    """Moments and enumerations of the model as plain comparable values."""
    match value:
        case datetime():
            return value.timestamp()
        case Enum():
            return value.value
        case str():
            try:
                return datetime.fromisoformat(value).timestamp() if "T" in value and value.endswith("Z") else value
            except ValueError:
                return value
        case _:
            return value


def lost(sent: Any, parsed: Any, path: str = "") -> Iterator[str]:
    """The paths of members that parsing and writing again lose or change."""
    match sent:
        case dict():
            for name, value in sent.items():
                step = f"{path}.{name}" if path else name
                if value is None or value in ({}, []):
                    continue
                if not isinstance(parsed, dict) or name not in parsed:
                    yield step
                else:
                    yield from lost(value, parsed[name], step)
        case list():
            for number, value in enumerate(sent):
                yield from lost(value, parsed[number], path)
        case _:
            if normal(sent) != normal(parsed):
                yield path


def as_sent(model: Any) -> Any:
    """The members of a parsed model under their wire names, also where the model nests one of several."""
    if hasattr(model, "actual_instance"):
        return as_sent(model.actual_instance)
    if hasattr(model, "model_fields_set"):
        fields = type(model).model_fields
        members = {field.alias or name: as_sent(getattr(model, name)) for name, field in fields.items()}
        extra = members.pop("additional_properties", None) or {}
        return {name: value for name, value in (members | extra).items() if value is not None}
    if isinstance(model, list):
        return [as_sent(item) for item in model]
    if isinstance(model, dict):
        return {name: as_sent(value) for name, value in model.items()}
    return model


def responses(reader: Reader) -> Iterator[tuple[str, type[Any], list[dict[str, Any]]]]:
    organization = reader.simulator.organization
    app, group, user = organization.app("Pushed"), organization.group("eng"), organization.user("hiro@enzos-pizza.com")
    api = "/api/v1"
    yield "users", User, reader.rows(f"{api}/users")
    yield "user", User, [reader.get(f"{api}/users/{user.id}").json()]
    yield "user groups", Group, reader.rows(f"{api}/users/{user.id}/groups")
    yield "app links", AssignedAppLink, reader.rows(f"{api}/users/{user.id}/appLinks")
    yield "groups", Group, reader.rows(f"{api}/groups", expand="stats")
    yield "group", Group, [reader.get(f"{api}/groups/{group.id}").json()]
    yield "members", User, reader.rows(f"{api}/groups/{group.id}/users")
    yield "group apps", SamlApplication, reader.rows(f"{api}/groups/{group.id}/apps")
    yield "rules", GroupRule, reader.rows(f"{api}/groups/rules")
    # Without expand=user: the model types that embedded app user as an object of objects, which no app user is.
    yield "apps", SamlApplication, reader.rows(f"{api}/apps")
    yield "app", SamlApplication, [reader.get(f"{api}/apps/{app.id}").json()]
    yield "app users", AppUser, reader.rows(f"{api}/apps/{app.id}/users", expand="user")
    yield "SSO app users", AppUser, reader.rows(f"{api}/apps/{organization.sso_app.id}/users", limit=500)
    yield "app user", AppUser, [reader.get(f"{api}/apps/{app.id}/users/{user.id}").json()]
    yield "app groups", ApplicationGroupAssignment, reader.rows(f"{api}/apps/{app.id}/groups", expand="group")
    yield "push mappings", GroupPushMapping, reader.rows(f"{api}/apps/{app.id}/group-push/mappings")
    yield "roles of a group", StandardRole, reader.rows(f"{api}/groups/{group.id}/roles")
    yield "log", LogEvent, reader.get(f"{api}/logs").json()
    yield "organization", OrgSetting, [reader.get(f"{api}/org").json()]
    yield "metadata", WellKnownOrgMetadata, [reader.get("/.well-known/okta-organization").json()]


def test_every_response_fits_the_published_model_and_loses_nothing_in_it(reader: Reader) -> None:
    seen = set()
    missing = set()
    for name, model, rows in responses(reader):
        assert rows, name
        seen.add(name)
        for row in rows:
            missing |= set(lost(row, as_sent(model.from_dict(row))))
    assert missing == UNPUBLISHED
    assert len(seen) == 20


def test_a_member_that_the_model_lacks_or_types_otherwise_would_be_noticed(reader: Reader) -> None:
    row = reader.rows("/api/v1/users")[0]
    extra = row | {"invented": 1}
    assert "invented" in set(lost(extra, as_sent(User.from_dict(extra))))
    with pytest.raises(ValueError, match="status"):
        User.from_dict(row | {"status": "INVENTED"})


OPERATIONS: list[tuple[type[Any], str, str, set[str]]] = [
    (EventHookApi, "list_event_hooks", "/api/v1/eventHooks", set()),
    (RoleECustomPermissionApi, "list_role_permissions", "/api/v1/iam/roles/{roleIdOrLabel}/permissions", set()),
    (UserApi, "list_users", "/api/v1/users", {"search", "filter", "q", "after", "limit", "fields", "sort_by"}),
    (UserApi, "get_user", "/api/v1/users/{id}", set()),
    (UserResourcesApi, "list_user_groups", "/api/v1/users/{id}/groups", set()),
    (UserResourcesApi, "list_app_links", "/api/v1/users/{id}/appLinks", set()),
    (GroupApi, "list_groups", "/api/v1/groups", {"search", "filter", "q", "after", "limit", "expand"}),
    (GroupApi, "get_group", "/api/v1/groups/{groupId}", set()),
    (GroupApi, "list_group_users", "/api/v1/groups/{groupId}/users", {"after", "limit"}),
    (GroupApi, "list_assigned_applications_for_group", "/api/v1/groups/{groupId}/apps", {"after", "limit"}),
    (GroupRuleApi, "list_group_rules", "/api/v1/groups/rules", {"after", "limit"}),
    (ApplicationApi, "list_applications", "/api/v1/apps", {"q", "filter", "after", "limit", "expand"}),
    (ApplicationApi, "get_application", "/api/v1/apps/{appId}", set()),
    (ApplicationUsersApi, "list_application_users", "/api/v1/apps/{appId}/users", {"q", "after", "limit", "expand"}),
    (ApplicationUsersApi, "get_application_user", "/api/v1/apps/{appId}/users/{userId}", {"expand"}),
    (
        ApplicationGroupsApi,
        "list_application_group_assignments",
        "/api/v1/apps/{appId}/groups",
        {"q", "after", "limit", "expand"},
    ),
    (
        SystemLogApi,
        "list_log_events",
        "/api/v1/logs",
        {"since", "until", "after", "filter", "q", "limit", "sort_order"},
    ),
]


@pytest.mark.parametrize(("api", "operation", "path", "parameters"), OPERATIONS, ids=[row[1] for row in OPERATIONS])
def test_every_read_endpoint_and_its_parameters_are_published(
    api: type[Any], operation: str, path: str, parameters: set[str]
) -> None:
    assert parameters <= set(inspect.signature(getattr(api, operation)).parameters)
    assert f'resource_path="{path}"' in inspect.getsource(getattr(api, f"_{operation}_serialize"))
    shape = [part if not part.startswith("{") else "{}" for part in path.split("/")]
    served = [
        [part if not part.startswith("{") else "{}" for part in route.template.split("/")]
        for route in ROUTES
        if route.method == "GET"
    ]
    assert shape in served


WRITING: list[tuple[type[Any], str, str, str]] = [
    (GroupApi, "assign_user_to_group", "PUT", "/api/v1/groups/{groupId}/users/{userId}"),
    (GroupApi, "unassign_user_from_group", "DELETE", "/api/v1/groups/{groupId}/users/{userId}"),
    (GroupApi, "add_group", "POST", "/api/v1/groups"),
    (GroupApi, "replace_group", "PUT", "/api/v1/groups/{groupId}"),
    (GroupApi, "delete_group", "DELETE", "/api/v1/groups/{groupId}"),
    (GroupRuleApi, "create_group_rule", "POST", "/api/v1/groups/rules"),
    (GroupRuleApi, "replace_group_rule", "PUT", "/api/v1/groups/rules/{groupRuleId}"),
    (GroupRuleApi, "delete_group_rule", "DELETE", "/api/v1/groups/rules/{groupRuleId}"),
    (GroupRuleApi, "activate_group_rule", "POST", "/api/v1/groups/rules/{groupRuleId}/lifecycle/activate"),
    (GroupRuleApi, "deactivate_group_rule", "POST", "/api/v1/groups/rules/{groupRuleId}/lifecycle/deactivate"),
    (ApplicationApi, "create_application", "POST", "/api/v1/apps"),
    (ApplicationApi, "replace_application", "PUT", "/api/v1/apps/{appId}"),
    (ApplicationApi, "delete_application", "DELETE", "/api/v1/apps/{appId}"),
    (ApplicationApi, "activate_application", "POST", "/api/v1/apps/{appId}/lifecycle/activate"),
    (ApplicationApi, "deactivate_application", "POST", "/api/v1/apps/{appId}/lifecycle/deactivate"),
    (ApplicationUsersApi, "assign_user_to_application", "POST", "/api/v1/apps/{appId}/users"),
    (ApplicationUsersApi, "update_application_user", "POST", "/api/v1/apps/{appId}/users/{userId}"),
    (ApplicationUsersApi, "unassign_user_from_application", "DELETE", "/api/v1/apps/{appId}/users/{userId}"),
    (ApplicationGroupsApi, "assign_group_to_application", "PUT", "/api/v1/apps/{appId}/groups/{groupId}"),
    (ApplicationGroupsApi, "update_group_assignment_to_application", "PATCH", "/api/v1/apps/{appId}/groups/{groupId}"),
    (ApplicationGroupsApi, "unassign_application_from_group", "DELETE", "/api/v1/apps/{appId}/groups/{groupId}"),
    (RoleAssignmentBGroupApi, "assign_role_to_group", "POST", "/api/v1/groups/{groupId}/roles"),
    (RoleAssignmentBGroupApi, "unassign_role_from_group", "DELETE", "/api/v1/groups/{groupId}/roles/{id}"),
    (EventHookApi, "create_event_hook", "POST", "/api/v1/eventHooks"),
    (EventHookApi, "verify_event_hook", "POST", "/api/v1/eventHooks/{eventHookId}/lifecycle/verify"),
    (EventHookApi, "delete_event_hook", "DELETE", "/api/v1/eventHooks/{eventHookId}"),
]


def nameless(path: str) -> list[str]:
    """The segments of a path template, whatever its variables are called."""
    return ["{}" if part.startswith("{") else part for part in path.split("/")]


@pytest.mark.parametrize(("api", "operation", "method", "path"), WRITING, ids=[row[1] for row in WRITING])
def test_every_write_endpoint_but_those_of_users_is_published(
    api: type[Any], operation: str, method: str, path: str
) -> None:
    source = inspect.getsource(getattr(api, f"_{operation}_serialize"))
    published = re.search(r'resource_path="([^"]*)"', source)
    assert published is not None
    assert nameless(published[1]) == nameless(path)
    assert f'method="{method}"' in source
    assert (method, nameless(path)) in [(route.method, nameless(route.template)) for route in ROUTES]


def test_no_write_endpoint_but_those_of_users_is_missing_above() -> None:
    listed = sorted((method, nameless(path)) for _, _, method, path in WRITING)
    served = [endpoint.split(" ") for endpoint in WRITES if "/api/v1/users" not in endpoint]
    assert listed == sorted((method, nameless(path)) for method, path in served)


def test_every_published_page_maximum_is_served(reader: Reader) -> None:
    group, app = reader.simulator.organization.everyone.id, reader.simulator.organization.sso_app.id
    for path, limit in {
        "/api/v1/users": 200,
        "/api/v1/groups": 10_000,
        f"/api/v1/groups/{group}/users": 1000,
        "/api/v1/apps": 200,
        f"/api/v1/apps/{app}/users": 500,
        f"/api/v1/apps/{app}/groups": 200,
        "/api/v1/logs": 1000,
    }.items():
        assert reader.get(path, limit=limit).status_code == 200
