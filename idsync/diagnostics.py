"""What a mistake in somebody's files looks like: a code, what is wrong, why it matters, how to fix it, and where.

Mistakes are values that are collected, sorted and shown together; code that finds one does not raise it.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import msgspec


class Position(msgspec.Struct, frozen=True, order=True):
    """A place in a file: lines and columns count from 1; line 0 means the file as a whole."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


class Severity(StrEnum):
    """An error stops the work; a warning is shown and the work goes on; the rest is good to know."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Diagnostic(msgspec.Struct, frozen=True):
    """One mistake, with everything a person needs to fix it. `related` points at what it collides with."""

    code: str
    severity: Severity
    summary: str
    why: str
    fix: str
    position: Position
    related: tuple[Position, ...] = ()

    def __str__(self) -> str:
        return f"{self.position}: {self.severity} {self.code}: {self.summary}"


def in_reading_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Sort by file, line and column, and drop repeats."""
    return tuple(
        sorted(
            dict.fromkeys(diagnostics),
            key=lambda found: (found.position, found.code, found.summary, found.why, found.fix, found.related),
        )
    )


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Tell whether any of them stops the work."""
    return any(found.severity is Severity.ERROR for found in diagnostics)


def quoted(text: str, limit: int = 60) -> str:
    """Put somebody's text into a message, in quotes: on one line, harmless to a terminal, and not too long."""
    return '"' + plainly(text, limit).replace('"', r"\"") + '"'


def plainly(text: str, limit: int = 60) -> str:
    """Put somebody's text into a message without quotes around it."""
    shown = text if len(text) <= limit else text[: limit - 1] + "…"
    return "".join(_printable(character) for character in shown)


def _printable(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode()
