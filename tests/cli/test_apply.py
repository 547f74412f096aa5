"""Applying: what asks, what refuses with which number, and what is done."""

import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from idsync.model.times import format_time
from idsync.stores.holder import this_process
from idsync.stores.protocol import Lease
from idsync.stores.sqlite.store import open_store
from tests.cli.running import Idsync


def _is_applied(idsync: Idsync, org: Path) -> bool:
    return idsync("plan", "-c", org, "--detailed-exitcode").code == 0


def test_apply_plans_shows_asks_and_makes_it_so(idsync: Idsync, fresh: Path) -> None:
    ended = idsync("apply", "-c", fresh, stdin="yes\n", terminal=True)
    assert ended.code == 0
    assert ended.out.startswith("Plan: ")
    assert "Apply this plan? [yes/no]" in ended.err
    assert "Applied: run 1" in ended.out
    assert _is_applied(idsync, fresh)


@pytest.mark.parametrize("answer", ["no\n", "\n", "", "maybe\n", "yes please\n"])
def test_anything_but_yes_changes_nothing(answer: str, idsync: Idsync, fresh: Path) -> None:
    ended = idsync("apply", "-c", fresh, stdin=answer, terminal=True)
    assert ended.code == 130
    assert "Nothing was changed" in ended.err
    assert not _is_applied(idsync, fresh)


def test_without_a_terminal_nothing_is_applied_unseen(idsync: Idsync, fresh: Path) -> None:
    ended = idsync("apply", "-c", fresh, stdin="yes\n")
    assert ended.code == 64
    assert "--auto-approve" in ended.err
    assert not _is_applied(idsync, fresh)


def test_auto_approve_does_not_ask(idsync: Idsync, fresh: Path) -> None:
    ended = idsync("apply", "-c", fresh, "--auto-approve")
    assert ended.code == 0
    assert "[yes/no]" not in ended.err
    assert _is_applied(idsync, fresh)


def test_an_apply_with_nothing_to_do_does_not_ask_either(idsync: Idsync, org: Path) -> None:
    ended = idsync("apply", "-c", org, terminal=True)
    assert ended.code == 0
    assert ended.out.endswith("Nothing to change.\n")


def test_a_reviewed_plan_is_applied_without_asking_once(idsync: Idsync, fresh: Path, tmp_path: Path) -> None:
    idsync("plan", "-c", fresh, "-o", tmp_path / "a.plan")
    assert idsync("apply", "-c", fresh, tmp_path / "a.plan").code == 0
    assert _is_applied(idsync, fresh)
    again = idsync("apply", "-c", fresh, tmp_path / "a.plan", "--auto-approve")
    assert again.code == 6
    assert "applied already" in again.err


def test_a_plan_made_from_files_alone_can_be_applied_to_the_store(idsync: Idsync, org: Path, tmp_path: Path) -> None:
    (tmp_path / "current.json").write_text(idsync("get", "all", "-c", org, "--format", "json").out)
    files = ["--snapshot", org / "snapshot-next.json", "--current", tmp_path / "current.json"]
    idsync("plan", "-c", org, *files, "-o", tmp_path / "a.plan")
    assert idsync("apply", "-c", org, tmp_path / "a.plan").code == 0
    next_plan = idsync("plan", "-c", org, "--snapshot", org / "snapshot-next.json", "--detailed-exitcode")
    assert next_plan.code == 0


def test_an_edited_plan_is_refused_with_6(idsync: Idsync, fresh: Path, tmp_path: Path) -> None:
    plan = tmp_path / "a.plan"
    idsync("plan", "-c", fresh, "-o", plan)
    plan.write_bytes(plan.read_bytes().replace(b"okta-requester", b"okta-superuser"))
    ended = idsync("apply", "-c", fresh, plan)
    assert ended.code == 6
    assert not (fresh / "idsync.db").exists()


def test_a_plan_for_another_configuration_is_refused_with_6(idsync: Idsync, fresh: Path, tmp_path: Path) -> None:
    idsync("plan", "-c", fresh, "-o", tmp_path / "a.plan")
    config = fresh / "idsync.yaml"
    config.write_text(config.read_text().replace("suspended: lock", "suspended: ignore"))
    assert idsync("apply", "-c", fresh, tmp_path / "a.plan").code == 6


def test_a_plan_that_somebody_s_hand_made_stale_is_refused_with_6(idsync: Idsync, org: Path, tmp_path: Path) -> None:
    idsync("plan", "-c", org, "--snapshot", org / "snapshot-next.json", "-o", tmp_path / "a.plan")
    assert idsync("rm", "-c", org, "user/quentin.dubois@enzos-pizza.com", "--auto-approve").code == 0
    ended = idsync("apply", "-c", org, tmp_path / "a.plan")
    assert ended.code == 6
    assert "quentin.dubois" in ended.err


def test_a_plan_and_a_snapshot_do_not_go_together(idsync: Idsync, fresh: Path, tmp_path: Path) -> None:
    idsync("plan", "-c", fresh, "-o", tmp_path / "a.plan")
    ended = idsync("apply", "-c", fresh, tmp_path / "a.plan", "--snapshot", fresh / "snapshot.json")
    assert ended.code == 64


def _strict(org: Path) -> None:
    """Let the second week's leavers be one too many."""
    config = org / "idsync.yaml"
    config.write_text(
        config.read_text().replace("user_deletes: {percent: 10, floor: 5}", "user_deletes: {percent: 0, floor: 1}")
    )


def test_r34_a_guard_refuses_with_5_until_it_is_released_by_name_with_a_reason(idsync: Idsync, org: Path) -> None:
    _strict(org)
    week = ["apply", "-c", org, "--snapshot", org / "snapshot-next.json", "--auto-approve"]
    blocked = idsync(*week)
    assert blocked.code == 5
    assert "--allow user_deletes=" in blocked.err
    assert idsync(*week, "--allow", "user_locks=other").code == 5
    released = idsync(*week, "--allow", "user_deletes=Quentin really left")
    assert released.code == 0
    assert "Quentin really left" in idsync("history", "-c", org).out


def test_r37_a_blocked_plan_is_refused_before_anybody_is_asked(idsync: Idsync, org: Path) -> None:
    _strict(org)
    ended = idsync("apply", "-c", org, "--snapshot", org / "snapshot-next.json", stdin="yes\n", terminal=True)
    assert ended.code == 5
    assert "[yes/no]" not in ended.err


@pytest.mark.parametrize(
    ("allowed", "message"),
    [
        ("user_delete=x", 'Did you mean "user_deletes"?'),
        ("nonsense=x", "'nonsense' is not a guard"),
        ("user_deletes=", "gives no reason"),
        ("user_deletes=   ", "gives no reason"),
        ("user_deletes", "gives no reason"),
        ("=x", "'' is not a guard"),
    ],
)
def test_r34_an_override_needs_a_known_guard_and_a_reason(
    allowed: str, message: str, idsync: Idsync, fresh: Path
) -> None:
    ended = idsync("apply", "-c", fresh, "--auto-approve", "--allow", allowed)
    assert ended.code == 64
    assert message in ended.err


def test_an_override_that_releases_nothing_is_noted(idsync: Idsync, fresh: Path) -> None:
    ended = idsync("apply", "-c", fresh, "--auto-approve", "--allow", "user_deletes=just in case")
    assert ended.code == 0
    assert "warning: user_deletes blocks nothing" in ended.err


def test_a_guard_is_released_once_with_one_reason(idsync: Idsync, fresh: Path) -> None:
    ended = idsync("apply", "-c", fresh, "--auto-approve", "--allow", "user_deletes=a", "--allow", "user_deletes=b")
    assert ended.code == 64
    assert "--allow user_deletes is given twice." in ended.err


def _emptied(org: Path) -> Path:
    """What Okta answers to a credential without an admin role."""
    file = org / "empty.json"
    file.write_text(
        '{"format_version": "1.0", "org_url": "https://enzos-pizza.okta.com", "app_id": "0oa1enzo0001", '
        '"app_label": "Teleport", "taken_at": "2026-11-09T08:00:00Z", "complete": true, '
        '"users": [], "groups": [], "apps": []}'
    )
    return file


def test_an_empty_reading_takes_nothing_from_anyone(idsync: Idsync, org: Path) -> None:
    before = idsync("get", "all", "-c", org, "--format", "json").out
    ended = idsync("apply", "-c", org, "--snapshot", _emptied(org), "--auto-approve")
    assert ended.code == 7
    assert "source_empty" in ended.err
    assert idsync("get", "all", "-c", org, "--format", "json").out == before


def test_releasing_a_suspect_reading_still_leaves_the_guards(idsync: Idsync, org: Path) -> None:
    released = ["--allow", "source_empty=we closed down", "--allow", "groups_empty=we closed down"]
    released += ["--allow", "apps_empty=we closed down"]
    ended = idsync("apply", "-c", org, "--snapshot", _emptied(org), "--auto-approve", *released)
    assert ended.code == 5


def test_r29_nothing_releases_an_incomplete_reading(idsync: Idsync, org: Path) -> None:
    snapshot = org / "snapshot-next.json"
    snapshot.write_text(snapshot.read_text().replace('"complete": true', '"complete": false'))
    every = [f"--allow={name}=because" for name in ("source_empty", "source_shrink", "groups_empty", "user_deletes")]
    ended = idsync("apply", "-c", org, "--snapshot", snapshot, "--auto-approve", *every)
    assert ended.code == 7


def test_a_sanitized_snapshot_plans_and_never_applies(idsync: Idsync, fresh: Path, tmp_path: Path) -> None:
    assert idsync("snapshot", "-c", fresh, "--sanitize", "-o", tmp_path / "s.json").code == 0
    assert "enzos-pizza.com" not in (tmp_path / "s.json").read_text().replace("enzos-pizza.okta.com", "")
    assert idsync("plan", "-c", fresh, "--snapshot", tmp_path / "s.json").code == 0
    assert idsync("apply", "-c", fresh, "--snapshot", tmp_path / "s.json", "--auto-approve").code == 6


def test_another_run_at_work_is_met_with_9(org: Path) -> None:
    with open_store(org / "idsync.db") as store:
        holder = this_process(format_time(datetime.now(UTC)))
        assert isinstance(store.leases.take("target:local", holder, 60), Lease)
        ended = subprocess.run(
            [sys.executable, "-m", "idsync", "apply", "-c", org, "--auto-approve", "--lock-timeout", "1s"],
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    assert ended.returncode == 9
    assert str(holder.process) in ended.stderr


def test_an_apply_tells_machines_what_it_did(idsync: Idsync, fresh: Path) -> None:
    ended = idsync("apply", "-c", fresh, "--auto-approve", "--format", "json")
    assert isinstance(ended.json, dict)
    assert ended.json["run"] == 1
    assert ended.json["serial"] == 1
    assert ended.json["resumed"] is False


def test_r47_a_store_of_an_earlier_version_is_read_as_it_is_and_brought_forward_by_what_writes(
    idsync: Idsync, fresh: Path
) -> None:
    store = fresh / "idsync.db"
    shutil.copy(Path(__file__).parents[1] / "stores" / "data" / "schema-1.db", store)
    before = store.read_bytes()
    for command in (["plan"], ["get", "all"], ["history"], ["history", "--verify"], ["drift"]):
        ended = idsync(*command, "-c", fresh)
        assert ended.code in (0, 10)
        assert store.read_bytes() == before
    assert idsync("get", "user/stays", "-c", fresh).code == 0
    lock = "kind: lock\nversion: v2\nmetadata: {name: l}\nspec: {target: {user: ann}}\n"
    (fresh / "lock").write_text(lock)
    first = idsync("create", fresh / "lock", "-c", fresh)
    assert "brought from schema 1" in first.err
    assert "brought from schema" not in idsync("rm", "lock/l", "--auto-approve", "-c", fresh).err


def test_r21_an_apply_that_would_leave_orphans_behind_exits_7_until_it_is_told_why_or_takes_them_over(
    idsync: Idsync, org: Path
) -> None:
    old, new = "https://enzos-pizza.okta.com", "https://login.enzos-pizza.com"
    for file in (org / "idsync.yaml", org / "snapshot.json"):
        file.write_text(file.read_text().replace(old, new))
    assert "orphaned" in idsync("plan", "-c", org).out
    for how in ((), ("--split",)):
        refused = idsync("apply", "-c", org, "--auto-approve", *how)
        assert refused.code == 7
        assert old in refused.err
    kept = org / "kept.plan"
    assert idsync("plan", "-c", org, "-o", kept).code == 0
    assert idsync("apply", kept, "-c", org).code == 7
    assert idsync("apply", "-c", org, "--auto-approve", "--allow", "orphaned=the old directory goes away").code == 0
    configuration = org / "idsync.yaml"
    taken = configuration.read_text().replace(f"org_url: {new}", f"org_url: {new}\n  former_org_urls: [{old}]")
    configuration.write_text(taken)
    assert idsync("apply", "-c", org, "--auto-approve").code == 0
    assert old not in idsync("get", "all", "-c", org, "--format", "json").out.partition('"kind": "idsync_state"')[0]
    assert idsync("plan", "-c", org, "--detailed-exitcode").code == 0
