"""Groups that convey an admin role: how that is read, and who may change their members."""

from collections.abc import Iterator

import pytest

from tests.okta_simulator import Group, Organization, Role, Simulator, Switches, User
from tests.test_okta_simulator.reader import Reader, code, reading


class World:
    """A group that can convey a role, and somebody who is not in it."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.group: Group = reader.simulator.organization.add_group("admins")
        self.hiro: User = reader.simulator.organization.add_user("hiro@enzos-pizza.com")
        self.path = f"/api/v1/groups/{self.group.id}"
        self.member = f"{self.path}/users/{self.hiro.id}"

    def become(self, role: Role) -> None:
        self.reader.simulator.authority.add_token(role.value, role=role)
        self.reader.client.headers["authorization"] = f"SSWS {role.value}"


@pytest.fixture
def world() -> Iterator[World]:
    with reading(Simulator(Organization())) as reader:
        yield World(reader)


def test_a_role_is_granted_read_and_revoked(world: World) -> None:
    assert world.reader.rows(f"{world.path}/roles") == []
    granted = world.reader.post(f"{world.path}/roles", {"type": "APP_ADMIN"})
    assert (granted.status_code, granted.json()["label"]) == (200, "Application Administrator")
    assert world.reader.rows(f"{world.path}/roles") == [granted.json()]
    assert (granted.json()["type"], granted.json()["assignmentType"]) == ("APP_ADMIN", "GROUP")
    role = f"{world.path}/roles/{granted.json()['id']}"
    assert world.reader.client.delete(role).status_code == 204
    assert code(world.reader.client.delete(role)) == (404, "E0000007")
    assert world.reader.rows(f"{world.path}/roles") == []
    assert code(world.reader.post(f"{world.path}/roles", {"type": ""})) == (400, "E0000001")
    assert code(world.reader.get("/api/v1/groups/00gmissing/roles")) == (404, "E0000007")


@pytest.mark.parametrize("role", [Role.ORG_ADMIN, Role.GROUP_ADMIN, Role.GROUP_MEMBERSHIP_ADMIN])
def test_who_is_in_such_a_group_only_a_super_admin_decides(world: World, role: Role) -> None:
    organization = world.reader.simulator.organization
    assignment = organization.grant_role(world.group, Role.ORG_ADMIN)
    assert world.reader.client.put(world.member).status_code == 204
    world.become(role)
    assert code(world.reader.client.delete(world.member)) == (403, "E0000006")
    assert code(world.reader.client.put(world.member)) == (403, "E0000006")
    assert code(world.reader.get(f"{world.path}/roles")) == (403, "E0000006")
    organization.revoke_role(world.group, assignment)
    assert world.reader.client.delete(world.member).status_code == 204


@pytest.mark.parametrize(("setting", "shown"), [("exact", True), ("stale", False)])
def test_the_counts_of_a_group_can_hint_at_its_role(setting: str, shown: bool) -> None:
    organization = Organization(switches=Switches(stats=setting))  # type: ignore[arg-type]
    with reading(Simulator(organization)) as reader:
        world = World(reader)
        organization.grant_role(world.group, Role.SUPER_ADMIN)
        rows = {row["id"]: row["_embedded"]["stats"] for row in reader.rows("/api/v1/groups", expand="stats")}
        assert rows[world.group.id]["hasAdminPrivilege"] is shown
        assert rows[organization.everyone.id]["hasAdminPrivilege"] is False
