"""Releases that a pull request asks for: lines `idsync-allow: GUARD=REASON` in its text. They are data, and never code.

They count only where who wrote the text may write to the repository and the branch is in it, for guards alone. A doubt
about a reading, and protected users, are released by a person on the command line of the apply.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from action.authors import may_write, text_of
from action.github import GitHub

RELEASABLE = (
    "user_deletes",
    "user_locks",
    "member_removals",
    "access_list_deletes",
    "app_group_deletes",
    "access_losses",
    "upstream_removals",
    "upstream_additions",
)
"""The guards that a plan file may release."""
_LINE = re.compile(r"idsync-allow:[ \t]*(.*?)[ \t]*", re.IGNORECASE | re.ASCII)
_MENTIONED = re.compile(r"^[ \t]*idsync-allow:", re.IGNORECASE | re.ASCII)
_COMMENT_LINE = re.compile(r" {0,3}<!--(?:(?!--|[<>]).)*-->[ \t]*")
_MARKUP = re.compile(r"```|~~~|<[A-Za-z/!?]")
_ADDRESS = re.compile(r"<https?://[^\s<>]*>")
_MOST = 20
_LONGEST = 300

NOT_NAMED = f"An `idsync-allow` line was not taken: it must name one of {', '.join(RELEASABLE)}."
NOT_ALONE = (
    "An `idsync-allow` line was not taken: write it at the beginning of the text, in a paragraph of its own, not"
    " indented, above any code and HTML."
)
OF_A_FORK = "The branch is in another repository: its `idsync-allow` lines are not taken."
MAY_NOT_WRITE = "Who last edited the text may not write to this repository: the `idsync-allow` lines are not taken."
WHEN_IT_COUNTS = (
    "What is released here counts once somebody who may write approves this commit: nobody who opened the pull request,"
    " edited its text or pushed to its branch, and after the last edit and the last push."
)
_NO_REASON = "The `idsync-allow` line of {} was not taken: it needs a reason of one line."
_TWICE = "{} is released twice: the first line counts."
NOTES = frozenset(
    {
        NOT_NAMED,
        NOT_ALONE,
        OF_A_FORK,
        MAY_NOT_WRITE,
        WHEN_IT_COUNTS,
        *(_NO_REASON.format(guard) for guard in RELEASABLE),
        *(_TWICE.format(guard) for guard in RELEASABLE),
    }
)
"""Every note that can stand above a plan."""


@dataclass(frozen=True)
class Releases:
    """The reasons by guard, and notes on what was not taken and on what it takes to count."""

    reasons: Mapping[str, str]
    notes: tuple[str, ...] = ()

    @property
    def options(self) -> list[str]:
        """As `idsync plan` takes them, each an argument of its own."""
        return [argument for guard, reason in self.reasons.items() for argument in ("--allow", f"{guard}={reason}")]


NONE = Releases({})


def releases_of(pull_request: Mapping[str, Any], github: GitHub) -> Releases:
    """What the text of a pull request releases now. Raises GitHubError where it cannot be told who wrote it."""
    asked = asked_for(str(pull_request.get("body") or ""))
    if not asked.reasons:
        return asked
    if not is_of_this_repository(pull_request, github.repository):
        return Releases({}, (OF_A_FORK,))
    text = text_of(github, int(pull_request["number"]))
    asked = asked_for(text.body)
    if not asked.reasons:
        return asked
    if not may_write(text.last_editor, github):
        return Releases({}, (MAY_NOT_WRITE,))
    return Releases(asked.reasons, (*asked.notes, WHEN_IT_COUNTS))


def asked_for(text: str) -> Releases:
    """What lines of a text ask for, no matter who wrote it; a line that cannot be taken is told in a note."""
    reasons: dict[str, str] = {}
    notes: list[str] = []
    for told, counts in _lines(text):
        guard, separator, reason = (part.strip() for part in told.partition("="))
        if not counts:
            notes.append(NOT_ALONE)
        elif guard not in RELEASABLE:
            notes.append(NOT_NAMED)
        elif not separator or not reason or not reason.isprintable() or len(reason) > _LONGEST:
            notes.append(_NO_REASON.format(guard))
        elif guard in reasons:
            notes.append(_TWICE.format(guard))
        else:
            reasons[guard] = reason
    return Releases(reasons, tuple(dict.fromkeys(notes)))


def digest_of(reasons: Mapping[str, str]) -> str:
    """A digest of what is released, which the comment shows."""
    canonical = json.dumps(dict(sorted(reasons.items())), separators=(",", ":"), ensure_ascii=False)
    return f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}"


def is_of_this_repository(pull_request: Mapping[str, Any], repository: str) -> bool:
    """Whether the branch of a pull request is in this repository and not in a fork."""
    head = (pull_request.get("head") or {}).get("repo") or {}
    return str(head.get("full_name") or "").lower() == repository.lower()


def _lines(text: str) -> Iterator[tuple[str, bool]]:
    """What stands after the mark in each line that has it, and whether people see that line as plain text.

    A blank line ends every construct of Markdown that could hide a line, apart from HTML and fences of code. So a line
    counts in a paragraph of such lines alone, above the first of those two; a comment that is a whole line hides
    nothing but itself.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    found, above = 0, True
    for place, line in enumerate(lines):
        above = above and (bool(_COMMENT_LINE.fullmatch(line)) or not _MARKUP.search(_ADDRESS.sub("", line)))
        match = _LINE.fullmatch(line)
        if not match and not _MENTIONED.match(line):
            continue
        found += 1
        if found > _MOST:
            return
        yield match[1] if match else "", bool(match) and above and _is_alone(lines, place)


def _is_alone(lines: Sequence[str], place: int) -> bool:
    """Whether a line stands in a paragraph of lines that all release something, without code, which may span lines."""
    for step in (-1, 1):
        at = place + step
        while 0 <= at < len(lines) and lines[at].strip(" \t"):
            if not _LINE.fullmatch(lines[at]) or "`" in lines[at]:
                return False
            at += step
    return "`" not in lines[place]
