"""Retries of one request: a bounded number of tries, and waits that grow and differ between threads."""

from collections.abc import Callable

from idsync.errors import SourceUnreachable

TRIES = 5
"""Tries of a request whose connection breaks off or that the server fails."""

CONNECTION_TRIES = 3
"""Tries while the host cannot be reached at all: a wrong name should be reported soon."""

THROTTLES = 30
"""Tries of a request that is refused for its rate."""

LONGEST_WAIT = 15 * 60.0
"""Seconds that one request may wait in all, for its turn and between tries."""

Pause = Callable[[float], None]
"""Sleeps so many seconds; raises when the work is given up meanwhile."""


class Retries:
    """The tries and waits of one request."""

    def __init__(self, pause: Pause, random: Callable[[], float]) -> None:
        """`random` gives numbers from 0 up to 1."""
        self._pause = pause
        self._random = random
        self._waited = 0.0
        self.failures = 0
        self.throttles = 0

    @property
    def attempts(self) -> int:
        """The tries that failed so far."""
        return self.failures + self.throttles

    def wait(self, seconds: float) -> None:
        """Sleep; raises SourceUnreachable when the request has waited long enough."""
        self._waited += seconds
        if self._waited > LONGEST_WAIT:
            raise SourceUnreachable(
                f"One request to Okta waited for more than {LONGEST_WAIT / 60:.0f} minutes.",
                why="The organization's rate limit leaves no room: others use it up, or the share is small.",
                fix="Raise rate_limit_share, raise the token's rate limit in Okta, or try again when less is going on.",
            )
        self._pause(seconds)

    def after_failure(self, tries: int = TRIES) -> bool:
        """Wait before another try, or return False when there is none left."""
        self.failures += 1
        if self.failures >= tries:
            return False
        self.wait(2.0 ** (self.failures - 1) * (0.75 + 0.5 * self._random()))
        return True

    def after_throttle(self, least: float, most: float) -> bool:
        """Wait between `least` and `most` seconds before another try, or return False when there is none left."""
        self.throttles += 1
        if self.throttles >= THROTTLES:
            return False
        self.wait(least + (most - least) * self._random())
        return True
