"""The details of memberships, each distinct set of which is kept once and has a small number.

Each time at which somebody joins makes new ones, and when they leave, nobody has them any more. Unused ones are cleared
now and then, at the end of a transaction that gave new numbers. A number never means other details than it did: the
greatest one stays, used or not, and so those that were read may stay known to every process for good. But nobody may
give a number that was cleared meanwhile: each clearing is counted in the row of the directory, and who finds that
another one was made looks numbers up again.
"""

from collections.abc import Callable, Collection, Mapping

import msgspec

from idsync.errors import StoreDamaged
from idsync.model.member_fingerprint import entry_hash, is_plain, plain_hash
from idsync.model.resources import Membership
from idsync.stores.tables.connection import Connection, Listed
from idsync.stores.tables.serial import Serial
from idsync.stores.tables.statements import Statements

_SQL = Statements("members.sql")
_DETAILS = msgspec.json.Decoder(Membership)

_MOST_KNOWN = 10_000
"""So many are kept at hand: each time at which somebody joins makes new ones, and a service lives long."""
_NEW_AT_LEAST = 8
_MEMBERSHIPS_A_NEW = 1_000
"""Unused ones are looked for among all memberships: once for so many new ones as there are thousands of those."""


class Details:
    """Bodies of details by number."""

    def __init__(self, connection: Connection, serial: Serial) -> None:
        self._connection = connection
        self._serial = serial
        self._numbers: dict[bytes, int] = {}
        self._bodies: dict[int, bytes] = {}
        self._cleared = 0
        """The clearing after which the numbers that are known were looked up."""
        self._greatest = 0
        """The greatest number that was looked up in this transaction."""
        connection.after_commit.append(self._end)
        connection.after_rollback.append(self._forget)

    def number(self, body: bytes) -> int:
        """The number of these details, which they get now if they have none; needs a transaction, in which they are
        used before its end, or that of a part of it.
        """
        cleared = self._serial.details_cleared()
        if cleared != self._cleared:
            self._numbers.clear()
            self._cleared = cleared
        found = self._numbers.get(body)
        if found is None:
            self._connection.run(_SQL["add_details"], (body,))
            (found,) = self._connection.rows(_SQL["details_id"], (body,))[0]
            if len(self._numbers) >= _MOST_KNOWN:
                self._numbers.clear()
            self._numbers[body] = found
            self._know({found: body})
            self._greatest = max(self._greatest, found)
        return found

    def clear_unused(self, memberships: Callable[[], int]) -> None:
        """Where this transaction gave so many new numbers that it is worth it, with so many memberships in the
        directory: clear those that nobody has. What was added must be written.
        """
        if not self._greatest:
            return
        new = self._greatest - self._serial.details_cleared()
        if new >= _NEW_AT_LEAST and new >= memberships() // _MEMBERSHIPS_A_NEW:
            self._connection.run(_SQL["clear_details"])
            self._serial.clear_details(self._greatest)

    def bodies(self, numbers: Collection[int]) -> dict[int, bytes]:
        """The details of these numbers; to be asked for in the span of reads in which the numbers were read."""
        wanted = set(numbers)
        found = {number: self._bodies[number] for number in wanted & self._bodies.keys()}
        if unknown := wanted - found.keys():
            read: dict[int, bytes] = dict(self._connection.rows(_SQL["details"], (Listed(sorted(unknown)),)))
            if missing := unknown - read.keys():
                raise StoreDamaged("the details of a membership", f"Those of number {min(missing)} are missing.")
            self._know(read)
            found |= read
        return found

    def _know(self, bodies: Mapping[int, bytes]) -> None:
        if len(self._bodies) + len(bodies) > _MOST_KNOWN:
            self._bodies.clear()
        if len(bodies) <= _MOST_KNOWN:
            self._bodies.update(bodies)

    def _end(self) -> None:
        self._greatest = 0

    def _forget(self) -> None:
        self._end()
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
