"""Okta's own Python SDK writes the simulator: memberships, assignments, apps, rules and roles."""

from typing import Any

import pytest
from okta.models.app_user_assign_request import AppUserAssignRequest
from okta.models.application_group_assignment import ApplicationGroupAssignment
from okta.models.assign_role_to_group_request import AssignRoleToGroupRequest
from okta.models.create_group_rule_request import CreateGroupRuleRequest
from okta.models.saml_application import SamlApplication
from okta.models.standard_role_assignment_schema import StandardRoleAssignmentSchema

from tests.okta_simulator import CustomRole, FailAfter, Fault, Group, Organization, Simulator, User
from tests.test_okta_simulator.sdk import KEY, adapt, converse, done, every, refusal, service_app
from tests.test_okta_simulator.test_apps import body

pytestmark = pytest.mark.long

SCOPES = ["okta.users.read", "okta.groups.manage", "okta.apps.manage", "okta.roles.manage"]


@pytest.fixture(autouse=True)
def _adapt_the_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    adapt(monkeypatch)


class World:
    """Two people, a group with one of them, and a service app with the scopes of an administrator's script."""

    def __init__(self) -> None:
        self.organization = Organization()
        self.hiro: User = self.organization.add_user("hiro@enzos-pizza.com", profile={"department": "Delivery"})
        self.yt: User = self.organization.add_user("y.t@enzos-pizza.com")
        self.group: Group = self.organization.add_group("eng", members=[self.hiro])
        self.simulator = Simulator(self.organization)
        self.simulator.authority.add_client("0oaBearer", [KEY.as_dict(private=False)], scopes=SCOPES)

    def credential(self, way: str) -> dict[str, Any]:
        return {"token": self.simulator.token} if way == "SSWS" else service_app("0oaBearer", SCOPES)


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize("way", ["SSWS", "Bearer"])
def test_the_sdk_lists_people_and_changes_the_members_of_a_group(world: World, way: str) -> None:
    async def work(client: Any) -> None:
        people = {user.profile.login: user.id for user in await every(client.list_users, limit=200)}
        newcomer = people["y.t@enzos-pizza.com"]
        await done(client.assign_user_to_group(world.group.id, newcomer))
        await done(client.assign_user_to_group(world.group.id, newcomer))
        members = await every(lambda **query: client.list_group_users(world.group.id, **query), limit=1)
        assert [user.id for user in members] == [world.hiro.id, newcomer]
        await done(client.unassign_user_from_group(world.group.id, world.hiro.id))
        assert await refusal(client.assign_user_to_group(world.group.id, "00umissing")) == (404, "E0000007")

    converse(world.simulator, world.credential(way), work)
    assert list(world.group.members) == [world.yt.id]
    writes = [(entry.method, entry.status) for entry in world.simulator.requests.writes]
    assert writes == [("PUT", 204), ("PUT", 204), ("DELETE", 204), ("PUT", 404)]


def test_the_sdk_creates_a_saml_app_and_assigns_people_and_groups_to_it(world: World) -> None:
    async def work(client: Any) -> None:
        app = await done(client.create_application(SamlApplication.from_dict(body())))
        assert (app.label, app.status.value) == ("Teleport", "ACTIVE")
        (found,) = await every(client.list_applications, q="Teleport")
        assert found.id == app.id
        await done(client.assign_group_to_application(app.id, world.group.id, ApplicationGroupAssignment()))
        request = AppUserAssignRequest.from_dict({"id": world.yt.id, "scope": "USER"})
        row = await done(client.assign_user_to_application(app.id, request))
        assert (row.id, row.scope) == (world.yt.id, "USER")
        rows = await every(lambda **query: client.list_application_users(app.id, **query), limit=50)
        assert {row.id: row.scope for row in rows} == {world.hiro.id: "GROUP", world.yt.id: "USER"}
        await done(client.unassign_user_from_application(app.id, world.yt.id))
        await done(client.unassign_application_from_group(app.id, world.group.id))
        assert await every(lambda **query: client.list_application_users(app.id, **query)) == []
        assert await refusal(client.unassign_user_from_application(app.id, world.yt.id)) == (404, "E0000007")

    converse(world.simulator, world.credential("Bearer"), work)
    app = world.organization.app("Teleport")
    assert app.settings["signOn"]["ssoAcsUrl"] == "https://teleport.example.com/v1/webapi/saml/acs/okta"


def test_the_sdk_is_refused_to_take_a_direct_assignment_beside_a_group(world: World) -> None:
    app = world.organization.add_app("Wiki")
    world.organization.assign_group(app, world.group)
    world.organization.assign_user(app, world.hiro)

    async def work(client: Any) -> None:
        refused = await refusal(client.unassign_user_from_application(app.id, world.hiro.id))
        assert refused == (403, "E0000046")

    converse(world.simulator, world.credential("SSWS"), work)
    assert world.hiro.id in app.users


def test_the_sdk_makes_a_rule_that_fills_a_group(world: World) -> None:
    group = world.organization.add_group("couriers")
    request = {
        "name": "couriers",
        "type": "group_rule",
        "conditions": {
            "expression": {"value": 'user.department == "Delivery"', "type": "urn:okta:expression:1.0"},
        },
        "actions": {"assignUserToGroups": {"groupIds": [group.id]}},
    }

    async def work(client: Any) -> None:
        rule = await done(client.create_group_rule(CreateGroupRuleRequest.from_dict(request)))
        assert rule.status.value == "INACTIVE"
        await done(client.activate_group_rule(rule.id))
        (listed,) = await every(client.list_group_rules)
        assert (listed.id, listed.status.value) == (rule.id, "ACTIVE")
        assert listed.actions.assign_user_to_groups.group_ids == [group.id]
        await done(client.unassign_user_from_group(group.id, world.hiro.id))
        excepted = await done(client.get_group_rule(rule.id))
        assert excepted.conditions.people.users.exclude == [world.hiro.id]
        await done(client.deactivate_group_rule(rule.id))
        await done(client.delete_group_rule(rule.id))
        assert await every(client.list_group_rules) == []

    converse(world.simulator, world.credential("Bearer"), work)
    assert list(group.members) == []


def test_the_sdk_reads_which_groups_convey_a_role(world: World) -> None:
    async def work(client: Any) -> None:
        wanted = StandardRoleAssignmentSchema.from_dict({"type": "APP_ADMIN"})
        await done(client.assign_role_to_group(world.group.id, AssignRoleToGroupRequest(wanted)))
        (role,) = await done(client.list_group_assigned_roles(world.group.id))
        granted = role.actual_instance
        assert (granted.type.value, granted.label) == ("APP_ADMIN", "Application Administrator")
        await done(client.unassign_role_from_group(world.group.id, granted.id))
        assert await done(client.list_group_assigned_roles(world.group.id)) == []

    converse(world.simulator, world.credential("Bearer"), work)


def test_the_sdk_reads_a_custom_role_and_what_it_permits_and_may_do_that_alone(world: World) -> None:
    permits = frozenset({"okta.users.read", "okta.groups.members.manage", "okta.groups.read", "okta.iam.read"})
    custom = CustomRole("cr0members", "Membership Engineer", permits)
    world.simulator.authority.add_token("custom", custom=custom)

    async def work(client: Any) -> None:
        (assigned,) = await done(client.list_assigned_roles_for_user("me"))
        role = assigned.actual_instance
        assert (role.type.value, role.label, role.role) == ("CUSTOM", "Membership Engineer", "cr0members")
        found = await done(client.list_role_permissions(role.role))
        assert {each.label for each in found.permissions} == permits
        await done(client.assign_user_to_group(world.group.id, world.yt.id))
        app = SamlApplication.from_dict(body())
        assert await refusal(client.create_application(app)) == (403, "E0000006")

    converse(world.simulator, {"token": "custom"}, work)
    assert world.yt.id in world.group.members
    assert world.organization.apps == {}


def test_the_sdk_repeats_a_write_whose_effect_it_did_not_learn_of_and_nothing_happens_twice(world: World) -> None:
    world.simulator.faults.add(Fault("/api/v1/**", FailAfter(503), writes=True))

    async def work(client: Any) -> None:
        await client.assign_user_to_group(world.group.id, world.yt.id)
        await done(client.assign_user_to_group(world.group.id, world.yt.id))

    converse(world.simulator, world.credential("SSWS"), work)
    assert sorted(world.group.members) == sorted([world.hiro.id, world.yt.id])
    added = [event for event in world.organization.events if event.event_type == "group.user_membership.add"]
    assert len(added) == 2
