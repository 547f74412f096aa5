"""What a PATCH of a user does not name, it says nothing of: a reading may have said otherwise since."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.okta_simulator.objects import User
from tests.server.both import Both, both, organization, read
from tests.server.conftest import Served
from tests.server.test_bursts import locked
from tests.server.test_pairing import people
from tests.server.test_scim_door import USER, asked, user

PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
TITLES: dict[str, Any] = {
    "a path": {"op": "replace", "path": "title", "value": "Lead"},
    "no path": {"op": "replace", "value": {"title": "Lead"}},
    "a schema": {"op": "add", "path": USER, "value": {"title": "Lead"}},
    "a whole path": {"op": "Add", "value": {f"{USER}:title": "Lead"}},
}
INACTIVE: dict[str, Any] = {
    "a path": {"op": "replace", "path": "active", "value": False},
    "no path": {"op": "replace", "value": {"active": False}},
    "a schema": {"op": "replace", "path": USER, "value": {"active": False}},
    "a whole path": {"op": "Replace", "path": f"{USER}:active", "value": "False"},
    "the schema's attributes": {"op": "replace", "value": {USER: {"active": False}}},
}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Both]:
    """A service that is pushed to, and that reads."""
    with both(tmp_path / "a.db", organization()) as made:
        yield made


def push(service: Served, person: User, /, **more: Any) -> str:
    """The SCIM id of somebody who is pushed with more attributes."""
    code, told = asked(service, "POST", "/Users", json=user(person.login, externalId=person.id, **more))
    assert code == 201
    return str(told["id"])


def patch(service: Served, scim_id: str, *operations: dict[str, Any]) -> dict[str, Any]:
    """The answer to a PATCH of a user."""
    code, told = asked(service, "PATCH", f"/Users/{scim_id}", json={"schemas": [PATCH], "Operations": operations})
    assert code == 200
    return told


def put(service: Served, scim_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """The answer to a user who is pushed whole."""
    code, told = asked(service, "PUT", f"/Users/{scim_id}", json=body)
    assert code == 200
    return told


def names(service: Served) -> list[str]:
    """Who is in the directory."""
    return sorted(name.partition("@")[0] for name in service.directory().users)


def trait(service: Served, name: str, attribute: str) -> tuple[str, ...]:
    """The values of a trait that somebody has."""
    return tuple(service.directory().users[f"{name}@x.com"].spec.traits.get(f"okta/{attribute}", ()))


def leave_by_a_reading(world: Both, person: User) -> None:
    """Let somebody lose the app in Okta, which pushes nothing of it."""
    org = world.reader.organization
    org.unassign_user(org.app("Teleport"), person)
    read(world)
    assert locked(world.service) == [person.login]


@pytest.mark.parametrize("form", TITLES)
def test_r41_a_patch_that_does_not_say_active_brings_nobody_back_who_left_by_a_reading(world: Both, form: str) -> None:
    ann, _ = people(world.reader.organization, "ann", "bob")
    read(world)
    scim_id = push(world.service, ann)
    leave_by_a_reading(world, ann)
    told = patch(world.service, scim_id, TITLES[form])
    assert (told["title"], told["active"]) == ("Lead", True), "a resource is told as it was pushed"
    assert locked(world.service) == ["ann@x.com"]
    assert names(world.service) == ["bob"]
    read(world)
    assert locked(world.service) == ["ann@x.com"]


def test_r41_a_patch_of_several_attributes_brings_back_whom_one_of_them_calls_active(world: Both) -> None:
    ann, _ = people(world.reader.organization, "ann", "bob")
    read(world)
    scim_id = push(world.service, ann)
    leave_by_a_reading(world, ann)
    patch(world.service, scim_id, TITLES["a path"], {"op": "replace", "path": "active", "value": True})
    assert locked(world.service) == []
    assert names(world.service) == ["ann", "bob"]


@pytest.mark.parametrize("form", TITLES)
def test_r41_a_patch_that_does_not_say_active_takes_nobody_away_who_came_back_by_a_reading(
    world: Both, form: str
) -> None:
    ann, _ = people(world.reader.organization, "ann", "bob")
    world.reader.organization.update_user(ann, title="Clerk")
    read(world)
    scim_id = push(world.service, ann, title="Clerk")
    patch(world.service, scim_id, INACTIVE["no path"])
    assert locked(world.service) == ["ann@x.com"]
    read(world)
    assert names(world.service) == ["ann", "bob"], "Okta has them, and the push was lost"
    told = patch(world.service, scim_id, TITLES[form])
    assert (told["title"], told["active"]) == ("Lead", False), "a resource is told as it was pushed"
    assert locked(world.service) == []
    assert names(world.service) == ["ann", "bob"]
    assert trait(world.service, "ann", "title") == ("Lead",)


@pytest.mark.parametrize("form", INACTIVE)
def test_r41_a_patch_that_says_inactive_in_any_form_takes_away_who_came_back_by_a_reading(
    world: Both, form: str
) -> None:
    ann, _ = people(world.reader.organization, "ann", "bob")
    read(world)
    scim_id = push(world.service, ann)
    patch(world.service, scim_id, INACTIVE["no path"])
    read(world)
    assert names(world.service) == ["ann", "bob"]
    patch(world.service, scim_id, INACTIVE[form])
    assert locked(world.service) == ["ann@x.com"]
    assert names(world.service) == ["bob"]


def test_r41_a_whole_push_without_active_says_nothing_of_who_left_or_came_back_by_a_reading(world: Both) -> None:
    ann, bob = people(world.reader.organization, "ann", "bob")
    read(world)
    ids = {person: push(world.service, person) for person in (ann, bob)}
    patch(world.service, ids[bob], INACTIVE["no path"])
    leave_by_a_reading(world, ann)
    assert names(world.service) == ["bob"]
    for person, scim_id in ids.items():
        whole = {"schemas": [USER], "userName": person.login, "externalId": person.id, "displayName": "Somebody"}
        told = put(world.service, scim_id, whole)
        assert told.get("active") is (False if person is bob else None), "who was told to have left is told so"
    assert locked(world.service) == ["ann@x.com"]
    assert names(world.service) == ["bob"]


def test_r41_a_whole_push_brings_back_who_left_by_a_reading(world: Both) -> None:
    ann, _ = people(world.reader.organization, "ann", "bob")
    read(world)
    scim_id = push(world.service, ann)
    leave_by_a_reading(world, ann)
    put(world.service, scim_id, user(ann.login, externalId=ann.id, title="Lead"))
    assert locked(world.service) == []
    assert names(world.service) == ["ann", "bob"]


def test_r41_a_patch_leaves_attributes_that_it_does_not_name_as_they_were_read(world: Both) -> None:
    org = world.reader.organization
    ann, _ = people(org, "ann", "bob")
    org.update_user(ann, title="Clerk", department="Sales", firstName="Ann", lastName="Old")
    read(world)
    name = {"givenName": "Ann", "familyName": "Old"}
    scim_id = push(world.service, ann, title="Clerk", name=name, **{ENTERPRISE: {"department": "Sales"}})
    org.update_user(ann, title="Head", department="Support", lastName="New")
    read(world)
    patch(world.service, scim_id, {"op": "replace", "path": "name.givenName", "value": "Anna"})
    found = {each: trait(world.service, "ann", each) for each in ("title", "department", "firstName", "lastName")}
    assert found == {"title": ("Head",), "department": ("Support",), "firstName": ("Anna",), "lastName": ("New",)}
    patch(world.service, scim_id, {"op": "replace", "path": f"{ENTERPRISE}:department", "value": "Sales"})
    assert trait(world.service, "ann", "department") == ("Sales",), "a repeated word counts from its arrival"
    assert trait(world.service, "ann", "title") == ("Head",)


def test_r41_a_patch_that_does_not_say_the_user_name_renames_nobody(world: Both) -> None:
    org = world.reader.organization
    ann, _ = people(org, "ann", "bob")
    read(world)
    scim_id = push(world.service, ann)
    org.update_user(ann, login="eve@x.com")
    read(world)
    assert names(world.service) == ["bob", "eve"]
    patch(world.service, scim_id, TITLES["a path"])
    assert names(world.service) == ["bob", "eve"]
    assert locked(world.service) == ["ann@x.com"], "the lock of the old name, until it ends"


def test_r41_a_patch_of_a_tombstone_where_pushes_alone_tell_leaves_it_one(service: Served) -> None:
    code, told = asked(service, "POST", "/Users", json=user("ann@x.com", externalId="00uAnn"))
    assert code == 201
    patch(service, told["id"], INACTIVE["a path"])
    assert patch(service, told["id"], TITLES["a path"])["active"] is False
    assert names(service) == []
    assert locked(service) == ["ann@x.com"]


def test_r41_a_patch_of_the_older_resource_of_somebody_who_left_by_the_newer_brings_nobody_back(
    service: Served,
) -> None:
    ids = []
    for name in ("ann@x.com", "ann.b@x.com"):
        code, told = asked(service, "POST", "/Users", json=user(name, externalId="00uAnn"))
        assert code == 201
        ids.append(told["id"])
    patch(service, ids[1], INACTIVE["a path"])
    assert names(service) == []
    patch(service, ids[0], TITLES["a path"])
    assert names(service) == []
    patch(service, ids[0], {"op": "replace", "path": "active", "value": True})
    assert names(service) == ["ann"]
