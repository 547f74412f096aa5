"""Many rows for one statement, which reads them from `given`.

Few rows are values of the statement itself; many are copied into a temporary table, which costs a tenth of inserting
them one by one.
"""

from collections.abc import Sequence
from typing import Any, cast

import psycopg

from idsync.stores.postgres.statements import Column, Text
from idsync.stores.tables.connection import Row, Value

FEW = 50
"""So many rows are values of the statement itself."""


def as_one(text: Text, rows: Sequence[Sequence[Value]]) -> tuple[str, list[Value]]:
    """The statement for a few rows, and its values."""
    listed = ", ".join(_places(text.columns, number) for number in range(len(rows)))
    return f"WITH given ({_names(text)}) AS (VALUES {listed}) {text.sql}", [value for row in rows for value in row]


def copied(raw: psycopg.Connection[Row], text: Text, rows: Sequence[Sequence[Value]]) -> None:
    """Run the statement once for many rows."""
    columns = ", ".join(f"{column.name} {column.type}" for column in text.columns)
    _run(raw, f"CREATE TEMPORARY TABLE given ({columns}) ON COMMIT DROP")
    copying = f"COPY given ({_names(text)}) FROM STDIN (FORMAT BINARY)"
    with raw.cursor() as cursor, cursor.copy(cast(Any, copying)) as copy:
        copy.set_types([column.type for column in text.columns])
        for row in rows:
            copy.write_row(row)
    _run(raw, text.sql)
    _run(raw, "DROP TABLE given")


def _names(text: Text) -> str:
    return ", ".join(column.name for column in text.columns)


def _places(columns: Sequence[Column], number: int) -> str:
    first = number * len(columns) + 1
    return f"({', '.join(f'${place}::{column.type}' for place, column in enumerate(columns, first))})"


def _run(raw: psycopg.Connection[Row], sql: str) -> None:
    raw.execute(cast(Any, sql))
