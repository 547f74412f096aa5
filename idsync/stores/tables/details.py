"""The details of memberships, each distinct set of which is kept once and has a small number."""

import msgspec

from idsync.errors import StoreDamaged
from idsync.model.member_fingerprint import entry_hash, is_plain, plain_hash
from idsync.model.resources import Membership
from idsync.stores.tables.connection import Connection
from idsync.stores.tables.statements import Statements

_SQL = Statements("members.sql")
_DETAILS = msgspec.json.Decoder(Membership)

_MOST_KNOWN = 10_000
"""So many are kept at hand: each time at which somebody joins makes new ones, and a service lives long."""


class Details:
    """Bodies of details by number; they are never changed, so that those that were read stay known."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._numbers: dict[bytes, int] = {}
        self._bodies: dict[int, bytes] = {}
        connection.after_rollback.append(self._forget)

    def number(self, body: bytes) -> int:
        """The number of these details, which they get now if they have none; needs a transaction."""
        found = self._numbers.get(body)
        if found is None:
            self._connection.run(_SQL["add_details"], (body,))
            (found,) = self._connection.rows(_SQL["details_id"], (body,))[0]
            self._know(found, body)
        return found

    def body(self, number: int) -> bytes:
        """The details of this number."""
        found = self._bodies.get(number)
        if found is None:
            row = self._connection.row(_SQL["details"], (number,))
            if row is None:
                raise StoreDamaged("the details of a membership", f"Those of number {number} are missing.")
            (found,) = row
            self._know(number, found)
        return found

    def _know(self, number: int, body: bytes) -> None:
        if len(self._bodies) >= _MOST_KNOWN:
            self._forget()
        self._numbers[body] = number
        self._bodies[number] = body

    def _forget(self) -> None:
        self._numbers.clear()
        self._bodies.clear()


def hash_of(name: str, details: bytes) -> int:
    """The hash of a membership with these details."""
    return entry_hash(name, _DETAILS.decode(details))


class PlainHashes(dict[str, int]):
    """The hashes of plain memberships by member name, each computed when it is first asked for."""

    def __missing__(self, name: str) -> int:
        found = self[name] = plain_hash(name)
        return found


def plain(details: bytes) -> bool:
    """Whether these details are those of a plain membership."""
    return is_plain(_DETAILS.decode(details))
