"""The modes that only look: `validate` and `plan`, which need no secret, and `comment`, which posts what they found."""

import json
from pathlib import Path

from action.artifacts import fetch_recording, newest_plan, unpack
from action.circumstances import Refused
from action.comment import post_comment
from action.commits import parents_of_checkout
from action.github import GitHubError, Json
from action.program import Ended
from action.releases import NONE, Releases, releases_of
from action.rendering import Plan, rendered
from action.runner_files import private
from action.step import EXPOSED, USAGE, Step
from action.telling import failure
from action.times import time_of

COMMENT = "comment.md"
PLAN = "idsync.plan"
ASKED = "releases.json"
"""What the text of the pull request released when it was planned, and the recording that it was planned from."""
_KEPT = (COMMENT,)
_OF_AN_EDIT = {"guards_changed", "config_changed"}
"""Findings of a plan that changes the configuration in force, also where it changes no object."""


def validate(step: Step) -> int:
    """Check the configuration; mistakes are told at their lines, and in the comment to be posted."""
    ended = _validated(step)
    text = f"### The configuration `{step.about.name}` is valid.\n"
    if ended.code:
        text = failure("Validation", ended.code, _said(ended), step.about.head, step.about.run_address)
    _leave(step, text)
    return ended.code


def plan(step: Step) -> int:
    """Validate, then plan from the newest recording; what there is to say is left for the job that comments."""
    about = step.about
    try:
        if step.is_exposed:
            raise Refused(EXPOSED, USAGE)
        ended = _validated(step)
        if ended.code:
            return _failed(step, "Validation", ended.code, _said(ended))
        recording = private(about.folder / "recording")
        found = fetch_recording(about, step.github, recording, step.clock())
        return _plan(step, recording, found)
    except Refused as refused:
        return _failed(step, "Planning", refused.code, str(refused))
    except GitHubError as error:
        return _failed(step, "Planning", 1, str(error))


def comment(step: Step) -> int:
    """Post what the job before left, or that it left nothing. This runs nothing of the pull request."""
    about = step.about
    number = about.pull_request.get("number")
    if number is None:
        return 0
    now = step.github.get(f"pulls/{number}")
    if now["head"]["sha"] != about.head:
        return 0  # a later commit has a run of its own, and the last word
    if now.get("merged_at"):
        return 0  # what was reviewed and what became of it stays
    folder = private(about.folder / "report")
    newest = newest_plan(step.github, about.run, about.plan_name(about.head))
    text = ""
    if newest is not None and unpack(step.github.archive(int(newest["id"])), _KEPT, folder):
        text = (folder / COMMENT).read_text(encoding="utf-8", errors="replace")
    if not text.strip():
        said = "The job that plans ended before it could say why."
        text = failure("Planning", 1, said, about.head, about.run_address)
    step.output("comment", post_comment(step.github, int(number), about.name, text))
    return 0


def _plan(step: Step, recording: Path, recorded: Json) -> int:
    about = step.about
    releases = _releases(step)
    folder = private(about.folder / "report")
    commit, onto = _planned_commits(step)
    file = folder / PLAN
    told = {
        "asked": dict(releases.reasons),
        "recording": recorded["id"],
        "number": about.pull_request.get("number"),
        "base": about.pull_request.get("base", {}).get("ref"),
        "head": about.head,
        "commit": commit,
        "onto": onto,
        "notes": list(releases.notes),
    }
    (folder / ASKED).write_text(json.dumps(told))
    files = ("--snapshot", recording / "snapshot.json", "--current", recording / "current.json", "-o", file)
    ended = step.run("plan", *files, *releases.options)
    if ended.code:
        return _failed(step, "Planning", ended.code, _said(ended))
    made = time_of(str(recorded["created_at"]))
    plan = Plan(file, about.head, commit, releases.reasons, releases.notes, made, about.run_address)
    ended, text = rendered(step, plan)
    if ended.code:
        return _failed(step, "Planning", ended.code, _said(ended))
    read = json.loads(file.read_text())
    step.output("digest", read["digest"])
    edited = any(finding["code"] in _OF_AN_EDIT for finding in read["findings"])
    step.output("changes", str(bool(read["changes"]) or edited).lower())
    step.output("plan", file)
    _add_html(step, file)
    _annotate(step, file)
    _leave(step, text)
    return 0


def _planned_commits(step: Step) -> tuple[str, str]:
    """The commit whose files are planned, and the commit of the main branch that GitHub merged the head into for it."""
    commit, parents = parents_of_checkout(step)
    merges_head = len(parents) == 2 and parents[1] == step.about.head
    return commit or step.about.sha, parents[0] if merges_head else ""


def _releases(step: Step) -> Releases:
    """What the text of the pull request releases now: of a job that is run again, the event has the text of then."""
    number = step.about.pull_request.get("number")
    if number is None:
        return NONE
    return releases_of(step.github.get(f"pulls/{number}"), step.github)


def _validated(step: Step) -> Ended:
    """Validate, with an annotation at each mistake; what is told of mistakes is for people."""
    ended = step.run("validate", "--format", "github")
    if ended.out.strip():
        print(ended.out.rstrip(), flush=True)
    if ended.code == 0:
        return ended
    return step.idsync(["validate", "-c", step.about.config])  # the same for people, who read no commands


def _annotate(step: Step, file: Path) -> None:
    """Annotations at the lines that give and take; they are an extra, and never fail a plan."""
    ended = step.idsync(["show", str(file), "--format", "github", "-c", step.about.config])
    if ended.code == 0 and ended.out.strip():
        print(ended.out.rstrip(), flush=True)


def _add_html(step: Step, file: Path) -> None:
    """The plan as a page, where this version of idsync makes one."""
    ended = step.idsync(["show", str(file), "--format", "html"])
    if ended.code == 0 and ended.out:
        (file.parent / "plan.html").write_text(ended.out, encoding="utf-8")


def _failed(step: Step, what: str, code: int, said: str) -> int:
    _leave(step, failure(what, code, said, step.about.head, step.about.run_address))
    return code


def _said(ended: Ended) -> str:
    return ended.err if ended.err.strip() else ended.out


def _leave(step: Step, text: str) -> None:
    """Leave the text for the job that comments, and show it in the summary."""
    folder = private(step.about.folder / "report")
    (folder / COMMENT).write_text(text, encoding="utf-8")
    step.summarize(text)
    step.output("report", folder)
    step.output("artifact", f"{step.about.plan_name(step.about.head)}{step.about.attempt}")
