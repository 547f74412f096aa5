"""How many rows a page may have: fewer where the server failed larger ones, slowly more again."""

import math
import threading

_GROWTH = 50
"""So many pages in a row of the size that is served let the next one be twice as large."""


class PageSizes:
    """The largest page that is served in each bucket, learned once for all listings of a reading."""

    def __init__(self) -> None:
        self._largest: dict[str, float] = {}
        self._calm: dict[str, int] = {}
        self._lock = threading.Lock()

    def largest(self, bucket: str) -> float:
        """The rows that a page may have; any number as long as none has failed."""
        return self._largest.get(bucket, math.inf)

    def served(self, bucket: str, size: float, asked: float) -> None:
        """Learn that a page of `size` rows was answered, where `asked` had been asked for at first."""
        with self._lock:
            largest = self.largest(bucket)
            if size < asked:
                self._largest[bucket] = min(size, largest)
                self._calm[bucket] = 0
            elif size == largest < math.inf:
                self._calm[bucket] += 1
                if self._calm[bucket] >= _GROWTH:
                    self._largest[bucket] = 2 * largest
                    self._calm[bucket] = 0
