"""Plans on the screen, in files and for machines."""

import re
from pathlib import Path

import msgspec
import pytest

from idsync.plan.planfile import decode_plan
from tests.cli.running import Idsync


def test_a_plan_is_shown_and_changes_nothing(idsync: Idsync, fresh: Path) -> None:
    ended = idsync("plan", "-c", fresh)
    assert ended.code == 0
    assert ended.out.startswith("Plan: ")
    assert not (fresh / "idsync.db").exists()


def test_there_is_nothing_to_plan_after_an_apply(idsync: Idsync, org: Path) -> None:
    ended = idsync("plan", "-c", org, "--detailed-exitcode")
    assert ended.code == 0
    assert ended.out.startswith("No changes.")


@pytest.mark.parametrize("named_by", ["option", "environment"])
def test_the_command_that_applies_a_kept_plan_names_its_configuration(
    named_by: str, idsync: Idsync, fresh: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = tmp_path / "a.plan"
    if named_by == "environment":
        monkeypatch.setenv("IDSYNC_CONFIG", str(fresh))
        assert f"`idsync apply {plan}`" in idsync("plan", "-o", plan).err
    else:
        assert f"`idsync apply -c {fresh} {plan}`" in idsync("plan", "-c", fresh, "-o", plan).err


def test_the_way_past_a_guard_applies_the_plan_that_was_kept_and_no_other(
    idsync: Idsync, org: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = org / "idsync.yaml"
    config.write_text(
        config.read_text().replace("user_deletes: {percent: 10, floor: 5}", "user_deletes: {percent: 0, floor: 1}")
    )
    monkeypatch.chdir(org)
    planned = idsync("plan", "--snapshot", "snapshot-next.json", "-o", "a.plan")
    assert "idsync apply a.plan --allow user_deletes=REASON" in planned.out
    assert "idsync apply a.plan --allow user_deletes=REASON" in idsync("show", "a.plan").out


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_the_way_past_a_guard_names_its_configuration(
    form: str, idsync: Idsync, org: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = org / "idsync.yaml"
    config.write_text(
        config.read_text().replace("user_deletes: {percent: 10, floor: 5}", "user_deletes: {percent: 0, floor: 1}")
    )
    away = idsync("plan", "-c", org, "--snapshot", org / "snapshot-next.json", "--format", form)
    monkeypatch.chdir(org)
    here = idsync("plan", "--snapshot", "snapshot-next.json", "--format", form)
    end = "\n" if form == "text" else "`\n"
    assert f"idsync apply -c {org} --allow user_deletes=REASON{end}" in away.out
    assert f"idsync apply --allow user_deletes=REASON{end}" in here.out


def test_changes_exit_2_only_on_request(idsync: Idsync, fresh: Path) -> None:
    assert idsync("plan", "-c", fresh).code == 0
    assert idsync("plan", "-c", fresh, "--detailed-exitcode").code == 2


def test_json_is_what_the_file_holds_byte_for_byte_and_nothing_else_is_on_stdout(
    idsync: Idsync, fresh: Path, tmp_path: Path
) -> None:
    ended = idsync("plan", "-c", fresh, "-o", tmp_path / "a.plan", "--format", "json")
    assert ended.out.encode() == (tmp_path / "a.plan").read_bytes()
    assert "a.plan" in ended.err
    assert decode_plan(ended.out.encode()).summary.user.create == 39


def test_two_plans_of_the_same_are_the_same_bytes(idsync: Idsync, fresh: Path, tmp_path: Path) -> None:
    idsync("plan", "-c", fresh, "-o", tmp_path / "a.plan")
    idsync("plan", "-c", fresh, "-o", tmp_path / "b.plan")
    assert (tmp_path / "a.plan").read_bytes() == (tmp_path / "b.plan").read_bytes()


def test_a_plan_file_is_for_its_owner_s_eyes(idsync: Idsync, fresh: Path, tmp_path: Path) -> None:
    idsync("plan", "-c", fresh, "-o", tmp_path / "a.plan")
    assert (tmp_path / "a.plan").stat().st_mode & 0o077 == 0


def test_a_plan_that_cannot_be_kept_is_a_usage_error(idsync: Idsync, fresh: Path, tmp_path: Path) -> None:
    ended = idsync("plan", "-c", fresh, "-o", tmp_path / "no" / "a.plan")
    assert ended.code == 64
    assert "cannot be written" in ended.err


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_show_prints_a_kept_plan_as_it_was_printed(form: str, idsync: Idsync, fresh: Path, tmp_path: Path) -> None:
    printed = idsync("plan", "-c", fresh, "-o", tmp_path / "a.plan", "--format", form).out
    shown = idsync("show", tmp_path / "a.plan", "--format", form)
    assert shown.code == 0
    assert shown.out == printed


@pytest.mark.parametrize("content", ["", "{}", "[]", "not json", '{"format_version": "9.0", "digest": ""}', "\x00"])
def test_show_refuses_what_is_not_a_plan_with_6(content: str, idsync: Idsync, tmp_path: Path) -> None:
    (tmp_path / "a.plan").write_text(content)
    ended = idsync("show", tmp_path / "a.plan")
    assert ended.code == 6
    assert ended.out == ""
    assert f"at: {tmp_path / 'a.plan'}" in ended.err


def test_a_plan_file_that_is_not_there_is_a_usage_error(idsync: Idsync, tmp_path: Path) -> None:
    assert idsync("show", tmp_path / "none").code == 64


def test_with_snapshot_and_current_a_plan_needs_neither_okta_nor_the_store(
    idsync: Idsync, org: Path, tmp_path: Path
) -> None:
    current = tmp_path / "current.json"
    current.write_text(idsync("get", "all", "-c", org, "--format", "json").out)
    (org / "idsync.db").write_bytes(b"no database at all")
    files = ["--snapshot", org / "snapshot-next.json", "--current", current]
    ended = idsync("plan", "-c", org, *files, "--detailed-exitcode")
    assert ended.code == 2
    assert "quentin.dubois@enzos-pizza.com" in ended.out


def test_r23_with_current_an_edit_is_told_from_oktas_changes_as_with_the_store(
    idsync: Idsync, org: Path, tmp_path: Path
) -> None:
    current = tmp_path / "current.json"
    current.write_text(idsync("get", "all", "-c", org, "--format", "json").out)
    edited = org / "idsync.yaml"
    assert "default_roles: [okta-requester]" in edited.read_text()
    edited.write_text(edited.read_text().replace("default_roles: [okta-requester]", "default_roles: [okta-reviewer]"))
    here = idsync("plan", "-c", org, "--snapshot", org / "snapshot-next.json").out
    there = idsync("plan", "-c", org, "--snapshot", org / "snapshot-next.json", "--current", current).out
    assert there == here
    assert "as applied before); your edit]" in there


@pytest.mark.parametrize("content", ["", "[{}]", '[{"kind": "user"}]', "[1]", "{", '{"kind": "nonsense"}', "- : ["])
def test_a_current_file_that_is_not_a_directory_is_refused(
    content: str, idsync: Idsync, fresh: Path, tmp_path: Path
) -> None:
    (tmp_path / "current.json").write_text(content)
    ended = idsync("plan", "-c", fresh, "--current", tmp_path / "current.json")
    assert ended.code == 64
    assert "Traceback" not in ended.err
    assert re.search(r"`idsync get -c \S+ all --format json`", ended.err)


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"not json", b"\xff\xfe", b"[" * 100_000])
def test_a_snapshot_that_is_none_exits_7(content: bytes, idsync: Idsync, fresh: Path) -> None:
    (fresh / "snapshot.json").write_bytes(content)
    ended = idsync("plan", "-c", fresh)
    assert ended.code == 7
    assert "Traceback" not in ended.err


def test_a_snapshot_of_another_organization_exits_7(idsync: Idsync, fresh: Path) -> None:
    snapshot = fresh / "snapshot.json"
    snapshot.write_text(snapshot.read_text().replace("https://enzos-pizza.okta.com", "https://other.okta.com"))
    ended = idsync("plan", "-c", fresh)
    assert ended.code == 7
    assert "other.okta.com" in ended.err


def test_findings_fail_a_plan_only_on_request(idsync: Idsync, fresh: Path) -> None:
    snapshot = fresh / "snapshot.json"
    snapshot.write_text(snapshot.read_text().replace('"status": "SUSPENDED"', '"status": "WHIMSICAL"'))
    assert idsync("plan", "-c", fresh).code == 0
    assert idsync("plan", "-c", fresh, "--detailed-exitcode").code == 2
    assert idsync("plan", "-c", fresh, "--fail-on", "warning").code == 5
    assert idsync("plan", "-c", fresh, "--fail-on", "error").code == 0


def test_an_incomplete_snapshot_plans_whole_with_what_is_held_back(idsync: Idsync, org: Path) -> None:
    snapshot = org / "snapshot-next.json"
    snapshot.write_text(snapshot.read_text().replace('"complete": true', '"complete": false'))
    ended = idsync("plan", "-c", org, "--snapshot", snapshot, "--format", "json")
    assert ended.code == 0
    assert isinstance(ended.json, dict)
    assert ended.json["health"]["verdict"] == "suspect"
    held = {change["address"] for change in ended.json["changes"] if change.get("blocked_by")}
    assert "user/quentin.dubois@enzos-pizza.com" in held
    assert "user/leila.nasser@enzos-pizza.com" not in held
    assert idsync("plan", "-c", org, "--snapshot", snapshot, "--fail-on", "error").code == 5


def test_names_cannot_steer_a_terminal(idsync: Idsync, fresh: Path) -> None:
    snapshot = fresh / "snapshot.json"
    snapshot.write_text(
        snapshot.read_text().replace('"label": "Grafana"', '"label": "\\u001b]0;owned\\u0007\\nGrafana"')
    )
    ended = idsync("plan", "-c", fresh)
    assert ended.code == 0
    assert "\x1b" not in ended.out
    assert "\x07" not in ended.out


def test_a_plan_can_be_written_into_a_pipe(idsync: Idsync, fresh: Path, tmp_path: Path) -> None:
    idsync("plan", "-c", fresh, "-o", tmp_path / "a.plan")
    assert idsync("plan", "-c", fresh, "-o", "/dev/null").code == 0
    assert idsync("show", "/dev/null").code == 6
    assert idsync("show", tmp_path).code == 64


def test_a_directory_with_a_repeated_or_homeless_object_is_refused(idsync: Idsync, org: Path, tmp_path: Path) -> None:
    users = idsync("get", "users", "-c", org, "--format", "json").json
    members = idsync("get", "access_list_members", "-c", org, "--format", "json").json
    assert isinstance(users, list)
    for wrong, message in [([*users, users[0]], "stands there twice"), (members, "a list that is not there")]:
        (tmp_path / "current.json").write_bytes(msgspec.json.encode(wrong))
        ended = idsync("plan", "-c", org, "--current", tmp_path / "current.json")
        assert ended.code == 64
        assert message in ended.err
        assert f"at: {tmp_path / 'current.json'}" in ended.err
        assert "why: " in ended.err
