"""A plan as a comment on a pull request: the headline, what is wrong, who loses and gains what, the detail folded.

Never longer than GitHub takes; what must go is cut at the ends of rows, and counted.
"""

from collections.abc import Callable, Iterator, Sequence

from msgspec.structs import replace

from idsync.plan.changes import Plan
from idsync.render.escape_markdown import code, prose
from idsync.render.lines import Line, brief, by_kind, entry_lines, tally_words, thing_notes, thing_words
from idsync.render.links import NO_LINKS, Links
from idsync.render.markdown_blocks import Block, written
from idsync.render.phrases import counted, in_target
from idsync.render.view.cells import Cell, Code, Place, Safe, Said, Words, plain, some
from idsync.render.view.plan_view import plan_view
from idsync.render.view.sides import SideOfView, sides_of
from idsync.render.view.titles import ORDER, PROBLEMS, REACH, RELEASED, TALLIES, group_title
from idsync.render.view.view import (
    LOSING,
    Entry,
    Group,
    Outcome,
    People,
    PlanView,
    Problem,
    Section,
    Symbol,
    Tally,
    Thing,
)

MARKER = "<!-- idsync-plan -->"
"""The first line, by which a workflow finds its own comment again."""
SIZE_LIMIT = 65_536
CAUSES_SHOWN = 3
NAMES_SHOWN = 12
THINGS_SHOWN = 12
_FENCE = "`````"
_FOLD = ("", "<details>", f"<summary>{ORDER}</summary>")
_UNFOLD = ("", "</details>")
_COLUMNS: dict[Symbol, str] = {"-": "Loses", "+": "Gains", "~": "Keeps by another way"}
_IMPORTANT, _USUAL, _DETAIL = 6, 2, 1
_SEPARATOR = "<br>"


def render_plan(plan: Plan, *, drift: bool = False, options: Sequence[str] = (), links: Links = NO_LINKS) -> str:
    """The comment on a plan, or on the `drift` in it: the marker first, the plan's digest last."""
    view = plan_view(plan, drift=drift, detail=True, options=options)
    page = _Page(links)
    head = [MARKER, f"### {prose(view.headline)}", *page.linked(), *page.warnings(view)]
    facts = " · ".join(f"{name} {page.words(words)}" for name, words in view.facts)
    foot = ["", f"<sub>{facts}</sub>"]
    sections = [*page.blocks(view)]
    details = [page.fenced(section) for section in view.changes]
    fold = (*_FOLD, *_UNFOLD) if details else ()
    room = SIZE_LIMIT - sum(len(line) + 1 for line in (*head, *fold, *foot))
    lines = written([*sections, *details], room)
    body = [line for block in lines[: len(sections)] for line in block]
    folded = [line for block in lines[len(sections) :] for line in block]
    return "\n".join([*head, *body, *fold[: len(_FOLD)], *folded, *fold[len(_FOLD) :], *foot]) + "\n"


class _Page:
    """What is written on, with the links that are known."""

    def __init__(self, links: Links) -> None:
        self._links = links

    def words(self, words: Words) -> str:
        """Our own text as it is, and everything else as code, or as prose with code in it."""
        return "".join(map(self._cell, words))

    def linked(self) -> Iterator[str]:
        """Where the run and the plan file are."""
        there = [f"[{name}]({to})" for name, to in (("run", self._links.run), ("plan file", self._links.plan)) if to]
        if there:
            yield from ("", " · ".join(there))

    def warnings(self, view: PlanView) -> Iterator[str]:
        """Why an apply would refuse the plan, each as an alert."""
        for warning in view.warnings:
            yield from ("", "> [!CAUTION]", f"> {self.words(warning.words)}")
            yield from (f"> {_SEPARATOR}{self.words(detail.words)}" for detail in warning.details)

    def blocks(self, view: PlanView) -> Iterator[Block]:
        """The sections in the order in which they are read; those that have nothing to say are left out."""
        title = PROBLEMS if view.verdict == "ok" else f"{PROBLEMS} (the snapshot is {view.verdict})"
        tallies = ("| Role or list | Lose | Gain | Why |", "|---|--:|--:|---|")
        made = [
            Block(title, view.problems, self._problem, noun="findings", weight=_USUAL),
            Block(RELEASED, view.released, self._entry, noun="guards", weight=_USUAL),
            Block(TALLIES, view.tallies, self._tally, tallies, noun="roles and lists", weight=_USUAL),
            Block(REACH, view.reach, self._entry),
            *(block for side in sides_of(view) for block in self._of_side(side)),
        ]
        yield from (block for block in made if block.entries or block.beyond)

    def fenced(self, section: Section) -> Block:
        """Changes as the text has them, in a fence that none of them can close: each line begins with its symbol."""
        title = f"{section.title} ({len(section.entries):,})"
        return Block(title, section.entries, _diff_rows, (f"{_FENCE}diff",), (_FENCE,), section.noun, is_open=False)

    def _of_side(self, side: SideOfView) -> Iterator[Block]:
        made = [*self._people(side.groups), *(_counted(section, self._entry) for section in side.sections)]
        for number, block in enumerate(made):
            yield replace(block, heading="" if number else side.heading_with_both)

    def _people(self, groups: Sequence[Group]) -> Iterator[Block]:
        for group in groups:
            columns = [symbol for symbol in _COLUMNS if _uses(group, symbol)]
            names = ["Person", *(_COLUMNS[symbol] for symbol in columns)]
            is_losing = group.outcome in LOSING
            yield Block(
                group_title(group),
                group.entries,
                lambda entry, columns=columns: self._person(entry, columns),
                (f"| {' | '.join(names)} |", "|" + "---|" * len(names)),
                noun="people",
                count=lambda entry: len(entry.people),
                beyond=group.total - sum(len(entry.people) for entry in group.entries),
                weight=_IMPORTANT if is_losing else _USUAL,
                is_open=is_losing,
            )

    def _person(self, entry: People, columns: Sequence[Symbol]) -> str:
        who = self.words(some(entry.people, NAMES_SHOWN))
        if len(entry.people) > 1:
            who = f"{counted(len(entry.people), 'person', 'people')}: {who}"
        notes = [entry.note] * bool(entry.note) + [("held back",)] * entry.held
        said = [prose(in_target(entry.target).strip())] * bool(entry.target) + [self.words(note) for note in notes]
        if entry.outcome is Outcome.LOSES_ALL:
            cells = [self.words(by_kind(entry.things))] * len(columns)
        else:
            cells = [self._things([thing for thing in entry.things if thing.symbol == symbol]) for symbol in columns]
        return f"| {' | '.join([_SEPARATOR.join([who, *said]), *cells])} |"

    def _things(self, things: Sequence[Thing]) -> str:
        told = [self._with_notes(thing_words(thing), thing_notes(thing)) for thing in things[:THINGS_SHOWN]]
        more = len(things) - THINGS_SHOWN
        return _SEPARATOR.join([*told, *([f"… and {more:,} more"] if more > 0 else [])])

    def _tally(self, tally: Tally) -> str:
        *what, _ = tally_words(tally)
        brings = f", with {', '.join(self.words(brief(each)) for each in tally.brings[:4])}" if tally.brings else ""
        why = [self.words(some(tally.causes, CAUSES_SHOWN))] * bool(tally.causes)
        why += ["changed by hand"] * tally.hand + ["your edit"] * tally.edit
        numbers = [f"−{tally.lose:,}" if tally.lose else "", f"+{tally.gain:,}" if tally.gain else ""]
        return f"| {' | '.join([self.words(tuple(what)) + brings, *numbers, '; '.join(why)])} |"

    def _problem(self, problem: Problem) -> str:
        words: Words = (f"{problem.severity} ", Code(problem.code), ": ", Said(problem.message))
        return f"- {self._with_notes(words, [some(problem.causes, CAUSES_SHOWN)] if problem.causes else [])}"

    def _entry(self, entry: Entry) -> str:
        symbol = "" if entry.symbol == " " else f"{code(entry.symbol)} "
        details = [self._with_notes(detail.words, [detail.note] if detail.note else []) for detail in entry.details]
        first = self._with_notes(entry.words, [entry.note] if entry.note else [])
        return f"- {symbol}{_SEPARATOR.join([first, *details])}"

    def _with_notes(self, words: Words, notes: Sequence[Words]) -> str:
        why = "; ".join(map(self.words, notes))
        return f"{self.words(words)}{f' – {why}' if why else ''}"

    def _cell(self, cell: str | Cell) -> str:
        match cell:
            case str():
                return cell
            case Said() | Safe():
                text = plain(cell)
                return f"{' ' if text.startswith(' ') else ''}{prose(text)}"
            case Place(file=file, line=line, rule=rule) if to := self._links.to(cell):
                place = f"[{code(plain(Place(file, line)))}]({to})"
                return f"{place} ({code(plain(Said(rule)))})" if rule else place
            case _:
                return code(plain(cell))


def _counted(section: Section, row: Callable[[Entry], str]) -> Block:
    title = f"{section.title} ({len(section.entries):,})" if section.noun else section.title
    return Block(title, section.entries, row, noun=section.noun or "more", weight=_DETAIL)


def _uses(group: Group, symbol: Symbol) -> bool:
    return any(thing.symbol == symbol for entry in group.entries for thing in entry.things)


def _diff_rows(entry: Entry) -> str:
    """A change as rows of a fence, in whose first column a reader sees colour: a lock that is made takes access."""
    first, *rest = entry_lines(entry, 0)
    return "\n".join([f"! {first.text}" if entry.effect else first.text, *map(_diff_row, rest)])


def _diff_row(line: Line) -> str:
    inner = line.text.lstrip(" ")
    symbol = inner[:1] if inner[:2] in ("+ ", "- ", "~ ", "! ") else " "
    return f"{symbol}{' ' * line.indent}{inner[2:] if symbol != ' ' else inner}"
