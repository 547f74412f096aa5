"""How many rows a page may have: fewer once the server has failed a larger one, for the rest of the reading.

A page that is too large for Okta fails with a 500, a 504 or a timeout. A passing failure looks the same, so a size that
failed is asked for once more after a while. When it fails again, it is not asked for again.
"""

import math
import threading
from typing import Literal

Listing = Literal["apps", "pool", "app users", "app groups", "groups", "members", "users", "log", "push mappings"]
"""The kinds of listings; their rows differ in size and in what they cost the server."""

ADVISED = 200
"""The rows that Okta advises and every listing allows. For some more are documented, which it may fail or refuse."""

SMALLEST = 20
"""The fewest rows that every listing allows to ask for."""

_SECOND_TRY = 50
"""So many pages in a row of the size that is served, and the next larger size is asked for once more."""


def smaller(size: float) -> int:
    """The size to ask for when `size` rows were too many: what Okta advises, and then half as many each time."""
    if size > ADVISED:
        return ADVISED
    return max(int(size) // 2, min(int(size), SMALLEST))


class PageSizes:
    """The largest page that is served of each kind of listing. Safe to use from several threads."""

    def __init__(self) -> None:
        self._learned: dict[Listing, _Learned] = {}
        self._lock = threading.Lock()

    def largest(self, listing: Listing) -> float:
        """The rows that a page may have; any number as long as none has failed."""
        learned = self._learned.get(listing)
        return math.inf if learned is None else learned.largest

    def failed(self, listing: Listing, size: float) -> None:
        """Learn that a page of at most `size` rows was too large, or seemed so."""
        with self._lock:
            if size <= self.largest(listing):  # else another thread has learned it meanwhile
                self._learned.setdefault(listing, _Learned()).failed(size)

    def served(self, listing: Listing, size: float) -> None:
        """Learn that a page of at most `size` rows was answered."""
        learned = self._learned.get(listing)
        if learned is not None and size == learned.largest:
            with self._lock:
                learned.served()


class _Learned:
    """What is known of one kind of listing, once a page of it has failed."""

    def __init__(self) -> None:
        self.largest = math.inf
        self._failed_once: list[float] = []
        self._pages = 0
        self._is_second_try = False

    def failed(self, size: float) -> None:
        if self._is_second_try:
            self._failed_once.clear()  # the larger ones fail as well
        else:
            self._failed_once.append(size)
        self._is_second_try = False
        self.largest = smaller(size)
        self._pages = 0

    def served(self) -> None:
        self._pages += 1
        if self._pages >= _SECOND_TRY and self._failed_once:
            self.largest = self._failed_once.pop()
            self._is_second_try = True
            self._pages = 0
