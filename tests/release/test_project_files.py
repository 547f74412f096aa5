"""What people and tools find around the program: hooks, forms, settings of editors, pinned actions."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from idsync.cli.application import run
from idsync.cli.exit_codes import ExitCode

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def read(name: str) -> Any:
    """A YAML file of the repository."""
    return yaml.safe_load((ROOT / name).read_text())


def test_the_hook_runs_a_command_that_there_is(tmp_path: Path) -> None:
    (hook,) = read(".pre-commit-hooks.yaml")
    program, *arguments = hook["entry"].split()
    assert program == "idsync"
    assert run(["init", str(tmp_path / "demo"), "--example"]) == ExitCode.DONE
    assert run([*arguments, "-c", str(tmp_path / "demo")]) == ExitCode.DONE
    (tmp_path / "demo" / "odd.yaml").write_text("apiVersion: idsync/v1\nkind: Gards\n")
    assert run([*arguments, "-c", str(tmp_path / "demo")]) == ExitCode.CONFIG_INVALID
    assert re.search(hook["files"], "access/a.yml")
    assert hook["pass_filenames"] is False


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_by_hash_with_their_version(workflow: Path) -> None:
    used = re.findall(r"uses: (\S+)(.*)", workflow.read_text())
    assert used
    for action, comment in used:
        assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", action), action
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), action


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_nothing_that_its_jobs_do_not_name(workflow: Path) -> None:
    told = yaml.safe_load(workflow.read_text())
    assert told["permissions"] in ({}, {"contents": "read"})
    assert all("timeout-minutes" in job for job in told["jobs"].values())


def test_what_publishes_can_do_nothing_else() -> None:
    jobs = read(".github/workflows/release.yml")["jobs"]
    assert jobs["publish"]["permissions"] == {"id-token": "write"}
    assert not any("run" in step for step in jobs["publish"]["steps"])
    assert jobs["build"]["permissions"] == {"contents": "read"}


def test_forms_are_forms() -> None:
    for name in ("bug", "idea"):
        form = read(f".github/ISSUE_TEMPLATE/{name}.yml")
        assert {"name", "description", "body"} <= form.keys()
        assert all(item["type"] in ("markdown", "input", "textarea", "dropdown") for item in form["body"])
        names = [item["id"] for item in form["body"] if item["type"] != "markdown"]
        assert len(names) == len(set(names))


def test_settings_of_an_editor_are_those_of_the_document() -> None:
    settings = json.loads((ROOT / "examples" / "editor" / ".vscode" / "settings.json").read_text())
    document = (ROOT / "docs" / "editor.md").read_text()
    shown = re.search(r"```json\n(.*?)```", document, re.DOTALL)
    assert shown is not None
    assert json.loads(shown[1]) == settings
    (schema,) = settings["yaml.schemas"]
    assert schema.endswith("/config.v1.schema.json")


def test_updates_are_asked_for_every_kind_of_pin() -> None:
    kinds = {each["package-ecosystem"] for each in read(".github/dependabot.yml")["updates"]}
    assert kinds == {"github-actions", "pip", "docker"}


def test_versions_of_python_are_told_and_tried() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    told = [
        each.rsplit(" ", 1)[1]
        for each in project["classifiers"]
        if each.startswith("Programming Language :: Python :: 3.")
    ]
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text()
    assert f"python: [{', '.join(map(chr(34).__add__, [each + chr(34) for each in told]))}]" in workflow
    assert project["requires-python"] == f">={told[0]}"
