"""import: the configuration under which the next plan is empty, or what prevents it."""

from pathlib import Path

import pytest

from tests.cli.running import Idsync


def assert_it_is_only_another_text(idsync: Idsync, *arguments: str | Path) -> None:
    """A plan changes nothing and loosens nothing; it says that another configuration was applied last.

    A file that people are read from may lie elsewhere as seen from another folder.
    """
    plan = idsync("plan", *arguments, "--format", "json").json
    assert isinstance(plan, dict)
    assert plan["changes"] == []
    grave = [each for each in plan["findings"] if each["severity"] != "info"]
    grave = [each for each in grave if not each["message"].startswith("source is loosened: the file ")]
    assert {each["code"] for each in grave} <= {"config_changed"}


def test_with_what_import_writes_the_next_plan_is_empty(idsync: Idsync, org: Path, tmp_path: Path) -> None:
    found = tmp_path / "found"
    found.mkdir()
    ended = idsync("import", "-c", org, "-o", found / "idsync.yaml")
    assert (ended.code, ended.out) == (0, "")
    assert "the next plan is empty" in ended.err
    (found / "snapshot.json").write_bytes((org / "snapshot.json").read_bytes())
    (found / "idsync.db").write_bytes((org / "idsync.db").read_bytes())
    assert idsync("validate", "-c", found).err == ""
    assert_it_is_only_another_text(idsync, "-c", found)


def test_import_writes_the_same_again_from_its_own_configuration(idsync: Idsync, org: Path, tmp_path: Path) -> None:
    first = idsync("import", "-c", org).out
    for file in org.glob("*.yaml"):
        file.unlink()
    (org / "idsync.yaml").write_text(first)
    assert idsync("import", "-c", org).out == first


def test_two_files_are_enough(idsync: Idsync, org: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "current.json").write_text(idsync("get", "all", "-c", org, "--format", "json").out)
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    files: list[str | Path] = ["--snapshot", org / "snapshot.json", "--current", tmp_path / "current.json"]
    ended = idsync("import", *files, "-o", tmp_path / "found.yaml", "--detailed-exitcode")
    assert ended.code == 0
    assert_it_is_only_another_text(idsync, "-c", tmp_path / "found.yaml", *files)
    assert_it_is_only_another_text(idsync, "-c", tmp_path / "found.yaml", *files[2:])


def test_without_both_files_a_configuration_is_needed(idsync: Idsync, org: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert idsync("import", "-c", tmp_path / "empty", "--snapshot", org / "snapshot.json").code == 3


def test_import_names_what_prevents_an_empty_plan(idsync: Idsync, org: Path) -> None:
    ended = idsync("import", "-c", org, "--snapshot", org / "snapshot-next.json", "--detailed-exitcode")
    assert ended.code == 2
    assert ended.out.startswith("# Inferred")
    assert "user/leila.nasser@enzos-pizza.com prevents an empty plan: create (assigned)" in ended.err
    assert "user/quentin.dubois@enzos-pizza.com prevents an empty plan: delete (deactivated)" in ended.err
    assert "team-web" in ended.out


def test_import_overwrites_nothing(idsync: Idsync, org: Path) -> None:
    before = (org / "idsync.yaml").read_text()
    assert idsync("import", "-c", org, "-o", org / "idsync.yaml").code == 64
    assert (org / "idsync.yaml").read_text() == before


def test_secrets_stay_references(idsync: Idsync, org: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKTA_API_TOKEN", "00hunter2hunter2")
    config = org / "idsync.yaml"
    config.write_text(
        config.read_text().replace("  users:\n", "  auth: {api_token: {env: OKTA_API_TOKEN}}\n  users:\n", 1)
    )
    out = idsync("import", "-c", org).out
    assert "api_token: {env: " in out
    assert "hunter2" not in out


@pytest.mark.parametrize("name", ["imported.yaml", "deep/imported.yml", "../ORG/x.yaml"])
def test_a_second_configuration_is_not_written_beside_the_first(name: str, idsync: Idsync, org: Path) -> None:
    output = org / name.replace("ORG", org.name)
    output.parent.mkdir(exist_ok=True)
    refused = idsync("import", "-c", org, "-o", output)
    assert refused.code == 64
    assert "two of them contradict each other" in refused.err
    assert not output.exists()
    assert idsync("validate", "-c", org).code == 0


@pytest.mark.parametrize("name", ["imported.txt", ".kept/imported.yaml"])
def test_a_name_that_is_not_read_may_stand_beside_it(name: str, idsync: Idsync, org: Path) -> None:
    (org / name).parent.mkdir(exist_ok=True)
    assert idsync("import", "-c", org, "-o", org / name).code == 0
    assert idsync("validate", "-c", org).code == 0


def test_an_empty_directory_says_nothing_of_suspensions_and_roles(idsync: Idsync, fresh: Path, tmp_path: Path) -> None:
    nothing = tmp_path / "current.json"
    nothing.write_text("[]")
    told = idsync("import", "--snapshot", fresh / "snapshot.json", "--current", nothing, "-c", tmp_path / "none").out
    assert "suspended" not in told
    assert "default_roles: [okta-requester]" in told
