"""The mode `apply`: after the merge, each merged pull request's edit is applied as it was reviewed, in order."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from action.circumstances import Refused
from action.comment import keep_issue, post_result
from action.commits import Merged, configuration_at, merged_by
from action.github import GitHubError
from action.program import Ended
from action.recording import record, was_applied
from action.reviewed import reviewed_plan
from action.runner_files import annotate, private
from action.step import EXPOSED, USAGE, Step
from action.telling import WHAT_TO_DO, failure, fenced, trouble, within

_NAMES_SHOWN = 20
NOT_REVIEWED = 6


def apply(step: Step) -> int:
    """Apply what was merged with this push, one merge after another; the code of the first that could not be applied.

    The results go back into the comments. Where a merge is not applied, those after it wait: they came on top of it.
    """
    code = before = 0
    try:
        if step.is_exposed:
            raise Refused(EXPOSED, USAGE)
        for merged in merged_by(step):
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
        plan = reviewed_plan(step, merged)
        config = configuration_at(step, merged.commit)
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
    except (Refused, GitHubError) as refused:
        code = refused.code if isinstance(refused, Refused) else 1
        ended = Ended(code, "", f"Nothing was applied. {refused}")
        annotate("error", str(refused))
    result = _result(step, merged, ended, difference)
    step.summarize(result)
    what = f"#{merged.number} was not applied, or not all of it"
    _keep_issue(step, trouble(what, ended.code, ended.err, step.about.run_address) if ended.code else "")
    step.output("comment", post_result(step.github, merged.number, step.about.name, result))
    return ended.code


def _result(step: Step, merged: Merged, ended: Ended, difference: Path) -> str:
    """What to say of an apply above the plan."""
    about = step.about
    told = _told(ended.out)
    lines = []
    if ended.code == 0:
        run = (told.get("edit") or {}).get("run")
        done = f"Applied as run {run}" if run else "Applied: the configuration is in force, and changes nothing more"
        lines.append(f"### {done}, at `{merged.commit[:12]}`")
    else:
        lines += [f"### Not applied whole, at `{merged.commit[:12]}`: exit code {ended.code}", ""]
        lines.append(WHAT_TO_DO.get(ended.code, "See the run."))
        if (told.get("edit") or {}).get("run"):
            lines += ["", f"The edit was applied as run {told['edit']['run']}; what is held back is not part of it."]
        lines += ["", fenced(ended.err)]
    if (run := (told.get("reconciled") or {}).get("run")) is not None:
        lines += ["", f"What Okta changed since was applied before it, as run {run}."]
    lines += _also_reached(told.get("also_reached"))
    if difference.exists():
        shown = step.idsync(["show", str(difference), "--format", "markdown"])
        if shown.code == 0:
            lines += [
                "",
                "<details>",
                "<summary>What would be applied and was not reviewed</summary>",
                "",
                within(shown.out, 20_000),
                "",
                "</details>",
            ]
    lines += ["", f"[Run]({about.run_address})"]
    return "\n".join(lines)


def _also_reached(names: object) -> list[str]:
    """Whom the edit reached who was not in its reach when it was reviewed; names stand in a fence."""
    if not isinstance(names, list) or not names:
        return []
    people = "1 person" if len(names) == 1 else f"{len(names):,} people"
    more = len(names) - _NAMES_SHOWN
    shown = ", ".join(map(str, names[:_NAMES_SHOWN])) + (f" and {more:,} more" if more > 0 else "")
    return ["", f"Also reached by this edit since the review: {people}.", "", fenced(shown)]


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
