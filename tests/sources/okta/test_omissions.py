"""A server that leaves things out, or answers otherwise where nothing is documented."""

from typing import Any

import pytest

from idsync.errors import AuthorizationError
from idsync.model.identity import DELETED, IdentityGroup, Snapshot
from idsync.sources.okta.selection import Selection
from tests.okta_simulator import Change, Empty, Fault, IgnoreExpand, Omit, Organization, Switches
from tests.sources.okta.organizations import served, small

NAMES = ("ada", "boris", "chloe", "dmitri", "elif")


def by_name(snapshot: Snapshot) -> dict[str, IdentityGroup]:
    return {group.name: group for group in snapshot.groups}


@pytest.mark.parametrize("people", [0, 150])
def test_a_server_that_ignores_expand_is_read_through_its_users(people: int) -> None:
    organization = small()
    staff = organization.group("staff")
    for number in range(people):
        organization.add_member(staff, organization.add_user(f"person{number}@enzos-pizza.com"))
    with served(organization) as reader:
        expected = reader.source().read().snapshot.digest()
        reader.simulator.faults.add(Fault("/api/v1/apps/*/users", IgnoreExpand(), times=None))
        reader.simulator.requests.clear()
        assert reader.source().read().snapshot.digest() == expected
        assert reader.simulator.requests.by_bucket["users"] == 1


def test_people_whom_the_user_list_leaves_out_are_looked_up_by_id() -> None:
    organization = small()
    staff = organization.group("staff")
    for number in range(150):
        organization.add_member(staff, organization.add_user(f"person{number}@enzos-pizza.com"))
    app = organization.app("Teleport")
    ada = organization.user("ada@enzos-pizza.com")
    organization.assign_user(app, ada)
    with served(organization) as reader:
        reader.simulator.faults.add(Fault("/api/v1/apps/*/users", IgnoreExpand(), times=None))
        # a user who is deactivated between the two listings: not in /users, known to its filter
        reader.simulator.faults.add(Fault("/api/v1/users", Change(lambda changed: changed.deactivate(ada))))
        snapshot = reader.source().read().snapshot
    assert {user.id: user.status for user in snapshot.users}[ada.id] == "DEPROVISIONED"
    assert len(snapshot.users) == 155


def test_people_who_vanish_before_they_are_described_are_deleted() -> None:
    organization = small()
    ada = organization.user("ada@enzos-pizza.com")

    def remove(changed: Organization) -> None:
        changed.deactivate(ada)
        changed.delete_user(ada)

    with served(organization) as reader:
        reader.simulator.faults.add(Fault("/api/v1/apps/*/users", IgnoreExpand(), times=None))
        reader.simulator.faults.add(Fault("/api/v1/users", Change(remove)))
        snapshot = reader.source(selection=Selection(lists=False)).read().snapshot
    assert snapshot.unassigned == {ada.id: DELETED}
    assert len(snapshot.users) == 4


@pytest.mark.parametrize("people", [0, 80])
def test_people_who_are_assigned_and_shown_to_nobody_are_a_matter_of_permission(people: int) -> None:
    organization = small()
    staff = organization.group("staff")
    for number in range(people):
        organization.add_member(staff, organization.add_user(f"person{number}@enzos-pizza.com"))
    with served(organization) as reader:
        reader.simulator.faults.add(Fault("/api/v1/apps/*/users", IgnoreExpand(), times=None))
        reader.simulator.faults.add(Fault("/api/v1/users", Empty(), times=None))
        with pytest.raises(AuthorizationError, match=f"does not show {people + 5}") as caught:
            reader.source().read()
    assert caught.value.scope == "okta.users.read"


def test_optional_fields_may_be_left_out() -> None:
    omitted = {
        "/api/v1/apps/*/users": ("credentials", "profile", "externalId", "created", "syncState"),
        "/api/v1/groups": ("profile.description", "type", "lastUpdated"),
        "/api/v1/groups/*/users": ("status", "profile"),
        "/api/v1/apps": ("name", "features", "signOnMode"),
    }
    with served(small()) as reader:
        reader.simulator.faults.add(*(Fault(path, Omit(fields), times=None) for path, fields in omitted.items()))
        snapshot = reader.source().read().snapshot
    assert sorted(user.username for user in snapshot.users) == [f"{name}@enzos-pizza.com" for name in NAMES]
    assert len(by_name(snapshot)["staff"].member_ids()) == 5
    assert snapshot.unassigned == {}


def test_a_scope_that_is_left_out_is_read_from_the_links() -> None:
    with served(small()) as reader:
        expected = reader.source().read().snapshot
        reader.simulator.faults.add(Fault("/api/v1/apps/*/users", Omit(("scope",)), times=None))
        assert reader.source().read().snapshot.digest() == expected.digest()


def test_a_status_that_is_left_out_of_the_embedded_user_is_asked_for() -> None:
    with served(small()) as reader:
        expected = reader.source().read().snapshot.digest()
        reader.simulator.faults.add(Fault("/api/v1/apps/*/users", Omit(("_embedded.user.status",)), times=None))
        assert reader.source().read().snapshot.digest() == expected


@pytest.mark.parametrize(
    ("path", "field", "kind", "named"),
    [
        ("/api/v1/apps/*/users", "id", "user", False),
        ("/api/v1/groups", "id", "group", False),
        ("/api/v1/groups", "profile.name", "group", True),
        ("/api/v1/groups/*/users", "id", "group", True),
        ("/api/v1/apps", "status", "app", True),
        ("/api/v1/apps/*/groups", "id", "app", True),
    ],
)
def test_r13_what_lacks_a_needed_field_is_left_as_it_is_and_never_none(
    path: str, field: str, kind: str, named: bool
) -> None:
    with served(small()) as reader:
        reader.simulator.faults.add(Fault(path, Omit((field,)), times=None))
        rows = [row for row in reader.source().read().snapshot.left_as_is if row.kind == kind]
    assert rows
    assert all(bool(row.id) is named for row in rows)


@pytest.mark.parametrize(
    "switches",
    [
        Switches(excessive_limit="reject"),
        Switches(group_members_maximum=200, group_apps_maximum=20),
        Switches(user_order="other"),
        Switches(rows="shifting"),
        Switches(last_page="empty_extra_page"),
        Switches(last_page="repeating_cursor"),
        Switches(query_link="absent"),
        Switches(rate_limit_headers="several"),
        Switches(everyone_has_deprovisioned=False),
        Switches(stats="stale"),
    ],
    ids=lambda switches: next(str(value) for name, value in vars_of(switches) if value != getattr(Switches(), name)),
)
def test_undocumented_points_make_no_difference(switches: Switches) -> None:
    def organization(**choices: Any) -> Organization:
        return Organization.generate(11, users=450, groups=12, apps=4, members_per_group=300, **choices)

    with served(organization()) as reader:
        expected = reader.source().read().snapshot
    with served(organization(switches=switches)) as reader:
        found = reader.source().read().snapshot
    assert [user.id for user in found.users] == [user.id for user in expected.users]
    assert [group.member_ids() for group in found.groups] == [group.member_ids() for group in expected.groups]
    assert [app.user_ids() for app in found.apps] == [app.user_ids() for app in expected.apps]


def vars_of(switches: Switches) -> list[tuple[str, object]]:
    return [(name, getattr(switches, name)) for name in type(switches).__dataclass_fields__]
