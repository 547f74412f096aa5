"""Lines broken at the width of a terminal, between words where that goes; what follows is indented."""

import re
from collections.abc import Iterator, Sequence

from idsync.render.escape_text import width
from idsync.render.style import PLAIN, Style, Tone

Piece = tuple[str, Tone | None]
"""Text and the tone in which it is painted."""
_WORDS = re.compile(r" *[^ ]+| +$")
LEAST = 20
"""No line is broken to less than so many columns, however narrow the terminal is."""


def wrapped(pieces: Sequence[Piece], columns: int | None, indent: int, style: Style = PLAIN) -> list[str]:
    """The pieces as lines of at most so many columns, None for one line; lines after the first begin with `indent`."""
    text = "".join(piece for piece, _ in pieces)
    if columns is None or width(text) <= columns:
        return [_painted(pieces, 0, len(text), style)]
    lines = _broken(text, max(columns, indent + LEAST), indent)
    return [("" if start == 0 else " " * indent) + _painted(pieces, start, end, style) for start, end in lines]


def rows(text: str, columns: int, indent: int) -> int:
    """On how many lines a text stands once it is wrapped."""
    return 1 if len(text) * 2 <= columns or width(text) <= columns else len(list(_broken(text, columns, indent)))


def _broken(text: str, columns: int, indent: int) -> Iterator[tuple[int, int]]:
    """Where each line begins and ends in the text; no line begins with the space at which it was broken."""
    begin, used = 0, 0
    for found in _WORDS.finditer(text):
        word, start = found.group(), found.start()
        size = width(word)
        if used + size > columns and start > begin:
            yield begin, start
            begin = start + len(word) - len(word.lstrip(" "))
            used, size, start = indent, width(word.lstrip(" ")), begin
        while used + size > columns:
            cut = _fitting(text, start, columns - used)
            yield begin, cut
            begin = start = cut
            used, size = indent, width(text[cut : found.end()])
        used += size
    if begin < len(text):
        yield begin, len(text)


def _fitting(text: str, start: int, columns: int) -> int:
    """Where to cut so that no more than so many columns follow `start`; at least one character goes."""
    used = 0
    for place in range(start, len(text)):
        used += width(text[place])
        if used > columns and place > start:
            return place
    return len(text)


def _painted(pieces: Sequence[Piece], start: int, end: int, style: Style) -> str:
    """What of the pieces lies between two places of their whole text."""
    parts, at = list[Piece](), 0
    for text, tone in pieces:
        part = text[max(0, start - at) : max(0, end - at)]
        at += len(text)
        if part and parts and parts[-1][1] == tone:
            parts[-1] = (parts[-1][0] + part, tone)
        elif part:
            parts.append((part, tone))
    return "".join(style.paint(part, tone) if tone else part for part, tone in parts)
