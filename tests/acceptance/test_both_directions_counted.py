"""How many requests that write each command sends to Okta: as many as edited memberships, or none at all."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from idsync.cli.application import COMMANDS
from tests.acceptance.both_ways_world import World, agreed_world, login
from tests.acceptance.okta_world import Place
from tests.acceptance.serving import serving

ANN = login("ann")
WITHOUT_OKTA = {"init", "validate", "schema", "completion", "help", "version", "store", "keys", "scim"}
"""Commands that ask Okta nothing, whatever is switched on."""
SENDING = {"apply", "reconcile"}
ASKED: dict[str, tuple[tuple[str, ...], int]] = {
    "plan": ((), 0),
    "apply": (("--auto-approve",), 0),
    "reconcile": ((), 0),
    "show": (("kept.json",), 0),
    "drift": ((), 0),
    "snapshot": ((), 0),
    "filters": ((), 0),
    "explain": ((ANN,), 0),
    "get": (("all",), 0),
    "create": (("-f", "list.yaml"), 0),
    "edit": ((f"user/{ANN}",), 0),
    "rm": ((f"access_list_member/GROUP/{ANN}", "--auto-approve"), 0),
    "lock": ((ANN, "--message", "lost"), 0),
    "unlock": ((ANN, "--reason", "found"), 0),
    "import": ((), 0),
    "history": ((), 0),
    "doctor": ((), 0),
    "cleanup": (("--auto-approve",), 0),
}
"""What each is given, and how it ends."""
LIST = """\
kind: access_list
version: v1
metadata: {name: oncall}
spec: {title: On call, owners: [{name: owner@enzos-pizza.com}]}
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with agreed_world(tmp_path) as made:
        yield made


def edit_three(world: World) -> None:
    world.edit(world.group.id, "cat", joins=True)
    world.edit(world.group.id, "bob", joins=False)
    world.edit(world.app.id, "dan", joins=True)


def test_every_command_is_counted_here() -> None:
    assert COMMANDS.keys() == WITHOUT_OKTA | ASKED.keys() | {"serve", "enroll"}


@contextmanager
def edited_world(folder: Path, *, both: bool) -> Iterator[World]:
    """A world in which three memberships were edited and planned, and nothing was sent; `both` ways, or one way."""
    with agreed_world(folder) as world:
        world.place.more = {**world.place.more, "EDITOR": "true"}
        (folder / "list.yaml").write_text(LIST)
        world.switch(both=both)
        if not both:
            world.place.apply()
        edit_three(world)
        assert world.place.run("plan", "-o", folder / "kept.json").code == 0
        assert world.wrote() == []
        yield world


@pytest.fixture(scope="module", params=[False, True], ids=["one way", "both ways"])
def edited(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, bool]]:
    """Such a world, and whether it goes both ways. Who sends nothing leaves its Okta as it is for the next one."""
    with edited_world(tmp_path_factory.mktemp("edited"), both=request.param) as world:
        yield world, request.param


def run_as_asked(world: World, place: Place, command: str, *, both: bool) -> None:
    if command == "unlock":
        assert place.run("lock", ANN, "--message", "lost").code == 0
    arguments, code = ASKED[command]
    if command == "drift" and not both:
        code = 10  # what goes one way is put back
    ended = place.run(command, *(each.replace("GROUP", world.group.id) for each in arguments))
    assert ended.code == code, ended.out + ended.err


@pytest.mark.parametrize("command", sorted(ASKED.keys() - SENDING))
def test_r53_a_command_that_does_not_send_writes_nothing_to_okta(
    edited: tuple[World, bool], command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, both = edited
    folder = shutil.copytree(world.place.folder.parent, tmp_path / "own")
    monkeypatch.chdir(folder)
    run_as_asked(world, replace(world.place, folder=folder / world.place.folder.name), command, both=both)
    assert world.wrote() == []


@pytest.mark.parametrize("both", [False, True], ids=["one way", "both ways"])
@pytest.mark.parametrize("command", sorted(SENDING))
def test_r53_a_command_that_sends_writes_to_okta_what_people_edited_or_nothing(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, both: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    with edited_world(tmp_path, both=both) as world:
        run_as_asked(world, world.place, command, both=both)
        assert len(world.wrote()) == (3 if both else 0)


@pytest.mark.parametrize("both", [False, True], ids=["one way", "both ways"])
def test_r53_a_service_writes_to_okta_what_people_edited_or_nothing(world: World, *, both: bool) -> None:
    service = "---\napiVersion: idsync/v1\nkind: Service\nspec: {tick: 1s}\n"
    world.switch(both=both, more=service)
    world.place.apply()
    world.edit(world.group.id, "cat", joins=True)
    with serving(world.place) as running:
        running.until(lambda: "full pass" in running.log, what="a full pass")
        world.edit(world.group.id, "bob", joins=False)
        world.edit(world.app.id, "dan", joins=True)
        wanted = 3 if both else 0
        running.until(lambda: len(world.simulator.requests.writes) == wanted, what="what goes out")
        world.organization.add_member(world.group, world.people["dan"])
        running.until(lambda: "dan" in world.here(world.group.id), what="a tick after that")
        assert running.end() == 0
    assert len(world.wrote()) == wanted


def test_doctor_says_of_okta_how_many_memberships_are_agreed_on(tmp_path: Path) -> None:
    with agreed_world(tmp_path) as world:
        told = world.place.run("doctor")
        assert told.code == 0
        assert "The directory and Okta agreed on 4 memberships." in told.out
        assert "holds 0 users" not in told.out
