"""`apply --split`: what may go ahead is applied, the rest is told and held, and the exit code says by what."""

import json
from pathlib import Path
from typing import Any

import pytest

from idsync.errors import PartlyApplied
from tests.cli.running import Ended, Idsync

DEFAULTS = "user_deletes: {percent: 10, floor: 5}\n  user_locks: {percent: 10, floor: 5}"
JOINERS = ("leila.nasser@enzos-pizza.com",)
LEAVER = "quentin.dubois@enzos-pizza.com"


def _strict(org: Path, guards: str = "user_deletes: {percent: 0, floor: 1}") -> None:
    """Let the second week's leavers be one too many."""
    config = org / "idsync.yaml"
    text = config.read_text()
    assert DEFAULTS in text
    config.write_text(text.replace(DEFAULTS, guards))


def week(idsync: Idsync, org: Path, *options: str | Path, **how: Any) -> Ended:
    """Apply the second week."""
    return idsync("apply", "-c", org, "--snapshot", org / "snapshot-next.json", *options, **how)


def kept(idsync: Idsync, org: Path, kind: str) -> Any:
    """What the directory holds of a kind."""
    return idsync("get", kind, "-c", org, "--format", "json").json


def users(idsync: Idsync, org: Path) -> set[str]:
    return {user["metadata"]["name"] for user in kept(idsync, org, "users")}


def locks(idsync: Idsync, org: Path) -> dict[str, Any]:
    return {lock["spec"]["target"]["user"]: lock for lock in kept(idsync, org, "locks")}


def planned(idsync: Idsync, org: Path) -> Any:
    ended = idsync("plan", "-c", org, "--snapshot", org / "snapshot-next.json", "--format", "json")
    return json.loads(ended.out)


def test_a_guard_holds_what_it_counts_and_the_rest_goes_ahead_with_5(idsync: Idsync, org: Path) -> None:
    _strict(org)
    whole = planned(idsync, org)
    held = {change["address"] for change in whole["changes"] if change.get("blocked_by")}
    joiners = {change["address"][5:] for change in whole["changes"] if change["address"].startswith("user/")}
    joiners &= {change["address"][5:] for change in whole["changes"] if change["action"] == "create"}
    ended = week(idsync, org, "--split", "--auto-approve")
    assert ended.code == 5
    assert "Applied in part: run 2" in ended.out
    assert "held back by user_deletes" in ended.out
    assert "--allow user_deletes=REASON" in ended.err
    assert LEAVER in users(idsync, org)
    assert "expires" not in locks(idsync, org)[LEAVER]["spec"]
    after = planned(idsync, org)
    assert held <= {change["address"] for change in after["changes"]}
    assert not [
        change for change in after["changes"] if "user_deletes" not in change.get("blocked_by", ["user_deletes"])
    ]
    assert joiners & users(idsync, org)


def test_what_is_held_stays_held_until_it_is_released(idsync: Idsync, org: Path) -> None:
    _strict(org)
    assert week(idsync, org, "--split", "--auto-approve").code == 5
    again = week(idsync, org, "--split", "--auto-approve")
    assert again.code == 5
    assert "Nothing may go ahead." in again.out
    assert week(idsync, org, "--auto-approve").code == 5
    released = week(idsync, org, "--split", "--auto-approve", "--allow", "user_deletes=they really left")
    assert released.code == 0
    assert "Applied: run 3" in released.out
    assert LEAVER not in users(idsync, org)
    assert locks(idsync, org)[LEAVER]["spec"]["expires"]
    assert planned(idsync, org)["changes"] == []


def test_the_history_says_of_a_run_that_it_was_in_part(idsync: Idsync, org: Path) -> None:
    _strict(org)
    week(idsync, org, "--split", "--auto-approve")
    told = idsync("history", "-c", org).out
    assert "run 2 applied in part: " in told
    assert "run 1 applied: " in told
    entries = json.loads(idsync("history", "-c", org, "--format", "json").out)
    assert "run 2 applied: " not in told
    assert json.dumps(entries).count('"whole": false') == 1


def test_where_nothing_is_held_all_of_it_is_applied(idsync: Idsync, org: Path) -> None:
    ended = week(idsync, org, "--split", "--auto-approve")
    assert ended.code == 0
    assert "Applied: run 2" in ended.out
    assert "held back" not in ended.out + ended.err
    assert planned(idsync, org)["changes"] == []


def test_a_reviewed_plan_goes_ahead_in_part_and_once(idsync: Idsync, org: Path, tmp_path: Path) -> None:
    _strict(org)
    idsync("plan", "-c", org, "--snapshot", org / "snapshot-next.json", "-o", tmp_path / "a.plan")
    assert idsync("apply", "-c", org, tmp_path / "a.plan").code == 5
    ended = idsync("apply", "-c", org, tmp_path / "a.plan", "--split")
    assert ended.code == 5
    assert "held back by user_deletes" in ended.out
    assert LEAVER in users(idsync, org)
    assert LEAVER in locks(idsync, org)
    assert idsync("apply", "-c", org, tmp_path / "a.plan", "--split").code == 6
    whole = idsync("apply", "-c", org, tmp_path / "a.plan", "--allow", "user_deletes=now")
    assert whole.code == 6
    assert LEAVER in users(idsync, org)


def test_a_plan_that_was_applied_whole_has_no_part_left(idsync: Idsync, org: Path, tmp_path: Path) -> None:
    idsync("plan", "-c", org, "--snapshot", org / "snapshot-next.json", "-o", tmp_path / "a.plan")
    assert idsync("apply", "-c", org, tmp_path / "a.plan").code == 0
    again = idsync("apply", "-c", org, tmp_path / "a.plan", "--split")
    assert again.code == 6
    assert "applied already" in again.err


def test_a_doubt_holds_what_takes_something_with_7(idsync: Idsync, org: Path) -> None:
    _emptied(org)
    before = users(idsync, org), locks(idsync, org)
    ended = week(idsync, org, "--split", "--auto-approve")
    assert ended.code == 7
    assert (users(idsync, org), locks(idsync, org)) == before
    assert "source_empty" in ended.err


def test_of_a_doubt_and_a_guard_the_doubt_has_the_say(idsync: Idsync, org: Path) -> None:
    _strict(org)
    _emptied(org)
    assert week(idsync, org, "--split", "--auto-approve").code == 7
    released = [
        "--allow",
        "source_empty=all left",
        "--allow",
        "groups_empty=all left",
        "--allow",
        "apps_empty=all left",
    ]
    ended = week(idsync, org, "--split", "--auto-approve", *released)
    assert ended.code == 5
    assert "source_empty" not in ended.err
    assert users(idsync, org) - locks(idsync, org).keys() == {"enzo.moretti@enzos-pizza.com"}  # who is protected


def _emptied(org: Path) -> None:
    file = org / "snapshot-next.json"
    snapshot = json.loads(file.read_text())
    for group in snapshot["groups"]:
        group["members"] = []
    for app in snapshot["apps"]:
        app["users"] = []
    file.write_text(json.dumps({**snapshot, "users": []}))


def test_nothing_releases_an_incomplete_reading_and_what_it_gives_goes_ahead(idsync: Idsync, org: Path) -> None:
    file = org / "snapshot-next.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "complete": False}))
    ended = week(idsync, org, "--split", "--auto-approve")
    assert ended.code == 7
    assert "Nothing releases this" in ended.err
    assert "Applied in part: run 2" in ended.out
    assert LEAVER in users(idsync, org)
    again: Any = week(idsync, org, "--split", "--auto-approve", "--format", "json").json
    assert again["run"] is None
    assert [each["address"] for each in again["held"]] == [each["address"] for each in planned(idsync, org)["changes"]]


def test_a_doubtful_reading_is_not_what_the_next_one_is_held_against(idsync: Idsync, org: Path) -> None:
    _emptied(org)
    assert week(idsync, org, "--split", "--auto-approve").code == 7
    again = planned(idsync, org)
    assert again["health"]["verdict"] == "suspect"
    assert "source_empty" in {finding["code"] for finding in again["health"]["findings"]}


@pytest.mark.parametrize("how", [{"status": "ON_LEAVE"}, {"id": 7}], ids=["unknown status", "unreadable"])
def test_r30_a_doubt_that_holds_nothing_is_refused_and_leaves_no_good_reading(
    idsync: Idsync, org: Path, how: dict[str, Any]
) -> None:
    file = org / "snapshot.json"
    snapshot = json.loads(file.read_text())
    good = _last_good(idsync, org)
    file.write_text(json.dumps({**snapshot, "users": [{**user, **how} for user in snapshot["users"]]}))
    assert idsync("apply", "-c", org, "--auto-approve").code == 7
    ended = idsync("apply", "-c", org, "--auto-approve", "--split")
    assert ended.code == 7
    assert "Nothing is held back" in ended.err
    assert _last_good(idsync, org) == good


def _last_good(idsync: Idsync, org: Path) -> Any:
    return json.loads(idsync("get", "all", "-c", org, "--format", "json").out)[-1]["spec"]["last_apply"]["good"]


def test_guards_alone_leave_a_good_reading(idsync: Idsync, org: Path) -> None:
    _strict(org)
    assert week(idsync, org, "--split", "--auto-approve").code == 5
    state = json.loads(idsync("get", "all", "-c", org, "--format", "json").out)[-1]
    read = json.loads((org / "snapshot-next.json").read_text())
    assert state["spec"]["last_apply"]["good"]["people"] == planned(idsync, org)["inputs"]["measures"]["people"]
    assert state["spec"]["last_apply"]["snapshot_taken_at"] == read["taken_at"]


def test_people_are_asked_about_the_part_and_shown_the_rest(idsync: Idsync, org: Path) -> None:
    _strict(org)
    ended = week(idsync, org, "--split", stdin="no\n", terminal=True)
    assert ended.code == 130
    assert "Apply the part that may go ahead? [yes/no]" in ended.err
    assert "held back, by user_deletes (2, limit 1)" in ended.out
    over = ended.err.partition("Apply the part")[0].splitlines()[-2:]
    assert " ".join(map(str.strip, over)).find("The part that may go ahead: 1 person gains") >= 0, ended.err
    assert idsync("history", "-c", org).out.count("run ") == 1
    assert week(idsync, org, "--split", stdin="yes\n", terminal=True).code == 5


def test_where_nothing_may_go_ahead_nobody_is_asked(idsync: Idsync, org: Path) -> None:
    _strict(org)
    week(idsync, org, "--split", "--auto-approve")
    ended = week(idsync, org, "--split", terminal=True)
    assert ended.code == 5
    assert "[yes/no]" not in ended.err


def test_machines_are_told_what_is_held(idsync: Idsync, org: Path) -> None:
    _strict(org)
    ended = week(idsync, org, "--split", "--auto-approve", "--format", "json")
    told: Any = ended.json
    assert (told["run"], told["whole"]) == (2, False)
    assert {"address": f"user/{LEAVER}", "action": "delete", "blocked_by": ["user_deletes"]} in told["held"]
    assert all(change["blocked_by"] for change in told["held"])


def test_locks_go_ahead_over_their_limit_and_the_history_says_so(idsync: Idsync, org: Path) -> None:
    _strict(org, "user_deletes: {percent: 0, floor: 1}\n  user_locks: {percent: 0, floor: 0}")
    ended = week(idsync, org, "--split", "--auto-approve")
    assert ended.code == 5
    assert LEAVER in locks(idsync, org)
    assert "user_locks is over its limit" in ended.err
    assert "released user_locks: locks go ahead of what is held" in idsync("history", "-c", org).out


def test_a_note_tells_of_a_release_that_holds_nothing(idsync: Idsync, org: Path) -> None:
    ended = week(idsync, org, "--split", "--auto-approve", "--allow", "member_removals=x")
    assert ended.code == 0
    assert "member_removals blocks nothing" in ended.err


@pytest.mark.parametrize("options", [["--split"], []])
def test_a_plan_for_another_configuration_is_refused_first(
    options: list[str], idsync: Idsync, org: Path, tmp_path: Path
) -> None:
    idsync("plan", "-c", org, "--snapshot", org / "snapshot-next.json", "-o", tmp_path / "a.plan")
    _strict(org)
    assert idsync("apply", "-c", org, tmp_path / "a.plan", *options).code == 6


def _kept(idsync: Idsync, org: Path, tmp_path: Path, removed: str = LEAVER) -> Path:
    """A reviewed plan for the second week, and then a hand that removes one whom it changes."""
    file = tmp_path / "a.plan"
    idsync("plan", "-c", org, "--snapshot", org / "snapshot-next.json", "-o", file)
    assert idsync("rm", "-c", org, f"user/{removed}", "--auto-approve").code == 0
    return file


def test_what_moved_under_a_plan_waits_and_the_rest_goes_ahead_with_8(
    idsync: Idsync, org: Path, tmp_path: Path
) -> None:
    file = _kept(idsync, org, tmp_path)
    joiners = {change["address"][5:] for change in json.loads(file.read_text())["changes"]} & set(JOINERS)
    assert idsync("apply", "-c", org, file).code == 6
    assert joiners.isdisjoint(users(idsync, org))
    ended = idsync("apply", "-c", org, file, "--split")
    assert ended.code == 8
    assert "held back, by target_moved" in ended.err
    assert "Plan again" in ended.err
    assert "--allow" not in ended.err
    assert "Applied in part: run 2" in ended.out
    assert joiners <= users(idsync, org)
    assert planned(idsync, org)["summary"]["user"] == {"create": 0, "update": 0, "delete": 0}


def test_of_a_guard_and_what_moved_the_guard_has_the_say(idsync: Idsync, org: Path, tmp_path: Path) -> None:
    _strict(org)
    file = _kept(idsync, org, tmp_path, removed="mateo.alvarez@enzos-pizza.com")
    ended = idsync("apply", "-c", org, file, "--split", "--format", "json")
    assert ended.code == 5
    told: Any = ended.json
    marks = {mark for change in told["held"] for mark in change["blocked_by"]}
    assert marks == {"user_deletes", "target_moved"}


def test_a_reading_applied_but_for_what_moved_is_not_what_the_next_one_is_held_against(
    idsync: Idsync, org: Path, tmp_path: Path
) -> None:
    def good() -> Any:
        told = json.loads(idsync("get", "all", "-c", org, "--format", "json").out)
        return told[-1]["spec"]["last_apply"]["good"]["taken_at"]

    before = good()
    assert idsync("apply", "-c", org, _kept(idsync, org, tmp_path), "--split").code == 8
    assert good() == before
    assert week(idsync, org, "--auto-approve").code == 0
    assert good() != before


@pytest.mark.parametrize(("guards", "code"), [("user_deletes: {percent: 0, floor: 1}", 5), (DEFAULTS, 8)])
def test_a_target_that_made_some_steps_only_ends_with_8_unless_something_graver_applies(
    guards: str, code: int, idsync: Idsync, org: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def partly(*_arguments: object, **_more: object) -> None:
        raise PartlyApplied("3 of 9 steps were made.", done=3, total=9)

    _strict(org, guards)
    monkeypatch.setattr("idsync.reconcile.applying.apply_plan", partly)
    ended = week(idsync, org, "--split", "--auto-approve")
    assert ended.code == code
    assert "3 of 9 steps were made" in ended.err
    assert ("held back, by user_deletes" in ended.err) == (code == 5)
