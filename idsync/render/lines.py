"""What a view says, as lines of plain text with their indent and their tones, not yet broken at any width."""

from collections.abc import Sequence

import msgspec

from idsync.render.phrases import counted, in_target
from idsync.render.style import Tone
from idsync.render.view.cells import (
    Access,
    AppName,
    Cell,
    Code,
    ListName,
    Role,
    Said,
    Trait,
    Words,
    joined,
    plain,
    plain_words,
    some,
)
from idsync.render.view.titles import SYMBOLS
from idsync.render.view.view import Effect, Entry, Outcome, People, Problem, Symbol, Tally, Thing
from idsync.render.wrap import Piece

TONES: dict[Symbol, Tone] = {"+": "added", "-": "removed", "~": "changed", "!": "warning", " ": "faint"}
_EFFECTS: dict[Effect, Tone] = {"takes": "removed", "gives": "added"}
CAUSES_SHOWN = 3
ROUTES_SHOWN = 3
BROUGHT_SHOWN = 4
NAMES_SHOWN = 6
LEAVING_SHOWN = 40


class Line(msgspec.Struct, frozen=True):
    """One line before it is broken; `indent` is that of its beginning."""

    indent: int
    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        """All of it, without colour."""
        return " " * self.indent + "".join(text for text, _ in self.pieces)


def line(symbol: Symbol, words: Words, note: Words = (), indent: int = 2, effect: Effect = "") -> Line:
    """A line with its symbol, and why in brackets; what takes something is red, whatever its symbol."""
    tone = _EFFECTS.get(effect, TONES[symbol])
    pieces: list[Piece] = [] if symbol == " " else [(f"{symbol} ", tone)]
    pieces += [(plain(cell), None) for cell in words]
    if note:
        pieces += [("  [", "faint"), *((plain(cell), "faint") for cell in note), ("]", "faint")]
    return Line(indent, tuple(pieces))


def entry_lines(entry: Entry, indent: int = 2) -> list[Line]:
    """An entry, and what is said under it."""
    first = line(entry.symbol, entry.words, entry.note, indent, entry.effect)
    return [first, *(each for detail in entry.details for each in entry_lines(detail, indent + 4))]


def problem_line(problem: Problem) -> Line:
    """A finding in a line."""
    words: Words = (f"{problem.severity} ", Code(problem.code), ": ", Said(problem.message))
    return line(" " if problem.severity == "info" else "!", words, some(problem.causes, CAUSES_SHOWN))


def tally_line(tally: Tally) -> Line:
    """How many gain and lose one thing, and why."""
    symbol: Symbol = "~" if tally.gain and tally.lose else "-" if tally.lose else "+"
    brings: Words = (", with ", *_brought(tally.brings)) if tally.brings else ()
    causes = list[str | Cell | Words](tally.causes)
    notes = [some(causes, CAUSES_SHOWN)] if causes else []
    notes += [("changed by hand",)] if tally.hand else []
    notes += [("your edit",)] if tally.edit else []
    return line(symbol, (*tally_words(tally), *brings), joined(notes, "; "))


def tally_words(tally: Tally) -> Words:
    """`role dev −230`, `list Team web +6`."""
    counts = [f"−{tally.lose:,}"] * bool(tally.lose) + [f"+{tally.gain:,}"] * bool(tally.gain)
    return (*brief(tally.what), f" {' '.join(counts)}")


def people_lines(entry: People, things_shown: int) -> list[Line]:
    """People to whom the same happens: in one line where that can be said, else with a line for each thing."""
    who = _who(entry)
    note = joined([*([entry.note] if entry.note else []), *([("held back",)] if entry.held else [])], "; ")
    symbol = SYMBOLS[entry.outcome]
    if not entry.things:
        return [line(symbol, who, note)]
    if entry.outcome is Outcome.LOSES_ALL or entry.newcomers:
        first = line(symbol, who, note)
        return [Line(first.indent, (*first.pieces, (f": {plain_words(by_kind(entry.things))}", None)))]
    if len(entry.people) > 1 and len(entry.things) == 1:
        thing = entry.things[0]
        first = line(thing.symbol, thing_words(thing), joined([*thing_notes(thing), *([note] if note else [])], "; "))
        return [Line(first.indent, (*first.pieces, (": ", None), *((plain(cell), None) for cell in who)))]
    shown_things = entry.things[:things_shown]
    lines = [line(symbol, who, note)]
    lines += [line(each.symbol, thing_words(each), joined(thing_notes(each), "; "), 6) for each in shown_things]
    if len(entry.things) > things_shown:
        lines.append(Line(6, ((f"… and {len(entry.things) - things_shown:,} more", "faint"),)))
    return lines


def thing_words(thing: Thing) -> Words:
    """A role, trait or list, and what a list brings with it."""
    what: Words = ("list ", thing.what) if isinstance(thing.what, ListName) else brief(thing.what)
    return (*what, ", with ", *_brought(thing.brings)) if thing.brings else what


def thing_notes(thing: Thing) -> list[Words]:
    """By which lists, groups and rules, and whose hand."""
    notes: list[Words] = []
    if thing.by and not isinstance(thing.what, ListName):
        notes.append(("by list ", *some(thing.by, ROUTES_SHOWN)))
    elif thing.by:
        inner = [each for each in thing.by if each.name != thing.what.name]
        notes += [("by list ", *some(inner, ROUTES_SHOWN))] if inner else []
    if thing.causes:
        notes.append(some(thing.causes, CAUSES_SHOWN))
    if thing.hand:
        notes.append(("changed by hand",))
    if thing.edit:
        notes.append(("your edit",))
    return notes


def brief(what: Access) -> Words:
    """A role, trait or list by its kind and what people call it."""
    match what:
        case Role():
            return ("role ", what)
        case Trait():
            return ("trait ", what)
        case AppName():
            return ("app ", what)
        case ListName():
            return ("list ", _called(what))


def _brought(brings: Sequence[Access]) -> Words:
    return some([brief(each) for each in brings], BROUGHT_SHOWN)


def _who(entry: People) -> Words:
    target = (in_target(entry.target),) if entry.target else ()
    if len(entry.people) == 1:
        return (entry.people[0], *target)
    people = some(entry.people, NAMES_SHOWN)
    return (f"{counted(len(entry.people), 'person', 'people')}{''.join(target)}: ", *people)


def by_kind(things: Sequence[Thing]) -> Words:
    """What people have, by kind: why each is there matters no longer, or stands in the roll-up."""
    everything = [what for thing in things for what in (thing.what, *thing.brings)]
    told: list[Words] = []
    for kind, singular, plural in (
        (Role, "role", "roles"),
        (AppName, "app", "apps"),
        (Trait, "trait", "traits"),
        (ListName, "list", "lists"),
    ):
        names = [_called(what) for what in everything if isinstance(what, kind)]
        if names:
            told.append((f"{singular if len(names) == 1 else plural} ", *some(names, LEAVING_SHOWN)))
    return joined(told, "; ")


def _called(what: Access) -> Access:
    """A list by its title alone."""
    return ListName(what.title or what.source or what.name) if isinstance(what, ListName) else what
