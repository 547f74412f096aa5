"""Who has an app: directly, by group, both, and after provisioning."""

from collections.abc import Iterator

import pytest

from tests.okta_simulator import App, Group, ManualClock, Organization, Simulator, Switches, User
from tests.test_okta_simulator.reader import Reader, code, reading


class World:
    """An app, a group that can have it, and a member of the group."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.organization: Organization = reader.simulator.organization
        self.hiro: User = self.organization.add_user("hiro@enzos-pizza.com")
        self.group: Group = self.organization.add_group("eng", members=[self.hiro])
        self.app: App = self.organization.add_app("Teleport")
        self.path = f"/api/v1/apps/{self.app.id}"

    def scopes(self) -> dict[str, str]:
        return {row["id"]: row["scope"] for row in self.reader.rows(f"{self.path}/users")}


@pytest.fixture
def world() -> Iterator[World]:
    with reading(Simulator(Organization())) as reader:
        yield World(reader)


def test_a_group_gives_the_app_to_its_members_as_they_come_and_go(world: World) -> None:
    assert world.reader.client.put(f"{world.path}/groups/{world.group.id}", json={}).status_code == 200
    newcomer = world.organization.add_user("y.t@enzos-pizza.com")
    assert world.scopes() == {world.hiro.id: "GROUP"}
    member = f"/api/v1/groups/{world.group.id}/users/{newcomer.id}"
    assert world.reader.client.put(member).status_code == 204
    assert world.scopes() == {world.hiro.id: "GROUP", newcomer.id: "GROUP"}
    assert world.reader.client.delete(member).status_code == 204
    assert world.scopes() == {world.hiro.id: "GROUP"}
    assert world.reader.client.delete(f"{world.path}/groups/{world.group.id}").status_code == 204
    assert world.scopes() == {}


def test_a_row_by_group_links_the_group_and_takes_its_profile(world: World) -> None:
    second = world.organization.add_group("ops", members=[world.hiro])
    world.organization.assign_group(world.app, second, profile={"role": "ops"})
    world.organization.assign_group(world.app, world.group, profile={"role": "dev"}, priority=-1)
    (row,) = world.reader.rows(f"{world.path}/users")
    assert row["_links"]["group"]["href"].endswith(world.group.id)
    assert row["profile"]["role"] == "dev"
    assert row["credentials"]["userName"] == "hiro@enzos-pizza.com"


def test_everyone_gives_the_app_to_all_who_are_not_deactivated(world: World) -> None:
    world.organization.assign_group(world.app, world.organization.everyone)
    staged = world.organization.add_user("staged@enzos-pizza.com", status="STAGED")
    world.organization.add_user("gone@enzos-pizza.com", status="DEPROVISIONED")
    assert world.scopes() == {world.hiro.id: "GROUP", staged.id: "GROUP"}


def test_a_direct_assignment_has_scope_user_and_its_own_name_and_profile(world: World) -> None:
    body = {"id": world.hiro.id, "scope": "USER", "credentials": {"userName": "hp"}, "profile": {"role": "admin"}}
    response = world.reader.post(f"{world.path}/users", body)
    assert response.status_code == 200
    assert (response.json()["scope"], response.json()["credentials"]) == ("USER", {"userName": "hp"})
    changed = world.reader.post(f"{world.path}/users/{world.hiro.id}", {"profile": {"role": "guest"}})
    assert (changed.json()["profile"], changed.json()["credentials"]) == ({"role": "guest"}, {"userName": "hp"})
    assert changed.json()["lastUpdated"] > response.json()["lastUpdated"]
    assert world.reader.client.delete(f"{world.path}/users/{world.hiro.id}").status_code == 204
    assert code(world.reader.client.delete(f"{world.path}/users/{world.hiro.id}")) == (404, "E0000007")


@pytest.mark.parametrize("scope", ["USER", "GROUP"])
def test_a_user_with_both_assignments_has_one_row_and_cannot_be_unassigned(scope: str) -> None:
    organization = Organization(switches=Switches(both_assignments_scope=scope))  # type: ignore[arg-type]
    with reading(Simulator(organization)) as reader:
        world = World(reader)
        organization.assign_group(world.app, world.group)
        organization.assign_user(world.app, world.hiro)
        assert world.scopes() == {world.hiro.id: scope}
        refused = reader.client.delete(f"{world.path}/users/{world.hiro.id}")
        assert code(refused) == (403, "E0000046")
        organization.unassign_group(world.app, world.group)
        assert world.scopes() == {world.hiro.id: "USER"}


def test_the_apps_of_a_group_and_the_links_of_a_user_show_the_same_assignments(world: World) -> None:
    world.organization.assign_group(world.app, world.group)
    direct = world.organization.add_app("Direct")
    world.organization.assign_user(direct, world.hiro)
    assert world.reader.ids(f"/api/v1/groups/{world.group.id}/apps") == [world.app.id]
    links = world.reader.rows(f"/api/v1/users/{world.hiro.id}/appLinks")
    assert {link["appInstanceId"] for link in links} == {world.app.id, direct.id}
    assert world.reader.simulator.requests.by_bucket == {"groups": 1, "users": 1}
    by_group = world.reader.ids("/api/v1/apps", filter=f'group.id eq "{world.group.id}"')
    by_user = world.reader.ids("/api/v1/apps", filter=f'user.id eq "{world.hiro.id}"')
    assert (by_group, by_user) == ([world.app.id], [world.app.id, direct.id])


def test_deactivating_an_app_takes_away_what_groups_brought(world: World) -> None:
    other = world.organization.add_user("y.t@enzos-pizza.com")
    world.organization.assign_group(world.app, world.group)
    world.organization.assign_user(world.app, other)
    assert world.reader.post(f"{world.path}/lifecycle/deactivate").status_code == 200
    assert world.scopes() == {other.id: "USER"}
    assert world.reader.client.delete(world.path).status_code == 204
    assert world.reader.get(world.path).status_code == 404
    assert world.reader.ids("/api/v1/apps") == []


@pytest.mark.parametrize("status", [403, 400])
def test_an_active_app_cannot_be_deleted(status: int) -> None:
    organization = Organization(switches=Switches(active_app_deletion_status=status))  # type: ignore[arg-type]
    with reading(Simulator(organization)) as reader:
        world = World(reader)
        assert code(reader.client.delete(world.path)) == (status, "E0000056")


def test_provisioning_goes_on_after_the_assignment() -> None:
    clock = ManualClock()
    with reading(Simulator(Organization(clock=clock))) as reader:
        world = World(reader)
        pushed = world.organization.add_app("Pushed", features=("PUSH_NEW_USERS",), provisioning_seconds=30)
        world.organization.assign_user(pushed, world.hiro)
        path = f"/api/v1/apps/{pushed.id}/users/{world.hiro.id}"

        def state() -> tuple[str, str, bool]:
            row = reader.get(path).json()
            return row["status"], row["syncState"], "externalId" in row

        assert state() == ("STAGED", "SYNCING", False)
        clock.advance(31)
        assert state() == ("PROVISIONED", "SYNCHRONIZED", True)
        pushed.provisioning_fails = True
        assert state() == ("STAGED", "ERROR", False)


def test_an_app_without_provisioning_has_active_users_that_are_not_synchronized(world: World) -> None:
    world.organization.assign_user(world.app, world.hiro)
    row = world.reader.get(f"{world.path}/users/{world.hiro.id}", expand="user").json()
    assert (row["status"], row["syncState"], "externalId" in row) == ("ACTIVE", "DISABLED", False)
    assert row["_embedded"]["user"]["id"] == row["id"] == world.hiro.id
    assert "_embedded" not in world.reader.get(f"{world.path}/users/{world.hiro.id}").json()


def test_a_group_assignment_can_embed_its_group(world: World) -> None:
    world.organization.assign_group(world.app, world.group, profile={"role": "dev"})
    (row,) = world.reader.rows(f"{world.path}/groups", expand="group")
    assert (row["id"], row["priority"], row["profile"]) == (world.group.id, 0, {"role": "dev"})
    assert row["_embedded"]["group"]["profile"]["name"] == "eng"
    assert world.reader.get(f"{world.path}/groups/{world.group.id}").json()["priority"] == 0


@pytest.mark.parametrize(("setting", "count"), [("exact", 1), ("stale", 0)])
def test_the_counts_of_a_group_are_a_hint(setting: str, count: int) -> None:
    organization = Organization(switches=Switches(stats=setting))  # type: ignore[arg-type]
    with reading(Simulator(organization)) as reader:
        world = World(reader)
        (row,) = reader.rows("/api/v1/groups", filter=f'id eq "{world.group.id}"', expand="stats")
        assert row["_embedded"]["stats"]["usersCount"] == count


@pytest.mark.parametrize("listed", [True, False])
def test_everyone_lists_deactivated_users_or_not(listed: bool) -> None:
    organization = Organization(switches=Switches(everyone_has_deprovisioned=listed))
    user = organization.add_user("gone@enzos-pizza.com", status="DEPROVISIONED")
    with reading(Simulator(organization)) as reader:
        assert (user.id in reader.ids(f"/api/v1/groups/{organization.everyone.id}/users")) is listed
