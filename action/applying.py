"""The mode `apply`: after the merge, each merged pull request's edit is applied as it was reviewed, in order."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from action.artifacts import fetch_that_recording, reviewed_artifact, time_of, unpack
from action.circumstances import Refused
from action.comment import keep_issue, post_result
from action.github import GitHub, GitHubError, Json
from action.planning import ASKED, PLAN
from action.program import Ended
from action.recording import record, was_applied
from action.releases import may_write, releases_of
from action.runner_files import annotate, private
from action.step import Step
from action.telling import WHAT_TO_DO, failure, fenced, trouble

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
    def head(self) -> str:
        """The commit that was reviewed."""
        return str(self.pull_request["head"]["sha"])


def apply(step: Step) -> int:
    """Apply what was merged with this push, one merge after another; the code of the first that could not be applied.

    The results go back into the comments. Where a merge is not applied, those after it wait: they came on top of it.
    """
    code = before = 0
    try:
        for merged in _merged(step):
            if code:
                _wait(step, merged, before)
            else:
                code, before = _apply_one(step, merged), merged.number
    except (Refused, GitHubError) as error:
        code = _nothing_applied(step, str(error), error.code if isinstance(error, Refused) else 1)
    step.output("exit-code", code)
    recorded = record(step, always=True)
    return code or recorded


def _nothing_applied(step: Step, why: str, code: int) -> int:
    """Tell why nothing was applied; of the first push of all that is not a failure: there was nothing to review."""
    if code == NOT_REVIEWED and not was_applied(step):
        annotate("notice", f"{why} Nothing was applied yet: the next pull request shows what the first apply does.")
        return 0
    annotate("error", why)
    step.summarize(failure("Applying", code, why, step.about.sha, step.about.run_address))
    _keep_issue(step, trouble("Nothing was applied after a push", code, why, step.about.run_address))
    return code


def _wait(step: Step, merged: Merged, before: int) -> None:
    """Tell that a merge waits for the one before it."""
    result = (
        f"### Not applied, at `{merged.commit[:12]}`\n\n#{before} was merged before it and could not be applied."
        " Once it is, open a pull request that plans again."
        f"\n\n[Run]({step.about.run_address})"
    )
    step.summarize(result)
    post_result(step.github, merged.number, step.about.name, result)


def _apply_one(step: Step, merged: Merged) -> int:
    """Apply the edit of one pull request; whatever happens is told in its comment."""
    difference = private(step.about.folder / "difference") / f"{merged.number}.plan"
    try:
        plan = _reviewed_plan(step, merged)
        config = _configuration_at(step, merged.commit)
        ended = step.run(
            "apply",
            "--reviewed",
            plan,
            "--difference",
            difference,
            "--format",
            "json",
            "--lock-timeout",
            step.about.lock_timeout,
            config=config,
        )
    except Refused as refused:
        ended = Ended(refused.code, "", str(refused))
        annotate("error", str(refused))
    result = _result(step, merged, ended, difference)
    step.summarize(result)
    what = f"#{merged.number} was not applied, or not all of it"
    _keep_issue(step, trouble(what, ended.code, ended.err, step.about.run_address) if ended.code else "")
    step.output("comment", post_result(step.github, merged.number, step.about.name, result))
    return ended.code


def _merged(step: Step) -> list[Merged]:
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
    listed = _git(step, "rev-list", "--first-parent", "--reverse", "--max-count=100", f"{before}..{about.sha}")
    return listed.split() if listed else [about.sha]


def _configuration_at(step: Step, commit: str) -> str | Path:
    """The configuration as one merge of the push left it: the files of the checkout, or those of that commit."""
    about = step.about
    if commit == about.sha:
        return about.config
    into = private(about.folder / "commits" / commit)
    archived = subprocess.run(  # noqa: S603 - a commit's name is checked by GitHub, and stands as an argument
        ["git", "-C", str(about.workspace), "archive", "--format=tar", commit, "--", about.config],  # noqa: S607
        capture_output=True,
        check=False,
    )
    if archived.returncode:
        raise Refused(f"The files of {commit[:12]} are not there: check out with fetch-depth 0.", 1)
    subprocess.run(["tar", "-x", "-C", str(into)], input=archived.stdout, check=True)  # noqa: S603, S607
    return into / about.config


def _reviewed_plan(step: Step, merged: Merged) -> Path:
    """The plan that was reviewed. Where anything is or was released, it is the one of the approval: neither it nor the
    lines in the text may have changed since. Raises Refused.
    """
    asked = releases_of(merged.pull_request, step.github).reasons
    approved = _approved_at(step.github, merged)
    newest = _fetched(step, merged, time_of(str(merged.pull_request["merged_at"])), "newest")
    then = None if approved is None else _fetched(step, merged, approved, "approved")
    if not (asked or _asked_in(newest) or (then is not None and _asked_in(then))):
        return _file_of(newest, merged)
    if approved is None or then is None:
        raise Refused(
            "The pull request releases guards, and nobody else who may write approved its plan: its plan must be there,"
            " and the commit be the one that is merged, when it is approved.",
            NOT_REVIEWED,
        )
    if _asked_in(then) != asked:
        raise Refused(
            "The `idsync-allow` lines in the text of the pull request are not those of the plan that was approved.",
            NOT_REVIEWED,
        )
    file = _file_of(then, merged)
    _check_releases(step, merged, file, asked)
    return file


def _check_releases(step: Step, merged: Merged, file: Path, asked: Mapping[str, str]) -> None:
    """Raise Refused for a plan that releases what nobody asked for, or more than there was.

    A pull request made it, and could have forged it: it is made once more from the recording that it names.
    """
    released = _released_in(file)
    if not {guard: reason for guard, (reason, _) in released.items()}.items() <= asked.items():
        raise Refused("The plan releases what the text of the pull request does not.", NOT_REVIEWED)
    if not released:
        return
    recording = private(step.about.folder / "reviewed" / str(merged.number) / "recording")
    fetch_that_recording(step.about, step.github, _recording_of(file.parent), recording)
    again = file.with_name("again.plan")
    files = ("--snapshot", recording / "snapshot.json", "--current", recording / "current.json", "-o", again)
    allow = [option for guard, reason in asked.items() for option in ("--allow", f"{guard}={reason}")]
    ended = step.run("plan", *files, *allow, config=_configuration_at(step, merged.commit))
    counts = {guard: count for guard, (_, count) in _released_in(again).items()} if ended.code == 0 else {}
    if any(count > counts.get(guard, 0) for guard, (_, count) in released.items()):
        raise Refused(
            "Made once more from its recording, the plan has less to release than was approved. Open a pull request"
            " that plans again, and have that reviewed.",
            NOT_REVIEWED,
        )


def _released_in(file: Path) -> Mapping[str, tuple[str, int]]:
    """The guards that a plan releases, each with the reason and the count."""
    guards = json.loads(file.read_text())["guards"]
    return {each["guard"]: (str(each["released"]), int(each["count"])) for each in guards if each.get("released")}


def _recording_of(folder: Path) -> int:
    told = json.loads((folder / ASKED).read_text()).get("recording")
    return told if isinstance(told, int) else 0


def _fetched(step: Step, merged: Merged, until: datetime, name: str) -> Path | None:
    """The folder with what the newest plan of the merged commit left that was there at a time; None where none was."""
    artifact = reviewed_artifact(step.about, step.github, merged.head, until)
    if artifact is None:
        return None
    folder = private(step.about.folder / "reviewed" / str(merged.number) / name)
    unpack(step.github.archive(int(artifact["id"])), (PLAN, ASKED), folder)
    return folder


def _asked_in(folder: Path | None) -> Mapping[str, str]:
    """What the text released when the plan in a folder was made."""
    file = folder / ASKED if folder is not None else None
    if file is None or not file.exists():
        return {}
    asked = json.loads(file.read_text()).get("asked") or {}
    return {str(guard): str(reason) for guard, reason in asked.items()}


def _file_of(folder: Path | None, merged: Merged) -> Path:
    """The plan in a folder. Raises Refused where there is none."""
    if folder is None:
        raise Refused(
            f"No plan of {merged.head[:12]} was there to be reviewed when it was merged, or it has expired. Open a pull"
            " request that plans again, and have that reviewed.",
            NOT_REVIEWED,
        )
    if not (folder / PLAN).exists():
        raise Refused(f"The last plan of {merged.head[:12]} failed, so that nothing was reviewed.", NOT_REVIEWED)
    return folder / PLAN


def _approved_at(github: GitHub, merged: Merged) -> datetime | None:
    """When somebody who may write, and is not the author, last approved the commit that was merged."""
    author = (merged.pull_request.get("user") or {}).get("login")
    latest: dict[str, Json] = {}
    for review in github.rows(f"pulls/{merged.number}/reviews"):
        if review["state"] in {"APPROVED", "CHANGES_REQUESTED", "DISMISSED"} and review.get("user"):
            latest[str(review["user"]["login"])] = review
    standing = [
        review
        for login, review in latest.items()
        if review["state"] == "APPROVED" and review["commit_id"] == merged.head and login != author
    ]
    times = [time_of(review["submitted_at"]) for review in standing if may_write(review["user"]["login"], github)]
    return max(times, default=None)


def _result(step: Step, merged: Merged, ended: Ended, difference: Path) -> str:
    """What to say of an apply above the plan."""
    about = step.about
    told = _told(ended.out)
    lines = []
    if ended.code == 0:
        run = (told.get("edit") or {}).get("run")
        done = f"Applied as run {run}" if run else "Nothing of this edit was left to apply"
        lines.append(f"### {done}, at `{merged.commit[:12]}`")
    else:
        lines += [f"### Not applied whole, at `{merged.commit[:12]}`: exit code {ended.code}", ""]
        lines.append(WHAT_TO_DO.get(ended.code, "See the run."))
        if (told.get("edit") or {}).get("run"):
            lines += ["", f"The edit was applied as run {told['edit']['run']}; what is held back is not part of it."]
        lines += ["", fenced(ended.err)]
    if (run := (told.get("reconciled") or {}).get("run")) is not None:
        lines += ["", f"What Okta changed since was applied before it, as run {run}."]
    if difference.exists():
        shown = step.idsync(["show", str(difference), "--format", "markdown"])
        if shown.code == 0:
            lines += [
                "",
                "<details>",
                "<summary>What would be applied and was not reviewed</summary>",
                "",
                shown.out[:20_000].rpartition("\n")[0],
                "",
                "</details>",
            ]
    lines += ["", f"[Run]({about.run_address})"]
    return "\n".join(lines)


def _told(out: str) -> Mapping[str, Any]:
    try:
        told = json.loads(out)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _keep_issue(step: Step, wrong: str) -> None:
    address = keep_issue(step.github, step.about.name, "apply", wrong)
    if address:
        step.output("issue", address)


def _git(step: Step, *arguments: str) -> str:
    ended = subprocess.run(  # noqa: S603
        ["git", "-C", str(step.about.workspace), *arguments],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.stdout.strip() if ended.returncode == 0 else ""
