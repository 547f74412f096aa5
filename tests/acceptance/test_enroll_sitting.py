"""From an empty organization to a first applied plan in one sitting, by the commands alone, at a terminal."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.enrolling import ACS, FILES, World
from tests.acceptance.terminal import Sitting, sitting
from tests.okta_simulator import Organization, Role, Simulator, running
from tests.test_okta_simulator.test_apps import body

READS = ("okta.users.read", "okta.groups.read", "okta.apps.read", "okta.logs.read")
NO_TOKEN: dict[str, str] = {}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Three people and a group, and no app for them."""
    organization = Organization()
    people = [organization.add_user(f"{name}@enzos-pizza.com") for name in ("hiro", "juanita", "y.t")]
    organization.add_group("eng", members=people[:2])
    with running(simulator := Simulator(organization)) as url:
        yield World(simulator, url, tmp_path / "access")


def options(world: World, *more: str) -> list[object]:
    return [
        "okta",
        "-c",
        world.folder,
        "--org-url",
        world.url,
        "--owner",
        "hiro@enzos-pizza.com",
        "--acs-url",
        ACS,
        *more,
    ]


def registered(world: World, seat: Sitting) -> None:
    """What a person does in Okta with what is on the screen."""
    said = seat.until("Client ID of the app")
    (key,) = (line for line in said.splitlines() if line.strip().startswith('{"'))
    assert all(scope in said for scope in READS)
    jwk = json.loads(key)
    world.simulator.authority.add_client("0oaidsync", [jwk], scopes=READS, role=Role.READ_ONLY, dpop=True)


def test_a_new_user_gets_from_nothing_to_people_with_access(world: World) -> None:
    with sitting("enroll", *options(world, "--oauth")) as seat:
        seat.answer("Make the key? [yes/no]", "yes")
        registered(world, seat)
        seat.answer("Client ID of the app", "0oaidsync")
        assert "create  SAML app 'Teleport' in Okta" in seat.until("Do this? [yes/no]")
        assert world.writes == 0, "it shows first"
        seat.answer("Do this? [yes/no]", "yes")
        assert seat.end() == 0, seat.said
        assert "tctl create -f" in seat.said
    (key,) = world.folder.glob("keys/*.pem")
    assert set(world.files) == FILES | {"keys/.gitignore", f"keys/{key.name}"}
    for command in (("doctor",), ("validate", "--secrets"), ("filters",), ("plan", "-o", world.folder / "first.plan")):
        with sitting(command[0], "-c", world.folder, *command[1:], more=NO_TOKEN) as seat:
            assert seat.end() == 0, seat.said
    with sitting("apply", "-c", world.folder, world.folder / "first.plan", more=NO_TOKEN) as seat:
        assert seat.end() == 0, seat.said
    with sitting("plan", "-c", world.folder, "--detailed-exitcode", more=NO_TOKEN) as seat:
        assert seat.end() == 0, seat.said
    with sitting("get", "-c", world.folder, "users", "--format", "text", more=NO_TOKEN) as seat:
        assert seat.end() == 0
        assert all(f"{name}@enzos-pizza.com" in seat.said for name in ("hiro", "juanita", "y.t"))
    before, writes = world.files, world.writes
    with sitting("enroll", *options(world, "--oauth"), more=NO_TOKEN) as seat:
        assert seat.end() == 0, seat.said
        assert "nothing was changed" in seat.said
    assert (world.files, world.writes) == (before, writes)


@pytest.mark.parametrize("where", ["Make the key?", "Do this?"])
def test_a_no_changes_nothing_that_was_not_said(world: World, where: str) -> None:
    with sitting("enroll", *options(world, "--oauth")) as seat:
        if where == "Make the key?":
            seat.answer("[yes/no]", "no")
        else:
            seat.answer("[yes/no]", "yes")
            registered(world, seat)
            seat.answer("Client ID of the app", "0oaidsync")
            seat.answer("Do this? [yes/no]", "n")
        assert seat.end() == 130
        assert ("Nothing was changed." if where == "Make the key?" else "Nothing but the key was made") in seat.said
    assert world.writes == 0
    assert "idsync.yaml" not in world.files


def test_a_client_id_that_nobody_knows_yet_is_filled_in_another_day(world: World) -> None:
    with sitting("enroll", *options(world, "--oauth")) as seat:
        seat.answer("[yes/no]", "y")
        registered(world, seat)
        seat.answer("Client ID of the app", "")
        seat.answer("Do this? [yes/no]", "yes")
        assert seat.end() == 0, seat.said
    assert b"0oa..." in world.files["idsync.yaml"]
    with sitting("enroll", *options(world, "--oauth")) as seat:
        registered(world, seat)
        seat.answer("Client ID of the app", "0oaidsync")
        seat.answer("Do this? [yes/no]", "yes")
        assert seat.end() == 0, seat.said
    assert b"0oaidsync" in world.files["idsync.yaml"]


def test_without_a_token_somebody_who_knows_no_client_id_comes_back(world: World) -> None:
    with sitting("enroll", *options(world, "--oauth"), more=NO_TOKEN) as seat:
        seat.answer("[yes/no]", "y")
        seat.answer("Client ID of the app", "")
        assert seat.end() == 64
    assert world.writes == 0


@pytest.mark.parametrize("has", ["group", "person", "nobody"])
def test_an_app_that_somebody_makes_while_the_question_waits_goes_to_nobody_unasked(world: World, has: str) -> None:
    organization = world.simulator.organization
    with sitting("enroll", *options(world)) as seat:
        assert "create  SAML app 'Teleport' in Okta" in seat.until("Do this? [yes/no]")
        settings = {**body()["settings"]["signOn"], "ssoAcsUrl": ACS, "recipient": ACS, "audience": ACS}
        app = organization.add_app("Teleport", settings={"signOn": settings})
        if has == "group":
            organization.assign_group(app, organization.group("eng"))
        elif has == "person":
            organization.assign_user(app, organization.user("hiro@enzos-pizza.com"))
        seat.answer("Do this? [yes/no]", "yes")
        assert seat.end() == (0 if has == "nobody" else 64), seat.said
        assert has == "nobody" or "was made in Okta meanwhile" in seat.said
    assert len(app.groups) == (0 if has == "person" else 1)
    assert world.folder.exists() is (has == "nobody")
