"""Colour for a terminal, or none: the only place that knows ANSI sequences."""

from typing import Literal

import msgspec

Tone = Literal["added", "removed", "changed", "strong", "faint", "warning", "error"]
_CODES: dict[Tone, str] = {
    "added": "32",
    "removed": "31",
    "changed": "33",
    "strong": "1",
    "faint": "2",
    "warning": "33;1",
    "error": "31;1",
}


class Style(msgspec.Struct, frozen=True):
    """Whether text is painted; without colour it passes unchanged."""

    colour: bool = False

    def paint(self, text: str, tone: Tone) -> str:
        """The text in a tone."""
        return f"\x1b[{_CODES[tone]}m{text}\x1b[0m" if self.colour and text else text


PLAIN = Style()
COLOUR = Style(colour=True)
