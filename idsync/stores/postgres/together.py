"""Several statements as one text: one exchange with the server for all of them.

Only statements without parameters can be sent together, so that their values stand in the text, quoted by the driver.
What the session has prepared is called by its name, with its values.
"""

import re
from collections.abc import Sequence

import psycopg
from psycopg import abc
from psycopg.adapt import Transformer

from idsync.stores.postgres.prepared import Prepared
from idsync.stores.tables.connection import Listed, Row, Value

Filled = tuple[str, Sequence[Value]]
"""A statement with `$1` for its values, and the values."""
_PLACE = re.compile(r"\$([1-9][0-9]*)")
_LONG = 1 << 16
"""Bytes or characters: a value of more is cheaper as a parameter than in a text."""


def is_short(values: Sequence[Value]) -> bool:
    """Whether values may stand in a text."""
    return not any(isinstance(value, bytes | str) and len(value) > _LONG for value in values)


def as_text(raw: psycopg.Connection[Row], statements: Sequence[Filled], prepared: Prepared | None = None) -> str:
    """These statements in their order. Raises psycopg.Error, and UnicodeError for what is not text."""
    quoting: abc.Transformer = Transformer(raw)  # one for all, which learns once how each type is quoted
    return ";\n".join(
        _with_values(quoting, prepared.name(sql) if prepared else None, sql, values) for sql, values in statements
    )


def _with_values(quoting: abc.Transformer, name: str | None, sql: str, values: Sequence[Value]) -> str:
    if not values:
        return f"EXECUTE {name}" if name else sql
    literals = [str(quoting.as_literal(_plain(value)), "utf-8") for value in values]
    if name:
        return f"EXECUTE {name}({', '.join(literals)})"
    return _PLACE.sub(lambda place: literals[int(place[1]) - 1], sql)


def _plain(value: Value) -> Value:
    """A list as the text that PostgreSQL reads it from, for which the driver takes five times as long."""
    if not isinstance(value, Listed):
        return value
    return "{" + ",".join(['"' + str(each).replace("\\", "\\\\").replace('"', '\\"') + '"' for each in value]) + "}"


def answers(cursor: psycopg.Cursor[Row], count: int) -> list[list[Row]]:
    """The rows of each of the last `count` statements of a text."""
    cursor.set_result(-count)
    found = [cursor.fetchall()]
    while cursor.nextset():
        found.append(cursor.fetchall())
    return found
