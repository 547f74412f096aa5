"""The file that a connection has open, which others may take away, or put another in place of, while it is used.

The system lets a program write on to a file that nobody else can find any more: what it then stores is lost.
"""

import os
from pathlib import Path

from idsync.errors import StoreAway
from idsync.stores.tables.last_seen import replaced

_Identity = tuple[int, int]


class OpenedFile:
    """The file at `path` as it is now, just opened, and the log beside it, once there is one."""

    def __init__(self, path: Path) -> None:
        self._path = str(path.absolute())
        self._label = str(path)
        self._opened = _identity(self._path)
        self._log: _Identity | None = None

    def check(self) -> None:
        """Raise StoreAway where the file is not at its path, and StoreReplaced where that has another one."""
        found = _identity(self._path)
        if found is None or self._opened is None:
            raise StoreAway(
                f"The store {self._label} is not there any more.",
                why="Its file was moved or deleted while this process had it open. Nothing is written to it.",
                fix="Put it back, and all goes on. Else end what has it open, restore a backup, and start again.",
                place=self._label,
            )
        if found != self._opened:
            raise replaced(self._label, "At its path is another file.")

    def check_log(self) -> None:
        """Raise StoreReplaced where the log was taken away that SQLite writes to before the file itself.

        It stays as long as somebody has the file open. Call it in a transaction: SQLite has opened the log by then.
        """
        found = _identity(self._path + "-wal")
        if self._log is None:
            self._log = found
        elif found != self._log:
            raise replaced(self._label, f"The log beside it, {self._label}-wal, was taken away.")


def _identity(path: str) -> _Identity | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - twice in each transaction, where a Path is three times as dear
    except OSError:
        return None
    return found.st_dev, found.st_ino
