"""Faults to inject: what goes wrong, on which calls, from which one on, how often.

`simulator.faults.add(Fault("/api/v1/groups/*/users", Fail(500), first=3, times=2))` makes the third and fourth member
page fail. In a path `*` stands for one segment and `**` for any number. `writes=True` leaves calls out that change
nothing: `Fault("/api/v1/**", LoseAnswer(), first=7, writes=True)` loses the answer to the seventh write.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import assert_never

from tests.okta_simulator.effects import (
    WIRE_EFFECTS,
    AnswerLate,
    Change,
    ChangeAfter,
    ConcurrencyLimit,
    Delay,
    Drop,
    Effect,
    Empty,
    EndlessNext,
    Fail,
    FailAbove,
    FailAfter,
    Hollow,
    HtmlPage,
    HugePage,
    IgnoreExpand,
    Intercept,
    LoseAnswer,
    LoseLinks,
    Malformed,
    Omit,
    OtherOrganization,
    Overlap,
    RateLimit,
    RepeatCursor,
    Truncate,
)
from tests.okta_simulator.organization import Organization
from tests.okta_simulator.pages import Twist
from tests.okta_simulator.requests import is_write


@dataclass(frozen=True, slots=True)
class Fault:
    """An effect on calls to a path: from the `first` matching one on, `times` times (None: for ever)."""

    path: str
    effect: Effect
    first: int = 1
    times: int | None = 1
    method: str | None = None
    writes: bool = False


@dataclass(slots=True)
class Distortion:
    """All that goes wrong with one call."""

    seconds: float = 0.0
    dropped: bool = False
    truncated: bool = False
    spoiled: Malformed | HtmlPage | Empty | None = None
    failure: Fail | None = None
    intercepted: Intercept | None = None
    late_failure: FailAfter | None = None
    late_seconds: float = 0.0
    answer_lost: bool = False
    refusal: RateLimit | ConcurrencyLimit | None = None
    links_lost: bool = False
    expand_ignored: bool = False
    omitted: tuple[str, ...] = ()
    fail_above: int | None = None
    twist: Twist = field(default_factory=Twist)
    changes: list[Callable[[Organization], object]] = field(default_factory=list)
    late_changes: list[Callable[[Organization], object]] = field(default_factory=list)
    organization: Organization | None = None

    def take(self, effect: Effect) -> None:
        """Let one more thing go wrong."""
        match effect:
            case Fail():
                self.failure = effect
            case Intercept():
                self.intercepted = effect
            case FailAfter():
                self.late_failure = effect
            case Delay(seconds):
                self.seconds += seconds
            case AnswerLate(seconds):
                self.late_seconds += seconds
            case LoseAnswer():
                self.answer_lost = True
            case Drop():
                self.dropped = True
            case Truncate():
                self.truncated = True
            case Malformed() | HtmlPage() | Empty():
                self.spoiled = effect
            case RateLimit() | ConcurrencyLimit():
                self.refusal = effect
            case RepeatCursor():
                self.twist = replace(self.twist, repeat_cursor=True)
            case Hollow():
                self.twist = replace(self.twist, hollow=True)
            case EndlessNext():
                self.twist = replace(self.twist, endless=True)
            case HugePage():
                self.twist = replace(self.twist, ignore_limit=True)
            case Overlap(rows):
                self.twist = replace(self.twist, overlap=rows)
            case LoseLinks():
                self.links_lost = True
            case FailAbove(limit):
                self.fail_above = limit
            case IgnoreExpand():
                self.expand_ignored = True
            case Omit(fields):
                self.omitted += fields
            case Change(action):
                self.changes.append(action)
            case ChangeAfter(action):
                self.late_changes.append(action)
            case OtherOrganization(organization):
                self.organization = organization
            case _:
                assert_never(effect)


class Faults:
    """The faults of a simulator and how many calls each has matched."""

    def __init__(self) -> None:
        self._faults: list[tuple[Fault, re.Pattern[str]]] = []
        self._matched: list[int] = []

    def add(self, *faults: Fault) -> None:
        """Inject faults from the next call on."""
        for fault in faults:
            self._faults.append((fault, _pattern(fault.path)))
            self._matched.append(0)

    def clear(self) -> None:
        """Take all faults away."""
        self._faults.clear()
        self._matched.clear()

    @property
    def reach_the_wire(self) -> bool:
        """Whether one of them delays an answer, or ends a connection without a whole one."""
        return any(isinstance(fault.effect, WIRE_EFFECTS) for fault, _ in self._faults)

    def meet(self, method: str, path: str) -> Distortion:
        """Count a call; give all that goes wrong with it."""
        distortion = Distortion()
        for position, (fault, pattern) in enumerate(self._faults):
            if fault.method not in (None, method) or not pattern.fullmatch(path):
                continue
            if fault.writes and not is_write(method, path):
                continue
            self._matched[position] += 1
            number = self._matched[position]
            if number >= fault.first and (fault.times is None or number < fault.first + fault.times):
                distortion.take(fault.effect)
        return distortion


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*|\*)", path)
    return re.compile("".join({"**": ".*", "*": "[^/]+"}.get(part, re.escape(part)) for part in parts))
