"""Many rows for one statement, which reads them from `given`.

Few rows are one value of the statement itself, as JSON; many are copied into a temporary table, which costs a tenth of
inserting them one by one.
"""

from collections.abc import Sequence
from typing import Any, cast

import msgspec
import psycopg

from idsync.stores.postgres.statements import Text
from idsync.stores.tables.connection import Row, Value

FEW = 50
"""So many rows are one value of the statement itself."""


def as_one(text: Text, rows: Sequence[Sequence[Value]]) -> tuple[str, list[Value]]:
    """The statement for a few rows, and its value. Raises UnicodeError for what is not text."""
    names = [column.name for column in text.columns]
    return text.for_few, [msgspec.json.encode([dict(zip(names, row, strict=True)) for row in rows]).decode()]


def copied(raw: psycopg.Connection[Row], text: Text, rows: Sequence[Sequence[Value]]) -> None:
    """Run the statement once for many rows."""
    _run(raw, f"CREATE TEMPORARY TABLE given ({_typed(text)}) ON COMMIT DROP")
    copying = f"COPY given ({_names(text)}) FROM STDIN (FORMAT BINARY)"
    with raw.cursor() as cursor, cursor.copy(cast(Any, copying)) as copy:
        copy.set_types([column.type for column in text.columns])
        for row in rows:
            copy.write_row(row)
    _run(raw, text.sql)
    _run(raw, "DROP TABLE given")


def _names(text: Text) -> str:
    return ", ".join(column.name for column in text.columns)


def _typed(text: Text) -> str:
    return ", ".join(f"{column.name} {column.type}" for column in text.columns)


def _run(raw: psycopg.Connection[Row], sql: str) -> None:
    raw.execute(cast(Any, sql))
