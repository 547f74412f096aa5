"""Which change moves which timestamp, with the undocumented cells as switches, and reads that lag behind."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.okta_simulator import Group, ManualClock, Organization, Simulator, Switches, User
from tests.test_okta_simulator.reader import reading

Change = Callable[[Organization, User, Group], object]


def moved(change: Change, **switches: Any) -> set[str]:
    """Which of the timestamps a change moves."""
    organization = Organization(switches=Switches(**switches))
    user = organization.add_user("hiro@enzos-pizza.com")
    other = organization.add_user("y.t@enzos-pizza.com")
    group = organization.add_group("eng", members=[user, other])
    everyone = organization.everyone

    def moments() -> dict[str, object]:
        return {
            "user": user.last_updated,
            "status": user.status_changed,
            "login": user.last_login,
            "group": group.last_updated,
            "members": group.last_membership_updated,
            "everyone": everyone.last_membership_updated,
        }

    before = moments()
    change(organization, user, group)
    return {name for name, moment in moments().items() if moment != before[name]}


def leave_for_good(organization: Organization, user: User, group: Group) -> None:
    organization.deactivate(user)
    organization.delete_user(user)


CHANGES: dict[str, tuple[Change, set[str]]] = {
    "profile": (lambda o, u, g: o.update_user(u, title="Deliverator"), {"user"}),
    "suspend": (lambda o, u, g: o.suspend(u), {"user", "status"}),
    "deactivate": (lambda o, u, g: o.deactivate(u), {"user", "status"}),
    "sign in": (lambda o, u, g: o.sign_in(u), {"login"}),
    "member added": (lambda o, u, g: o.add_member(g, o.add_user("new@enzos-pizza.com")), {"members"}),
    "member removed": (lambda o, u, g: o.remove_member(g, u), {"members"}),
    "group renamed": (lambda o, u, g: o.update_group(g, name="engineers"), {"group"}),
    "group deleted": (lambda o, u, g: o.delete_group(g), set()),
    "app assigned": (lambda o, u, g: o.assign_user(o.add_app("Direct"), u), set()),
    "app assigned to group": (lambda o, u, g: o.assign_group(o.add_app("Grouped"), g), set()),
    "deleted for good": (leave_for_good, {"user", "status"}),
}


@pytest.mark.parametrize(("change", "expected"), CHANGES.values(), ids=list(CHANGES))
def test_a_change_moves_its_timestamps_and_no_others(change: Change, expected: set[str]) -> None:
    assert moved(change) == expected


def test_every_undocumented_timestamp_follows_its_switch() -> None:
    suspend: Change = lambda o, u, g: o.suspend(u)  # noqa: E731
    join: Change = lambda o, u, g: o.add_user("new@enzos-pizza.com")  # noqa: E731
    assert "members" in moved(leave_for_good, hard_delete_moves_membership=True)
    assert moved(suspend, status_change_moves_membership=True) == {"user", "status", "members"}
    assert moved(suspend, status_change_moves_last_updated=False) == {"status"}
    assert moved(join) == set()
    assert moved(join, everyone_moves_membership=True) == {"everyone"}


@pytest.mark.parametrize("moves", [True, False])
def test_a_new_group_shows_as_a_membership_change_or_not(moves: bool) -> None:
    organization = Organization(switches=Switches(creation_sets_membership=moves))
    group = organization.add_group("eng")
    assert (group.last_membership_updated == group.created) is moves


def test_a_membership_by_rule_moves_the_timestamp_like_any_other() -> None:
    organization = Organization()
    user = organization.add_user("hiro@enzos-pizza.com", profile={"department": "Delivery"})
    group = organization.add_group("delivery")
    before = group.last_membership_updated
    organization.activate_rule(organization.add_rule("delivery", 'user.department == "Delivery"', [group]))
    assert user.id in group.members
    assert group.last_membership_updated > before


def test_a_filter_by_timestamp_finds_what_changed_since() -> None:
    organization = Organization()
    users = [organization.add_user(f"u{number}@enzos-pizza.com") for number in range(3)]
    groups = [organization.add_group(f"g{number}") for number in range(3)]
    with reading(Simulator(organization)) as reader:
        last_user = reader.get(f"/api/v1/users/{users[2].id}").json()["lastUpdated"]
        last_group = reader.get(f"/api/v1/groups/{groups[2].id}").json()["lastMembershipUpdated"]
        assert reader.ids("/api/v1/users", filter=f'lastUpdated gt "{last_user}"') == []
        assert reader.ids("/api/v1/users", filter=f'lastUpdated ge "{last_user}"') == [users[2].id]
        organization.suspend(users[0])
        organization.add_member(groups[1], users[1])
        assert reader.ids("/api/v1/users", filter=f'lastUpdated gt "{last_user}"') == [users[0].id]
        assert reader.ids("/api/v1/groups", filter=f'lastMembershipUpdated gt "{last_group}"') == [groups[1].id]
        assert reader.ids("/api/v1/groups", filter=f'lastUpdated gt "{last_group}"') == []
        organization.delete_group(groups[1])
        assert reader.ids("/api/v1/groups", filter=f'lastMembershipUpdated gt "{last_group}"') == []


@pytest.mark.parametrize(("language", "lag"), [("filter", {"filter_lag": 30.0}), ("search", {"search_lag": 30.0})])
def test_a_replica_shows_rows_as_they_were_and_a_single_read_as_they_are(language: str, lag: dict[str, float]) -> None:
    clock = ManualClock()
    organization = Organization(clock=clock, switches=Switches(**lag))  # type: ignore[arg-type]
    user = organization.add_user("hiro@enzos-pizza.com")
    group = organization.add_group("eng")
    clock.advance(60)
    with reading(Simulator(organization)) as reader:
        organization.suspend(user)
        organization.update_group(group, name="engineers")
        newcomer = organization.add_user("y.t@enzos-pizza.com", status="SUSPENDED")
        query = {language: 'status eq "SUSPENDED"'}
        assert reader.ids("/api/v1/users", **query) == []
        assert reader.get(f"/api/v1/users/{user.id}").json()["status"] == "SUSPENDED"
        (row,) = reader.rows("/api/v1/groups", **{language: f'id eq "{group.id}"'})
        assert row["profile"]["name"] == "eng"
        clock.advance(31)
        assert reader.ids("/api/v1/users", **query) == [user.id, newcomer.id]
        (row,) = reader.rows("/api/v1/groups", **{language: f'id eq "{group.id}"'})
        assert row["profile"]["name"] == "engineers"


def test_the_clock_of_an_organization_never_gives_one_moment_twice() -> None:
    organization = Organization(clock=ManualClock())
    moments = [organization.now() for _ in range(100)]
    assert moments == sorted(set(moments))
