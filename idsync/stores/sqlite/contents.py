"""Whole tables of a SQLite store, to copy them."""

from collections.abc import Iterable, Iterator, Sequence

from idsync.stores.sqlite.connection import Connection
from idsync.stores.tables.connection import Row, Value
from idsync.stores.tables.contents import SINGLE, Table, listed


class SqliteContents:
    """Reads and fills tables."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def read(self, table: Table) -> Iterator[Row]:
        """Every row, with the columns in their order."""
        return self._connection.chunks(f"SELECT {listed(table)} FROM {table.name}")  # noqa: S608

    def count(self, table: Table) -> int:
        """How many rows there are."""
        (number,) = self._connection.row(f"SELECT count(*) FROM {table.name}") or (0,)  # noqa: S608
        return int(number)

    def fill(self, table: Table, rows: Iterable[Sequence[Value]]) -> None:
        """Put rows into a table, in place of its first one if it has that from the beginning."""
        if table.name in SINGLE:
            self._connection.run(f"DELETE FROM {table.name}")  # noqa: S608
        places = ", ".join("?" for _ in table.columns)
        self._connection.run_many(f"INSERT INTO {table.name} ({listed(table)}) VALUES ({places})", rows)  # noqa: S608
