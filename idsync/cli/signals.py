"""What Ctrl-C and SIGTERM do to a command: before it has begun, while it runs, and when it is over.

It imports nothing that takes time, since it has to be in place before anything that does.
"""

import os
import signal
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

INTERRUPTED = 130
TERMINATED = 143
PATIENCE = 1.0
"""Seconds after a first Ctrl-C within which another one is taken for the same."""
_TOO_EARLY = {
    signal.SIGINT: b"error: idsync was interrupted before it had begun; nothing was done.\n",
    signal.SIGTERM: b"error: idsync was told to end (SIGTERM) before it had begun; nothing was done.\n",
}


class Terminated(BaseException):
    """The process was told to end, by SIGTERM."""


class Signals:
    """The handlers of one process, and how far its command is: `starting`, `running` or `ending`."""

    def __init__(self) -> None:
        self.phase = "starting"
        self.first: int | None = None
        self._first_at = 0.0

    def install(self) -> None:
        """Handle SIGINT and SIGTERM from now on; what our parent process ignores stays ignored."""
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._arrived)

    def begin(self) -> None:
        """From now on the command unwinds when it is told to end, taking back what is under way."""
        self.phase = "running"

    def end(self) -> None:
        """The command is over: nothing that arrives now changes how it ended."""
        self.phase = "ending"

    def _arrived(self, number: int, _frame: "FrameType | None") -> None:
        if self.phase == "starting":
            _end_now(number)
        if self.phase == "running":
            self.phase, self.first, self._first_at = "ending", number, time.monotonic()
            raise KeyboardInterrupt if number == signal.SIGINT else Terminated
        # What takes everything back on the way is not disturbed, unless a person asks once more.
        asked_again = number == signal.SIGINT and self.first == signal.SIGINT
        if asked_again and time.monotonic() - self._first_at > PATIENCE:
            os._exit(INTERRUPTED)


def _end_now(number: int) -> None:
    """End the process with one line; a reader who is gone changes nothing."""
    try:
        os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, _TOO_EARLY[signal.Signals(number)])
    finally:
        os._exit(INTERRUPTED if number == signal.SIGINT else TERMINATED)
