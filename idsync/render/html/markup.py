"""Words of a view as HTML: every text escaped, every cell marked as what it is, and names apart from the text around.

Attributes stand in single quotes: rows are also written as JSON, which would escape the others.

Names stand in `bdi`, so that one written from right to left moves nothing but itself.
"""

from html import escape

from idsync.render.links import Links
from idsync.render.view.cells import (
    AppName,
    Cell,
    Code,
    Command,
    ListName,
    Person,
    Place,
    Role,
    Said,
    Time,
    Trait,
    Value,
    Words,
    plain,
)
from idsync.render.view.view import Effect, Entry, Symbol

_KINDS: dict[Symbol, str] = {"+": "gain", "-": "lose", "~": "keep", "!": "warn", " ": ""}
"""The classes by which the sheet puts a sign, and its word for who cannot see it, before an element."""


class Markup:
    """Writes words with the links that are known."""

    def __init__(self, links: Links) -> None:
        self._links = links

    def words(self, words: Words) -> str:
        """Words one after the other."""
        return "".join(map(self.cell, words))

    def cell(self, cell: str | Cell) -> str:
        """Our own text escaped; everything else in an element of its own."""
        match cell:
            case str() | Said():
                return escape(plain(cell))
            case Person() | ListName():
                return f"<b><bdi>{escape(plain(cell))}</bdi></b>"
            case Place():
                return self._place(cell)
            case Time(at=at):
                return f"<time>{escape(plain(Value(at)))}</time>"
            case Command():
                return f"<code class='command'>{escape(plain(cell))}</code>"
            case Role() | AppName() | Trait() | Code() | Value():
                return f"<code>{escape(plain(cell))}</code>"
            case _:
                return f"<bdi>{escape(plain(cell))}</bdi>"

    def entry(self, entry: Entry, element: str = "li") -> str:
        """An entry with what is said under it."""
        details = "".join(self.entry(detail) for detail in entry.details)
        inner = self.words(entry.words) + self.note(entry.note) + (f"<ul>{details}</ul>" if details else "")
        return f"<{element}{kind(entry.symbol, entry.effect)}>{inner}</{element}>"

    def note(self, note: Words) -> str:
        """Why, in small letters."""
        return f" <small>{self.words(note)}</small>" if note else ""

    def _place(self, place: Place) -> str:
        where = f"<code>{escape(plain(Place(place.file, place.line)))}</code>"
        if to := self._links.to(place):
            where = f"<a href='{escape(to)}'>{where}</a>"
        return f"{where} (<bdi>{escape(plain(Said(place.rule)))}</bdi>)" if place.rule else where


def kind(symbol: Symbol, effect: Effect = "") -> str:
    """The class of an element that says something with this symbol, and what that does to people."""
    name = f"{_KINDS[symbol]} {effect}".strip()
    return f" class='{name}'" if name else ""
