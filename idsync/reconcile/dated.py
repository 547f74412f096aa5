"""Names that are remembered for a while, each in a row of its own under its time: to note one always costs the same."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from idsync.model.times import format_time
from idsync.stores.protocol import Facts

KEPT = timedelta(days=1)
"""Longer than a whole reading takes."""


@dataclass(frozen=True)
class Dated:
    """Names of one kind, among the facts whose keys begin with `kind`."""

    kind: str

    def note(self, facts: Facts, names: Iterable[str], now: datetime) -> None:
        """Remember names, in the transaction that is open; those of more than a day ago are forgotten."""
        rows = {self._key(format_time(now), name): b"" for name in names}
        if rows:
            facts.delete_between(self._key("", ""), self._key(format_time(now - KEPT), ""))
            facts.put(rows)

    def since(self, facts: Facts, time: str) -> frozenset[str]:
        """The names that were noted at this time or later."""
        head = len(self._key(time, ""))
        return frozenset(key[head:] for key in facts.between(self._key(time, ""), f"{self.kind} ~"))

    def _key(self, time: str, name: str) -> str:
        return f"{self.kind} {time}{name}"
