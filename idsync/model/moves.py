"""What moved upstream since a place in the source's log, told by ids alone: what became of it is then read."""

import msgspec

from idsync.model.extent import Extent


class Moves(msgspec.Struct, frozen=True):
    """People, and groups and apps as such, that an event named; and pairs of a list and somebody who joined or left.

    `cursor` is the place in the log from which to go on. `behind` says that the log has more than was read, `stuck`
    that it names no way past its last page, and `lost` that it does not know the place any more from which to go on, so
    that what happened since is in no log. Of events that the next look finds again, `events` tells them apart. `alone`
    are people of whom each event was about themselves, and named no list: nobody gets an app or a group by one. Of
    `leaving` an event says that they go, or lose an app: they are to be read before others.
    """

    cursor: str
    users: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()
    memberships: frozenset[tuple[str, str]] = frozenset()
    behind: bool = False
    stuck: bool = False
    lost: bool = False
    events: frozenset[str] = frozenset()
    alone: frozenset[str] = frozenset()
    leaving: frozenset[str] = frozenset()

    @property
    def is_empty(self) -> bool:
        """Whether nothing moved."""
        return not (self.users or self.lists or self.memberships)

    def extent(self) -> Extent:
        """Everything named, to be read again: those who joined or left a list count with the list."""
        return Extent(self.users, self.lists | {name for name, _ in self.memberships})
