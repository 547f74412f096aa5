"""The people of a view, each entry with what the script filters and sorts by."""

from collections.abc import Sequence
from html import escape

from idsync.render.escape_text import shown
from idsync.render.html.markup import Markup, kind
from idsync.render.html.rows import rows
from idsync.render.lines import thing_notes, thing_words
from idsync.render.phrases import counted, in_target
from idsync.render.view.cells import Access, ListName, Person, Words, joined, plain
from idsync.render.view.titles import EDIT, OKTA, OUTCOMES, SYMBOLS
from idsync.render.view.view import LOSING, Group, Outcome, People, Thing

NAMES_OPEN = 6
"""So many names stand open; more are folded."""
ENTRIES_OPEN = 40
"""So many entries of a group are elements from the start."""
TAGS = {
    "takes": "Takes access",
    "all": "Takes all access, or locks",
    "held": "Held back",
    "edit": "By your edit",
    "okta": "By Okta's changes",
    "gives": "Gives access only",
}
"""What an entry can be filtered by: how much is at risk, and who decides it."""


class PeopleMarkup:
    """Writes entries; numbers roles and lists as they come, for the choices above."""

    def __init__(self, markup: Markup) -> None:
        self._markup = markup
        self.roles: dict[str, int] = {}
        self.lists: dict[str, int] = {}

    def group(self, group: Group) -> str:
        """Everyone of whom the same becomes, by the same side."""
        entries = rows(group.entries, lambda entry: self._entry(entry, group), ENTRIES_OPEN, "entries")
        more = group.total - sum(len(entry.people) for entry in group.entries)
        rest = f'<p class="quiet">… and {more:,} newcomers who are not described here.</p>' if more > 0 else ""
        side = EDIT if group.edit else OKTA
        return (
            f'<section class="group"><h3>{escape(OUTCOMES[group.outcome])} <span class="count">{group.total:,}</span>'
            f" <small>{escape(side)}</small></h3>{entries}{rest}</section>"
        )

    def _entry(self, entry: People, group: Group) -> str:
        roles, lists = self._numbers(entry.things)
        things = "".join(map(self._thing, entry.things))
        note = joined(
            [*([entry.note] if entry.note else []), *([(in_target(entry.target).strip(),)] if entry.target else [])],
            "; ",
        )
        held = " <span class='tag'>held back</span>" if entry.held else ""
        outcome = f"<span class='outcome'>{escape(_outcome(entry.outcome))}</span>"
        return (
            f"<li class='e' data-k='{' '.join(tags_of(entry, group))}' data-r='{roles}' data-l='{lists}'"
            f" data-t='{len(entry.things)}'><div class='who{_tone(entry)}'>{_names(entry.people)}"
            f"<p class='note'>{outcome}{held}{self._markup.note(note)}</p></div>"
            f"<ul class='things'>{things}</ul></li>"
        )

    def _thing(self, thing: Thing) -> str:
        notes: Words = joined(thing_notes(thing), "; ")
        return f"<li{kind(thing.symbol)}>{self._markup.words(thing_words(thing))}{self._markup.note(notes)}</li>"

    def _numbers(self, things: Sequence[Thing]) -> tuple[str, str]:
        roles: dict[int, None] = {}
        lists: dict[int, None] = {}
        for thing in things:
            for what in (thing.what, *thing.by, *thing.brings):
                known, mine = (self.lists, lists) if isinstance(what, ListName) else (self.roles, roles)
                mine[known.setdefault(name_of(what), len(known))] = None
        return " ".join(map(str, roles)), " ".join(map(str, lists))


def name_of(what: Access) -> str:
    """What people call a role, trait or list, safe for a terminal."""
    return shown(what.title or what.source or what.name) if isinstance(what, ListName) else shown(what.name)


def tags_of(entry: People, group: Group) -> list[str]:
    """Which of `TAGS` an entry has."""
    takes = entry.outcome in LOSING
    tags = ["takes" if takes else "gives", "edit" if group.edit else "okta"]
    if entry.outcome in (Outcome.LOSES_ALL, Outcome.LOCKED):
        tags.append("all")
    return [*tags, *(["held"] if entry.held else [])]


def _tone(entry: People) -> str:
    return {"-": " lose", "+": " gain"}.get(SYMBOLS[entry.outcome], " keep")


def _outcome(outcome: Outcome) -> str:
    return OUTCOMES[outcome].lower()


def _names(people: Sequence[Person]) -> str:
    """The names, each one an element that can be searched for; many of them folded."""
    if len(people) == 1:
        return f"<b class='name'><bdi>{escape(plain(people[0]))}</bdi></b>"
    names = "".join(f"<li class='name'><bdi>{escape(plain(person))}</bdi></li>" for person in people)
    told = f"<b>{counted(len(people), 'person', 'people')}</b>"
    if len(people) <= NAMES_OPEN:
        return f"{told}<ul class='names'>{names}</ul>"
    first = ", ".join(f"<bdi>{escape(plain(person))}</bdi>" for person in people[:2])
    return f"<details class='many'><summary>{told}: {first}, …</summary><ul class='names'>{names}</ul></details>"
