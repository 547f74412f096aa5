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
    assert "::error title=idsync access_losses::" in out


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
