"""The workflows for GitHub and the action: least privilege, nothing untrusted near a secret, checked by two linters."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / "examples" / "github"
EXAMPLES = sorted(path.name for path in GITHUB.glob("*.yml"))
WORKFLOWS = {path.name: path for path in [*GITHUB.glob("*.yml"), *(ROOT / ".github" / "workflows").glob("*.yml")]}
ACTION = ROOT / "action.yml"
UNTRUSTED = "plan.yml"


def _loaded(name: str) -> dict[Any, Any]:
    loaded: dict[Any, Any] = yaml.safe_load(WORKFLOWS[name].read_text())
    return loaded


def _triggers(workflow: dict[Any, Any]) -> Any:
    return workflow.get("on", workflow.get(True))  # YAML 1.1 reads `on` as a boolean


def _steps(name: str) -> list[dict[str, Any]]:
    return [step for job in _loaded(name)["jobs"].values() for step in job["steps"]]


def test_there_are_four_workflows_to_copy() -> None:
    assert EXAMPLES == ["apply.yml", "drift.yml", "plan.yml", "reconcile.yml"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_workflow_has_no_permission_that_it_does_not_name(name: str) -> None:
    workflow = _loaded(name)
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        writing = {scope for scope, level in job.get("permissions", {}).items() if level != "read"}
        assert writing <= {"pull-requests", "issues"}
        assert "timeout-minutes" in job


@pytest.mark.parametrize("name", EXAMPLES)
def test_no_workflow_leaves_its_token_in_the_checkout(name: str) -> None:
    for step in _steps(name):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("path", [*(WORKFLOWS[name] for name in EXAMPLES), ACTION], ids=lambda path: path.name)
def test_actions_are_pinned_by_commit(path: Path) -> None:
    used = re.findall(r"uses: (\S+)", path.read_text())
    assert used
    assert all(re.fullmatch(r"(actions/[a-z-]+|example/idsync)@[0-9a-f]{40}", action) for action in used)


def test_a_pull_request_comes_near_no_secret() -> None:
    text = WORKFLOWS[UNTRUSTED].read_text()
    workflow = _loaded(UNTRUSTED)
    assert set(_triggers(workflow)) == {"pull_request", "merge_group"}
    assert "secrets." not in text
    assert "self-hosted" not in text
    assert "environment" not in workflow["jobs"]["plan"]
    assert set(workflow["jobs"]["plan"]["permissions"].values()) == {"read"}


def test_the_check_that_people_require_has_no_path_filter() -> None:
    assert "paths" not in (_triggers(_loaded(UNTRUSTED))["pull_request"] or {})
    assert "if" not in _loaded(UNTRUSTED)["jobs"]["plan"]


def test_the_job_that_may_comment_runs_nothing_of_the_pull_request() -> None:
    job = _loaded(UNTRUSTED)["jobs"]["comment"]
    assert job["permissions"] == {"actions": "read", "pull-requests": "write"}
    (step,) = job["steps"]
    assert step["with"]["mode"] == "comment"
    assert "github.event.pull_request.head.repo.full_name == github.repository" in job["if"]


@pytest.mark.parametrize("name", [*EXAMPLES])
def test_nothing_that_a_stranger_wrote_is_pasted_into_a_script(name: str) -> None:
    for step in _steps(name):
        assert "${{" not in step.get("run", "")
        assert not any("${{" in str(value) for value in step.get("with", {}).values())


def test_every_input_of_the_action_comes_by_the_environment() -> None:
    action = yaml.safe_load(ACTION.read_text())
    scripts = [step for step in action["runs"]["steps"] if "run" in step]
    assert not any("${{" in step["run"] for step in scripts)
    given = {value for step in scripts for value in step["env"].values()}
    assert {f"${{{{ inputs.{name} }}}}" for name in action["inputs"]} <= given


@pytest.mark.parametrize("name", ["apply.yml", "reconcile.yml", "drift.yml"])
def test_only_the_main_branch_and_its_environment_reach_okta(name: str) -> None:
    triggers = _triggers(_loaded(name))
    assert set(triggers) <= {"push", "schedule", "workflow_dispatch"}
    if "push" in triggers:
        assert triggers["push"] == {"branches": ["main"]}
    (job,) = _loaded(name)["jobs"].values()
    assert job["environment"] == "idsync"
    assert job["runs-on"] == "ubuntu-24.04", "a workflow on any branch can name the label of another runner"
    assert _loaded(name)["concurrency"]["cancel-in-progress"] is False


def test_leavers_wait_a_quarter_of_an_hour_at_most() -> None:
    (schedule,) = _triggers(_loaded("reconcile.yml"))["schedule"]
    minutes = [int(minute) for minute in schedule["cron"].split()[0].split(",")]
    assert schedule["cron"].split()[1:] == ["*", "*", "*", "*"]
    assert {(after - before) % 60 for before, after in zip(minutes, [*minutes[1:], minutes[0]], strict=True)} == {15}


def test_a_merge_never_pushes_out_another_one_that_waits() -> None:
    assert "github.sha" in _loaded("apply.yml")["concurrency"]["group"]


def test_what_the_action_installs_is_pinned_by_hash_and_holds_all_that_idsync_needs() -> None:
    text = (ROOT / "action" / "requirements.txt").read_text()
    pinned = {name.lower().replace("_", "-") for name in re.findall(r"(?m)^([A-Za-z0-9._-]+)(?:\[\w+\])?==", text)}
    for block in re.split(r"(?m)^(?=[A-Za-z])", text)[1:]:
        assert "--hash=sha256:" in block
    assert "://" not in text
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = [*project["dependencies"], *project["optional-dependencies"]["postgres"], "setuptools"]
    names = {re.split(r"[\[<>=~! ]", requirement)[0].lower() for requirement in needed}
    assert names <= pinned


def test_zizmor_finds_nothing() -> None:
    program = Path(sys.executable).with_name("zizmor")
    files = [str(GITHUB), str(ACTION), str(ROOT / ".github")]
    ended = subprocess.run(
        [str(program), "--offline", "--no-progress", "--quiet", *files], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_actionlint_finds_nothing() -> None:
    program = Path(sys.executable).with_name("actionlint")
    config = ROOT / ".github" / "actionlint.yaml"
    files = [str(path) for path in WORKFLOWS.values()]
    ended = subprocess.run(
        [str(program), "-no-color", "-config-file", str(config), *files], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
