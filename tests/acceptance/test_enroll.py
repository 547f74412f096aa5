"""`idsync enroll okta`: from an empty organization to the first applied plan, and again without a change."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.acceptance.programs import TOKEN, Ended
from tests.acceptance.programs import command as run_inside
from tests.okta_simulator import Fault, LoseAnswer, Organization, Role, Simulator, running

ACS = "https://teleport.enzos-pizza.com/v1/webapi/saml/acs/okta"
World = tuple[Simulator, str, Path]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """An organization with a person and no app, and no folder yet."""
    organization = Organization()
    organization.add_user("hiro@enzos-pizza.com", profile={"department": "Engineering"})
    simulator = Simulator(organization)
    with running(simulator) as url:
        yield simulator, url, tmp_path / "access"


def enroll(world: World, *more: str, url: str = "", approve: bool = True) -> Ended:
    """Run the command in the folder."""
    options = ["--org-url", url or world[1], "--owner", "owner@enzos-pizza.com", "--acs-url", ACS, *more]
    options += ["--auto-approve"] if approve else []
    return run_inside("enroll", "okta", "-c", world[2], *options, more=TOKEN)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_r53_from_nothing_to_an_applied_plan_and_only_enroll_writes(world: World) -> None:
    simulator, _, folder = world
    assert enroll(world, approve=False).code == 64
    assert not folder.exists()
    assert simulator.requests.writes == []
    ended = enroll(world)
    assert ended.code == 0, ended.err
    assert "create  SAML app 'Teleport'" in ended.out
    assert len(simulator.requests.writes) == 2
    connector = yaml.safe_load((folder / "okta.teleport.yaml").read_text())
    (app,) = simulator.organization.apps.values()
    assert connector["metadata"]["labels"]["teleport.internal/okta-app-id"] == app.id
    assert connector["spec"]["attributes_to_roles"] == [{"name": "groups", "value": "*", "roles": ["okta-requester"]}]
    assert app.external_key in connector["spec"]["entity_descriptor"]
    before = files(folder)
    again = enroll(world)
    assert again.code == 0, again.err
    assert "adopt" in again.out
    assert files(folder) == before
    for arguments in (("validate",), ("doctor",), ("plan",), ("apply", "--auto-approve"), ("drift",), ("filters",)):
        ended = run_inside(arguments[0], "-c", folder, *arguments[1:], more=TOKEN)
        assert ended.code == 0, ended.out + ended.err
    assert "hiro@enzos-pizza.com" in run_inside("get", "-c", folder, "users", more=TOKEN).out
    assert len(simulator.requests.writes) == 2


@pytest.mark.parametrize("number", [1, 2])
def test_a_lost_answer_makes_no_second_app(world: World, number: int) -> None:
    simulator, _, folder = world
    simulator.faults.add(Fault("/api/v1/**", LoseAnswer(), first=number, times=1, writes=True))
    enroll(world)
    ended = enroll(world)
    assert ended.code == 0, ended.err
    (app,) = simulator.organization.apps.values()
    assert len(app.groups) == 1
    assert set(files(folder)) == {"idsync.yaml", "owners.yaml", "okta.teleport.yaml"}


def test_a_missing_role_is_named_before_anything_is_made(world: World) -> None:
    simulator, _, folder = world
    simulator.authority.add_token(simulator.token, role=Role.READ_ONLY)
    ended = enroll(world)
    assert ended.code == 4
    assert "Application Administrator" in ended.err
    assert simulator.requests.writes == []
    assert not folder.exists()


def test_rules_that_are_there_are_kept_and_become_the_connector_s(world: World) -> None:
    simulator, _, folder = world
    folder.mkdir()
    rules = "apiVersion: idsync/v1\nkind: RoleMapping\nspec:\n  rules:\n"
    rules += '    - {trait: okta/department, value: "^a|b$", roles: [dev]}\n    - {group: "aws-*", roles: ["aws-$1"]}\n'
    (folder / "roles.yaml").write_text(rules)
    assert enroll(world).code == 0
    assert (folder / "roles.yaml").read_text() == rules
    connector = yaml.safe_load((folder / "okta.teleport.yaml").read_text())
    assert connector["spec"]["attributes_to_roles"][1:] == [
        {"name": "okta/department", "value": "^(?:^a|b$)$", "roles": ["dev"]},
        {"name": "groups", "value": "aws-*", "roles": ["aws-$1"]},
    ]
    (app,) = simulator.organization.apps.values()
    told = {each["name"] for each in app.settings["signOn"]["attributeStatements"]}
    assert told == {"groups", "okta/department"}


def test_a_contradiction_is_refused(world: World) -> None:
    simulator, _, folder = world
    assert enroll(world).code == 0
    before, writes = files(folder), len(simulator.requests.writes)
    assert enroll(world, url="https://other.okta.com").code == 64
    assert enroll(world, "--audience", "urn:other").code == 64
    assert enroll(world, "--app-label", "Other").code == 64
    assert enroll(world, "--group", "nobody").code == 64
    assert files(folder) == before
    assert len(simulator.requests.writes) == writes
