"""Records Okta and the directory, so that pull requests have something to plan from without any secret."""

import json

from action.artifacts import RECORDED, last_recording
from action.circumstances import Refused
from action.runner_files import annotate, private
from action.step import EXPOSED, USAGE, Step
from action.times import hours_since

EVERY_HOURS = 1.0


def was_applied(step: Step) -> bool:
    """Whether anything was ever applied here. Raises Refused where the store cannot be asked."""
    ended = step.run("history", "--format", "json")
    if ended.code:
        raise Refused(f"The history cannot be read: exit code {ended.code}.", ended.code)
    return bool(json.loads(ended.out))


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
    folder = private(about.folder / "recording")
    for name in RECORDED:
        (folder / name).unlink(missing_ok=True)
    snapshot, current = (folder / name for name in RECORDED)
    ended = step.run("snapshot", "--everything", "-o", snapshot)
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
