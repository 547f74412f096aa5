"""The modes that a schedule runs: `reconcile`, by which leavers are locked without a pull request, and `drift`."""

from action.circumstances import Refused
from action.comment import keep_issue
from action.program import Ended
from action.recording import record, was_applied
from action.runner_files import annotate, show
from action.step import EXPOSED, USAGE, Step
from action.telling import fenced, trouble, within

HELD = 5
AT_WORK = 9
DRIFT = 10


def reconcile(step: Step) -> int:
    """One pass that nobody attends; the issue says what it held back or why it failed.

    Before the first apply there is nothing to keep up: a pass would apply a configuration that nobody reviewed.
    """
    if not _was_applied(step):
        annotate("notice", "Nothing was applied yet: the first merged pull request applies the configuration.")
        return record(step)
    # Before GitHub is asked: leavers do not wait for it. By what was applied: what was merged may have been refused.
    ended = step.idsync(["reconcile", "--as-applied", "-c", step.about.config])
    step.output("exit-code", ended.code)
    if step.is_exposed:
        step.summarize(f"### `idsync reconcile`: exit code {ended.code}\n\n{EXPOSED}")
        annotate("error", EXPOSED)
        return USAGE
    if ended.err.strip():
        show(ended.err)
    step.summarize(f"### `idsync reconcile`: exit code {ended.code}\n\n{fenced(ended.out or ended.err, 100_000)}")
    if ended.code == AT_WORK:
        return 0  # another run is at work, and does the same or more
    wrong = "" if ended.code == 0 else _told(step, "What Okta changed was not applied, or not all of it", ended)
    _keep_issue(step, "reconcile", wrong)
    recorded = record(step)
    if ended.code == HELD:
        annotate("warning", f"Something is held back by a guard: see the issue{_at(step)}.")
        return recorded  # the issue tells it; a job that fails every quarter of an hour would hide what really fails
    return ended.code or recorded


def _was_applied(step: Step) -> bool:
    """Whether there is anything to keep up. Raises Refused, and tells it in the issue, where the store is another."""
    try:
        return was_applied(step)
    except Refused as refused:
        _keep_issue(step, "reconcile", trouble("Nobody is locked", refused.code, str(refused), step.about.run_address))
        raise


def drift(step: Step) -> int:
    """What people changed by hand; found drift is told in the issue and does not fail the job.

    Raises Refused where everybody could read it.
    """
    if step.is_exposed:
        raise Refused(EXPOSED, USAGE)
    ended = step.run("drift", "--as-applied", "--format", "markdown")
    step.output("exit-code", ended.code)
    step.summarize(ended.out or fenced(ended.err))
    if ended.code == AT_WORK:
        return 0
    wrong = ""
    if ended.code == DRIFT:
        told = within(ended.out, 20_000)
        wrong = f"### The directory was changed by hand\n\n{told}\n\n[Run]({step.about.run_address})"
    elif ended.code:
        wrong = _told(step, "Looking for drift failed", ended)
    _keep_issue(step, "drift", wrong)
    return 0 if ended.code == DRIFT else ended.code


def _keep_issue(step: Step, about: str, wrong: str) -> None:
    address = keep_issue(step.github, step.about.name, about, wrong)
    if address:
        step.output("issue", address)


def _at(step: Step) -> str:
    address = step.outputs.get("issue")
    return f" {address}" if address else ""


def _told(step: Step, what: str, ended: Ended) -> str:
    return trouble(what, ended.code, ended.err or ended.out, step.about.run_address)
