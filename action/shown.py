"""What the one comment showed at a time. GitHub keeps each version of a comment, with who wrote it and when."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from action.circumstances import Refused
from action.comment import sticky_comment
from action.github import GitHub, Json
from action.telling import same_text
from action.times import time_of

NOT_REVIEWED = 6
_MOST_PAGES = 40
_COMMENT = """query($id: ID!, $before: String) { node(id: $id) { ... on IssueComment {
  body createdAt author { login __typename }
  userContentEdits(first: 50, after: $before) {
    pageInfo { hasNextPage endCursor } nodes { editedAt diff editor { login __typename } }
  }
} } }"""


@dataclass(frozen=True)
class _Version:
    at: datetime
    text: str | None
    writer: tuple[str, str]


def shown_at(github: GitHub, number: int, name: str, moment: datetime) -> str:
    """What the comment on a configuration showed when somebody decided at that moment: the version before it.

    Raises Refused where it was not there, where somebody else wrote that version, or where GitHub does not tell it.
    """
    row = sticky_comment(github, number, name)
    if row is None:
        raise Refused(f"No comment on #{number} shows a plan: nothing was there to be reviewed.", NOT_REVIEWED)
    comment, versions = _history(github, row)
    before = [each for each in versions if each.at < moment]
    if not before:
        raise Refused(f"The comment of #{number} was not there yet at {moment:%H:%M:%S} UTC.", NOT_REVIEWED)
    if not same_text(versions[-1].text or "", str(comment["body"])):
        raise Refused("GitHub does not tell what the comment showed when it was approved.", NOT_REVIEWED)
    version = before[-1]
    if version.writer != _writer(comment.get("author")):
        who = f"`{version.writer[0]}`" if version.writer[0] else "somebody whom GitHub does not name"
        raise Refused(
            f"What the comment showed when it was approved was written by {who}, and not by this action.", NOT_REVIEWED
        )
    if version.text is None:
        raise Refused("The comment's history was deleted: what it showed when it was approved is lost.", NOT_REVIEWED)
    return version.text


def _history(github: GitHub, row: Json) -> tuple[Json, list[_Version]]:
    """The comment as it is, and all its versions, the oldest first."""
    edits: list[Json] = []
    cursor: str | None = None
    for _ in range(_MOST_PAGES):
        comment = github.ask(_COMMENT, id=row["node_id"], before=cursor).get("node")
        if not comment:
            raise Refused("GitHub tells nothing of the comment's history.", NOT_REVIEWED)
        page = comment["userContentEdits"]
        edits += page["nodes"]
        cursor = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    else:
        raise Refused("The comment was edited too often for its history to be read.", NOT_REVIEWED)
    if not edits:
        made = _Version(time_of(comment["createdAt"]), str(comment["body"]), _writer(comment.get("author")))
        return comment, [made]
    found = [_Version(time_of(edit["editedAt"]), edit["diff"], _writer(edit.get("editor"))) for edit in edits]
    found.reverse()  # GitHub tells the newest first, and times in whole seconds
    return comment, sorted(found, key=lambda version: version.at)


def _writer(actor: Any) -> tuple[str, str]:
    return (str(actor["login"]), str(actor["__typename"])) if actor else ("", "")
