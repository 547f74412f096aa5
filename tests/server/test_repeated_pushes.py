"""A push that says what was pushed before, after a reading said otherwise: it counts from its arrival, like any."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.okta_simulator.objects import User
from tests.server.both import Both, both, organization, read
from tests.server.test_bursts import locked
from tests.server.test_pairing import people, pushed
from tests.server.test_scim_door import asked, user

PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BODIES = ("whole", "patch", "patch with a path")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Both]:
    """A service that is pushed to, and that reads."""
    with both(tmp_path / "a.db", organization()) as made:
        yield made


def say(world: Both, scim_id: str, person: User, active: bool, *, form: str) -> dict[str, Any]:
    """Push that somebody is active, or is not."""
    path = f"/Users/{scim_id}"
    operation: dict[str, Any] = {"op": "replace", "value": {"active": active}}
    if form == "patch with a path":
        operation = {"op": "Replace", "path": "active", "value": active}
    if form == "whole":
        body: dict[str, Any] = user(person.login, externalId=person.id) | {"active": active}
        code, told = asked(world.service, "PUT", path, json=body)
    else:
        code, told = asked(world.service, "PATCH", path, json={"schemas": [PATCH], "Operations": [operation]})
    assert code == 200
    return told


@pytest.mark.parametrize("form", BODIES)
def test_r39_who_came_back_by_a_reading_leaves_by_the_push_that_says_again_that_they_left(
    world: Both, form: str
) -> None:
    ann, _ = people(world.reader.organization, "ann", "bob")
    read(world)
    scim_id = pushed(world.service, ann)
    say(world, scim_id, ann, False, form="whole")
    assert locked(world.service) == ["ann@x.com"]
    read(world)
    assert sorted(world.service.directory().users) == ["ann@x.com", "bob@x.com"], "Okta has them, and the push was lost"
    say(world, scim_id, ann, False, form=form)
    assert locked(world.service) == ["ann@x.com"]
    assert sorted(world.service.directory().users) == ["bob@x.com"]


@pytest.mark.parametrize("form", BODIES)
def test_r41_who_left_by_a_reading_comes_back_by_the_push_that_says_again_that_they_are_there(
    world: Both, form: str
) -> None:
    org = world.reader.organization
    ann, _ = people(org, "ann", "bob")
    read(world)
    scim_id = pushed(world.service, ann)
    org.unassign_user(org.app("Teleport"), ann)
    read(world)
    assert locked(world.service) == ["ann@x.com"]
    say(world, scim_id, ann, True, form=form)
    assert locked(world.service) == []
    assert sorted(world.service.directory().users) == ["ann@x.com", "bob@x.com"]


def test_a_push_that_repeats_another_leaves_version_and_date_as_they_are(world: Both) -> None:
    ann, _ = people(world.reader.organization, "ann", "bob")
    read(world)
    scim_id = pushed(world.service, ann)
    first = say(world, scim_id, ann, False, form="whole")
    read(world)
    again = say(world, scim_id, ann, False, form="whole")
    assert again["meta"] == first["meta"]
    assert locked(world.service) == ["ann@x.com"]


def test_a_patch_that_repeats_something_else_brings_nobody_back(world: Both) -> None:
    org = world.reader.organization
    ann, _ = people(org, "ann", "bob")
    read(world)
    scim_id = pushed(world.service, ann)
    org.unassign_user(org.app("Teleport"), ann)
    read(world)
    operation = {"op": "replace", "path": "userName", "value": "ann@x.com"}
    body = {"schemas": [PATCH], "Operations": [operation]}
    assert asked(world.service, "PATCH", f"/Users/{scim_id}", json=body)[0] == 200
    assert locked(world.service) == ["ann@x.com"]
