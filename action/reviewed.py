"""The plan that was reviewed: the one that the comment showed when it was approved, made once more.

People who may write may post as the workflows' own bot, by a workflow on a branch of theirs, and leave any artifact. So
nothing of a pull request is believed: its plan is made again from a recording of the main branch and the files that git
merges, and both the plan and the whole comment must come out the same.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from action.approvals import approval_by_another, approvals_of, approved_at
from action.artifacts import RECORDED, fetch_that_recording, plans_of, unpack
from action.circumstances import Refused
from action.commits import Merged, configuration_at, tree_of_plan
from action.github import Json
from action.planning import ASKED, PLAN
from action.releases import NOTES, Releases, is_of_this_repository, releases_of
from action.rendering import Plan, digest_in, rendered
from action.runner_files import private
from action.shown import shown_at
from action.step import Step
from action.telling import marker, same_text, within
from action.times import time_of

NOT_REVIEWED = 6
_AGAIN = "Open a pull request that plans again, and have that reviewed."
_PLAN = re.compile(r"(?:·|;) plan `(sha256:[0-9a-f]{64})`")


@dataclass(frozen=True)
class Reviewed:
    """A plan that was there to be reviewed, and what the text of the pull request released when it was made."""

    file: Path
    digest: str
    asked: Mapping[str, str]

    @property
    def loosens(self) -> bool:
        """Whether its edit loosens guards, or another setting that keeps people safe."""
        findings = json.loads(self.file.read_text())["findings"]
        return any(each["code"] == "guards_changed" and each["severity"] == "error" for each in findings)


def reviewed_plan(step: Step, merged: Merged) -> Path:
    """The plan that was reviewed. Raises Refused, with what is missing, and GitHubError."""
    approvals = approvals_of(step.github, merged)
    moment = approved_at(step.github, merged, approvals) or merged.at
    asked = releases_of(merged.pull_request, step.github).reasons
    plan = _plan_at(step, merged, moment)
    does = "releases guards" if asked or plan.asked else "loosens what keeps people safe" if plan.loosens else ""
    if not does:
        return plan.file
    approval = approval_by_another(step.github, merged, approvals, does)
    plan = _plan_at(step, merged, approval.at)
    if plan.asked != asked:
        raise Refused(
            "The `idsync-allow` lines in the text of the pull request are not those of the plan that was approved.",
            NOT_REVIEWED,
        )
    last = _digest_at(step, merged, merged.at)
    if last != plan.digest:
        raise Refused(
            f"The plan changed since it was approved: `{approval.login}` saw {plan.digest[:19]}, and the comment showed"
            f" {last[:19] or 'none'} at the merge. {_AGAIN}",
            NOT_REVIEWED,
        )
    return plan.file


def _plan_at(step: Step, merged: Merged, moment: datetime) -> Reviewed:
    """The plan that the comment showed at a moment, checked. Raises Refused."""
    of_a_fork = not is_of_this_repository(merged.pull_request, step.github.repository)
    shown = "" if of_a_fork else shown_at(step.github, merged.number, step.about.name, moment)
    digest = _digest_in(shown)
    if not of_a_fork and not digest:
        raise Refused(
            f"The comment showed no plan when it was approved: the last plan of {merged.head[:12]} failed, so that"
            " nothing was reviewed.",
            NOT_REVIEWED,
        )
    for artifact in plans_of(step.about, step.github, merged.number, merged.head, moment):
        folder = private(step.about.folder / "reviewed" / str(artifact["id"]))
        unpack(step.github.archive(int(artifact["id"])), (PLAN, ASKED), folder)
        told = _told_in(folder)
        if not _is_of(told, step, merged) or not (folder / PLAN).exists():
            continue
        if of_a_fork or digest_in(folder / PLAN) == digest:
            plan = _checked(step, merged, folder, told, artifact)
            if not of_a_fork:
                _check_comment(step, plan, shown)
            return Reviewed(plan.file, digest_in(plan.file), plan.asked)
    what = f"the plan {digest[:19]} that the comment showed" if digest else f"a plan of {merged.head[:12]}"
    raise Refused(f"No run left {what} when it was approved, or it has expired. {_AGAIN}", NOT_REVIEWED)


def _digest_at(step: Step, merged: Merged, moment: datetime) -> str:
    return _digest_in(shown_at(step.github, merged.number, step.about.name, moment))


def _digest_in(comment: str) -> str:
    """The digest of the plan that a comment shows; it stands in its last line."""
    lines = comment.replace("\r", "").rstrip().rsplit("\n", 1)
    found = _PLAN.search(lines[-1])
    return found[1] if found else ""


def _told_in(folder: Path) -> Json:
    file = folder / ASKED
    try:
        told = json.loads(file.read_text()) if file.exists() else {}
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _is_of(told: Json, step: Step, merged: Merged) -> bool:
    """Whether a plan says that it is of this pull request; that it is, its making again shows."""
    meant = {"number": merged.number, "base": step.about.branch, "head": merged.head}
    return all(told.get(name) == value for name, value in meant.items())


def _checked(step: Step, merged: Merged, folder: Path, told: Json, artifact: Json) -> Plan:
    """The plan in a folder, made once more from the recording and the commits that it names. Raises Refused where it
    comes out otherwise.
    """
    recording = private(folder / "recording")
    identifier = told.get("recording")
    made = time_of(str(artifact["created_at"]))
    recorded = fetch_that_recording(
        step.about, step.github, identifier if isinstance(identifier, int) else 0, made, recording
    )
    commit, onto = str(told.get("commit")), str(told.get("onto"))
    tree = merged.head if commit == merged.head else tree_of_plan(step, merged, onto)
    if commit != merged.head:
        _check_commit(step, commit, tree)
    asked = _text_by_text(told.get("asked"))
    again = private(folder / "again") / PLAN
    files = [
        option
        for name, file in zip(("--snapshot", "--current"), RECORDED, strict=True)
        for option in (name, recording / file)
    ]
    ended = step.run("plan", *files, "-o", again, *Releases(asked).options, config=configuration_at(step, tree))
    if ended.code or again.read_bytes() != (folder / PLAN).read_bytes():
        raise Refused(
            "Made once more from its recording and its commits, the plan comes out otherwise: another version of the"
            f" action made it, or it was tampered with. {_AGAIN}",
            NOT_REVIEWED,
        )
    notes = told.get("notes")
    known = [note for note in notes if note in NOTES] if isinstance(notes, list) else []
    run = f"{step.about.server}/{step.about.repository}/actions/runs/{artifact['workflow_run']['id']}"
    return Plan(again, merged.head, commit, asked, known, time_of(str(recorded["created_at"])), run)


def _check_commit(step: Step, commit: str, tree: str) -> None:
    """Raise Refused where the commit that the comment's links lead to has other files than those that were planned."""
    found = step.github.find(f"git/commits/{commit}") if re.fullmatch(r"[0-9a-f]{40,64}", commit) else None
    if found is None or found["tree"]["sha"] != tree:
        raise Refused(f"The plan says that it is of {commit[:12]!r}, which has other files. {_AGAIN}", NOT_REVIEWED)


def _check_comment(step: Step, plan: Plan, shown: str) -> None:
    """Raise Refused where what people saw is not what this plan looks like."""
    ended, text = rendered(step, plan)
    if ended.code or not same_text(within(f"{marker(step.about.name)}\n{text}"), shown):
        raise Refused(
            f"What the comment showed when it was approved is not what its plan looks like. {_AGAIN}", NOT_REVIEWED
        )


def _text_by_text(found: Any) -> Mapping[str, str]:
    return {str(name): str(text) for name, text in found.items()} if isinstance(found, dict) else {}
