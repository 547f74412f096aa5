"""One reading for several plans: what they are to differ in is the configuration alone."""

from collections.abc import Callable, Collection

from idsync.model.extent import EVERYTHING, Extent, Reading
from idsync.model.measures import Measures
from idsync.reconcile.merging import Begun
from idsync.sources.protocol import NOTHING_MEASURED, Progress, Source


class OneReading:
    """A source that is read when it is first asked, and says the same from then on."""

    def __init__(self, open_source: Callable[[Progress], Source], begun: Begun) -> None:
        """`begun` is when the reading is taken to begin: what was pushed after that is newer."""
        self._open = open_source
        self._source: Source | None = None
        self._reading: Reading | None = None
        self.begun = begun

    def source(self, progress: Progress) -> "OneReading":
        """This source, which tells how far its reading is."""
        if self._source is None:
            self._source = self._open(progress)
        return self

    def read(
        self, extent: Extent = EVERYTHING, known: Collection[str] = (), before: Measures = NOTHING_MEASURED
    ) -> Reading:
        """The reading. Raises what the source raises."""
        if self._reading is None:
            assert self._source is not None  # noqa: S101 - a source is opened before it is read
            self._reading = self._source.read(extent, known, before)
        return self._reading
