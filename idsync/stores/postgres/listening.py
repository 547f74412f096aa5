"""Waiting for a word of other processes on one database: LISTEN, on a connection of its own.

Behind a pooler that gives each transaction to another server process nobody can listen; words are sent all the same.
"""

from collections.abc import Callable
from threading import Event

import psycopg

from idsync.errors import StoreError
from idsync.stores.postgres.address import label_of, parameters_of
from idsync.stores.postgres.explanations import refused
from idsync.stores.postgres.prepared import is_pooled
from idsync.stores.tables.connection import Row

CHANNEL = "idsync"
_LOOK_SECONDS = 1.0
_AGAIN_SECONDS = 5.0


def listen(url: str, called: Callable[[], None], ends: Event) -> bool:
    """Call `called` for each word, until `ends` is set; False, at once, where nobody can listen.

    A connection that broke is made again. Then, and at first, it is called for what nobody heard meanwhile.
    """
    while not ends.is_set():
        try:
            with _connected(url) as raw:
                if is_pooled(raw):
                    return False
                raw.execute(f"LISTEN {CHANNEL}")
                called()
                while not ends.is_set():
                    for _ in raw.notifies(timeout=_LOOK_SECONDS, stop_after=1):
                        called()
        except (psycopg.Error, StoreError):
            ends.wait(_AGAIN_SECONDS)
    return True


def _connected(url: str) -> psycopg.Connection[Row]:
    try:
        return psycopg.connect(**parameters_of(url), autocommit=True, prepare_threshold=None)  # type: ignore[arg-type]
    except psycopg.Error as error:
        raise refused(error, label_of(url)) from error
