"""What planning asks of a source: one consistent reading, and the names of what there is."""

from collections.abc import Callable, Collection, Mapping
from typing import Literal, NamedTuple, Protocol

import msgspec

from idsync.model.extent import EVERYTHING, Extent, Reading
from idsync.model.identity import IdentityApp, IdentityGroup, IdentityUser
from idsync.model.measures import Measures

NOTHING_MEASURED = Measures()


class Wait(NamedTuple):
    """Requests wait until a bucket of the source has room again; as a text it says so to people."""

    bucket: str

    def __str__(self) -> str:
        return f"seconds to wait for Okta's rate limit ({self.bucket})"


Progress = Callable[[str | Wait, int, int], None]
"""Called with what is being read, how much of it is and how much there is (0 when unknown); and, for each `Wait`, with
how many seconds more it takes, 0 once it is over.
"""


def silent(what: str | Wait, done: int, total: int) -> None:
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


ListingKind = Literal["people", "groups", "apps"]
"""A listing without members: everybody who has the app, the groups and the apps that are wanted."""


class ListedPage(msgspec.Struct, frozen=True):
    """A page of a listing: its rows, without members, and the ids of those that exist and cannot be read.

    With `nameless`, a row has no id that can be read, and may be about anybody, or any list, that is not listed.
    """

    rows: tuple[IdentityUser | IdentityGroup | IdentityApp, ...]
    odd: frozenset[str] = frozenset()
    nameless: bool = False


class ChangedPage(msgspec.Struct, frozen=True):
    """Users, and when each was changed, as the source writes it. `at` is the source's time when it was asked."""

    users: Mapping[str, str]
    at: str
