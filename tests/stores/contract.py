"""The implementations of the store's protocol, and how each is opened: every test beside this file runs on all of them.

Another implementation is one line here. Its `place` is a folder of its own; opening it twice gives the same store, as
two processes would see it.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from idsync.stores.postgres.store import open_postgres
from idsync.stores.protocol import Access, Store
from idsync.stores.sqlite.store import open_store
from tests.postgres.server import server
from tests.postgres.stores import database_at


class Clock:
    """Shows what it is set to, in seconds since 1970."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Opener(Protocol):
    """Opens the store of a place to write to it, making it when it is missing."""

    def __call__(self, place: Path, clock: Callable[[], float]) -> Store: ...


def _sqlite(place: Path, clock: Callable[[], float]) -> Store:
    return open_store(place / "idsync.db", clock=clock)


def _postgres(place: Path, clock: Callable[[], float]) -> Store:
    return open_postgres(server().url(database_at(place)), Access.WRITE, clock=clock)


IMPLEMENTATIONS: dict[str, Opener] = {"sqlite": _sqlite, "postgres": _postgres}
