"""The texts of all statements in PostgreSQL's words, with `$1` for their values and their tables in the schema idsync.

A statement for many rows says under `-- rows:` what each of them holds, and reads them from `given`.
"""

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from idsync.stores.tables.statements import Statement, texts_in

SQL_FOLDER = Path(__file__).with_name("sql")
SCHEMA = "idsync"
PRIVATE = "pg_temp"
"""Where the tables of a connection are that nobody else sees, and that are gone when it ends."""
_ROWS = re.compile(r"^-- rows: *(.+?) *$", re.MULTILINE)
_REMARK = re.compile(r"^--.*\n?", re.MULTILINE)


class Column(NamedTuple):
    """A column of the rows that a statement is given, and its type."""

    name: str
    type: str


class Text(NamedTuple):
    """A statement, empty where this database has nothing to do, and what each of its rows holds if it is for many."""

    sql: str
    columns: tuple[Column, ...] = ()

    @property
    def for_few(self) -> str:
        """The statement with its rows as one value, in JSON: objects by column, bytes in base64."""
        return f"WITH given AS ({_in_json(self.columns)}) {self.sql}"


@cache
def _in_json(columns: tuple[Column, ...]) -> str:
    told = ", ".join(f"{name} {'text' if of == 'bytea' else of}" for name, of in columns)
    read = ", ".join(f"decode({name}, 'base64') AS {name}" if of == "bytea" else name for name, of in columns)
    return f"SELECT {read} FROM json_to_recordset($1) AS row ({told})"  # noqa: S608


def moved(sql: str, schema: str) -> str:
    """SQL with its tables in another schema."""
    return sql.replace(f"{SCHEMA}.", f"{schema}.")


def texts(schema: str = SCHEMA) -> dict[Statement, Text]:
    """Every statement, with its tables in this schema."""
    return {statement: _text(moved(sql, schema)) for statement, sql in texts_in(SQL_FOLDER).items()}


def _text(written: str) -> Text:
    found = _ROWS.search(written)
    columns = () if found is None else tuple(Column(*each.split(" ", 1)) for each in found[1].split(", "))
    return Text(_REMARK.sub("", written).strip().removesuffix(";"), columns)
