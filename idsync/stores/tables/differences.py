"""Objects of the local directory that are not as agreed, by address."""

from collections.abc import Iterable, Mapping

from idsync.model.addresses import Address
from idsync.model.directory import Names
from idsync.stores.protocol import Difference
from idsync.stores.tables.connection import Connection, Row
from idsync.stores.tables.names import asked
from idsync.stores.tables.remembered import Remembered
from idsync.stores.tables.statements import Statements

_SQL = Statements("agreed.sql")


class DifferenceTable:
    """Differences by address; each write is kept at once, or with the transaction that is open."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._any: Remembered[str, bool] = Remembered(connection)
        self._any.asked_first("", _SQL["any_differences"], _has_any)

    def find(self, within: Names | None) -> dict[Address, Difference]:
        """All, or those of these users, of these lists and their members, of these resources, and of every lock."""
        if not self._any.get("", lambda: _has_any(self._connection.rows(_SQL["any_differences"]))):
            return {}
        if within is None:
            rows = self._connection.rows(_SQL["differences"])
        else:
            names = (asked(within.users), asked(within.access_lists), asked(within.plain))
            rows = self._connection.rows(_SQL["differences_of"], names)
        return {
            Address(address): Difference(None if agreed is None else agreed.hex(), entry)
            for address, agreed, entry in rows
        }

    def put(self, differences: Mapping[Address, Difference]) -> None:
        """Keep these, in place of those that were known at their addresses."""
        self._any.forget()
        rows = [
            (address, None if each.agreed is None else bytes.fromhex(each.agreed), each.entry)
            for address, each in differences.items()
        ]
        with self._connection.writing():
            self._connection.run_many(_SQL["put_difference"], rows)

    def delete(self, addresses: Iterable[Address]) -> None:
        """Forget those at these addresses; where there are none, that is not an error."""
        listed = asked(addresses)
        with self._connection.writing():
            self._connection.run(_SQL["settle"], (listed,))


def _has_any(rows: list[Row]) -> bool:
    return bool(rows and rows[0][0])
