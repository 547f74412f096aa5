"""People who are new here and are pushed at one time: all are taken, and then planned and applied as one."""

from collections.abc import Set

from idsync.model.extent import Extent


class Together:
    """What the pushes of one commit left to be planned at its end.

    `is_plain` says whether that comes to what it would come to one after the other: where each is about another person.
    """

    def __init__(self) -> None:
        self.moved = Extent(frozenset(), frozenset())
        self.is_plain = True

    def add(self, moved: Extent, people: Set[str]) -> None:
        """Leave it to the end to plan what a push of these people, by Okta id, moved."""
        self.is_plain = self.is_plain and (self.moved.users or frozenset()).isdisjoint(people)
        self.moved |= moved | Extent(frozenset(people), frozenset())
