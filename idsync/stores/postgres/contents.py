"""Whole tables of a PostgreSQL store, to copy them."""

from collections.abc import Iterable, Iterator, Sequence

from idsync.stores.postgres.connection import Connection
from idsync.stores.tables.connection import Row, Value
from idsync.stores.tables.contents import SINGLE, Table, listed

_TYPES = """
SELECT attname, atttypid::bigint FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped
"""


class PostgresContents:
    """Reads and fills tables."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def read(self, table: Table) -> Iterator[Row]:
        """Every row, with the columns in their order."""
        return self._connection.chunks(f"SELECT {listed(table)} FROM {self._place(table)}")  # noqa: S608

    def count(self, table: Table) -> int:
        """How many rows there are."""
        (number,) = self._connection.row(f"SELECT count(*) FROM {self._place(table)}") or (0,)  # noqa: S608
        return int(number)

    def fill(self, table: Table, rows: Iterable[Sequence[Value]]) -> None:
        """Put rows into a table, in place of its first one if it has that from the beginning."""
        place = self._place(table)
        if table.name in SINGLE:
            self._connection.run(f"DELETE FROM {place}")  # noqa: S608
        types: dict[str, int] = dict(self._connection.rows(_TYPES, (place,)))
        copy = f"COPY {place} ({listed(table)}) FROM STDIN (FORMAT BINARY)"
        self._connection.copy_in(copy, [types[column] for column in table.columns], rows)

    def _place(self, table: Table) -> str:
        return f'{self._connection.schema}."{table.name}"'
