"""The words of a view: our own text, and cells that say what they are about, so that each format can make of them
what it needs: a field, a link, a colour.

What somebody else wrote stands in a cell as it is. `plain` makes it safe for a terminal; every other format escapes
what `plain` gives.
"""

from collections.abc import Iterable, Sequence
from typing import assert_never

import msgspec

from idsync.model.directory import Cause, ConfigCause, UpstreamCause
from idsync.render.escape_text import shown, visible
from idsync.render.phrases import named

CODE_LIMIT = 60
MESSAGE_LIMIT = 600


class Person(msgspec.Struct, frozen=True):
    """A person by name; `was` is the name before, of somebody who is renamed."""

    name: str
    was: str = ""


class ListName(msgspec.Struct, frozen=True):
    """An access list; `object` (group, app) and `source` name what it was made from, where that is known."""

    name: str
    title: str = ""
    object: str = ""
    source: str = ""


class Role(msgspec.Struct, frozen=True):
    """A role by name."""

    name: str


class AppName(msgspec.Struct, frozen=True):
    """An app by its Okta id, and what it is called."""

    name: str
    title: str = ""


class Trait(msgspec.Struct, frozen=True):
    """A trait and its value, as `name=value`."""

    name: str


class Place(msgspec.Struct, frozen=True):
    """A line of the configuration, and the rule that stands there."""

    file: str
    line: int
    rule: str = ""


class Upstream(msgspec.Struct, frozen=True):
    """A user, group or app in Okta."""

    object: str
    id: str
    name: str = ""


class Time(msgspec.Struct, frozen=True):
    """A moment, as RFC 3339 has it."""

    at: str


class Code(msgspec.Struct, frozen=True):
    """The name of a guard, a doubt or a kind of finding."""

    name: str


class Command(msgspec.Struct, frozen=True):
    """A line for a shell."""

    line: str


class Said(msgspec.Struct, frozen=True):
    """A sentence of other people's making, or in which their names stand: of a finding, or a reason that was given."""

    text: str


class Safe(msgspec.Struct, frozen=True):
    """Words in which names of other people's making stand, safe for a terminal already: a field that differs."""

    text: str


class Value(msgspec.Struct, frozen=True):
    """A name or value that is none of these: a digest, an address, the name of a target."""

    text: str


Cell = Person | ListName | Role | AppName | Trait | Place | Upstream | Time | Code | Command | Said | Safe | Value
Words = tuple[str | Cell, ...]
"""Our own text and cells, to be written one after the other."""
Access = Role | Trait | AppName | ListName
"""What a person can use or belongs to."""


def plain(cell: str | Cell) -> str:
    """A cell in words, safe for a terminal, on one line."""
    match cell:
        case str():
            return cell
        case Safe(text=text):
            return text
        case Person(name=name, was=was):
            return f"{shown(was)} → {shown(name)}" if was else shown(name)
        case ListName():
            return _list_words(cell)
        case AppName(name=name, title=title):
            return shown(title or name)
        case Role(name=name) | Trait(name=name):
            return shown(name)
        case Place(file=file, line=line, rule=rule):
            return f"{shown(file)}:{line} ({shown(rule)})" if rule else f"{shown(file)}:{line}"
        case Upstream(object="user", id=id):
            return f"Okta user {shown(id)}"
        case Upstream(object=kind, id=id, name=name):
            return f"{visible(kind)} {named(name, id)}"
        case Code(name=name):
            return shown(name, CODE_LIMIT)
        case Command(line=text):
            return visible(text)
        case Said(text=text):
            return shown(text, MESSAGE_LIMIT)
        case Time(at=text) | Value(text=text):
            return shown(text)
        case _:
            assert_never(cell)


def plain_words(words: Words) -> str:
    """Words one after the other, safe for a terminal, on one line."""
    return "".join(map(plain, words))


def joined(cells: Iterable[str | Cell | Words], between: str = ", ") -> Words:
    """Cells, or several words each, in a row."""
    words: list[str | Cell] = []
    for cell in cells:
        if words:
            words.append(between)
        words.extend(cell if isinstance(cell, tuple) else (cell,))
    return tuple(words)


def some(cells: Sequence[str | Cell | Words], limit: int) -> Words:
    """The first cells in a row, the rest counted."""
    words = joined(cells[:limit])
    return words if len(cells) <= limit else (*words, f", … and {len(cells) - limit:,} more")


def cause_cell(cause: Cause) -> Place | Upstream:
    """A cause as a cell."""
    match cause:
        case ConfigCause(file=file, line=line, rule=rule):
            return Place(file, line, rule)
        case UpstreamCause(object=kind, id=id, name=name):
            return Upstream(kind, id, name)
        case _:
            assert_never(cause)


def _list_words(cell: ListName) -> str:
    """A list by its title, with the group or app that it was made from."""
    if not cell.object:
        return named(cell.title, cell.name)
    kind = visible(cell.object)
    if not cell.title or cell.title == cell.source:
        return f"{shown(cell.source or cell.name)} ({kind} {shown(cell.name)})"
    return f"{shown(cell.title)} ({kind} {shown(cell.source)}, {shown(cell.name)})"
