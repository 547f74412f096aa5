"""Paging: cursors, limits and Link headers.

A listing is a sorted list of keys. A cursor names the last key given out, so rows stay where they are while others come
and go; with the switch `rows` on `shifting` it counts rows instead, and they move under the reader.
"""

import base64
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode

from tests.okta_simulator.errors import OktaError, invalid
from tests.okta_simulator.switches import Switches

CursorKind = Literal["key", "opaque", "number"]


@dataclass(frozen=True, slots=True)
class Twist:
    """What a fault does to the paging of one answer."""

    ignore_limit: bool = False
    overlap: int = 0
    repeat_cursor: bool = False
    hollow: bool = False
    endless: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """The keys of one page and the cursor of the next, if any."""

    keys: list[str]
    after: str | None


def page_limit(query: Mapping[str, str], *, default: int, maximum: int, switches: Switches, minimum: int = 1) -> int:
    """The page size asked for: the default, or clamped or rejected above the maximum."""
    text = query.get("limit")
    if text is None:
        return default
    if not text.isdecimal() or len(text) > 9 or int(text) < 1:
        raise invalid("limit", "The limit must be a positive number")
    if int(text) > maximum:
        if switches.excessive_limit == "reject":
            raise invalid("limit", f"The limit must not be greater than {maximum}")
        return maximum
    return max(minimum, int(text))


def page(
    keys: list[str],
    query: Mapping[str, str],
    limit: int,
    switches: Switches,
    *,
    kind: CursorKind = "opaque",
    order: Callable[[str], str] | None = None,
    twist: Twist | None = None,
) -> Page:
    """The page of `keys` (sorted by `order`) that the query's cursor asks for."""
    twist = twist or Twist()
    after = query.get("after")
    offsets = switches.rows == "shifting"
    kind = "opaque" if offsets else kind
    cursor = "" if after is None else _decoded(after, kind)
    start = 0
    if after is not None:
        start = _offset(cursor) if offsets else bisect_right(keys, order(cursor) if order else cursor, key=order)
        start = max(0, start - twist.overlap)
    end = len(keys) if twist.ignore_limit else start + limit
    rows = keys[start:end]
    # Behind the last row no key is greater than one made longer by a tilde.
    following = str(end) if offsets else rows[-1] if rows else f"{cursor}~"
    encoded = _encoded(following, kind)
    if twist.endless:
        return Page(rows, encoded)
    if end < len(keys):
        return Page(rows, encoded)
    if twist.repeat_cursor or switches.last_page == "repeating_cursor":
        return Page(rows, after or encoded)
    if switches.last_page == "empty_extra_page" and len(rows) == limit:
        return Page(rows, encoded)
    return Page(rows, None)


def _offset(cursor: str) -> int:
    if not cursor.isdecimal() or len(cursor) > 12:
        raise _wrong_cursor(cursor)
    return int(cursor)


def link_headers(url: str, query: Mapping[str, str], after: str | None) -> list[tuple[str, str]]:
    """A Link line for this page and, when more follows, one for the next, with absolute URLs."""
    links = [("link", f'<{_address(url, query)}>; rel="self"')]
    if after is not None:
        links.append(("link", f'<{_address(url, {**query, "after": after})}>; rel="next"'))
    return links


def _address(url: str, query: Mapping[str, str]) -> str:
    return f"{url}?{urlencode(query)}" if query else url


def _encoded(cursor: str, kind: CursorKind) -> str:
    match kind:
        case "key":
            return cursor
        case "opaque":
            return base64.urlsafe_b64encode(cursor.encode()).decode().rstrip("=")
        case "number":
            return str(int.from_bytes(b"\x01" + cursor.encode()))


def _decoded(text: str, kind: CursorKind) -> str:
    try:
        match kind:
            case "key":
                return text
            case "opaque":
                return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
            case "number":
                if not text.isdecimal() or len(text) > 200:
                    raise _wrong_cursor(text)
                number = int(text)
                return number.to_bytes((number.bit_length() + 7) // 8).decode()[1:]
    except ValueError as problem:
        raise _wrong_cursor(text) from problem


def _wrong_cursor(text: str) -> OktaError:
    return OktaError(400, "E0000001", "Api validation failed: after", f"The cursor {text[:40]!r} is not valid")
