"""Generated organizations: believable, repeatable, of the size asked for, and quick to read."""

import pytest

from tests.okta_simulator import Limits, Organization, Simulator
from tests.test_okta_simulator.reader import reading


def shape(organization: Organization) -> list[list[tuple[object, ...]]]:
    return [
        [(user.id, user.status, user.profile) for user in organization.users.values()],
        [(group.id, group.name, sorted(group.members)) for group in organization.groups.values()],
        [(app.id, app.label, sorted(app.users), sorted(app.groups)) for app in organization.apps.values()],
    ]


def test_a_seed_gives_the_same_organization_each_time_and_another_seed_another() -> None:
    first, again, other = (Organization.generate(seed, users=50, groups=5, apps=3) for seed in (1, 1, 2))
    assert shape(first) == shape(again)
    assert set(first.users).isdisjoint(other.users)


def test_a_generated_organization_has_the_size_asked_for() -> None:
    organization = Organization.generate(
        1, users=300, groups=12, apps=6, members_per_group=40, users_per_app=30, groups_per_app=2
    )
    assert (len(organization.users), len(organization.groups), len(organization.apps)) == (300, 12 + 1, 6)
    assert all(20 <= len(group.members) <= 60 for group in organization.groups.values() if not group.everyone)
    other = organization.app("App 1")
    assert (len(other.users), len(other.groups)) == (30, 2)
    living = [user.id for user in organization.users.values() if user.status != "DEPROVISIONED"]
    assert organization.assigned_ids(organization.sso_app) == living
    assert organization.events == []
    assert len({user.status for user in organization.users.values()}) >= 5


def test_ids_have_okta_s_form() -> None:
    organization = Organization.generate(1, users=3, groups=1, apps=1)
    kinds = {"00u": list(organization.users), "00g": list(organization.groups), "0oa": list(organization.apps)}
    for prefix, ids in kinds.items():
        assert all(len(key) == 20 and key.startswith(prefix) for key in ids)


def test_ids_and_names_can_be_given() -> None:
    organization = Organization()
    assert organization.add_user("hiro@enzos-pizza.com", id="00u1").id == "00u1"
    assert organization.group(organization.add_group("eng", id="00g1").name).id == "00g1"
    assert organization.app(organization.add_app("Teleport", id="0oa1").label).id == "0oa1"
    for find in (organization.user, organization.group, organization.app):
        with pytest.raises(KeyError):
            find("missing")


def test_reading_everything_costs_the_least_number_of_requests() -> None:
    organization = Organization.generate(1, users=1200, groups=30, apps=3, members_per_group=10)
    simulator = Simulator(organization, limits=Limits(organization.clock, organization.switches, enabled=False))
    with reading(simulator) as reader:
        users = len(reader.ids(f"/api/v1/apps/{organization.sso_app.id}/users", expand="user", limit=500))
        for group in reader.ids("/api/v1/groups", limit=200):
            reader.ids(f"/api/v1/groups/{group}/users", limit=200)
        members_of_everyone = -(-1200 // 200)
        assert simulator.requests.by_bucket == {
            "apps": -(-users // 500),
            "groups": 1 + 30 + members_of_everyone,
        }
