"""Progress on stderr: a bar on a terminal for what takes over a second, now and then a plain line elsewhere.

Of several parts that are under way together only those that moved are shown, each in its turn.
"""

import json
import shutil
import sys
import threading
import time
from collections.abc import Callable
from typing import TextIO

from idsync.cli.console import Console, write_if_possible
from idsync.sources.protocol import Wait

PATIENCE = 1.0
"""Seconds before a terminal shows a bar."""
LINE_EVERY = 15.0
"""Seconds between plain lines where there is no terminal."""
REDRAW_EVERY = 0.1
TURN = 1.0
"""Seconds that a part keeps the bar while others move too."""
_WIDTH = 24


class ProgressDisplay:
    """Shows how far a run is. Call it as a `Progress`; it may be called from several threads."""

    def __init__(
        self, console: Console, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._console = console
        self._stream = sys.stderr if stream is None else stream
        self._clock = clock
        self._on_terminal = self._stream.isatty() and not console.json_log
        self._began = self._shown = self._turned = clock()
        self._part = ""
        self._told: dict[str, tuple[int, int]] = {}
        self._moved: dict[str, tuple[int, int]] = {}
        self._drawn = 0
        self._lock = threading.Lock()

    def __call__(self, subject: str | Wait, done: int, total: int) -> None:
        """Tell what is under way, how much is done and how much there is (0 when unknown)."""
        if self._console.quiet:
            return
        what = str(subject)
        with self._lock:
            if self._told.get(what) == (done, total):
                self._moved.pop(what, None)
            else:
                self._moved[what] = done, total
            now = self._clock()
            if self._moved and self._is_due(now):
                self._show(now)

    def _is_due(self, now: float) -> bool:
        if self._on_terminal:
            return now - self._began >= PATIENCE and now - self._shown >= REDRAW_EVERY
        return now - self._shown >= LINE_EVERY

    def _show(self, now: float) -> None:
        """Show the part that has the bar, while its turn lasts, or else the one that moved and has waited longest."""
        if not (self._on_terminal and self._part in self._moved and now - self._turned < TURN):
            self._part, self._turned = next(iter(self._moved)), now
        self._shown = now
        self._told[self._part] = done, total = self._moved.pop(self._part)
        show = self._draw if self._on_terminal else self._line
        show(self._part, done, total)

    def clear(self) -> None:
        """Take the bar away; what follows starts on a clean line."""
        with self._lock:
            if self._drawn:
                write_if_possible(self._stream, "\r" + " " * self._drawn + "\r")
                self._drawn = 0

    def __enter__(self) -> "ProgressDisplay":
        return self

    def __exit__(self, *_error: object) -> None:
        self.clear()

    def _draw(self, what: str, done: int, total: int) -> None:
        columns = shutil.get_terminal_size().columns - 1  # a line that breaks cannot be taken away again
        line = f"{_bar(done, total)} {_words(what, done, total)}"[:columns]
        write_if_possible(self._stream, "\r" + line.ljust(self._drawn))
        self._drawn = len(line)

    def _line(self, what: str, done: int, total: int) -> None:
        if self._console.json_log:
            line = json.dumps({"level": "info", "message": what, "done": done, "total": total})
        else:
            line = _words(what, done, total)
        write_if_possible(self._stream, line + "\n")


def _bar(done: int, total: int) -> str:
    filled = min(_WIDTH, _WIDTH * done // total) if total else 0
    return "[" + "#" * filled + "." * (_WIDTH - filled) + "]"


def _words(what: str, done: int, total: int) -> str:
    return f"{what}: {done:,} of {total:,}" if total else f"{what}: {done:,}"
