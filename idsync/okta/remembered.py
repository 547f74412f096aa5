"""What one process remembers of an organization from one reading to the next, so that nothing of it is learned twice.

That is how much of each of Okta's buckets is left, the pages that it serves, and access tokens, which live an hour.
"""

import threading
from collections.abc import Callable, Hashable

from idsync.model.okta_access import Allowance
from idsync.okta.page_size import PageSizes
from idsync.okta.rate_limit import Clock, RateLimits
from idsync.okta.token_state import TokenState


class Remembered:
    """Shared by every reading of a process; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rate_limits: dict[tuple[str, int], RateLimits] = {}
        self._pages: dict[str, PageSizes] = {}
        self._tokens: dict[Hashable, TokenState] = {}
        self._under_way: set[Callable[[], None]] = set()
        self._is_over = False

    def rate_limits(self, org_url: str, share: int, clock: Clock, concurrency: int) -> RateLimits:
        """The limits of an organization, of which `share` percent may be used; `clock` never goes back."""
        with self._lock:
            known = self._rate_limits.get((org_url, share))
            if known is None:
                known = self._rate_limits[org_url, share] = RateLimits(share, clock, concurrency)
            return known

    def page_sizes(self, org_url: str) -> PageSizes:
        """The pages that an organization serves."""
        with self._lock:
            return self._pages.setdefault(org_url, PageSizes())

    def token(self, use: Hashable, make: Callable[[], TokenState]) -> TokenState:
        """The token of one use, which is told by organization, client, key and scopes; none fetched at first."""
        with self._lock:
            known = self._tokens.get(use)
            if known is None:
                known = self._tokens[use] = make()
            return known

    @property
    def is_over(self) -> bool:
        """Whether the process ends, so that nothing more is asked."""
        return self._is_over

    def asks(self, give_up: Callable[[], None]) -> None:
        """Somebody asks an organization from now on; `give_up` ends that from any thread."""
        with self._lock:
            self._under_way.add(give_up)
            is_over = self._is_over
        if is_over:
            give_up()

    def asked(self, give_up: Callable[[], None]) -> None:
        """That is over."""
        with self._lock:
            self._under_way.discard(give_up)

    def end(self) -> None:
        """The process ends: whatever is asked breaks off with PassStopped, now and from now on."""
        with self._lock:
            self._is_over = True
            under_way = list(self._under_way)
        for give_up in under_way:
            give_up()

    def allowances(self, org_url: str, share: int) -> dict[str, Allowance]:
        """What may be asked of each bucket that has been asked, by its name."""
        with self._lock:
            known = self._rate_limits.get((org_url, share))
        return {} if known is None else known.allowances()
