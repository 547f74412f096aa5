"""The workflows for GitHub: least privilege, and nothing untrusted near a secret."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import idsync
from idsync.render.markdown import MARKER

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / "examples" / "github"
WORKFLOWS = {path.name: path for path in [*GITHUB.glob("*.yml"), *(ROOT / ".github" / "workflows").glob("*.yml")]}


def _loaded(name: str) -> dict[Any, Any]:
    loaded: dict[Any, Any] = yaml.safe_load(WORKFLOWS[name].read_text())
    return loaded


def _triggers(workflow: dict[Any, Any]) -> Any:
    return workflow.get("on", workflow.get(True))  # YAML 1.1 reads `on` as a boolean


def test_there_are_two_workflows_to_copy() -> None:
    assert {path.name for path in GITHUB.glob("*.yml")} == {"plan.yml", "apply.yml"}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_has_no_permission_that_it_does_not_name(name: str) -> None:
    workflow = _loaded(name)
    assert workflow["permissions"] in ({}, {"contents": "read"})
    for job in workflow["jobs"].values():
        writing = {scope for scope, level in job.get("permissions", {}).items() if level != "read"}
        assert writing <= {"pull-requests"}
        assert "timeout-minutes" in job


@pytest.mark.parametrize("name", WORKFLOWS)
def test_no_workflow_leaves_its_token_in_the_checkout(name: str) -> None:
    for job in _loaded(name)["jobs"].values():
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("name", WORKFLOWS)
def test_actions_are_pinned_by_commit(name: str) -> None:
    used = re.findall(r"uses: (\S+)", WORKFLOWS[name].read_text())
    assert used
    assert all(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", action) for action in used)


def test_a_pull_request_comes_near_no_secret() -> None:
    text = WORKFLOWS["plan.yml"].read_text()
    workflow = _loaded("plan.yml")
    assert set(_triggers(workflow)) == {"pull_request"}
    assert "secrets." not in text
    assert "self-hosted" not in text
    assert "--snapshot" in text
    assert "--current" in text
    assert "pull-requests" not in workflow["jobs"]["plan"]["permissions"]


def test_the_job_that_may_comment_runs_nothing_of_the_pull_request() -> None:
    job = _loaded("plan.yml")["jobs"]["comment"]
    assert job["permissions"] == {"pull-requests": "write"}
    assert not any(step.get("uses", "").startswith("actions/checkout@") for step in job["steps"])
    assert not any("idsync " in step.get("run", "") for step in job["steps"])


@pytest.mark.parametrize("name", ["plan.yml", "apply.yml"])
def test_nothing_that_a_stranger_wrote_is_pasted_into_a_script(name: str) -> None:
    for job in _loaded(name)["jobs"].values():
        for step in job["steps"]:
            assert "${{" not in step.get("run", "")


def test_the_comment_that_is_updated_is_the_one_that_is_posted() -> None:
    assert f'startswith("{MARKER}")' in WORKFLOWS["plan.yml"].read_text()


def test_only_main_and_its_environment_apply() -> None:
    triggers = _triggers(_loaded("apply.yml"))
    job = _loaded("apply.yml")["jobs"]["apply"]
    assert set(triggers) == {"push", "schedule", "workflow_dispatch"}
    assert triggers["push"]["branches"] == ["main"]
    assert job["environment"] == "idsync"
    assert _loaded("apply.yml")["concurrency"]["cancel-in-progress"] is False
    scripts = [step.get("run", "") for step in job["steps"]]
    compared = next(number for number, script in enumerate(scripts) if "cmp reviewed/idsync.plan again.plan" in script)
    applied = next(number for number, script in enumerate(scripts) if "idsync apply -c access again.plan" in script)
    assert compared < applied


@pytest.mark.parametrize("name", ["plan.yml", "apply.yml"])
def test_the_pinned_version_is_this_one(name: str) -> None:
    assert f"IDSYNC_VERSION: {idsync.__version__}" in WORKFLOWS[name].read_text()
