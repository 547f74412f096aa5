"""Pages and objects of which some row cannot be read: read row by row, so that one odd row stays one."""

from collections.abc import Callable, Mapping
from typing import Generic, NoReturn, TypeVar

import msgspec

from idsync.errors import SourceError
from idsync.model.identity import IdentityKind, LeftAsIs
from idsync.model.rows import NotRows, Row, rows_of_list
from idsync.okta.wire import AppGroup, Assignment, Member
from idsync.okta.wire import Row as HasId

R = TypeVar("R", bound=HasId)
Odd = Callable[[Row, Exception], None]
"""Is given a row that cannot be read, and what the typed reader said of it."""

_ENOUGH: Mapping[type, tuple[tuple[str, ...], ...]] = {
    Member: (("id", "status"), ("id",)),
    Assignment: (("id", "scope"),),
    AppGroup: (("id",),),
}
"""Fields that are enough where a row only says who is in a list: what else is odd about it matters elsewhere."""

_FAULTS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Page(msgspec.Struct, Generic[R], frozen=True):
    """The rows of a page, and those that cannot be read."""

    rows: list[R]
    odd: list[tuple[Row, Exception]] = []

    @property
    def length(self) -> int:
        """How many rows the server sent."""
        return len(self.rows) + len(self.odd)


class UnreadableObject(SourceError):
    """One object that Okta gave cannot be read."""

    def __init__(self, row: Row, error: Exception, what: str) -> None:
        self.row = row
        self.error = error
        said = row.left_as_is("user", error).why
        super().__init__(
            f"Okta's answer for {what} is not what it documents: it {said}.",
            why="A field that is needed is missing, or is not of its type.",
            fix="Correct it in Okta; if it is correct there, please report this.",
        )

    def left_as_is(self, kind: IdentityKind, identifier: str) -> LeftAsIs:
        """The object, of which the id is known, as a row that cannot be read."""
        return msgspec.structs.replace(self.row.left_as_is(kind, self.error), id=identifier)


def page_of(kind: type[R], body: bytes) -> Page[R]:
    """The rows of a page of which some cannot be read; raises NotRows."""
    page: Page[R] = Page([], [])
    decoder = msgspec.json.Decoder(kind)
    for row in rows_of_list(body):
        try:
            page.rows.append(decoder.decode(row.data))
        except _FAULTS as error:
            enough = _enough(kind, row)
            if enough is None:
                page.odd.append((row, error))
            else:
                page.rows.append(enough)
    return page


def refuse_object(body: bytes, error: Exception, what: str) -> NoReturn:
    """Raise UnreadableObject; NotRows where the answer is something else."""
    (row,) = rows_of_list(b"[" + body + b"]")
    if not isinstance(row.value, dict):
        raise NotRows
    raise UnreadableObject(row, error, what)


def _enough(kind: type[R], row: Row) -> R | None:
    for fields in _ENOUGH.get(kind, ()) if row.id else ():
        try:
            return msgspec.convert({name: row.value[name] for name in fields if name in row.value}, kind)
        except msgspec.ValidationError:
            continue
    return None
