"""Where a connection saw the journal end last: a store that does not go on from there was restored from a backup.

What is remembered of one store, such as the numbers of names, may mean somebody else in another one.
"""

from collections.abc import Callable

from idsync.errors import StoreReplaced

End = tuple[int, bytes]
"""The place of the journal's last entry, and the chain up to it."""


class LastSeen:
    """The end of the journal as it was committed when this connection looked last; `label` names the database."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._end: End | None = None

    def check(self, end: End, chain_at: Callable[[int], bytes | None]) -> None:
        """Take note of the end as it is now. Raises StoreReplaced where it does not go on from the one seen last.

        `chain_at` says the chain up to an earlier entry.
        """
        before = self._end
        if before is not None and before != end:
            goes_on = before[0] < end[0] and (before[0] == 0 or chain_at(before[0]) == before[1])
            if not goes_on:
                raise replaced(
                    self._label, f"Its journal ends at entry {end[0]}, and does not go on from entry {before[0]}."
                )
        self._end = end

    def wrote(self, end: End) -> None:
        """This connection committed up to there."""
        self._end = end


def replaced(label: str, why: str) -> StoreReplaced:
    """That the store is another one by now than this process has written to."""
    return StoreReplaced(
        f"The store {label} is not the one any more that this process has written to.",
        why=f"{why} It was replaced, or restored from a backup, in the meantime. Nothing is written to it.",
        fix="Start again: what is there now is read then. `idsync history --verify` says whether it is whole.",
        place=label,
    )
