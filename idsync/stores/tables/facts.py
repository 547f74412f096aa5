"""Small values by key."""

from collections.abc import Mapping

from idsync.stores.tables.connection import Connection
from idsync.stores.tables.remembered import Remembered
from idsync.stores.tables.statements import Statements

_FACTS = Statements("facts.sql")


class Facts:
    """Values of one table by key: `fact` for what cannot be made again, `cache` for what can."""

    def __init__(self, connection: Connection, table: str) -> None:
        self._connection = connection
        self._table = table
        self._known: Remembered[str, bytes | None] = Remembered(connection)
        if table == "fact":
            self._known.asked_by_habit(_FACTS["facts_of"], dict, None)

    def get(self, key: str) -> bytes | None:
        """The value, or None."""
        return self._known.get(key, lambda: self._read(key))

    def _read(self, key: str) -> bytes | None:
        row = self._connection.row(_FACTS[f"get_{self._table}"], (key,))
        return None if row is None else row[0]

    def put(self, values: Mapping[str, bytes]) -> None:
        """Set several at once."""
        with self._connection.writing():
            self._connection.run_many(_FACTS[f"put_{self._table}"], list(values.items()))
            self._known.note(values)

    def delete(self, key: str) -> None:
        """Forget one; a missing one is not an error."""
        with self._connection.writing():
            self._connection.run(_FACTS[f"delete_{self._table}"], (key,))
            self._known.note({key: None})

    def between(self, first: str, end: str) -> Mapping[str, bytes]:
        """The values of all keys from `first` on and before `end`, in the order of their characters, by key."""
        return dict(self._connection.rows(_FACTS[f"between_{self._table}"], (first, end)))

    def delete_between(self, first: str, end: str) -> None:
        """Forget those from `first` on and before `end`."""
        with self._connection.writing():
            self._connection.run(_FACTS[f"delete_between_{self._table}"], (first, end))
            self._known.forget()
