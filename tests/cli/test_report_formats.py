"""SARIF, JUnit and GitHub annotations from the command line: for `plan`, `show` and `validate`."""

import json
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from idsync.cli.plans import FORMATS
from tests.cli.running import Idsync

REPORTS = ("sarif", "junit", "github")


@pytest.mark.parametrize("form", FORMATS)
def test_plan_prints_in_each_format_what_show_prints(form: str, idsync: Idsync, org: Path, tmp_path: Path) -> None:
    plan = tmp_path / "a.plan"
    planned = idsync("plan", "-c", org, "--snapshot", org / "snapshot-next.json", "-o", plan, "--format", form)
    assert planned.out
    assert idsync("show", "-c", org, plan, "--format", form).out == planned.out


@pytest.mark.parametrize("inside", [True, False])
def test_files_are_named_from_the_top_of_the_repository(
    inside: bool, idsync: Idsync, fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (fresh.parent / ".git").mkdir()
    monkeypatch.chdir(fresh if inside else "/")
    config = "." if inside else str(fresh)
    out = idsync("plan", "-c", config, "--format", "github").out
    assert f"file={fresh.name}/roles.yaml,line=7,col=7,title=" in out
    results = json.loads(idsync("plan", "-c", config, "--format", "sarif").out)["runs"][0]["results"]
    uris = {each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for each in results}
    assert uris == {f"{fresh.name}/idsync.yaml"}


def test_without_a_repository_files_are_named_from_here(
    idsync: Idsync, fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(fresh.parent)
    assert f"file={fresh.name}/roles.yaml," in idsync("plan", "-c", fresh, "--format", "github").out


def test_a_rule_that_went_is_named_where_people_lose_by_it(idsync: Idsync, org: Path) -> None:
    roles = org / "roles.yaml"
    lines = roles.read_text().splitlines(keepends=True)
    number = next(number for number, line in enumerate(lines, 1) if "Engineering" in line)
    roles.write_text("".join(lines[: number - 1] + lines[number:]))
    out = idsync("plan", "-c", org, "--format", "github").out
    (lost,) = [line for line in out.splitlines() if line.startswith("::warning")]
    assert f"roles.yaml,line={number}," in lost
    assert "as applied before%0A- role dev: 14 people" in lost
    assert any("idsync.yaml,line=" in line and "title=idsync access_losses::" in line for line in out.splitlines())


@pytest.mark.parametrize("form", REPORTS)
def test_validate_reports_every_mistake_and_ends_with_3(form: str, idsync: Idsync, fresh: Path) -> None:
    config = fresh / "idsync.yaml"
    config.write_text(config.read_text() + "---\napiVersion: idsync/v1\nkind: Unheard\n")
    ended = idsync("validate", "-c", fresh, "--format", form)
    assert ended.code == 3
    assert "unknown_kind" in ended.out
    assert "idsync.yaml" in ended.out


@pytest.mark.parametrize("form", REPORTS)
def test_validate_of_a_valid_configuration_reports_no_mistake(form: str, idsync: Idsync, fresh: Path) -> None:
    ended = idsync("validate", "-c", fresh, "--format", form)
    assert ended.code == 0
    match form:
        case "sarif":
            assert json.loads(ended.out)["runs"][0]["results"] == []
        case "junit":
            assert Xml.fromstring(ended.out).attrib["failures"] == "0"
        case _:
            assert ended.out == ""


@pytest.mark.parametrize("form", FORMATS)
def test_redacted_output_holds_nothing_of_a_person_and_the_kept_plan_all(
    form: str, idsync: Idsync, org: Path, tmp_path: Path
) -> None:
    following, plan = org / "snapshot-next.json", tmp_path / "a.plan"
    told = idsync("plan", "-c", org, "--snapshot", following, "-o", plan, "--redact", "--format", form)
    assert told.code == 0
    for snapshot in (following, org / "snapshot.json"):
        for user in json.loads(snapshot.read_text())["users"]:
            values = {user["id"], user["username"], *map(str, user["profile"].values())}
            assert not [
                value for value in values if "@" in value or value.isdigit() or " " in value if value in told.out
            ]
    assert idsync("show", "-c", org, plan, "--redact", "--format", form).out == told.out
    assert idsync("apply", "-c", org, plan).code == 0


def test_a_redacted_plan_cannot_be_applied(idsync: Idsync, org: Path, tmp_path: Path) -> None:
    plan = tmp_path / "a.plan"
    following = org / "snapshot-next.json"
    plan.write_text(idsync("plan", "-c", org, "--snapshot", following, "--redact", "--format", "json").out)
    refused = idsync("apply", "-c", org, plan)
    assert refused.code == 6
    assert "sanitized" in refused.err


def test_a_redacted_plan_and_a_sanitized_snapshot_call_a_person_the_same(idsync: Idsync, org: Path) -> None:
    sanitized = json.loads(idsync("snapshot", "-c", org, "--sanitize").out)
    names = {user["username"] for user in sanitized["users"]}
    told = idsync("plan", "-c", org, "--snapshot", org / "snapshot-next.json", "--redact", "--format", "json").out
    assert names & {delta["person"] for delta in json.loads(told)["access_delta"]}


def test_without_a_store_the_key_comes_from_a_file(idsync: Idsync, fresh: Path, tmp_path: Path) -> None:
    refused = idsync("plan", "-c", fresh, "--redact")
    assert (refused.code, refused.out) == (64, "")
    assert "--key-file" in refused.err
    assert not (fresh / "idsync.db").exists()
    key = tmp_path / "key"
    key.write_bytes(b"sixteen bytes or more")
    told = [idsync("plan", "-c", fresh, "--redact", "--key-file", key).out for _ in range(2)]
    assert told[0] == told[1]
    assert "@" not in told[0]
    assert idsync("plan", "-c", fresh, "--key-file", key).code == 64


def test_with_current_no_store_is_opened_for_the_key(idsync: Idsync, org: Path, tmp_path: Path) -> None:
    current = tmp_path / "current.json"
    current.write_text(idsync("get", "all", "-c", org, "--format", "json").out)
    refused = idsync("plan", "-c", org, "--snapshot", org / "snapshot.json", "--current", current, "--redact")
    assert refused.code == 64
    assert "--current" in refused.err
