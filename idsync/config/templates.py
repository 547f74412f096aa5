"""Texts with captures: `$1`, or `${1}` where more text follows; `$$` is a dollar."""

from __future__ import annotations

import re
from collections.abc import Sequence

_DOLLAR = re.compile(r"\$(?:(?P<dollar>\$)|(?P<bare>[0-9]+)|\{(?P<braced>[^{}]*)\})?")


class TemplateError(ValueError):
    """A text whose captures cannot be right; carries the fix beside the message."""

    def __init__(self, summary: str, fix: str) -> None:
        super().__init__(summary)
        self.fix = fix


class Template:
    """One parsed text. Two templates are equal when they are written alike."""

    def __init__(self, source: str, captures: int) -> None:
        """Parse `source` for a pattern with that many captures, or raise TemplateError."""
        self.source = source
        self._parts = tuple(_parse(source, captures))

    @property
    def literal(self) -> str | None:
        """The one text that it can become, where it has no captures."""
        return "".join(map(str, self._parts)) if all(isinstance(part, str) for part in self._parts) else None

    def expand(self, captures: Sequence[str]) -> str:
        """Put the captures of one match in place."""
        return "".join(part if isinstance(part, str) else captures[part - 1] for part in self._parts)

    @property
    def is_literal(self) -> bool:
        """Whether it gives one and the same text always."""
        return all(isinstance(part, str) for part in self._parts)

    def could_give(self, text: str) -> bool:
        """Whether some captures give this text; one that is captures alone says nothing of its own, and does not."""
        literal = [part for part in self._parts if isinstance(part, str) and part.strip()]
        pattern = "".join(re.escape(part) if isinstance(part, str) else ".*" for part in self._parts)
        return bool(literal) and re.fullmatch(pattern, text, re.DOTALL) is not None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Template) and self.source == other.source

    def __hash__(self) -> int:
        return hash(self.source)

    def __str__(self) -> str:
        return self.source

    def __repr__(self) -> str:
        return f"Template({self.source!r})"


def _parse(source: str, captures: int) -> list[str | int]:
    """Split into literal text and capture numbers."""
    parts: list[str | int] = []
    read = 0
    for dollar in _DOLLAR.finditer(source):
        parts.append(source[read : dollar.start()])
        read = dollar.end()
        number = dollar["bare"] or dollar["braced"]
        if dollar["dollar"]:
            parts.append("$")
            continue
        if number is None or not (number.isascii() and number.isdigit()):
            raise TemplateError(
                f"{dollar.group()} is not a capture", "Write $1 or ${1} for a capture, and $$ for a dollar sign."
            )
        if dollar["bare"] and _is_word(source[read : read + 1]):
            raise TemplateError(
                f"it is unclear where the number ends in {source[dollar.start() : read + 1]}",
                f"Write ${{{number}}}{source[read]} when text follows the number.",
            )
        parts.append(_capture(number, captures))
    parts.append(source[read:])
    return [part for part in parts if part != ""]


def _capture(number: str, captures: int) -> int:
    """Read a capture's number, which must be one that the pattern has."""
    known = {str(position): position for position in range(1, captures + 1)}
    found = known.get(number)
    if found is None:
        has = {0: "no captures", 1: "one capture, $1"}.get(captures, f"captures $1 to ${captures}")
        raise TemplateError(
            f"${number} stands for nothing: the filter has {has}",
            "Use a number that the filter has, or add a * or a (group) to the filter.",
        )
    return found


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"
