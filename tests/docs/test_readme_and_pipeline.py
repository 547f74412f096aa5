"""The README's two commands are true: the pipeline runs them word for word, and the first does what it says."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
PIPELINE = (ROOT / ".ci" / "run").read_text()


def _command(mark: str) -> str:
    """The one command in the block that follows a mark."""
    found = re.search(rf"<!-- {mark} -->\n```sh\n(.+)\n```", README)
    assert found is not None
    assert "\n" not in found[1]
    return found[1]


@pytest.mark.parametrize("mark", ["try", "test"])
def test_the_pipeline_runs_the_readme_s_commands_word_for_word(mark: str) -> None:
    assert _command(mark) in [line.strip() for line in PIPELINE.splitlines()]


def test_the_main_job_s_command_works_and_its_last_plan_is_empty(tmp_path: Path) -> None:
    steps = [step for step in _command("try").split(" && ") if step.startswith(".venv/bin/idsync ")]
    assert [shlex.split(step)[1] for step in steps] == ["init", "plan", "apply", "plan"]
    said = ""
    for step in steps:
        ended = subprocess.run(
            [sys.executable, "-m", "idsync", *shlex.split(step)[1:]],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
            stdin=subprocess.DEVNULL,
        )
        said = ended.stdout
    assert said.startswith("No changes.")


def test_both_commands_set_up_what_they_need() -> None:
    for mark in ("try", "test"):
        assert _command(mark).startswith("python3 -m venv .venv && .venv/bin/pip install ")


def test_the_pipeline_is_all_that_the_workflow_runs() -> None:
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text()
    assert re.findall(r"- run: (.*)", workflow) == [".ci/run"]


def test_the_pipeline_is_a_sound_script() -> None:
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111
    subprocess.run(["bash", "-n", ROOT / ".ci" / "run"], check=True)
    checks = ("ruff check", "ruff format --check", "mypy", "lint-imports", "tests.mutants")
    for check in (*checks, "--fail-under=95", "--fail-under=90"):
        assert check in PIPELINE


def test_coverage_has_its_limits_in_a_recipe_for_a_night() -> None:
    _, recipe = (ROOT / "justfile").read_text().split("\ncoverage:\n")
    steps = recipe.partition("\n\n")[0].splitlines()
    assert "--cov" in steps[0]
    assert [re.findall(r"--fail-under=(\d+)", step) for step in steps[1:]] == [["95"], ["90"]]


def test_the_least_scopes_are_named_and_no_other() -> None:
    assert set(re.findall(r"okta\.\w+\.(?:read|manage)\w*", README)) == {
        "okta.users.read",
        "okta.groups.read",
        "okta.apps.read",
    }


def test_a_contributor_finds_what_to_run() -> None:
    recipes = set(re.findall(r"^([a-z]+)(?: \*?\w+)?:", (ROOT / "justfile").read_text(), re.MULTILINE))
    assert {"check", "test", "bench", "docs"} <= recipes
