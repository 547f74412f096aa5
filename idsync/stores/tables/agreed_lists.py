"""The lists that a target elsewhere agreed on, and who is in them: read by few or by many, without the details."""

from collections.abc import Collection

import msgspec

from idsync.model.addresses import access_list_address, split_address
from idsync.model.resources import AccessList
from idsync.stores.tables.bodies import Bodies
from idsync.stores.tables.connection import Connection
from idsync.stores.tables.names import asked
from idsync.stores.tables.statements import Statements

_SQL = Statements("agreed.sql")
_ACCESS_LIST = msgspec.json.Decoder(AccessList)


class AgreedLists:
    """Reads what `RemoteAgreed` keeps of lists and memberships."""

    def __init__(self, connection: Connection, target: str, bodies: Bodies) -> None:
        self._connection = connection
        self._target = target
        self._bodies = bodies

    def names(self) -> frozenset[str]:
        """The lists that are agreed on."""
        first, end = access_list_address(""), access_list_address("").rstrip("/") + "0"
        rows = self._connection.rows(_SQL["agreed_addresses"], (self._target, first, end))
        return frozenset(split_address(address)[1] for (address,) in rows)

    def count(self) -> int:
        """How many memberships are agreed on."""
        row = self._connection.row(_SQL["count_agreed_members"], (self._target,))
        return 0 if row is None else int(row[0])

    def bodies(self, lists: Collection[str]) -> dict[str, AccessList]:
        """Those of these lists that are agreed on, without members."""
        with self._connection.reading():
            self._bodies.flush()
            addresses = asked(map(access_list_address, lists))
            rows = self._connection.rows(_SQL["agreed_bodies_of"], (self._target, addresses))
            return {split_address(address)[1]: _ACCESS_LIST.decode(body) for address, body in rows}

    def members(self, lists: Collection[str], people: Collection[str] | None = None) -> dict[str, frozenset[str]]:
        """Who of these people, or of everybody, is in each of these lists; those not agreed on are left out."""
        with self._connection.reading():
            addresses = asked(map(access_list_address, lists))
            rows = self._connection.rows(_SQL["agreed_among"], (self._target, addresses))
            found: dict[str, set[str]] = {split_address(address)[1]: set() for (address,) in rows}
            if people is None:
                members = self._connection.rows(_SQL["agreed_names_of"], (self._target, asked(found)))
            else:
                members = self._connection.rows(_SQL["agreed_names_among"], (self._target, asked(found), asked(people)))
            for access_list, member in members:
                found[access_list].add(member)
        return {name: frozenset(inside) for name, inside in found.items()}
