"""Every folder under examples/ that holds a configuration is planned, and its plan is as written there.

To accept what is planned now, run with IDSYNC_ACCEPT=1 and review the difference.
"""

import json
import os
import shutil
from pathlib import Path

import pytest

from idsync.cli.application import run

EXAMPLES = Path(__file__).parents[2] / "examples"
STORIES = sorted(path.parent.name for path in EXAMPLES.glob("*/idsync.yaml"))


def _arguments(story: Path) -> list[str]:
    return ["plan", *(["--current", "current.json"] if (story / "current.json").exists() else [])]


def test_the_stories_are_found() -> None:
    assert {"first-import", "leaver", "suspended", "renamed-login", "bad-read"} <= set(STORIES)


@pytest.mark.parametrize("name", STORIES)
def test_a_story_is_planned_as_it_is_told(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    story = Path(shutil.copytree(EXAMPLES / name, tmp_path / name))
    monkeypatch.chdir(story)
    assert run(_arguments(story)) == 0
    said = capsys.readouterr()
    told = EXAMPLES / name / "plan.txt"
    if os.environ.get("IDSYNC_ACCEPT"):
        told.write_text(said.out)
    assert said.out == told.read_text()
    assert said.err == ""
    assert not (story / "idsync.db").exists()


@pytest.mark.parametrize("name", STORIES)
def test_a_story_s_readme_gives_its_command_and_the_index_names_it(name: str) -> None:
    readme = (EXAMPLES / name / "README.md").read_text()
    current = " --current current.json" if (EXAMPLES / name / "current.json").exists() else ""
    assert f"```sh\nidsync plan{current}\n```" in readme
    assert f"[{name}]({name}/README.md)" in (EXAMPLES / "README.md").read_text()


@pytest.mark.parametrize(
    ("name", "code"),
    [("bad-read", 7), ("too-many-leavers", 5), ("leaver", 0), ("renamed-login", 0), ("foreign-conflict", 0)],
)
def test_applying_a_story_ends_as_its_readme_says(name: str, code: int, tmp_path: Path) -> None:
    story = Path(shutil.copytree(EXAMPLES / name, tmp_path / name))
    resources = json.loads((story / "current.json").read_text())
    for resource in resources:
        resource["metadata"].pop("revision", None)
    (tmp_path / "resources.json").write_text(json.dumps(resources))
    assert run(["create", str(tmp_path / "resources.json"), "-c", str(story)]) == 0
    assert run(["apply", "-c", str(story), "--auto-approve"]) == code
