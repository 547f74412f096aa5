"""R34: what is released, where, by whom, and that it is not shown as refused."""

import json
from pathlib import Path

import pytest

from tests.cli.running import Ended, Idsync


def guarded(org: Path, guards: str) -> None:
    """Let the example's Guards document say this."""
    file = org / "idsync.yaml"
    parts = file.read_text().split("---\n")
    kept = [part for part in parts if "kind: Guards" not in part]
    file.write_text("---\n".join([*kept, f"apiVersion: idsync/v1\nkind: Guards\nspec: {{{guards}}}\n"]))


@pytest.fixture
def strict(idsync: Idsync, org: Path) -> Path:
    """The example, whose configuration lets nobody be deleted, and whose next reading lacks somebody."""
    guarded(org, "user_deletes: {percent: 0, floor: 0}")
    assert idsync("apply", "-c", org, "--auto-approve").code == 0
    return org


def planned(idsync: Idsync, org: Path, *more: str | Path) -> Ended:
    return idsync("plan", "-c", org, "--snapshot", org / "snapshot-next.json", *more)


def test_r34_a_plan_says_why_a_guard_is_released_and_not_that_apply_refuses_it(idsync: Idsync, strict: Path) -> None:
    assert "apply refuses this plan" in planned(idsync, strict).out
    ended = planned(idsync, strict, "--allow", "user_deletes=ticket 7")
    assert ended.code == 0
    assert "apply refuses this plan" not in ended.out
    assert "held back" not in ended.out
    assert "released: ticket 7" in ended.out
    assert planned(idsync, strict, "--allow", "user_deletes=ticket 7", "--fail-on", "error").code == 0


def test_r34_apply_takes_the_release_from_the_file_says_so_and_journals_it(
    idsync: Idsync, strict: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "a.plan"
    planned(idsync, strict, "-o", kept, "--allow", "user_deletes=ticket 7")
    assert json.loads(kept.read_text())["guards"][0]["released"] == "ticket 7"
    ended = idsync("apply", "-c", strict, kept)
    assert ended.code == 0
    assert "user_deletes is released by the plan file: ticket 7" in ended.err
    assert "user_deletes: ticket 7 (from the plan file)" in idsync("history", "-c", strict).out


def test_the_reason_of_the_command_line_goes_before_that_of_the_file(
    idsync: Idsync, strict: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "a.plan"
    planned(idsync, strict, "-o", kept, "--allow", "user_deletes=ticket 7")
    assert idsync("apply", "-c", strict, kept, "--allow", "user_deletes=mine").code == 0
    assert "user_deletes: mine" in idsync("history", "-c", strict).out


@pytest.mark.parametrize("name", ["source_shrink", "source_older", "orphaned", "login_reused", "protected_users"])
def test_r34_a_plan_releases_guards_alone(name: str, idsync: Idsync, strict: Path) -> None:
    ended = planned(idsync, strict, "--allow", f"{name}=why not")
    assert ended.code == 64
    assert f"cannot release {name}" in ended.err


def test_r34_a_release_of_protected_people_in_a_file_is_not_taken(idsync: Idsync, org: Path, tmp_path: Path) -> None:
    from idsync.plan.planfile import decode_plan, encode_plan
    from idsync.plan.seal import sealed
    from tests.core.world import replace

    guarded(org, "protected_users: [quentin.dubois@enzos-pizza.com]")
    idsync("apply", "-c", org, "--auto-approve")
    kept = tmp_path / "a.plan"
    planned(idsync, org, "-o", kept)
    plan = decode_plan(kept.read_bytes())
    (harmed,) = [result for result in plan.guards if result.guard == "protected_users"]
    assert harmed.verdict == "blocked"
    guards = tuple(replace(each, released="x") if each is harmed else each for each in plan.guards)
    kept.write_bytes(encode_plan(sealed(replace(plan, guards=guards))))
    assert idsync("apply", "-c", org, kept).code == 5


def test_a_release_that_blocks_nothing_is_a_warning_and_not_in_the_plan(idsync: Idsync, strict: Path) -> None:
    ended = planned(idsync, strict, "--allow", "member_removals=just in case", "--format", "json")
    assert ended.code == 0
    assert "member_removals blocks nothing" in ended.err
    assert not any("released" in result for result in json.loads(ended.out)["guards"])


def test_r34_what_apply_releases_is_not_shown_as_refused_and_the_history_names_no_other(
    idsync: Idsync, strict: Path
) -> None:
    ended = idsync(
        "apply",
        "-c",
        strict,
        "--snapshot",
        strict / "snapshot-next.json",
        "--auto-approve",
        "--allow=user_deletes=layoff",
        "--allow=source_shrink=layoff",
    )
    assert ended.code == 0
    assert "refuses" not in ended.out
    assert "released: layoff" in ended.out
    told = idsync("history", "-c", strict).out
    assert "user_deletes: layoff" in told
    assert "source_shrink" not in told
