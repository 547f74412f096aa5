"""Whom and what ticks have yet to read, in the store from the moment at which the place in the log goes past what told
of them: nothing is forgotten where the service ends meanwhile.
"""

from collections.abc import Collection, Mapping

import msgspec

from idsync.model.canonical import canonical_bytes
from idsync.stores.protocol import Facts

_TOLD = msgspec.json.Decoder(dict[str, int])


class ToRead:
    """The people, or the lists, that moved and were not read since, each with the number of what told of it last."""

    def __init__(self, facts: Facts, key: str) -> None:
        self._facts = facts
        self._key = key
        self._last = 0
        """The highest number that this process gave: none is given twice, also where nothing waited meanwhile."""

    def waiting(self) -> dict[str, int]:
        """All of them, by id."""
        known = self._facts.get(self._key)
        return {} if known is None else _TOLD.decode(known)

    def add(self, ids: Collection[str]) -> None:
        """Let these be read, in the transaction that is open."""
        if ids:
            waiting = self.waiting()
            self._last = max([self._last, *waiting.values()]) + 1
            self._keep(waiting | dict.fromkeys(ids, self._last))

    def done(self, told: Mapping[str, int]) -> None:
        """These were read, in the transaction that is open; one that was told of since then is to be read once more."""
        if told:
            self._keep(dict(self.waiting().items() - told.items()))

    def _keep(self, waiting: dict[str, int]) -> None:
        if waiting:
            self._facts.put({self._key: canonical_bytes(waiting)})
        else:
            self._facts.delete(self._key)


def people_to_read(facts: Facts, integration: str) -> ToRead:
    """The people of an integration who moved and were not read since."""
    return ToRead(facts, f"people_to_read/{integration}")


def lists_to_read(facts: Facts, integration: str) -> ToRead:
    """The lists of an integration that moved and were not read since."""
    return ToRead(facts, f"lists_to_read/{integration}")
