"""Listings that lag behind writes, while what is read by id does not."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.okta_simulator import App, Group, ManualClock, Organization, Simulator, Switches, User
from tests.test_okta_simulator.reader import Reader, code, reading


class World:
    """Two people of whom one is in a group, and an app that the group and one person have."""

    def __init__(self, reader: Reader, clock: ManualClock) -> None:
        self.reader, self.clock = reader, clock
        self.organization: Organization = reader.simulator.organization
        self.hiro: User = self.organization.add_user("hiro@enzos-pizza.com")
        self.yt: User = self.organization.add_user("y.t@enzos-pizza.com")
        self.group: Group = self.organization.add_group("eng", members=[self.hiro])
        self.app: App = self.organization.add_app("Teleport")
        self.organization.assign_group(self.app, self.group)
        clock.advance(3600)

    def members(self) -> list[str]:
        return self.reader.ids(f"/api/v1/groups/{self.group.id}/users")

    def assigned(self) -> dict[str, str]:
        return {row["id"]: row["scope"] for row in self.reader.rows(f"/api/v1/apps/{self.app.id}/users")}

    def moved(self) -> str:
        (row,) = [row for row in self.reader.rows("/api/v1/groups") if row["id"] == self.group.id]
        return str(row["lastMembershipUpdated"])

    def put(self, user: User) -> None:
        assert self.reader.client.put(f"/api/v1/groups/{self.group.id}/users/{user.id}").status_code == 204

    def delete(self, user: User) -> None:
        assert self.reader.client.delete(f"/api/v1/groups/{self.group.id}/users/{user.id}").status_code == 204


@pytest.fixture
def switches() -> Switches:
    return Switches()


@pytest.fixture
def world(switches: Switches) -> Iterator[World]:
    clock = ManualClock()
    with reading(Simulator(Organization(switches=switches, clock=clock))) as reader:
        yield World(reader, clock)


def lagging(**values: Any) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("switches", [Switches(**values)])


@lagging(members_lag=5.0)
def test_a_list_of_members_shows_writes_some_seconds_later(world: World) -> None:
    world.put(world.yt)
    world.clock.advance(3)
    world.delete(world.hiro)
    assert world.members() == [world.hiro.id]
    assert world.group.members.keys() == {world.yt.id}
    world.clock.advance(2)
    assert world.members() == [world.hiro.id, world.yt.id]
    world.clock.advance(3)
    assert world.members() == [world.yt.id]
    assert world.reader.ids(f"/api/v1/users/{world.yt.id}/groups") == [
        world.organization.everyone.id,
        world.group.id,
    ]


@lagging(members_lag=5.0)
def test_a_member_who_came_went_and_came_again_is_seen_in_each_state(world: World) -> None:
    seen = []
    for change in (world.put, world.delete, world.put):
        change(world.yt)
        world.clock.advance(1)
    for _ in range(6):
        seen.append(world.yt.id in world.members())
        world.clock.advance(1)
    assert seen == [False, False, True, False, True, True]


@lagging(members_lag=5.0)
def test_when_members_moved_is_shown_at_once_although_the_members_lag(world: World) -> None:
    before = world.moved()
    world.put(world.yt)
    assert world.moved() > before
    assert world.members() == [world.hiro.id]


@lagging(groups_lag=5.0)
def test_the_list_of_groups_can_lag_alone(world: World) -> None:
    before = world.moved()
    world.put(world.yt)
    assert world.moved() == before
    assert world.members() == [world.hiro.id, world.yt.id]
    by_id = world.reader.get(f"/api/v1/groups/{world.group.id}").json()
    assert by_id["lastMembershipUpdated"] > before
    world.clock.advance(5)
    assert world.moved() == by_id["lastMembershipUpdated"]


@lagging(assignments_lag=5.0)
def test_assignments_lag_in_lists_and_not_by_id(world: World) -> None:
    users = f"/api/v1/apps/{world.app.id}/users"
    assert world.reader.post(users, {"id": world.yt.id, "scope": "USER"}).status_code == 200
    assert world.assigned() == {world.hiro.id: "GROUP"}
    assert world.reader.get(f"{users}/{world.yt.id}").json()["scope"] == "USER"
    world.clock.advance(5)
    assert world.assigned() == {world.hiro.id: "GROUP", world.yt.id: "USER"}
    assert world.reader.client.delete(f"{users}/{world.yt.id}").status_code == 204
    assert world.yt.id in world.assigned()
    assert code(world.reader.get(f"{users}/{world.yt.id}")) == (404, "E0000007")
    world.clock.advance(5)
    assert world.assigned() == {world.hiro.id: "GROUP"}


@lagging(assignments_lag=5.0)
def test_groups_of_an_app_lag_with_the_people_they_bring(world: World) -> None:
    path = f"/api/v1/apps/{world.app.id}/groups"
    assert world.reader.client.delete(f"{path}/{world.group.id}").status_code == 204
    assert world.reader.ids(path) == [world.group.id]
    assert world.reader.ids(f"/api/v1/groups/{world.group.id}/apps") == [world.app.id]
    assert world.assigned() == {world.hiro.id: "GROUP"}
    world.clock.advance(5)
    assert world.reader.ids(path) == world.reader.ids(f"/api/v1/groups/{world.group.id}/apps") == []
    assert world.assigned() == {}


@lagging(members_lag=5.0, copies="taking_turns")
def test_copies_that_take_turns_show_a_write_and_take_it_back(world: World) -> None:
    world.put(world.yt)
    seen = [world.yt.id in world.members() for _ in range(4)]
    assert seen == [False, True, False, True]
    world.clock.advance(5)
    assert all(world.yt.id in world.members() for _ in range(2))


@lagging(members_lag=5.0, assignments_lag=5.0, groups_lag=5.0)
def test_what_is_gone_meanwhile_is_in_no_copy(world: World) -> None:
    world.organization.assign_user(world.app, world.yt)
    world.put(world.yt)
    world.delete(world.yt)
    world.organization.deactivate(world.yt)
    world.organization.delete_user(world.yt)
    assert world.members() == [world.hiro.id]
    assert world.assigned() == {world.hiro.id: "GROUP"}
    world.organization.delete_group(world.group)
    assert code(world.reader.get(f"/api/v1/groups/{world.group.id}/users")) == (404, "E0000007")
    assert world.assigned() == {}


def test_without_a_lag_a_write_is_seen_at_once(world: World) -> None:
    world.put(world.yt)
    assert world.members() == [world.hiro.id, world.yt.id]
    assert world.organization.formers == []
