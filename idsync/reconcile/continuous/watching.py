"""What a tick reads, judged before absence in it means that somebody or something is gone."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol, runtime_checkable

from idsync.config.settings import Settings
from idsync.model.extent import Extent, Reading
from idsync.model.moves import Moves
from idsync.stores.protocol import Upstream
from idsync.targets.protocol import DirectoryReader

MOST_ASKED = 300
"""People and lists that one tick asks about by themselves; of more, a full pass is cheaper."""


@runtime_checkable
class LogSource(Protocol):
    """A source with a log of what moved."""

    def moves(self, cursor: str | None, begun: datetime, seen: Collection[str] = ()) -> Moves:
        """What moved since `cursor`, or since `begun` where there is none yet; events that were `seen` name nobody.

        Raises AuthorizationError where the log may not be read, and SourceError.
        """


def is_too_much(extent: Extent, waiting: int = 0) -> bool:
    """Whether so much moved, beside what is `waiting` to be read, that everything is better read."""
    return waiting + len(extent.users or ()) + len(extent.lists or ()) > MOST_ASKED


def crosses_a_limit(
    settings: Settings, reading: Reading, upstream: Upstream, target: DirectoryReader, before: int = 0
) -> bool:
    """Whether a part of the organization has lost more than may go missing between two readings, with so many people
    `before` of whom facts know already that they are gone.
    """
    limit, extent = settings.limits.source_shrink, reading.extent
    left = {row.id for row in reading.snapshot.left_as_is}
    gone = before + len(gone_from(reading, upstream))
    if gone > limit.limit(target.counts(settings.integration.org_url).people):
        return True
    now = _sizes(reading)
    for name in (extent.lists or frozenset()) - left:
        had = len(upstream.members([name]))
        if had - now.get(name, 0) > limit.limit(had):
            return True
    return False


def gone_from(reading: Reading, upstream: Upstream) -> frozenset[str]:
    """The people whom facts have, and a reading of them has not."""
    there = {row.id for row in reading.snapshot.left_as_is}.union(user.id for user in reading.snapshot.users)
    known = upstream.without_lists(reading.extent.users or frozenset()).users
    return frozenset(user.id for user in known if user.id not in there)


def _sizes(reading: Reading) -> Mapping[str, int]:
    sizes = {group.id: len(group.member_ids()) for group in reading.snapshot.groups}
    sizes.update((app.id, len(app.user_ids())) for app in reading.snapshot.apps)
    return sizes
