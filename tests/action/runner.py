"""Runs jobs of the example workflows as GitHub's runner would: their steps, the action's steps, files and artifacts.

The expressions that the workflows use are looked up, not parsed: one that a test does not know fails.
"""

import io
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from action.__main__ import main
from action.program import Ended
from idsync.cli.application import run
from tests.action.fake_github import REPOSITORY, FakeGitHub

ROOT = Path(__file__).parents[2]
WORKFLOWS = ROOT / "examples" / "github"
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


@cache
def _jobs(workflow: str) -> dict[str, Any]:
    jobs: dict[str, Any] = yaml.safe_load((WORKFLOWS / workflow).read_text())["jobs"]
    return jobs


@dataclass
class Ran:
    """How a job ended: the exit code of the action, what it printed, its summary and its outputs."""

    code: int
    log: str
    summary: str
    outputs: dict[str, str] = field(default_factory=dict)
    run: int = 0


class Runner:
    """A machine that runs jobs, in a checkout of the repository."""

    def __init__(self, github: FakeGitHub, temp: Path, *, as_written: bool = False) -> None:
        """To save time, the program runs in this process, unless scripts are to be run `as_written`."""
        self.github = github
        self.temp = temp
        self.as_written = as_written
        programs = temp / "idsync-action" / "bin"
        programs.mkdir(parents=True)
        for name, call in (("python", ""), ("idsync", "-m idsync ")):
            (programs / name).write_text(f'#!/bin/sh\nexec {sys.executable} {call}"$@"\n')
            (programs / name).chmod(0o755)

    def job(
        self,
        workflow: str,
        job: str,
        checkout: Path,
        event_name: str,
        event: dict[str, Any],
        sha: str,
        *,
        run: int | None = None,
        branch: str = "main",
        attempt: int = 1,
        secrets: dict[str, str] | None = None,
    ) -> Ran:
        """Run the action's steps of a job; a job that shares a run with another is given its number."""
        about = _jobs(workflow)[job]
        step = next(step for step in about["steps"] if "/idsync@" in step.get("uses", ""))
        head = (event.get("pull_request") or {}).get("head", {}).get("sha", sha)
        pull = (event.get("pull_request") or {}).get("number")
        number = run or self.github.add_run(workflow, event_name, head, branch, pull=pull)
        files = self.temp / f"job-{number}-{job}-{attempt}"
        files.mkdir()
        (files / "event.json").write_text(json.dumps(event))
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.temp),
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": self.github.address,
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_RUN_ID": str(number),
            "GITHUB_RUN_ATTEMPT": str(attempt),
            "GITHUB_SHA": sha,
            "GITHUB_EVENT_NAME": event_name,
            "GITHUB_EVENT_PATH": str(files / "event.json"),
            "GITHUB_WORKSPACE": str(checkout),
            "GITHUB_OUTPUT": str(files / "output"),
            "GITHUB_STEP_SUMMARY": str(files / "summary"),
            "RUNNER_TEMP": str(self.temp),
        }
        context = {
            "github.token": "ghs_token",
            "github.action_path": str(ROOT),
            "runner.temp": str(files),
            **{f"secrets.{name}": value for name, value in (secrets or {}).items()},
        }
        environment |= {name: _filled(str(value), context) for name, value in step.get("env", {}).items()}
        given = {name: str(about.get("default", "")) for name, about in ACTION["inputs"].items()} | step["with"]
        context |= {f"inputs.{name}": _filled(value, context) for name, value in given.items()}
        (program,) = (step for step in ACTION["runs"]["steps"] if step.get("id") == "run")
        own = {name: _filled(value, context) for name, value in program["env"].items()}
        run_it = self._as_written if self.as_written else _in_this_process
        code, said = run_it(program["run"], {**environment, **own}, checkout)
        ran = Ran(code, said, _text(files / "summary"), _outputs(files / "output"), number)
        self._upload(ran)
        return ran

    def _as_written(self, script: str, environment: dict[str, str], checkout: Path) -> tuple[int, str]:
        """The script of the action, by the shell that a runner gives it to."""
        ended = subprocess.run(
            ["/bin/bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            env=environment,
            cwd=checkout,
            capture_output=True,
            text=True,
            check=False,
        )
        return ended.returncode, ended.stdout + ended.stderr

    def _upload(self, ran: Ran) -> None:
        """What the steps after it do: keep what outputs name."""
        for step in ACTION["runs"]["steps"]:
            if "upload-artifact@" not in step.get("uses", ""):
                continue
            name, path = (_output_of(step["with"][key], ran) for key in ("name", "path"))
            if path:
                self.github.add_artifact(ran.run, name, zipped(Path(path)))


def zipped(folder: Path) -> bytes:
    """The files of a folder, as an artifact."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, file.name)
    return content.getvalue()


def _in_this_process(_script: str, environment: dict[str, str], checkout: Path) -> tuple[int, str]:
    said = io.StringIO()
    with redirect_stdout(said), chdir(checkout):
        code = main(environment, _idsync)
    return code, said.getvalue()


def _idsync(arguments: Sequence[str]) -> Ended:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = run([*arguments])
    return Ended(code, out.getvalue(), err.getvalue())


def _filled(text: str, context: dict[str, str]) -> str:
    return _EXPRESSION.sub(lambda match: context[match[1]], text)


def _output_of(text: str, ran: Ran) -> str:
    return _EXPRESSION.sub(lambda match: ran.outputs.get(match[1].removeprefix("steps.run.outputs."), ""), text)


def _outputs(path: Path) -> dict[str, str]:
    found = re.findall(r"(?ms)^([\w-]+)<<(end-\w+)\n(.*?)\n\2$", _text(path))
    return {name: value for name, _, value in found}


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""
