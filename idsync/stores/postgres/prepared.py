"""Statements that a session has prepared: the server reads and plans them once, and not each time that they run.

Only who speaks to one server process the whole time can prepare anything. A pooler that gives each transaction to
another one greets for itself, and is known by that.
"""

import time
from typing import Any, cast

import psycopg

from idsync.stores.tables.connection import Row

_WORTH_IT = 3
"""A statement is prepared when it runs for this many times: most commands run each of theirs less often."""
_MOST = 500
"""So many statements are prepared at most."""
_PLANS_SECONDS = 60.0
"""So long a plan serves. One that was made for a table of few rows reads all of it, also when it is long by now."""
_CAN_BE = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")


def is_pooled(raw: psycopg.Connection[Row]) -> bool:
    """Whether the process that answers is another than the one that greeted: a pooler greets for itself."""
    (answers,) = raw.execute("SELECT pg_backend_pid()").fetchone() or (0,)
    return bool(answers != raw.info.backend_pid)


class Prepared:
    """What is prepared in the session of one connection."""

    def __init__(self, raw: psycopg.Connection[Row]) -> None:
        self._raw = raw
        self._is_possible: bool | None = None
        """Not known before the first statement is worth it."""
        self._uses: dict[str, int] = {}
        self._names: dict[str, str] = {}
        """By statement."""
        self._waiting: list[str] = []
        """What is to be said before these names are called."""
        self._planned = time.monotonic()

    def name(self, sql: str) -> str | None:
        """The name to call a statement by, once `prepare` was called; None for one that is to be written out."""
        name = self._names.get(sql)
        if name is None and self._is_worth_it(sql):
            name = self._names[sql] = f"idsync_{len(self._names)}"
            self._waiting.append(f"PREPARE {name} AS {sql}")
        return name

    def _is_worth_it(self, sql: str) -> bool:
        if self._is_possible is False or not sql.startswith(_CAN_BE) or ";" in sql:
            return False
        uses = self._uses.get(sql, 0) + 1
        if uses == 1 and len(self._uses) >= _MOST:
            return False
        self._uses[sql] = uses
        if uses < _WORTH_IT:
            return False
        if self._is_possible is None:
            self._is_possible = not is_pooled(self._raw)
        return self._is_possible

    def prepare(self) -> None:
        """Prepare what was named since, in an exchange of its own, which is rarely needed. Raises psycopg.Error."""
        if self._names and time.monotonic() - self._planned > _PLANS_SECONDS:
            self._planned = time.monotonic()
            self._waiting.append("DISCARD PLANS")
        if self._waiting:
            try:
                self._raw.execute(cast(Any, ";\n".join(self._waiting)))
            except BaseException:  # nobody knows how far it came
                self._names.clear()
                self._waiting = ["DEALLOCATE ALL"]
                raise
            self._waiting = []

    def lost(self) -> None:
        """What was prepared is not there: something stands between that gives this session to others as well."""
        self._is_possible = False
        self._names.clear()
        self._waiting.clear()
