"""`idsync doctor` holds the SAML connector against the app: each fault is named, and one that fits is well."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.enrolling import ACS, World
from tests.acceptance.programs import TOKEN
from tests.acceptance.programs import command as run_inside
from tests.okta_simulator import Organization, Simulator, running

CONNECTOR = "okta.teleport.yaml"
DAY = 86_400
OTHER_PROVIDER = """kind: saml
version: v2
metadata: {name: entra}
spec: {acs: "https://teleport.enzos-pizza.com/v1/webapi/saml/acs/entra", entity_descriptor_url: "https://entra/"}
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """An organization with one person, enrolled."""
    organization = Organization()
    organization.add_user("hiro@enzos-pizza.com", profile={"department": "Engineering"})
    with running(simulator := Simulator(organization)) as url:
        world = World(simulator, url, tmp_path / "access")
        assert world.enroll().code == 0
        yield world


def examined(world: World, code: int) -> dict[str, tuple[str, str]]:
    """Verdict and message of each part."""
    ended = run_inside("doctor", "-c", world.folder, "--format", "json", more=TOKEN)
    assert ended.code == code, ended.out + ended.err
    return {row["check"]: (row["verdict"], row["message"]) for row in ended.json}


def edited(old: str, new: str) -> Callable[[World], None]:
    def plant(world: World) -> None:
        path = world.folder / CONNECTOR
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    return plant


def other_app(world: World) -> None:
    edited(f'app-id: "{world.app.id}"', "app-id: 0oastranger")(world)


def no_app(world: World) -> None:
    edited(f'    teleport.internal/okta-app-id: "{world.app.id}"\n', "")(world)


def other_issuer(world: World) -> None:
    edited(world.app.external_key, "exkstranger")(world)


def other_certificate(world: World) -> None:
    world.simulator.organization.renew_key(world.app)


def other_rules(world: World) -> None:
    text = "apiVersion: idsync/v1\nkind: RoleMapping\nspec: {rules: [{group: Everyone, roles: [dev]}]}\n"
    (world.folder / "roles.yaml").write_text(text)


def ending(days: float) -> Callable[[World], None]:
    """A certificate that ends in so many days, and that the connector holds."""

    def plant(world: World) -> None:
        ten_years = 3652 * DAY
        world.app.created = int((time.time() + days * DAY - ten_years) * 1000)
        world.simulator.organization.renew_key(world.app)
        assert world.enroll().code == 0

    return plant


def _sign_on(world: World) -> dict[str, Any]:
    sign_on: dict[str, Any] = world.app.settings["signOn"]
    return sign_on


def untold(world: World) -> None:
    _sign_on(world)["attributeStatements"] = []


def other_address(world: World) -> None:
    _sign_on(world)["ssoAcsUrl"] = "https://elsewhere/acs"


def other_audience(world: World) -> None:
    _sign_on(world)["audience"] = "urn:elsewhere"


@pytest.mark.parametrize(
    ("plant", "code", "verdict", "said"),
    [
        (other_app, 7, "error", "0oastranger"),
        (no_app, 0, "warning", "does not say for which app"),
        (edited("acs/okta", "acs/other"), 7, "error", "address (acs)"),
        (other_address, 7, "error", "https://elsewhere/acs"),
        (other_audience, 7, "error", "urn:elsewhere"),
        (other_certificate, 7, "error", "certificate that it does not hold"),
        (other_issuer, 7, "error", "exkstranger"),
        (edited("EntityDescriptor", "Nothing"), 7, "error", "not SAML metadata"),
        (edited("/sso/saml", "/sso/other"), 0, "warning", "metadata has changed"),
        (other_rules, 0, "warning", "not those of the role rules"),
        (edited("- okta-requester", "- admin"), 0, "warning", "not those of the role rules"),
        (ending(-1), 7, "error", "signing certificate ended on"),
        (ending(20), 0, "warning", "signing certificate ends on"),
        (untold, 0, "warning", "groups, which the app does not tell"),
    ],
)
def test_a_planted_fault_is_found_by_name(
    plant: Callable[[World], None], code: int, verdict: str, said: str, world: World
) -> None:
    assert examined(world, 0)["connector"] == ("ok", f"{CONNECTOR} fits the app 'Teleport' and the role rules.")
    plant(world)
    found = examined(world, code)
    assert found["connector"][0] == verdict
    assert said in found["connector"][1]
    assert "idsync enroll okta" in found["connector"][1] or "SAML Settings" in found["connector"][1]
    assert {check for check, (how, _) in found.items() if how != "ok"} == {"connector"}


def test_a_certificate_that_lasts_is_well(world: World) -> None:
    ending(31)(world)
    assert examined(world, 0)["connector"][0] == "ok"


@pytest.mark.parametrize("plant", [other_certificate, other_rules])
def test_what_it_advises_repairs_it(plant: Callable[[World], None], world: World) -> None:
    plant(world)
    assert world.enroll().code == 0
    assert examined(world, 0)["connector"][0] == "ok"


def test_one_by_hand_is_told_how_to_correct_it_and_others_are_passed_over(world: World) -> None:
    path = world.folder / CONNECTOR
    path.write_text(path.read_text().split("\n", 1)[1])
    (world.folder / "entra.teleport.yaml").write_text(OTHER_PROVIDER)
    assert examined(world, 0)["connector"][0] == "ok"
    world.simulator.organization.renew_key(world.app)
    assert "Remove it" in examined(world, 7)["connector"][1]
    path.unlink()
    assert "connector" not in examined(world, 0)


def test_it_asks_only_where_a_connector_lies_there(world: World) -> None:
    def asked() -> int:
        before = len(world.simulator.requests.entries)
        examined(world, 0)
        return len(world.simulator.requests.entries) - before

    with_one = asked()
    (world.folder / CONNECTOR).unlink()
    assert with_one - asked() == 2
    assert ACS in str(_sign_on(world))
