"""Parts JSON into its rows where one of them cannot be read: who reads many at once falls back to one after another.

Each row is parsed on its own by a reader that knows no range of numbers and lets half surrogate pairs through. What
such a reader cannot parse is not JSON, and has no rows.
"""

import re
from collections.abc import Container, Iterator
from typing import Any

import msgspec

from idsync.model.identity import IdentityKind, LeftAsIs
from idsync.model.odd_rows import LENIENT, may_be_id, value_fault

_SPACE = re.compile(r"[ \t\n\r]*")


class NotRows(ValueError):
    """The text is not the JSON of which rows are asked."""


class Row(msgspec.Struct, frozen=True):
    """One row: its bytes as they came, and what a reader without limits sees in it."""

    data: bytes
    value: Any

    @property
    def id(self) -> str:
        """The row's id; empty when it has none that can be used."""
        found = self.text("id")
        return found if may_be_id(found) else ""

    def text(self, *path: str) -> str:
        """A text inside the row, by the keys that lead there; empty when there is none that can be shown."""
        value = self.value
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        return value if isinstance(value, str) and not value_fault(value) else ""

    def left_as_is(self, kind: IdentityKind, error: Exception, name: str = "") -> LeftAsIs:
        """The row as one that cannot be read; `error` is what the typed reader said of it."""
        return LeftAsIs(kind, self.id, value_fault(self.value) or _said(error), name=name)


def rows_of_list(data: bytes) -> Iterator[Row]:
    """The rows of a JSON array, some of which are objects; raises NotRows."""
    text = _text(data)
    rows, end = _rows(text, _skip(text, 0))
    if _skip(text, end) != len(text) or not any(isinstance(row.value, dict) for row in rows):
        raise NotRows
    return iter(rows)


def rows_of_object(data: bytes, lists: Container[str]) -> tuple[bytes, dict[str, list[Row]]]:
    """An object without its `lists`, as JSON, and the rows of these; raises NotRows."""
    text = _text(data)
    rest: list[str] = []
    found: dict[str, list[Row]] = {}
    place = _expected(text, 0, "{")
    if text[place : place + 1] != "}":
        while True:
            start = place
            name, place = _value(text, place)
            place = _expected(text, place, ":")
            if name in lists:
                found[name], place = _rows(text, place)
            else:
                _, place = _value(text, place)
                rest.append(text[start:place])
            place = _skip(text, place)
            if text[place : place + 1] != ",":
                break
            place = _skip(text, place + 1)
    place = _expected(text, place, "}")
    if place != len(text):
        raise NotRows
    return _data("{" + ",".join(rest) + "}"), found


def _rows(text: str, place: int) -> tuple[list[Row], int]:
    rows: list[Row] = []
    place = _expected(text, place, "[")
    if text[place : place + 1] == "]":
        return rows, place + 1
    while True:
        start = place
        value, place = _value(text, place)
        rows.append(Row(_data(text[start:place]), value))
        place = _skip(text, place)
        if text[place : place + 1] == "]":
            return rows, place + 1
        place = _expected(text, place, ",")


def _value(text: str, place: int) -> tuple[Any, int]:
    try:
        return LENIENT.raw_decode(text, place)
    except (ValueError, RecursionError):
        raise NotRows from None


def _expected(text: str, place: int, character: str) -> int:
    place = _skip(text, place)
    if text[place : place + 1] != character:
        raise NotRows
    return _skip(text, place + 1)


def _skip(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found else place


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")  # bytes that are not UTF-8 become halves of pairs


def _data(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _said(error: Exception) -> str:
    return f"cannot be read ({error})" if isinstance(error, msgspec.ValidationError) else "holds text that is not UTF-8"
