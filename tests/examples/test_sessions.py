"""The stories that are sessions go as they are told, and so do the files that they leave.

To accept what is said now, run with IDSYNC_ACCEPT=1 and review the difference.
"""

import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.acceptance.programs import TOKEN
from tests.examples.sessions import played, written
from tests.examples.test_stories import EXAMPLES
from tests.okta_simulator import Limits, Organization, Role, Simulator, running

READS = ("okta.users.read", "okta.groups.read", "okta.apps.read", "okta.logs.read")
Between = Mapping[str, Callable[[str], None]]


def _people(organization: Organization) -> None:
    for name, department in (("hiro", "Engineering"), ("juanita", "Engineering"), ("y.t", "Delivery")):
        organization.add_user(
            f"{name}@enzos-pizza.com", profile={"department": department}, id=f"00u{name.replace('.', ''):0<17}"
        )
    engineers = [organization.user(f"{name}@enzos-pizza.com") for name in ("hiro", "juanita")]
    organization.add_group("eng", members=engineers, id="00g1eng0000000000000")


def _told(name: str, said: str) -> None:
    """Hold what was said against the file, or write it there."""
    file = EXAMPLES / name
    if os.environ.get("IDSYNC_ACCEPT"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(said)
    assert said == file.read_text()


def _session(story: str) -> str:
    return (EXAMPLES / story / "session.txt").read_text()


@pytest.fixture
def simulator() -> Simulator:
    organization = Organization()
    _people(organization)
    return Simulator(organization, limits=Limits(organization.clock, organization.switches))


def _registered(simulator: Simulator) -> Callable[[str], None]:
    def register(told: str) -> None:
        (key,) = (json.loads(line) for line in told.splitlines() if line.strip().startswith('{"'))
        simulator.authority.add_client("0oaidsync", [key], scopes=READS, role=Role.READ_ONLY, dpop=True)

    return register


def test_the_enrollment_goes_as_it_is_told(
    simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    organization = simulator.organization

    def renew(_: str) -> None:
        organization.renew_key(organization.app("Teleport"))

    registered = "Somebody registers idsync in Okta, as it says; the app there gets the client id 0oaidsync."
    renewed = "A year later, Okta's administrators make a new signing certificate for the app."
    with running(simulator) as url:
        between: Between = {registered: _registered(simulator), renewed: renew}
        _told("enrolled/session.txt", played(_session("enrolled"), url, between, TOKEN))
        names = ("idsync.yaml", "owners.yaml", "okta.teleport.yaml")
        for name, text in written(tmp_path / "access", url, names).items():
            _told(f"enrolled/access/{name}", text)
    assert len(simulator.requests.writes) == 2


def test_the_examination_goes_as_it_is_told(
    simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    organization = simulator.organization
    app = organization.add_app("Teleport", id="0oa1teleport00000000")
    file = Path(shutil.copytree(EXAMPLES / "examined" / "access", tmp_path / "access")) / "idsync.yaml"

    def promote(_: str) -> None:
        simulator.authority.add_token(simulator.token, role=Role.READ_ONLY)

    def correct(_: str) -> None:
        organization.assign_group(app, organization.group("eng"))
        file.write_text(file.read_text().replace("Teleprot", "Teleport"))

    promoted = "The account of the token gets the role Read-only Administrator."
    corrected = "The group eng gets the app, and somebody writes the label of the app as Okta has it."
    with running(simulator) as url:
        file.write_text(file.read_text().replace("https://enzos-pizza.okta.com", url))
        simulator.authority.add_token(simulator.token, role=Role.NONE)
        between: Between = {promoted: promote, corrected: correct}
        _told("examined/session.txt", played(_session("examined"), url, between, TOKEN))
    assert simulator.requests.writes == []


def test_the_clearing_goes_as_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    story = Path(shutil.copytree(EXAMPLES / "cleared", tmp_path / "cleared"))
    monkeypatch.chdir(story)
    _told("cleared/session.txt", played(_session("cleared"), "https://nowhere", {}, {}))


def test_both_directions_go_as_they_are_told(
    simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = Path(shutil.copytree(EXAMPLES / "both-directions", tmp_path / "both"))
    monkeypatch.chdir(story)
    organization = simulator.organization
    app = organization.add_app("Teleport", id="0oa1teleport00000000")
    organization.add_user("da5id@enzos-pizza.com", profile={"department": "Research"}, id="00uda5id000000000000")
    for name in ("hiro", "juanita", "y.t", "da5id"):
        organization.assign_user(app, organization.user(f"{name}@enzos-pizza.com"))
    group = organization.group("eng")
    file = story / "access" / "idsync.yaml"

    def add(_: str) -> None:
        organization.add_member(group, organization.user("da5id@enzos-pizza.com"))

    between: Between = {"In Okta, an administrator adds Da5id to the group.": add}
    with running(simulator) as url:
        file.write_text(file.read_text().replace("https://enzos-pizza.okta.com", url))
        _told("both-directions/session.txt", played(_session("both-directions"), url, between, TOKEN))
    assert len(simulator.requests.writes) == 2
    there = {organization.users[each].login.partition("@")[0] for each in organization.member_ids(group)}
    assert there == {"hiro", "y.t", "da5id"}


@pytest.mark.parametrize("story", ["enrolled", "examined", "cleared", "both-directions"])
def test_a_session_is_named_where_people_look(story: str) -> None:
    assert "[session.txt](session.txt)" in (EXAMPLES / story / "README.md").read_text()
    assert f"[{story}]({story}/README.md)" in (EXAMPLES / "README.md").read_text()
