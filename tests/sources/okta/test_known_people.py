"""What became of people who are known and lack the app."""

import pytest

from idsync.config.settings import AppById
from idsync.model.identity import DELETED
from idsync.sources.okta.reader import MOST_CONFIRMATIONS, MOST_LOOKUPS
from idsync.sources.okta.selection import Selection
from tests.okta_simulator import Change, Fault, IgnoreExpand, Organization, Switches
from tests.sources.okta.organizations import served, small

NAMES = ("ada", "boris", "chloe", "dmitri", "elif")


def test_known_people_without_the_app_are_asked_about_together() -> None:
    organization = small()
    gone = organization.add_user("gone@enzos-pizza.com")
    off = organization.add_user("off@enzos-pizza.com")
    known = [organization.user(f"{name}@enzos-pizza.com").id for name in NAMES]
    organization.deactivate(off)
    organization.deactivate(gone)
    organization.delete_user(gone)
    with served(organization) as reader:
        snapshot = reader.source().read(known=[*known, gone.id, off.id, 'no" or id eq "id', ""]).snapshot
        asked = reader.simulator.requests.by_route["GET /api/v1/users"]
    assert snapshot.unassigned[gone.id] == DELETED
    assert snapshot.unassigned[off.id] == "DEPROVISIONED"
    assert asked == 1
    assert len(snapshot.unassigned) == 3


def test_known_people_are_asked_about_in_batches_and_only_so_many() -> None:
    with served(small()) as reader:
        reader.source().read(known=[f"00u{number}" for number in range(MOST_LOOKUPS + 500)])
        assert reader.simulator.requests.by_route["GET /api/v1/users"] == MOST_LOOKUPS // 100


def test_nobody_is_asked_about_when_everybody_known_is_assigned() -> None:
    organization = small()
    with served(organization) as reader:
        reader.source().read(known=[organization.user("ada@enzos-pizza.com").id])
        assert reader.simulator.requests.by_bucket["users"] == 0


def test_a_known_person_whom_a_moving_listing_passed_over_is_not_a_leaver() -> None:
    organization = Organization.generate(
        5, users=1200, groups=1, apps=1, statuses={"ACTIVE": 1.0}, switches=Switches(rows="shifting")
    )
    known = sorted(organization.users)
    early = organization.users[known[0]]
    with served(organization) as reader:
        # the first page loses a row, and every later one begins a row too far
        path = f"/api/v1/apps/{organization.sso_app.id}/users"
        reader.simulator.faults.add(Fault(path, Change(lambda changed: changed.deactivate(early)), first=2))
        passed_over = len(known) - len(reader.source().read().snapshot.users)
        reader.simulator.faults.clear()
        organization.activate(early)
        reader.simulator.faults.add(Fault(path, Change(lambda changed: changed.deactivate(early)), first=2))
        snapshot = reader.source().read(known=known).snapshot
    assert passed_over == 1
    assert {user.id for user in snapshot.users} == set(known)


@pytest.mark.parametrize("described", [True, False])
def test_known_people_who_are_well_but_not_listed_are_looked_at_once_more(described: bool) -> None:
    organization = small()
    zoe, ada = (organization.user(f"{name}@enzos-pizza.com") for name in ("zoe", "ada"))
    with served(organization) as reader:
        joined = Change(lambda changed: changed.assign_user(changed.app("Teleport"), zoe))
        reader.simulator.faults.add(Fault("/api/v1/apps/*/users/*", joined))
        if not described:
            reader.simulator.faults.add(Fault("/api/v1/apps/*/users/*", IgnoreExpand(), times=None))
        snapshot = reader.source().read(known=[zoe.id, ada.id]).snapshot
        asked = reader.simulator.requests.by_route["GET /api/v1/apps/{app}/users/{user}"]
    assert asked == 1
    assert zoe.id in {user.id for user in snapshot.users}
    assert zoe.id not in snapshot.unassigned


def test_a_leaver_is_confirmed_and_many_leavers_are_not_asked_about_one_by_one() -> None:
    organization = Organization.generate(5, users=200, groups=1, apps=2, users_per_app=100, statuses={"ACTIVE": 1.0})
    with served(organization) as reader:
        source = reader.source(app=AppById(organization.app("App 1").id), selection=Selection(lists=False))
        snapshot = source.read(known=sorted(organization.users)).snapshot
        asked = reader.simulator.requests.by_route["GET /api/v1/apps/{app}/users/{user}"]
    assert asked == MOST_CONFIRMATIONS
    assert len(snapshot.unassigned) == 200 - len(snapshot.users)
