"""The one view of a plan from which every format is written: what it says, in the order in which it is read.

A view holds everything. How much of it is shown is each format's own business, and every count is of everything.
"""

from collections.abc import Sequence
from enum import IntEnum
from typing import Literal

import msgspec

from idsync.render.view.cells import Access, ListName, Person, Place, Upstream, Words

Symbol = Literal["+", "-", "~", "!", " "]
"""Given, taken, changed, in the way, neither."""
Effect = Literal["takes", "gives", ""]
Side = Literal["edit", "okta", "hand", "out"]
"""Who makes a difference: the configuration, Okta, a hand whose change is put back, or one whose change goes out."""
Severity = Literal["error", "warning", "info"]


class Outcome(IntEnum):
    """What becomes of a person, the gravest first."""

    LOSES_ALL = 1
    LOCKED = 2
    LOSES = 3
    SWAPS = 4
    RENAMED = 5
    UNLOCKED = 6
    GAINS = 7
    GETS_NOTHING = 8
    REROUTED = 9


LOSING = frozenset({Outcome.LOSES_ALL, Outcome.LOCKED, Outcome.LOSES, Outcome.SWAPS})


class Entry(msgspec.Struct, frozen=True):
    """One thing that is said, why in the `note`, and what is said under it.

    `effect` is said where the symbol would tell the reader otherwise: a lock that is made takes access.
    """

    symbol: Symbol
    words: Words
    note: Words = ()
    details: tuple["Entry", ...] = ()
    effect: Effect = ""


class Section(msgspec.Struct, frozen=True):
    """Entries under a title, made when they are read; `noun` says what they are (none: not worth counting).

    `side` says who made it so, where a plan has more than what Okta changed.
    """

    title: str
    entries: Sequence[Entry]
    noun: str = ""
    side: Side = "okta"


class Problem(msgspec.Struct, frozen=True):
    """A finding, of the reading or of the plan."""

    severity: Severity
    code: str
    message: str
    causes: tuple[Place | Upstream, ...] = ()


class Tally(msgspec.Struct, frozen=True):
    """How many people gain and lose one role, trait or list, why, and what a list brings with it."""

    what: Access
    gain: int
    lose: int
    causes: tuple[Place | Upstream, ...] = ()
    edit: bool = False
    brings: tuple[Access, ...] = ()
    hand: bool = False
    """Whether a person gave or took it in the directory, for all whom it concerns."""


class Thing(msgspec.Struct, frozen=True):
    """One thing that people gain (`+`), lose (`-`) or keep by another way (`~`), and why.

    `by` are the lists that give it, none where it is the person's own. `brings` is what a list gives that comes no
    other way. `edit` says that the configuration decides it, `hand` that a hand had changed it.
    """

    symbol: Symbol
    what: Access
    by: tuple[ListName, ...] = ()
    causes: tuple[Place | Upstream, ...] = ()
    edit: bool = False
    hand: bool = False
    brings: tuple[Access, ...] = ()


class People(msgspec.Struct, frozen=True):
    """People to whom the same happens for the same reasons; nearly always one. `note` says what happens beyond access.

    `target` is empty for the first target. `newcomers` have an account made for them.
    """

    outcome: Outcome
    people: tuple[Person, ...]
    things: tuple[Thing, ...]
    note: Words = ()
    target: str = ""
    held: bool = False
    newcomers: bool = False


class Group(msgspec.Struct, frozen=True):
    """Everyone of whom the same becomes: `edit` by the configuration, otherwise by what Okta says.

    `total` is how many people these are; those without an entry are newcomers who gain access and are not described.
    """

    outcome: Outcome
    edit: bool
    entries: tuple[People, ...]
    total: int


class PlanView(msgspec.Struct, frozen=True):
    """A plan as people read it, the most important first."""

    headline: str
    warnings: tuple[Entry, ...]
    """Why an apply would refuse the plan, and what to do."""
    verdict: str
    """Of the snapshot: ok, suspect or broken."""
    problems: tuple[Problem, ...]
    """Doubts about the snapshot, then findings, the gravest first; guards that block are among the warnings."""
    released: tuple[Entry, ...]
    """Guards that somebody released."""
    tallies: Sequence[Tally]
    """By role, trait and list: what most people lose first, then what most people gain."""
    reach: tuple[Entry, ...]
    """How far the plan reaches; nothing that is nought."""
    groups: tuple[Group, ...]
    """The people: what the configuration decides, then what Okta says; of each, those who lose most first."""
    others: tuple[Section, ...]
    """What changes beyond that: lists that are made, changed or deleted; users and locks without effect on access."""
    changes: tuple[Section, ...]
    """Every change with its fields, a section for each phase of the apply; only where it was asked for."""
    facts: tuple[tuple[str, Words], ...]
    """What the plan was made from, and its digest last."""
