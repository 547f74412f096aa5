"""The workflows for GitHub: least privilege, and nothing untrusted near a secret."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

import idsync
from idsync.render.markdown import MARKER

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / "examples" / "github"
WORKFLOWS = {path.name: path for path in [*GITHUB.glob("*.yml"), *(ROOT / ".github" / "workflows").glob("*.yml")]}


JQ = """
import json, pathlib, sys
import jq
for value in jq.compile(sys.argv[1]).input_text(pathlib.Path(sys.argv[2]).read_text()).all():
    print(value if isinstance(value, str) else json.dumps(value))
"""
"""What `gh --jq` does with an answer."""


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


def _script(name: str, of_step: str) -> str:
    (script,) = (
        step["run"]
        for job in _loaded(name)["jobs"].values()
        for step in job["steps"]
        if step.get("name", "").startswith(of_step)
    )
    return str(script)


@pytest.fixture
def run_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Run the script of a step as GitHub does; its `gh` takes each answer through the script's own jq."""
    fake = tmp_path / "bin" / "gh"
    fake.parent.mkdir()
    fake.write_text(
        "#!/bin/sh\n"
        'case "$*" in\n'
        '*"run download"*) echo "$3" >> downloaded; exit 0 ;;\n'
        '*"/pulls"*) answer=pulls ;; *"/actions/runs/"*) answer=run ;; *plan.yml*) answer=plans ;; *) answer=runs ;;\n'
        "esac\n"
        'while [ "$1" != --jq ]; do shift; done\n'
        f'exec {shlex.quote(sys.executable)} -c {shlex.quote(JQ)} "$2" "$answer.json"\n'
    )
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("GH_REPO", "enzo/access")
    monkeypatch.setenv("GITHUB_SHA", "abc")

    def run(script: str, **answers: object) -> "subprocess.CompletedProcess[str]":
        for name, answer in answers.items():
            (tmp_path / f"{name}.json").write_text(json.dumps(answer))
        return subprocess.run(
            ["/bin/bash", "-e", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
        )

    return run


def test_a_pull_request_is_planned_from_a_recording_of_main_and_not_of_a_fork_s_branch_main(
    run_step: Callable[..., "subprocess.CompletedProcess[str]"], tmp_path: Path
) -> None:
    script = _script("plan.yml", "Fetch the last recording")
    forged = {"databaseId": 666, "event": "pull_request"}
    ended = run_step(script, runs=[forged, {"databaseId": 7, "event": "schedule"}])
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "reviewed" / "recording").read_text() == "7\n"
    assert (tmp_path / "downloaded").read_text() == "7\n"
    refused = run_step(script, runs=[forged])
    assert refused.returncode == 1
    assert "There is no recording yet" in refused.stdout


@pytest.mark.parametrize(
    ("event", "path", "branch", "code"),
    [
        ("push", ".github/workflows/apply.yml", "main", 0),
        ("schedule", ".github/workflows/apply.yml@main", "main", 0),
        ("workflow_dispatch", ".github/workflows/apply.yml", "main", 0),
        ("pull_request", ".github/workflows/apply.yml", "main", 1),
        ("push", ".github/workflows/plan.yml", "main", 1),
        ("push", ".github/workflows/apply.yml", "other", 1),
    ],
)
def test_nothing_is_applied_from_a_recording_that_is_not_of_main(
    event: str,
    path: str,
    branch: str,
    code: int,
    run_step: Callable[..., "subprocess.CompletedProcess[str]"],
) -> None:
    script = _script("apply.yml", "Fetch the plan that was reviewed").replace(
        "rm -rf reviewed recording", "mkdir reviewed && echo 7 > reviewed/recording"
    )
    pulls = [{"merged_at": "2026-11-02T08:00:00Z", "head": {"sha": "def"}}]
    run = {"event": event, "path": path, "head_branch": branch}
    assert run_step(script, pulls=pulls, plans=[{"databaseId": 5}], run=run).returncode == code


def test_a_push_without_a_pull_request_applies_nothing_and_says_why(
    run_step: Callable[..., "subprocess.CompletedProcess[str]"], tmp_path: Path
) -> None:
    ended = run_step(_script("apply.yml", "Fetch the plan that was reviewed"), pulls=[])
    assert ended.returncode == 1
    assert "no plan was reviewed" in ended.stdout
    assert not (tmp_path / "downloaded").exists()


def test_an_hourly_recording_never_pushes_out_an_apply_that_waits() -> None:
    group = _loaded("apply.yml")["concurrency"]["group"]
    assert "github.event_name == 'push' && github.sha || 'recording'" in group


@pytest.mark.parametrize("name", ["plan.yml", "apply.yml"])
def test_the_pinned_version_is_this_one(name: str) -> None:
    assert f"IDSYNC_VERSION: {idsync.__version__}" in WORKFLOWS[name].read_text()
