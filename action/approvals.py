"""Which approvals of a pull request count, and why others do not.

For an edit, an approval of the merged commit by somebody else who may write. For a release, and where an edit loosens
guards, more is asked: one person alone must not be able to do that, and each who may write can edit, push, and approve.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from action.authors import Pushed, Text, may_write, pushed_to, text_of
from action.circumstances import Refused
from action.commits import Merged
from action.github import GitHub, Json
from action.times import time_of

NOT_REVIEWED = 6
_DECIDES = frozenset({"APPROVED", "CHANGES_REQUESTED", "DISMISSED"})


@dataclass(frozen=True)
class Approval:
    """Who approved which commit, and when."""

    login: str
    is_person: bool
    commit: str
    at: datetime


def approvals_of(github: GitHub, merged: Merged) -> list[Approval]:
    """The approvals that stood when it was merged, the newest first: the last word of each. Raises GitHubError."""
    latest: dict[str, Json] = {}
    for review in github.rows(f"pulls/{merged.number}/reviews"):
        told = review["state"] in _DECIDES and review.get("user") and review.get("submitted_at")
        if told and time_of(review["submitted_at"]) <= merged.at:
            latest[str(review["user"]["login"])] = review
    standing = [
        Approval(login, row["user"].get("type") == "User", str(row["commit_id"]), time_of(row["submitted_at"]))
        for login, row in latest.items()
        if row["state"] == "APPROVED"
    ]
    return sorted(standing, key=lambda each: each.at, reverse=True)


def approved_at(github: GitHub, merged: Merged, approvals: Sequence[Approval]) -> datetime | None:
    """When somebody else who may write last approved the commit that was merged; None where nobody approved anything.

    Raises Refused where another commit was approved, and this one was not.
    """
    author = str((merged.pull_request.get("user") or {}).get("login") or "")
    others = [each for each in approvals if each.login != author and each.is_person]
    others = [each for each in others if may_write(each.login, github)]
    meant = next((each for each in others if each.commit == merged.head), None)
    if others and meant is None:
        raise Refused(
            f"`{others[0].login}` approved {others[0].commit[:12]}, and {merged.head[:12]} was merged: nobody approved"
            " that one.",
            NOT_REVIEWED,
        )
    return None if meant is None else meant.at


def approval_by_another(github: GitHub, merged: Merged, approvals: Sequence[Approval], does: str) -> Approval:
    """The approval by which what a pull request `does` counts, that it releases guards or loosens them.

    Raises Refused, and says why each approval that there is does not.
    """
    text = text_of(github, merged.number)
    pushed = pushed_to(github, merged.pull_request, merged.at)
    if "" in text.editors or "" in pushed.people:
        raise Refused(
            f"The pull request {does}, and a program, or somebody whom GitHub does not name, opened it, edited"
            " its text or pushed to its branch: it cannot be told that two people had a hand in it. Open a pull request"
            " from a branch that people alone pushed to.",
            NOT_REVIEWED,
        )
    told = []
    for approval in approvals:
        why = _why_not(approval, merged, text, pushed, github)
        if not why:
            return approval
        told.append(f"`{approval.login}` {why}")
    raise Refused(
        f"The pull request {does}, and no approval counts for that: {'; '.join(told) or 'it has none'}."
        f" It needs an approval of {merged.head[:12]} by somebody who may write, and who neither opened the pull"
        " request, nor edited its text, nor pushed to its branch; given after the last edit and the last push.",
        NOT_REVIEWED,
    )


def _why_not(approval: Approval, merged: Merged, text: Text, pushed: Pushed, github: GitHub) -> str:
    """Why an approval does not count for a release; nothing where it does."""
    if approval.commit != merged.head:
        return f"approved {approval.commit[:12]}, another commit"
    if not approval.is_person:
        return "is a program"
    if approval.login == text.author:
        return "opened the pull request"
    if approval.login in text.editors:
        return "edited its text"
    if approval.login in pushed.people:
        return "pushed to its branch, or made a commit on it"
    if approval.at <= text.last_edit:
        return f"approved before the text was last edited, {text.last_edit:%Y-%m-%d %H:%M:%S} UTC"
    if approval.at <= pushed.last:
        return f"approved before the branch was last pushed to, {pushed.last:%Y-%m-%d %H:%M:%S} UTC"
    if not may_write(approval.login, github):
        return "may not write to the repository"
    return ""
