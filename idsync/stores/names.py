"""Interned names: every name of a user or a member has one small number, for good."""

from collections.abc import Collection, Iterable

import msgspec

from idsync.errors import StoreError
from idsync.model.names import is_text
from idsync.stores.connection import Connection
from idsync.stores.statements import load_statements

_SQL = load_statements("members.sql")


def asked(names: Iterable[str]) -> str:
    """Names as the one value that statements unfold with `json_each`, however many they are; raises StoreError."""
    listed = list(names)
    _check_text(listed)
    return msgspec.json.encode(listed).decode()


def _check_text(names: Iterable[str]) -> None:
    # SQLite ends a text that it unfolds at a NUL, and would find another name.
    if not is_text("".join(names)):
        raise StoreError(
            "A name holds characters that are no text.",
            why="NUL and halves of surrogate pairs cannot be kept.",
            fix="Rename what is called so.",
        )


class Names:
    """Numbers of names; what was learned once is kept until a transaction is undone."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._numbers: dict[str, int] = {}
        connection.after_rollback.append(self._numbers.clear)

    def numbers(self, names: Collection[str]) -> list[int]:
        """The number of each name, new ones being given; needs a transaction."""
        try:
            return list(map(self._numbers.__getitem__, names))
        except KeyError:
            self._learn([name for name in names if name not in self._numbers])
            return list(map(self._numbers.__getitem__, names))

    def by_number(self) -> dict[int, str]:
        """Every name, by its number."""
        return dict(self._connection.rows(_SQL["names"]))

    def _learn(self, missing: list[str]) -> None:
        _check_text(missing)
        (last,) = self._connection.row(_SQL["last_name_id"]) or (0,)
        if last:
            self._numbers.update(self._connection.rows(_SQL["names_of"], (asked(missing),)))
        # Sorted, since an index is filled fastest in its own order.
        new = sorted({name for name in missing if name not in self._numbers})
        numbered = list(enumerate(new, last + 1))
        self._connection.run_many(_SQL["add_name"], numbered)
        self._numbers.update((name, number) for number, name in numbered)
