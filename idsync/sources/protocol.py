"""What planning asks of a source: one consistent reading, and the names of what there is."""

from collections.abc import Callable, Collection
from typing import Protocol

import msgspec

from idsync.model.extent import EVERYTHING, Extent, Reading
from idsync.model.measures import Measures

NOTHING_MEASURED = Measures()
Progress = Callable[[str, int, int], None]
"""Called with what is being read, how much of it is and how much there is (0 when unknown)."""


def silent(what: str, done: int, total: int) -> None:
    """Show no progress."""


class Source(Protocol):
    """Where identities come from."""

    def read(
        self, extent: Extent = EVERYTHING, known: Collection[str] = (), before: Measures = NOTHING_MEASURED
    ) -> Reading:
        """One reading of an extent; of `known` Okta ids who lack the app it says, if it can, what became of them.

        Groups and apps that had a crowd in the reading `before`, and are empty or gone, are asked about once more.
        Raises AuthenticationError, AuthorizationError or SourceError; a part that failed is never "none".
        """


class ListedGroup(msgspec.Struct, frozen=True, order=True):
    """A group as a listing shows it."""

    id: str
    name: str
    type: str


class ListedApp(msgspec.Struct, frozen=True, order=True):
    """An app as a listing shows it."""

    id: str
    label: str
    status: str


class Catalogue(msgspec.Struct, frozen=True):
    """All groups and apps there are, by id, whatever the filters say."""

    groups: tuple[ListedGroup, ...]
    apps: tuple[ListedApp, ...]
