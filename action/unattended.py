"""The modes that a schedule runs: `reconcile`, by which leavers are locked without a pull request, and `drift`."""

from action.comment import keep_issue
from action.program import Ended
from action.recording import record, was_applied
from action.runner_files import annotate
from action.step import Step
from action.telling import fenced, trouble

AT_WORK = 9
DRIFT = 10


def reconcile(step: Step) -> int:
    """One pass that nobody attends; the issue says what it held back or why it failed.

    Before the first apply there is nothing to keep up: a pass would apply a configuration that nobody reviewed.
    """
    if not was_applied(step):
        annotate("notice", "Nothing was applied yet: the first merged pull request applies the configuration.")
        return record(step)
    ended = step.run("reconcile")
    step.output("exit-code", ended.code)
    step.summarize(f"### `idsync reconcile`: exit code {ended.code}\n\n{fenced(ended.out or ended.err, 100_000)}")
    if ended.code == AT_WORK:
        return 0  # another run is at work, and does the same or more
    wrong = "" if ended.code == 0 else _told(step, "What Okta changed was not applied, or not all of it", ended)
    _keep_issue(step, "reconcile", wrong)
    recorded = record(step)
    return ended.code or recorded


def drift(step: Step) -> int:
    """What people changed by hand; found drift is told in the issue and does not fail the job."""
    ended = step.run("drift", "--format", "markdown")
    step.output("exit-code", ended.code)
    step.summarize(ended.out or fenced(ended.err))
    if ended.code == AT_WORK:
        return 0
    wrong = ""
    if ended.code == DRIFT:
        told = ended.out[:20_000].rpartition("\n")[0] if len(ended.out) > 20_000 else ended.out
        wrong = f"### The directory was changed by hand\n\n{told}\n\n[Run]({step.about.run_address})"
    elif ended.code:
        wrong = _told(step, "Looking for drift failed", ended)
    _keep_issue(step, "drift", wrong)
    return 0 if ended.code == DRIFT else ended.code


def _keep_issue(step: Step, about: str, wrong: str) -> None:
    address = keep_issue(step.github, step.about.name, about, wrong)
    if address:
        step.output("issue", address)


def _told(step: Step, what: str, ended: Ended) -> str:
    return trouble(what, ended.code, ended.err or ended.out, step.about.run_address)
