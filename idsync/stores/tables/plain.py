"""Plain resources by address: roles, apps and groups, which have no members and are about no person."""

from collections.abc import Collection, Iterable

from idsync.model.addresses import Address, split_address
from idsync.model.canonical import Body
from idsync.stores.tables.bodies import Bodies, fingerprint_in, present
from idsync.stores.tables.connection import Connection
from idsync.stores.tables.counts import OwnedCounts
from idsync.stores.tables.names import check_text, rows_about
from idsync.stores.tables.serial import Serial
from idsync.stores.tables.statements import Statements

_SQL = Statements("plain.sql")


class PlainTable:
    """Plain resources by address. Writes wait in memory until something is read, or the transaction ends."""

    def __init__(self, connection: Connection, bodies: Bodies, counts: OwnedCounts, serial: Serial) -> None:
        self._connection = connection
        self._bodies = bodies
        self._counts = counts
        self._serial = serial
        self._put: dict[Address, tuple[str, str]] = {}
        connection.after_rollback.append(self._put.clear)

    def entries(self, org: str, addresses: Collection[Address] | None) -> Iterable[tuple[str, bool, str]]:
        """Address, whether ours by `org`, and fingerprint of these, or of all."""
        self.flush()
        if addresses is None:
            rows = self._connection.rows(_SQL["plain_entries"], (org,))
        else:
            rows = rows_about(self._connection, _SQL["plain_entries_of"], addresses, org)
        for address, ours, fingerprint in rows:
            yield address, bool(ours), fingerprint_in("resource", address, fingerprint)

    def bodies(self, addresses: Collection[Address] | None) -> Iterable[tuple[str, bytes]]:
        """Address and body of these, or of all."""
        self.flush()
        self._bodies.flush()
        if addresses is None:
            return present("resource", self._connection.rows(_SQL["plain_bodies"]))
        return present("resource", rows_about(self._connection, _SQL["plain_bodies_of"], addresses))

    def put(self, address: Address, org: str, body: Body) -> None:
        """Create or replace one."""
        check_text((address, org))
        with self._connection.writing():
            self._serial.touch()
            self._bodies.keep(body)
            self._put[address] = (org, body.fingerprint)

    def delete(self, address: Address) -> None:
        """Delete one; a missing one is not an error."""
        with self._connection.writing():
            self.flush()
            self._serial.touch()
            self._count([address], times=-1)
            self._connection.run(_SQL["delete_plain"], (address,))

    def flush(self) -> None:
        """Write what waits."""
        if not self._put:
            return
        put = dict(self._put)
        self._put.clear()
        self._count(put, times=-1)
        for address, (org, _) in put.items():
            self._counts.add_app_groups(org, _counts_as(address))
        rows = [(address, org, bytes.fromhex(fingerprint)) for address, (org, fingerprint) in sorted(put.items())]
        self._connection.run_many(_SQL["put_plain"], rows)

    def _count(self, addresses: Iterable[Address], *, times: int) -> None:
        """Count what is there at these addresses so many times more."""
        for address, org in rows_about(self._connection, _SQL["plain_orgs_of"], addresses):
            self._counts.add_app_groups(org, times * _counts_as(address))


def _counts_as(address: str) -> int:
    """Roles are not counted: each goes with its list, which is."""
    return int(split_address(address)[0] != "role")
