"""Apps and groups at the command line: applied, shown, edited, put back, remembered, copied and planned from a file."""

import json
from pathlib import Path
from shutil import copytree

import pytest

from idsync.cli.application import run

STORY = Path(__file__).parents[2] / "examples" / "apps-and-groups"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """The story's organization, applied to a store of its own."""
    folder = Path(copytree(STORY, tmp_path / "story"))
    (folder / "current.json").unlink()
    monkeypatch.chdir(folder)
    assert run(["apply", "--auto-approve"]) == 0
    capsys.readouterr()
    return folder


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert run(list(arguments)) == code
    return capsys.readouterr().out


def labels(capsys: pytest.CaptureFixture[str], address: str, *more: str) -> dict[str, str]:
    (found,) = json.loads(said(capsys, "get", address, "--format", "json", *more))
    return dict(found["metadata"]["labels"])


def edited(folder: Path, capsys: pytest.CaptureFixture[str], label: str) -> None:
    """Somebody gives the app Wiki another label `env`."""
    (item,) = json.loads(said(capsys, "get", "app", "Wiki", "--format", "json"))
    item["metadata"]["labels"]["env"] = label
    (folder / "edited.json").write_text(json.dumps(item))
    said(capsys, "create", "-f", str(folder / "edited.json"))


@pytest.mark.usefixtures("place")
def test_apps_groups_and_roles_are_shown_by_id_and_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert labels(capsys, "app/Wiki") == labels(capsys, "app/0oa4")
    assert labels(capsys, "user_group/eng-web")["team"] == "web"
    roles = [item["metadata"]["name"] for item in json.loads(said(capsys, "get", "roles", "--format", "json"))]
    assert {"okta-member-00g1", "okta-owner-0oa3"} <= set(roles)
    assert "conveyed by" in said(capsys, "get", "apps", "--format", "text")
    assert run(["get", "app", "Wikki"]) != 0
    assert 'Did you mean "Wiki"?' in capsys.readouterr().err


def test_a_hand_is_told_put_back_and_remembered(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edited(place, capsys, "mine")
    assert "labels.env: mine → office" in said(capsys, "drift", code=10)
    said(capsys, "apply", "--auto-approve")
    assert "No drift" in said(capsys, "drift")
    assert labels(capsys, "app/0oa4")["env"] == "office"
    assert labels(capsys, "app/0oa4", "--as-of", "1")["env"] == "office"
    edited(place, capsys, "again")
    said(capsys, "rm", "role/okta-member-0oa3", "--auto-approve")
    assert "role/okta-member-0oa3" not in {
        f"role/{item['metadata']['name']}" for item in json.loads(said(capsys, "get", "roles", "--format", "json"))
    }
    assert json.loads(said(capsys, "get", "role/okta-member-0oa3", "--as-of", "1", "--format", "json"))
    said(capsys, "apply", "--auto-approve")
    assert "whole" in said(capsys, "history", "--verify")


def test_a_store_is_copied_with_all_of_it(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = json.loads(said(capsys, "get", "all", "--format", "json"))
    said(capsys, "store", "copy", "sqlite:///idsync.db", "sqlite:///copy.db")
    text = (place / "idsync.yaml").read_text()
    (place / "idsync.yaml").write_text(text.replace("  sync:", "  store: sqlite:///copy.db\n  sync:"))
    after = json.loads(said(capsys, "get", "all", "--format", "json"))
    assert after[:-1] == before[:-1]
    assert "whole" in said(capsys, "history", "--verify")


def test_a_row_that_was_changed_past_idsync_is_found(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import sqlite3

    with sqlite3.connect(place / "idsync.db") as raw:
        raw.execute("UPDATE plain_resources SET fingerprint = zeroblob(16) WHERE address = 'app/0oa4'")
    raw.close()
    assert run(["history", "--verify"]) != 0
    assert "app/0oa4" in capsys.readouterr().err


def test_what_get_all_prints_is_planned_as_the_store_is(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "all.json").write_text(said(capsys, "get", "all", "--format", "json"))
    edited(place, capsys, "mine")
    assert "No changes" in said(capsys, "plan", "--current", "all.json")
    (place / "all.json").write_text(said(capsys, "get", "all", "--format", "json"))
    assert said(capsys, "plan", "--current", "all.json", "--format", "json") == said(capsys, "plan", "--format", "json")


@pytest.mark.parametrize("form", ["json", "markdown", "html", "sarif", "junit", "text"])
def test_every_format_tells_of_the_apps(
    form: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(STORY)
    told = said(capsys, "plan", "--current", "current.json", "--format", form)
    assert "every-app" in told
    if form not in ("sarif", "junit"):
        assert "Wiki" in told


@pytest.mark.usefixtures("place")
def test_explain_says_by_which_list_somebody_has_an_app_and_why_somebody_has_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert "group eng-web (00g1) → list eng-web (00g1)" in said(capsys, "explain", "ben@example.com", "app/0oa4")
    assert "not directly assigned" in said(capsys, "explain", "dan@example.com", "app/0oa3", code=10)


def test_explain_calls_an_app_that_comes_by_a_group_by_its_label(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(STORY)
    told = said(capsys, "explain", "ben@example.com", "Wiki", "--current", "current.json", code=10)
    assert "+ app Wiki (0oa4)  [comes with the next apply]\n      group eng-web (00g1) → list eng-web (00g1)" in told
    assert "missing" not in told


@pytest.mark.usefixtures("place")
def test_filters_say_which_labels_the_rules_give(capsys: pytest.CaptureFixture[str]) -> None:
    assert "aws-4711 (0oa2)  account=4711, env=prod" in said(capsys, "filters")


def test_switched_off_and_on_again_there_is_nothing_to_do(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2 says that an apply changes something: with nobody touched, that the files are put in force."""
    on = (place / "idsync.yaml").read_text()
    off = on.replace("app_groups: true", "app_groups: false")

    def plans(text: str, code: int) -> str:
        (place / "idsync.yaml").write_text(text)
        return said(capsys, "plan", "--detailed-exitcode", code=code)

    assert "loosens 1 setting" in plans(off, 2)
    plans(on, 0)
    (place / "idsync.yaml").write_text(off)
    said(capsys, "apply", "--auto-approve")
    plans(off, 0)
    assert "is not the one applied last" in plans(on, 2)
    said(capsys, "apply", "--auto-approve")
    assert "No changes" in plans(on, 0)
