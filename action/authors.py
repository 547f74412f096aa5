"""Whose hand is in a pull request: who opened it, who edited its text, who pushed to its branch, and who may write.

Each is what GitHub itself recorded. The names in a commit are what its author typed: they are taken as well, but never
in place of who pushed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from action.circumstances import Refused
from action.github import GitHub
from action.times import time_of

_MAY_WRITE = frozenset({"admin", "maintain", "write"})
_MOST_EDITS = 100
_NOT_KNOWN = 6
_WEB = "web-flow"
"""GitHub's own account, which commits what people do on its pages."""
_TEXT = """query($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) { pullRequest(number: $number) {
    body createdAt lastEditedAt author { login __typename } editor { login __typename }
    userContentEdits(first: 100) { totalCount nodes { editedAt editor { login __typename } } }
  } }
}"""


@dataclass(frozen=True)
class Text:
    """The text of a pull request as it is: who opened it, all who edited it, the last of them, and when that was.

    A name is empty where GitHub does not say it, or it is not a person's.
    """

    body: str
    author: str
    editors: frozenset[str]
    last_editor: str
    last_edit: datetime


@dataclass(frozen=True)
class Pushed:
    """Who pushed to a branch or made its commits, and when it was last pushed to."""

    people: frozenset[str]
    last: datetime


def text_of(github: GitHub, number: int) -> Text:
    """The text of a pull request with its history. Raises Refused where GitHub does not tell it whole."""
    owner, _, name = github.repository.partition("/")
    answer = github.ask(_TEXT, owner=owner, name=name, number=number)
    found = (answer.get("repository") or {}).get("pullRequest")
    if not found:
        raise Refused(f"GitHub tells nothing of who wrote the text of #{number}.", _NOT_KNOWN)
    edits = found["userContentEdits"]["nodes"]
    if found["userContentEdits"]["totalCount"] > min(len(edits), _MOST_EDITS):
        raise Refused(
            f"The text of #{number} was edited more than {_MOST_EDITS} times, so that not all who edited it are known:"
            " open another pull request.",
            _NOT_KNOWN,
        )
    edited = found.get("lastEditedAt")
    author = _person(found.get("author"))
    return Text(
        body=str(found.get("body") or ""),
        author=author,
        editors=frozenset({author, *(_person(edit.get("editor")) for edit in edits)}),
        last_editor=_person(found.get("editor")) if edited else author,
        last_edit=max(time_of(str(each)) for each in (found["createdAt"], edited, *_times(edits)) if each),
    )


def pushed_to(github: GitHub, pull_request: Mapping[str, Any], until: datetime) -> Pushed:
    """Who pushed what a pull request has. Raises Refused where GitHub's record of it is not whole."""
    head, number = pull_request["head"], int(pull_request["number"])
    rows = [
        row
        for row in github.linked("activity", ref=f"refs/heads/{head['ref']}")
        if row["activity_type"] != "branch_deletion" and time_of(row["timestamp"]) <= until
    ]
    rows.sort(key=lambda row: (time_of(row["timestamp"]), int(row.get("id") or 0)), reverse=True)
    if not rows or rows[0]["after"] != head["sha"]:
        raise Refused(
            f"GitHub's record of pushes to the branch does not end in {head['sha'][:12]}, so that it is not known who"
            " pushed: open another pull request.",
            _NOT_KNOWN,
        )
    since = next((place for place, row in enumerate(rows) if row["activity_type"] == "branch_creation"), len(rows))
    commits = list(github.rows(f"pulls/{number}/commits"))
    if not commits or commits[-1]["sha"] != head["sha"]:
        raise Refused(f"GitHub does not list all commits of #{number}: open one with fewer commits.", _NOT_KNOWN)
    pushers = {_pusher(row.get("actor")) for row in rows[: since + 1]}
    named = {str((row.get(role) or {}).get("login") or "") for row in commits for role in ("author", "committer")}
    return Pushed(frozenset(pushers | (named - {"", _WEB})), time_of(rows[0]["timestamp"]))


def may_write(login: str, github: GitHub) -> bool:
    """Whether a person may write to the repository. Raises GitHubError."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", login):
        return False
    found = github.find(f"collaborators/{login}/permission")
    return found is not None and found.get("permission") in _MAY_WRITE


def _person(actor: Mapping[str, Any] | None) -> str:
    """The login of a person. A program acts for somebody who is not told, so that it is nobody."""
    return str(actor["login"]) if actor and actor.get("__typename") == "User" else ""


def _pusher(actor: Mapping[str, Any] | None) -> str:
    return str(actor["login"]) if actor and actor.get("type") == "User" else ""


def _times(edits: list[Mapping[str, Any]]) -> list[str]:
    return [str(edit["editedAt"]) for edit in edits]
