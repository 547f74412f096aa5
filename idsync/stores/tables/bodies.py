"""Bodies by fingerprint: the canonical bytes of every object that was ever here, each kept once and for good."""

from collections.abc import Collection, Iterable, Iterator

from idsync.errors import StoreDamaged
from idsync.model.canonical import Body, fingerprint_bytes
from idsync.stores.tables.connection import Connection
from idsync.stores.tables.names import rows_about
from idsync.stores.tables.statements import Statements

_SQL = Statements("bodies.sql")
_WAITING = 20_000


class Bodies:
    """Keeps and finds bodies. New ones wait in memory until something is read, or the transaction ends."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._waiting: dict[str, bytes] = {}
        connection.before_commit.append(self.flush)
        connection.after_rollback.append(self._waiting.clear)

    def keep(self, body: Body) -> None:
        """Keep a body; needs a transaction. One that is there already stays as it is."""
        if body.fingerprint in self._waiting:
            return
        self._waiting[body.fingerprint] = body.data
        if len(self._waiting) >= _WAITING:
            self.flush()

    def find(self, fingerprints: Collection[str]) -> dict[str, bytes]:
        """The bodies of these fingerprints, as far as they are kept."""
        self.flush()
        return dict(rows_about(self._connection, _SQL["bodies_of"], fingerprints))

    def sound(self, fingerprints: Collection[str]) -> set[str]:
        """Those of these fingerprints whose bodies are kept, and have them."""
        return {name for name, data in self.find(fingerprints).items() if fingerprint_bytes(data) == name}

    def flush(self) -> None:
        """Write the bodies that wait."""
        if self._waiting:
            # Sorted, since the index of fingerprints is filled fastest in its own order.
            rows = [(bytes.fromhex(fingerprint), self._waiting[fingerprint]) for fingerprint in sorted(self._waiting)]
            self._waiting.clear()
            self._connection.run_many(_SQL["add_body"], rows)


def present(kind: str, rows: Iterable[tuple[str | None, bytes | None]]) -> Iterator[tuple[str, bytes]]:
    """Name and body of each object; raises StoreDamaged for one whose body or row is missing."""
    for name, body in rows:
        if name is None or body is None:
            raise StoreDamaged(*_lost(kind, name, "body"))
        yield name, body


def fingerprint_in(kind: str, name: str | None, fingerprint: bytes | None) -> str:
    """The fingerprint of an object as a row has it; raises StoreDamaged where the row was emptied or cut short.

    SQLite reads what is missing of a row as NULL, also where the table allows none.
    """
    if name is None or fingerprint is None:
        raise StoreDamaged(*_lost(kind, name, "row"))
    return fingerprint.hex()


def _lost(kind: str, name: str | None, what: str) -> tuple[str, str]:
    if name is None:
        return f"some {kind.replace('_', ' ')}", "Its row is empty, or cut short."
    return f"{kind}/{name}", "Its body is missing." if what == "body" else "Its row is cut short."
