"""Interned names: every name of a user or a member has one small number, for good."""

from collections.abc import Collection, Iterable
from operator import itemgetter

from idsync.errors import StoreError
from idsync.model.names import is_text
from idsync.stores.tables.connection import Connection, FirstQuestion, Listed, Question, Row, Value
from idsync.stores.tables.statements import Statement, Statements

_SQL = Statements("members.sql")
_MANY = 5_000
_MOST_KNOWN = 50_000
"""So many numbers are known from one transaction to the next: a service lives long, and sees everybody some day."""


def asked(names: Iterable[str]) -> Listed:
    """Names as the one value that statements unfold into rows, however many they are; raises StoreError."""
    listed = Listed(names)
    check_text(listed)
    return listed


def about(statement: Statement, names: Iterable[str], *before: Value) -> Question:
    """A query whose last value is these names. Raises StoreError."""
    return Question(statement, (*before, asked(names)))


def rows_about(connection: Connection, statement: Statement, names: Iterable[str], *before: Value) -> list[Row]:
    """The rows of a query whose last value is these names; a database is not asked about none. Raises StoreError."""
    listed = asked(names)
    return connection.rows(statement, (*before, listed)) if listed else []


def check_text(names: Iterable[str]) -> None:
    """Raise StoreError where a name cannot be kept in every database."""
    # SQLite ends a text that it unfolds at a NUL, and would find another name; PostgreSQL refuses it.
    if not is_text("".join(names)):
        raise StoreError(
            "A name holds characters that are not text.",
            why="NUL and halves of surrogate pairs cannot be kept.",
            fix="Rename what is called so.",
        )


class Names:
    """Numbers of names. New ones wait in memory until something is read, or the transaction ends."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._numbers: dict[str, int] = {}
        self._waiting: list[tuple[int, str]] = []
        self._expected: list[str] = []
        self._last: int | None = None
        self._knows_all = False
        self._looked_up = 0
        self._absent: set[str] = set()
        connection.asked_first.append(FirstQuestion(_SQL["last_name_id"], self._note_last))
        connection.before_commit.append(self.flush)
        connection.after_commit.append(self._forget_others)
        connection.after_rollback.append(self._forget)

    def expect(self, name: str) -> None:
        """This name will be asked for before the transaction ends: it is learned together with the next unknown one."""
        self._expected.append(name)

    def numbers(self, names: Collection[str]) -> list[int]:
        """The number of each name, new ones being given; needs a transaction."""
        try:
            return self._known(names)
        except KeyError:
            expected, self._expected = self._expected, []
            self._learn([name for name in dict.fromkeys([*expected, *names]) if name not in self._numbers])
            return self._known(names)

    def _known(self, names: Collection[str]) -> list[int]:
        """The numbers of names of which all are known; raises KeyError."""
        if len(names) < 2:
            return [self._numbers[name] for name in names]
        return list(itemgetter(*names)(self._numbers))

    def find(self, names: Collection[str]) -> list[int]:
        """The numbers of those of these names that have one."""
        if not self._connection.is_only_writer or len(names) > _MANY:
            return [number for _, number in rows_about(self._connection, _SQL["names_of"], names)]
        self._ask([name for name in names if name not in self._numbers])
        return [self._numbers[name] for name in names if name in self._numbers]

    def questions(self, names: Collection[str]) -> list[Question]:
        """What is asked for the numbers of these names."""
        return [about(_SQL["names_of"], [name for name in names if name not in self._numbers])]

    def unwritten(self) -> set[int]:
        """The numbers that were given and are not written yet: nothing bears them."""
        return {number for number, _ in self._waiting}

    def by_number(self) -> dict[int, str]:
        """Every name, by its number."""
        self.flush()
        return dict(self._connection.rows(_SQL["names"]))

    def flush(self) -> None:
        """Write the names that wait."""
        if self._waiting:
            # Sorted, since an index is filled fastest in its own order.
            rows = sorted(self._waiting, key=itemgetter(1))
            self._waiting.clear()
            self._connection.run_many(_SQL["add_name"], rows)

    def _note_last(self, rows: list[Row]) -> int:
        last = int(rows[0][0])
        self._last, self._knows_all = last, last == 0
        return last

    def _learn(self, missing: list[str]) -> None:
        check_text(missing)
        if self._last is None:
            self._last = self._note_last(self._connection.rows(_SQL["last_name_id"]))
        if not self._knows_all:
            self._look_up(missing)
        for name in missing:
            if name not in self._numbers:
                self._last += 1
                self._numbers[name] = self._last
                self._waiting.append((self._last, name))

    def _look_up(self, missing: list[str]) -> None:
        """Learn the numbers of names that others gave: of these or, when many were asked for, of all."""
        self._looked_up += len(missing)
        if self._looked_up > _MANY:
            self._numbers.update((name, number) for number, name in self.by_number().items())
            self._knows_all = True
        else:
            self._ask(missing)

    def _ask(self, missing: list[str]) -> None:
        """Learn the numbers of these names; who has none is remembered, since nobody else gives numbers meanwhile."""
        unknown = [name for name in missing if name not in self._absent]
        self._numbers.update(rows_about(self._connection, _SQL["names_of"], unknown))
        self._absent.update(name for name in unknown if name not in self._numbers)

    def _forget_others(self) -> None:
        """Between transactions another process may give numbers; those that were given stay."""
        self._expected.clear()
        self._last = None
        self._knows_all = False
        self._looked_up = 0
        self._absent.clear()
        if len(self._numbers) > _MOST_KNOWN:
            self._numbers.clear()

    def _forget(self) -> None:
        self._numbers.clear()
        self._waiting.clear()
        self._forget_others()
