"""Names that are remembered for a while, each in a row of its own under its moment: to note one always costs the same.

Moments are those of the store, in the order of pushes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from idsync.model.pushed import MICROSECOND
from idsync.stores.protocol import Facts

KEPT = timedelta(days=1)
"""Longer than a whole reading takes."""


@dataclass(frozen=True)
class Dated:
    """Names of one kind, among the facts whose keys begin with `kind`."""

    kind: str

    def note(self, facts: Facts, names: Iterable[str], at: int) -> None:
        """Remember names, in the transaction that is open; those of more than a day ago are forgotten."""
        rows = {self._key(at, name): b"" for name in names}
        if rows:
            facts.delete_between(self._key(0, ""), self._key(at - KEPT // MICROSECOND, ""))
            facts.put(rows)

    def after(self, facts: Facts, moment: int) -> frozenset[str]:
        """The names that were noted after this moment."""
        head = len(self._key(0, ""))
        return frozenset(key[head:] for key in facts.between(self._key(moment + 1, ""), f"{self.kind} ~"))

    def _key(self, at: int, name: str) -> str:
        return f"{self.kind} {max(at, 0):020}{name}"
