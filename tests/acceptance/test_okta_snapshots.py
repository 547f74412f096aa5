"""A recorded organization plans as the live one does; pseudonyms plan and never apply; import writes what is there."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.okta_world import Place, served
from tests.acceptance.programs import command, wait
from tests.okta_simulator import Delay, Fault, ManualClock, Organization


@pytest.fixture
def world(tmp_path: Path) -> Iterator[tuple[Organization, Place]]:
    """People at a moment that stands still, so that two readings are of one time."""
    organization = Organization.generate(7, users=40, groups=8, apps=4, members_per_group=9, clock=ManualClock())
    with served(organization, tmp_path) as (_, place):
        yield organization, place


def move(organization: Organization) -> None:
    """Somebody joins, leaves, is suspended, deleted, renamed."""
    people = [user for user in organization.users.values() if user.status == "ACTIVE"]
    organization.deactivate(people[0])
    organization.suspend(people[1])
    organization.deactivate(people[2])
    organization.delete_user(people[2])
    organization.update_user(people[3], login="renamed@enzos-pizza.com")
    organization.add_user("joiner@enzos-pizza.com")


@pytest.mark.parametrize("form", ["json", "text", "markdown"])
def test_planning_from_a_recording_equals_planning_live(form: str, world: tuple[Organization, Place]) -> None:
    organization, place = world
    place.apply()
    move(organization)
    recording = place.folder / "s.json"
    assert place.run("snapshot", "-o", recording).code == 0
    live = place.run("plan", "--format", form)
    recorded = place.run("plan", "--format", form, "--snapshot", recording)
    assert live.code == recorded.code == 0
    assert recorded.out == live.out
    assert "renamed@enzos-pizza.com" in live.out


def test_a_plan_file_of_a_recording_has_the_bytes_of_the_live_one_and_applies(
    world: tuple[Organization, Place],
) -> None:
    _, place = world
    place.run("snapshot", "-o", place.folder / "s.json")
    place.run("plan", "-o", place.folder / "live.plan")
    place.run("plan", "-o", place.folder / "recorded.plan", "--snapshot", place.folder / "s.json")
    assert (place.folder / "live.plan").read_bytes() == (place.folder / "recorded.plan").read_bytes()
    assert place.run("apply", place.folder / "recorded.plan").code == 0
    place.plans_nothing()


def test_pseudonyms_plan_as_many_changes_and_never_apply(world: tuple[Organization, Place]) -> None:
    organization, place = world
    recording = place.folder / "s.json"
    assert place.run("snapshot", "--sanitize", "-o", recording).code == 0
    text = recording.read_text()
    assert [user.login for user in organization.users.values() if user.login in text] == []
    live, pseudonyms = (
        place.run("plan", "--format", "json"),
        place.run("plan", "--format", "json", "--snapshot", recording, "-o", place.folder / "a.plan"),
    )
    assert pseudonyms.json["summary"] == live.json["summary"]
    for arguments in (("--auto-approve", "--snapshot", recording), (place.folder / "a.plan",)):
        ended = place.run("apply", *arguments)
        assert ended.code == 6, ended.err
        assert "pseudonym" in ended.err.lower() or "sanitized" in ended.err.lower()
    assert not (place.folder / "idsync.db").exists() or place.run("get", "users", "--format", "json").json == []


@pytest.mark.parametrize("live", [True, False], ids=["live", "recorded"])
def test_import_writes_a_configuration_under_which_the_next_plan_is_empty(
    live: bool, world: tuple[Organization, Place], tmp_path: Path
) -> None:
    _, place = world
    place.apply()
    place.run("snapshot", "--everything", "-o", place.folder / "s.json")
    chosen = [] if live else ["--snapshot", place.folder / "s.json"]
    ended = place.run("import", "-o", tmp_path / "imported" / "idsync.yaml", *chosen)
    assert ended.code == 64, "a folder that is not there is refused"
    (tmp_path / "imported").mkdir()
    ended = place.run("import", "--detailed-exitcode", "-o", tmp_path / "imported" / "idsync.yaml", *chosen)
    assert ended.code == 0, ended.err
    current = place.folder / "current.json"
    current.write_text(place.run("get", "all", "--format", "json").out)
    arguments = ["--format", "json", "--current", current, *chosen]
    again = command("plan", "-c", tmp_path / "imported", *arguments, more=place.more)
    assert again.code == 0, again.out + again.err
    assert again.json["changes"] == []
    errors = [each["message"] for each in again.json["findings"] if each["severity"] == "error"]
    if live:
        assert errors == [], "nothing is loosened"
    else:  # what was read from a file is written down as read from a file
        (error,) = errors
        assert error.startswith("source is loosened: Okta's API before, the file ")


def test_import_names_what_prevents_an_empty_plan(world: tuple[Organization, Place]) -> None:
    organization, place = world
    place.apply()
    missed = next(user for user in organization.users.values() if user.status == "ACTIVE")
    assert place.run("rm", f"user/{missed.login}", "--auto-approve").code == 0
    ended = place.run("import", "--detailed-exitcode")
    assert ended.code == 2
    assert f"user/{missed.login} prevents an empty plan" in ended.err


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_reading_that_is_broken_off_leaves_the_recording_as_it_was(how: signal.Signals, tmp_path: Path) -> None:
    with served(Organization.generate(7, users=9, groups=3), tmp_path) as (simulator, place):
        recording = place.folder / "s.json"
        recording.write_text("the one before")
        simulator.faults.add(Fault("/api/v1/groups/*/users", Delay(30), times=None))
        started = place.start("snapshot", "-o", recording)
        while started.poll() is None and not simulator.requests.by_route["GET /api/v1/groups/{group}/users"]:
            time.sleep(0.02)
        started.send_signal(how)
        ended = wait(started)
    assert ended.code == {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGKILL: -9}[how], ended.err
    assert how == signal.SIGKILL or "was interrupted" in ended.err or "was told to end" in ended.err
    assert recording.read_text() == "the one before"
    assert sorted(file.name for file in place.folder.iterdir()) == ["idsync.yaml", "s.json"]
