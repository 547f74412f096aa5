"""Releases that a pull request asks for: lines `idsync-allow: GUARD=REASON` in its text. They are data, and never code.

They count only where the author may write to the repository and the branch is in it, for guards alone. A doubt about
a reading, and protected users, are released by a person on the command line of the apply.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from action.github import GitHub

RELEASABLE = ("user_deletes", "user_locks", "member_removals", "access_list_deletes", "access_losses")
"""The guards that a plan file may release."""
_LINE = re.compile(r"^[ \t]*idsync-allow:[ \t]*(.*?)[ \t]*$", re.MULTILINE | re.IGNORECASE)
_MOST = 20
_LONGEST = 300
_MAY_WRITE = frozenset({"admin", "maintain", "write"})


@dataclass(frozen=True)
class Releases:
    """The reasons by guard, and notes on what was not taken."""

    reasons: Mapping[str, str]
    notes: tuple[str, ...] = ()

    @property
    def options(self) -> list[str]:
        """As `idsync plan` takes them, each an argument of its own."""
        return [argument for guard, reason in self.reasons.items() for argument in ("--allow", f"{guard}={reason}")]


NONE = Releases({})


def releases_of(pull_request: Mapping[str, Any], github: GitHub) -> Releases:
    """What the text of a pull request releases. Raises GitHubError where it cannot be told who may write."""
    asked = asked_for(str(pull_request.get("body") or ""))
    if not asked.reasons:
        return asked
    if not is_of_this_repository(pull_request, github.repository):
        return Releases({}, ("The branch is in another repository: its `idsync-allow` lines are not taken.",))
    author = str((pull_request.get("user") or {}).get("login") or "")
    if not may_write(author, github):
        return Releases({}, ("The author may not write to this repository: the `idsync-allow` lines are not taken.",))
    return asked


def asked_for(text: str) -> Releases:
    """What lines of a text ask for, whoever wrote it; a line that cannot be taken is told in a note."""
    reasons: dict[str, str] = {}
    notes: list[str] = []
    for line in _LINE.findall(text.replace("\r\n", "\n").replace("\r", "\n"))[:_MOST]:
        guard, separator, reason = (part.strip() for part in line.partition("="))
        if guard not in RELEASABLE:
            notes.append(f"An `idsync-allow` line was not taken: it must name one of {', '.join(RELEASABLE)}.")
        elif not separator or not reason or not reason.isprintable() or len(reason) > _LONGEST:
            notes.append(f"The `idsync-allow` line of {guard} was not taken: it needs a reason of one line.")
        elif guard in reasons:
            notes.append(f"{guard} is released twice: the first line counts.")
        else:
            reasons[guard] = reason
    return Releases(reasons, tuple(dict.fromkeys(notes)))


def is_of_this_repository(pull_request: Mapping[str, Any], repository: str) -> bool:
    """Whether the branch of a pull request is in this repository and not in a fork."""
    head = (pull_request.get("head") or {}).get("repo") or {}
    return str(head.get("full_name") or "").lower() == repository.lower()


def may_write(login: str, github: GitHub) -> bool:
    """Whether somebody may write to the repository. Raises GitHubError."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]*(\[bot\])?", login):
        return False
    found = github.find(f"collaborators/{login}/permission")
    return found is not None and found.get("permission") in _MAY_WRITE
