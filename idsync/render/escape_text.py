"""Somebody else's text made harmless: no name can steer a terminal, hide a part of itself, or pass for a line of ours.

Letters stay as they are, in whichever Unicode form they came.
"""

import re
import unicodedata

NAME_LIMIT = 120
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
"""Characters that count as printable and show nothing: fillers, joiners, variation selectors."""
_COMMAND = re.compile(r"^\s*::|##(?=(?:vso)?\[)", re.IGNORECASE)
"""`::error::` at the start of a line (GitHub), `##[error]` anywhere in it (GitHub, Azure Pipelines), `##vso[`."""
_WIDE = frozenset("WF")


def visible(text: str) -> str:
    """The text on one line, with every character that is not seen, or that acts, spelled as an escape.

    So is a mark by which the log of a CI system takes the rest of a line for a command.
    """
    if "##" in text or "::" in text:
        text = _COMMAND.sub(_first_spelled, text)
    if text.isprintable() and (text.isascii() or _BLANK.search(text) is None):
        return text
    return "".join(map(_spelled, text))


def shown(text: str, limit: int = NAME_LIMIT) -> str:
    """A name as people see it: visible, shortened in the middle, in quotes when its edges would be lost."""
    if len(text) <= limit:
        seen = visible(text)
    else:
        head, tail = limit * 2 // 3, limit // 4
        seen = f"{visible(text[:head])}…({len(text) - head - tail:,} more characters)…{visible(text[-tail:])}"
    return seen if seen and seen[0] != " " != seen[-1] else f'"{seen}"'


def width(text: str) -> int:
    """How many columns of a terminal a visible text takes."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def padded(text: str, columns: int) -> str:
    """The text with spaces after it, up to so many columns."""
    return text + " " * (columns - width(text))


def _spelled(character: str) -> str:
    if character.isprintable() and _BLANK.match(character) is None:
        return character
    return character.encode("unicode_escape").decode("ascii")


def _first_spelled(found: re.Match[str]) -> str:
    """A mark with its last character as an escape, so that it is none."""
    mark = found.group()
    return f"{mark[:-1]}\\x{ord(mark[-1]):02x}"


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in _WIDE else 1
