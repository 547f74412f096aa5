"""Who gains and loses what by which line of the configuration: the delta of a plan, turned round."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

import msgspec

from idsync.model.addresses import split_address
from idsync.model.directory import ConfigCause, Reason
from idsync.plan.changes import Access, AccessListChange, Plan
from idsync.render.escape_text import shown
from idsync.render.phrases import named
from idsync.render.view.things import OWN_ROUTE
from idsync.render.view.view import Symbol

_Line = tuple[str, int, int, str]
_Item = tuple[Symbol, str, str, str]
"""Given or taken, and the kind, name and title of what is."""


class Entry(msgspec.Struct, frozen=True):
    """One role, trait or list, as people know it, and who gains (`+`) or loses (`-`) it; sorted names."""

    symbol: Symbol
    what: str
    people: tuple[str, ...]


class LineAccess(msgspec.Struct, frozen=True):
    """What one line of the configuration gives and takes: what takes comes first, then what touches most people."""

    file: str
    line: int
    column: int
    rule: str
    """How people call what stands there, or stood there when it was applied."""
    entries: tuple[Entry, ...]

    @property
    def losing(self) -> frozenset[str]:
        """Who loses something by it."""
        return self._people("-")

    @property
    def gaining(self) -> frozenset[str]:
        """Who gains something by it."""
        return self._people("+")

    def _people(self, symbol: Symbol) -> frozenset[str]:
        return frozenset(name for entry in self.entries if entry.symbol == symbol for name in entry.people)


def access_by_line(plan: Plan) -> tuple[LineAccess, ...]:
    """Every line by which somebody gains or loses access; those by which most people lose come first."""
    lists = {
        (change.target, split_address(change.address)[1]): change
        for change in plan.changes
        if isinstance(change, AccessListChange)
    }
    found: dict[_Line, dict[_Item, set[str]]] = defaultdict(lambda: defaultdict(set))
    sides: tuple[tuple[Symbol, str], ...] = (("-", "loses"), ("+", "gains"))
    for delta in plan.access_delta:
        for symbol, side in sides:
            entries: tuple[Access, ...] = getattr(delta, side)
            for entry in entries:
                for line in set(_lines(entry, symbol, delta.target, lists)):
                    found[line][symbol, entry.kind, entry.name, entry.title].add(delta.person)
    told = [_line_access(line, people) for line, people in found.items()]
    return tuple(
        sorted(
            told, key=lambda each: (-len(each.losing), -len(each.gaining), each.file, each.line, each.column, each.rule)
        )
    )


def _lines(
    entry: Access, symbol: Symbol, target: str, lists: Mapping[tuple[str, str], AccessListChange]
) -> Iterator[_Line]:
    """The lines that give an access, or gave it: its own, and those of the lists by which it comes."""
    names = [name for name in entry.via if name != OWN_ROUTE]
    if entry.kind == "access_list":
        names.append(entry.name)
    changes = [change for name in names if (change := lists.get((target, name))) is not None]
    if symbol == "-" and any(change.reason is Reason.DRIFT for change in changes):
        return  # a hand gave it, and no line did
    for causes in (entry.causes, *(change.causes for change in changes)):
        for cause in causes:
            if isinstance(cause, ConfigCause) and cause.file:
                yield cause.file, cause.line, cause.column, cause.rule


def _what(kind: str, name: str, title: str) -> str:
    return f"list {named(title, name)}" if kind == "access_list" else f"{kind} {shown(name)}"


def _line_access(line: _Line, people: Mapping[_Item, set[str]]) -> LineAccess:
    entries = [Entry(symbol, _what(*item), tuple(sorted(names))) for (symbol, *item), names in people.items()]
    entries.sort(key=lambda entry: (entry.symbol != "-", -len(entry.people), entry.what))
    return LineAccess(*line, tuple(entries))
