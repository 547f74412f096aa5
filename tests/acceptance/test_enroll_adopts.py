"""`idsync enroll okta` where something is there already: an app that people made, or a connector that Okta outlived."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.acceptance.enrolling import ACS, World
from tests.acceptance.programs import TOKEN
from tests.acceptance.programs import command as run_inside
from tests.okta_simulator import App, Organization, Simulator, running, saml
from tests.okta_simulator.saml import metadata
from tests.test_okta_simulator.test_apps import body

CONNECTOR = "okta.teleport.yaml"
ROLES = """apiVersion: idsync/v1
kind: RoleMapping
spec: {rules: [{trait: okta/department, value: Engineering, roles: [dev]}]}
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """An organization with two people, and no folder yet."""
    organization = Organization()
    organization.add_user("hiro@enzos-pizza.com", profile={"department": "Engineering"})
    organization.add_user("y.t@enzos-pizza.com")
    with running(simulator := Simulator(organization)) as url:
        yield World(simulator, url, tmp_path / "access")


def by_hand(world: World, **sign_on: Any) -> App:
    """An app that somebody made in Okta's console."""
    settings = {**body()["settings"]["signOn"], "ssoAcsUrl": ACS, "recipient": ACS, "audience": ACS, **sign_on}
    return world.simulator.organization.add_app("Teleport", settings={"signOn": settings})


def test_an_app_by_hand_is_adopted_and_given_to_nobody_else(world: World) -> None:
    organization = world.simulator.organization
    app = by_hand(world)
    organization.assign_user(app, organization.user("hiro@enzos-pizza.com"))
    ended = world.enroll()
    assert ended.code == 0, ended.err
    assert f"adopt   SAML app 'Teleport' ({app.id}) in Okta, as it is" in ended.out
    assert "the people who have it, without a group" in ended.out
    assert world.writes == 0
    assert yaml.safe_load(world.files["idsync.yaml"])["spec"]["app"] == {"id": app.id}
    assert "y.t@enzos-pizza.com" not in world.run("plan").out


def test_an_app_that_groups_have_keeps_them_and_named_ones_are_added(world: World) -> None:
    organization = world.simulator.organization
    app = by_hand(world)
    organization.assign_group(app, organization.add_group("eng"))
    organization.add_group("ops")
    assert world.enroll().code == 0
    assert (len(app.groups), world.writes) == (1, 0)
    ended = world.enroll("--group", "ops", "--group", "eng")
    assert ended.code == 0, ended.err
    assert "keep    assignment of the app to the group 'eng'" in ended.out
    assert (len(app.groups), world.writes) == (2, 1)


@pytest.mark.parametrize(
    ("sign_on", "said"),
    [({"ssoAcsUrl": "https://other/acs"}, "--acs-url https://other/acs"), ({"audience": "urn:x"}, "--audience urn:x")],
)
def test_an_app_that_is_for_something_else_is_refused(world: World, sign_on: dict[str, str], said: str) -> None:
    by_hand(world, **sign_on)
    ended = world.enroll()
    assert ended.code == 64
    assert said in ended.err
    assert (world.writes, world.folder.exists()) == (0, False)


def test_an_app_that_is_off_or_signs_in_otherwise_is_refused(world: World) -> None:
    organization = world.simulator.organization
    app = by_hand(world)
    organization.deactivate_app(app)
    ended = world.enroll()
    assert (ended.code, "is not active" in ended.err) == (7, True)
    organization.add_app("Wiki", sign_on_mode="OPENID_CONNECT")
    ended = world.enroll("--app-label", "Wiki")
    assert (ended.code, "does not sign in by SAML" in ended.err) == (7, True)
    assert world.writes == 0


def test_what_an_adopted_app_does_not_tell_is_said(world: World) -> None:
    world.folder.mkdir()
    (world.folder / "roles.yaml").write_text(ROLES)
    by_hand(world, attributeStatements=[{"type": "EXPRESSION", "name": "email", "values": ["user.email"]}])
    ended = world.enroll()
    assert ended.code == 0, ended.err
    assert "does not tell Teleport groups, okta/department" in ended.err
    assert world.writes == 1, "Everyone gets an app that nobody has"


def test_an_app_that_somebody_left_half_made_is_adopted_and_what_it_lacks_is_said(world: World) -> None:
    world.simulator.organization.add_app("Teleport")
    ended = world.enroll()
    assert ended.code == 0, ended.err
    assert "Okta does not say where the app 'Teleport' sends people" in ended.err
    assert "/v1/webapi/saml/acs" in ended.err


def test_a_certificate_that_okta_changed_comes_into_the_connector(world: World) -> None:
    assert world.enroll().code == 0
    before = world.files
    world.simulator.organization.renew_key(world.app)
    shown = world.enroll(approve=False)
    assert (shown.code, world.files) == (64, before)
    assert f"update  SAML connector for Teleport, {CONNECTOR}: Okta's metadata" in shown.out
    ended = world.enroll()
    assert ended.code == 0, ended.err
    after = world.files
    assert after[CONNECTOR] != before.pop(CONNECTOR)
    assert before.items() < after.items()
    assert world.writes == 2
    assert "nothing was changed" in world.enroll().err


def test_rules_that_changed_come_into_the_connector_and_what_people_wrote_stays(world: World) -> None:
    assert world.enroll().code == 0
    path = world.folder / CONNECTOR
    path.write_text(path.read_text().replace("display: Okta", "display: Pizza\n  allow_idp_initiated: true"))
    assert "nothing was changed" in world.enroll().err
    (world.folder / "roles.yaml").write_text(ROLES)
    ended = world.enroll()
    assert ended.code == 0, ended.err
    assert "the roles of the role rules" in ended.out
    spec = yaml.safe_load(path.read_text())["spec"]
    assert (spec["display"], spec["allow_idp_initiated"]) == ("Pizza", True)
    assert {"name": "okta/department", "value": "Engineering", "roles": ["dev"]} in spec["attributes_to_roles"]
    assert "does not tell Teleport okta/department" in ended.err
    assert "nothing was changed" in world.enroll().err


def test_a_connector_by_hand_is_not_written_and_what_it_lacks_is_said(world: World) -> None:
    assert world.enroll().code == 0
    path = world.folder / CONNECTOR
    path.write_text("\n".join(path.read_text().splitlines()[1:]) + "\n")
    world.simulator.organization.renew_key(world.app)
    before = world.files
    ended = world.enroll()
    assert ended.code == 0, ended.err
    assert f"{CONNECTOR} was made by hand and stays as it is" in ended.err
    assert "certificate" in ended.err
    assert world.files == before


def test_a_connector_of_another_address_or_app_is_refused(world: World) -> None:
    assert world.enroll().code == 0
    path = world.folder / CONNECTOR
    text = path.read_text()
    for old, new in ((world.app.id, "0oastranger"), (f'audience: "{ACS}"', "audience: urn:x"), ("acs/okta", "acs/b")):
        assert old in text
        path.write_text(text.replace(old, new))
        ended = world.enroll()
        assert ended.code == 64
        assert CONNECTOR in ended.err
    assert world.writes == 2


XML = '<?xml version="1.0" encoding="UTF-8"?>'
ANOTHER_KEY = (
    '</md:KeyDescriptor><md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">'
    "<ds:X509Data><ds:X509Certificate>MIIBBB</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (XML, f'{XML}<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>', "document type"),
        (XML, f'{XML}<!doctype x SYSTEM "file:///etc/passwd">', "document type"),
        ("X509Certificate>", "Other>", "no certificate"),
        ("entityID=", "id=", "no issuer"),
        ("</md:EntityDescriptor>", "", "its end is missing"),
        ("</md:EntityDescriptor>", f"<!-- {'x' * 300_000} --></md:EntityDescriptor>", "larger than"),
        ("</md:EntityDescriptor>", "\x1b[2J</md:EntityDescriptor>", "control characters"),
        ("EntityDescriptor", "html", "its end is missing"),
    ],
)
def test_metadata_that_nobody_may_believe_is_refused_and_told(
    world: World, monkeypatch: pytest.MonkeyPatch, old: str, new: str, said: str
) -> None:
    def changed(*given: Any) -> str:
        return metadata(*given).replace(old, new)

    with monkeypatch.context() as patched:
        patched.setattr(saml, "metadata", changed)
        ended = world.enroll()
        assert (ended.code, said in ended.err) == (7, True), ended.err
        assert CONNECTOR not in world.files
        assert "idsync.yaml" not in world.files
    assert world.enroll().code == 0, "the next run goes on"
    monkeypatch.setattr(saml, "metadata", changed)
    ended = run_inside("doctor", "-c", world.folder, "--format", "json", more=TOKEN)
    (found,) = (row for row in ended.json if row["check"] == "connector")
    assert (found["verdict"], said in found["message"]) == ("error", True)


def test_metadata_with_several_certificates_is_taken_as_it_is(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def several(*given: Any) -> str:
        return metadata(*given).replace("</md:KeyDescriptor>", ANOTHER_KEY)

    monkeypatch.setattr(saml, "metadata", several)
    assert world.enroll().code == 0
    assert world.files[CONNECTOR].count(b"<ds:X509Certificate>") == 2
    before = world.files
    assert world.enroll().code == 0
    assert world.files == before
