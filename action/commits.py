"""What was merged, and its files: the pull requests of a push, and the configuration as a commit or a merge has it."""

import base64
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from action.circumstances import Refused
from action.github import Json
from action.runner_files import private
from action.step import Step
from action.times import time_of

NOT_REVIEWED = 6
_NO_COMMIT = "0" * 40


@dataclass(frozen=True)
class Merged:
    """A pull request, and the commit on the main branch that it became."""

    pull_request: Json
    commit: str

    @property
    def number(self) -> int:
        """Its number."""
        return int(self.pull_request["number"])

    @property
    def at(self) -> datetime:
        """When it was merged."""
        return time_of(str(self.pull_request["merged_at"]))

    @property
    def head(self) -> str:
        """The commit that was reviewed."""
        return str(self.pull_request["head"]["sha"])


def merged_by(step: Step) -> list[Merged]:
    """The pull requests that this push merged, the first first. Raises Refused where a commit came by none."""
    about = step.about
    commits = _commits(step)
    found: list[Merged] = []
    for commit in commits:
        rows = step.github.rows(f"commits/{commit}/pulls")
        ours = [row for row in rows if row.get("merged_at") and row["base"]["ref"] == about.branch]
        ours = [row for row in ours if row["base"]["repo"]["full_name"].lower() == about.repository.lower()]
        meant = next((row for row in ours if row.get("merge_commit_sha") == commit), None)
        if meant is not None:
            found.append(Merged(meant, commit))
    if not found or found[-1].commit != about.sha:
        raise Refused(
            f"No pull request was merged as {about.sha[:12]}, so that no plan of it was reviewed.", NOT_REVIEWED
        )
    return found


def _commits(step: Step) -> Sequence[str]:
    """The commits of the push on the main branch itself, the first first; of a run by hand, its commit alone."""
    about = step.about
    before = str(about.event.get("before") or _NO_COMMIT)
    if about.event_name != "push" or before == _NO_COMMIT:
        return [about.sha]
    listed = git(step, "rev-list", "--first-parent", "--reverse", "--max-count=100", f"{before}..{about.sha}")
    return listed.split() if listed else [about.sha]


def configuration_at(step: Step, tree: str) -> str | Path:
    """The configuration of a commit or a tree: the files of the checkout, or those of that commit."""
    about = step.about
    if tree == about.sha:
        return about.config
    into = private(about.folder / "commits" / tree)
    archived = subprocess.run(  # noqa: S603 - an object's name is checked by GitHub or git, and stands as an argument
        ["git", "-C", str(about.workspace), "archive", "--format=tar", tree, "--", about.config],  # noqa: S607
        capture_output=True,
        check=False,
    )
    if archived.returncode:
        raise Refused(f"The files of {tree[:12]} are not there: check out with fetch-depth 0.", 1)
    subprocess.run(["tar", "-x", "-C", str(into)], input=archived.stdout, check=True)  # noqa: S603, S607
    return into / about.config


def tree_of_plan(step: Step, merged: Merged, onto: str) -> str:
    """The files that a pull request was planned with: its head, merged into a commit of the main branch. Git makes
    them once more, so that nobody's word is taken for them. Raises Refused where `onto` is not of the main branch.
    """
    if not re.fullmatch(r"[0-9a-f]{40,64}", onto) or not _is_before(step, onto, merged.commit):
        raise Refused(
            f"The plan was made on {onto[:12]!r}, which is not a commit of {step.about.branch} before the merge; or the"
            " checkout lacks it: check out with fetch-depth 0.",
            NOT_REVIEWED,
        )
    if not _has(step, merged.head):
        _fetch(step, merged)
    if not _has(step, merged.head):
        raise Refused(f"The commit {merged.head[:12]} cannot be fetched, so that its plan cannot be checked.", 7)
    made = git(step, "merge-tree", "--write-tree", onto, merged.head)
    if not re.fullmatch(r"[0-9a-f]{40,64}", made):
        raise Refused(
            f"Git cannot merge {merged.head[:12]} into {onto[:12]} again, so that the plan cannot be checked. It takes"
            " git 2.38 or later, and a branch without conflicts: update the branch, and have the new plan reviewed.",
            NOT_REVIEWED,
        )
    return made


def parents_of_checkout(step: Step) -> tuple[str, Sequence[str]]:
    """The commit that is checked out, and its parents, also where the history is not there."""
    commit = git(step, "rev-parse", "HEAD")
    head = git(step, "cat-file", "commit", "HEAD").partition("\n\n")[0]
    return commit, [line.removeprefix("parent ") for line in head.splitlines() if line.startswith("parent ")]


def git(step: Step, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
    """What git says in the checkout; nothing where it fails."""
    ended = subprocess.run(  # noqa: S603
        ["git", "-C", str(step.about.workspace), *arguments],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
        env=None if environment is None else {**os.environ, **environment},
    )
    return ended.stdout.strip() if ended.returncode == 0 else ""


def _is_before(step: Step, commit: str, later: str) -> bool:
    return git(step, "merge-base", commit, later) == commit


def _has(step: Step, commit: str) -> bool:
    return git(step, "cat-file", "-t", commit) == "commit"


def _fetch(step: Step, merged: Merged) -> None:
    """Fetch the head of a merged pull request, which a squash leaves out of the history; with no token in arguments."""
    token = base64.b64encode(f"x-access-token:{step.about.token}".encode()).decode()
    environment = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"http.{step.about.server}/.extraheader",
        "GIT_CONFIG_VALUE_0": f"AUTHORIZATION: basic {token}",
        "GIT_TERMINAL_PROMPT": "0",
    }
    git(step, "fetch", "--quiet", "--no-tags", "origin", f"refs/pull/{merged.number}/head", environment=environment)
