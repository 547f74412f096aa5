"""What was pushed over SCIM, as a source: the store's upstream facts, since nobody else tells of people."""

from collections.abc import Callable, Collection

from idsync.errors import SourceUnreachable
from idsync.model.extent import EVERYTHING, Extent, Reading, cut
from idsync.model.identity import Snapshot
from idsync.model.measures import Measures
from idsync.sources.protocol import NOTHING_MEASURED, Catalogue, ListedApp, ListedGroup


class PushedSource:
    """Reads facts with `known`, which answers None before the first push."""

    def __init__(self, known: Callable[[], Snapshot | None]) -> None:
        self._known = known

    def read(
        self, extent: Extent = EVERYTHING, known: Collection[str] = (), before: Measures = NOTHING_MEASURED
    ) -> Reading:
        """What is known of an extent. Raises SourceUnreachable before the first push."""
        del known, before  # what became of people who are not pushed nobody says, and nobody can be asked once more
        return Reading(cut(self._facts(), extent), extent)

    def catalogue(self) -> Catalogue:
        """The groups that were pushed."""
        facts = self._facts()
        groups = tuple(sorted(ListedGroup(group.id, group.name, group.type) for group in facts.groups))
        apps = tuple(sorted(ListedApp(app.id, app.label, app.status) for app in facts.apps))
        return Catalogue(groups, apps)

    def _facts(self) -> Snapshot:
        facts = self._known()
        if facts is None:
            raise SourceUnreachable(
                "Nothing was pushed yet.",
                why="The source is SCIM, and Okta has not sent anybody to this store.",
                fix="Run `idsync serve`, make a token with `idsync scim token create`, and let Okta push.",
            )
        return facts
