"""Records Okta and the directory, so that pull requests have something to plan from without any secret."""

import json

from action.artifacts import RECORDED, fetch_newest_recording, last_recording
from action.circumstances import Refused
from action.runner_files import annotate, private
from action.step import EXPOSED, USAGE, Step
from action.times import hours_since

EVERY_HOURS = 1.0
UNREACHABLE = 7
OTHER_STORE = (
    "The store is empty, and the newest recording tells of a directory to which something was applied: the"
    " configuration leads to another store, or the store was lost. Nobody is locked until it is back: set `store`, or"
    " the secret that it names, as it was. Where a new store is meant, delete the artifacts with recordings."
)


def was_applied(step: Step) -> bool:
    """Whether anything was ever applied here.

    Raises Refused where the store cannot be asked, and where it is empty though the newest recording tells of another:
    leavers would stay unlocked, and nobody would notice.
    """
    ended = step.run("history", "--format", "json")
    if ended.code:
        raise Refused(f"The history cannot be read: exit code {ended.code}.", ended.code)
    if json.loads(ended.out):
        return True
    if step.about.record != "never" and _was_applied_elsewhere(step):
        raise Refused(OTHER_STORE, UNREACHABLE)
    return False


def _was_applied_elsewhere(step: Step) -> bool:
    """Whether the newest recording tells of a directory to which something was applied."""
    folder = private(step.about.folder / "before")
    if not fetch_newest_recording(step.about, step.github, folder):
        return False
    current = folder / RECORDED[1]
    told = json.loads(current.read_text(encoding="utf-8")) if current.exists() else []
    states = [each.get("spec") or {} for each in told if each.get("kind") == "idsync_state"]
    return any(state.get("last_apply") for state in states)


def record(step: Step, *, always: bool = False) -> int:
    """Record, if the newest recording is an hour old; the exit code of idsync. An output says that there is one."""
    about = step.about
    if about.record == "never":
        return 0
    if step.is_exposed:
        annotate("error", f"Nothing was recorded. {EXPOSED}")
        return USAGE
    if not always and about.record == "auto":
        last = last_recording(about, step.github)
        if last is not None and hours_since(last, step.clock()) < EVERY_HOURS:
            return 0
    try:
        was_applied(step)
    except Refused as refused:
        annotate("error", f"Nothing was recorded. {refused}")
        return refused.code
    folder = private(about.folder / "recording")
    for name in RECORDED:
        (folder / name).unlink(missing_ok=True)
    snapshot, current = (folder / name for name in RECORDED)
    ended = step.run("snapshot", "--everything", "--as-applied", "-o", snapshot)
    if ended.code == 0:
        ended = step.run("get", "all", "--format", "json")
        current.touch(mode=0o600)
        current.write_text(ended.out, encoding="utf-8")
    if ended.code:
        annotate("error", f"Nothing was recorded: exit code {ended.code}. The recording before stays in use.")
        return ended.code
    step.output("recording", folder)
    step.output("recording-name", about.recording_name)
    return 0
