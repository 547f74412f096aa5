"""Faults to inject: what goes wrong, on which calls, from which one on, how often.

`simulator.faults.add(Fault("/api/v1/groups/*/users", Fail(500), first=3, times=2))` makes the third and fourth member
page fail. In a path `*` stands for one segment and `**` for any number.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import assert_never

from tests.okta_simulator.organization import Organization
from tests.okta_simulator.pages import Twist


@dataclass(frozen=True, slots=True)
class Fail:
    """Answer with an error status and Okta's body for it."""

    status: int = 500


@dataclass(frozen=True, slots=True)
class Delay:
    """Wait before answering."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Drop:
    """Close the connection without an answer."""


@dataclass(frozen=True, slots=True)
class Malformed:
    """Answer 200 with JSON that does not parse."""


@dataclass(frozen=True, slots=True)
class HtmlPage:
    """Answer with a web page, as proxies do."""

    status: int = 200


@dataclass(frozen=True, slots=True)
class Truncate:
    """Announce the whole body, send half of it and close the connection."""


@dataclass(frozen=True, slots=True)
class RepeatCursor:
    """Give `next` on the last page too, with a cursor that was given before (OKTA-633507)."""


@dataclass(frozen=True, slots=True)
class Hollow:
    """Of the log: a page without a row that names the next one, behind which the rows come."""


@dataclass(frozen=True, slots=True)
class EndlessNext:
    """Give `next` for ever, with a new cursor each time."""


@dataclass(frozen=True, slots=True)
class LoseLinks:
    """Leave the Link headers away."""


@dataclass(frozen=True, slots=True)
class HugePage:
    """Ignore `limit`: all remaining rows at once."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """Start the page this many rows early, so that rows come twice."""

    rows: int = 1


@dataclass(frozen=True, slots=True)
class RateLimit:
    """Answer the rate 429, whatever was used."""


@dataclass(frozen=True, slots=True)
class ConcurrencyLimit:
    """Answer the concurrency 429."""


@dataclass(frozen=True, slots=True)
class FailAbove:
    """Answer 500 E0000009 to list calls of more than this many rows a page."""

    limit: int = 100


@dataclass(frozen=True, slots=True)
class IgnoreExpand:
    """Act as if `expand` had not been asked for."""


@dataclass(frozen=True, slots=True)
class Omit:
    """Leave fields out of every row; a dotted name reaches into objects."""

    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Empty:
    """Answer 200 with an empty list, as for an app without an admin role."""


@dataclass(frozen=True, slots=True)
class Change:
    """Change the organization just before the call is served: rows vanish, come and move in mid-listing."""

    action: Callable[[Organization], object]


@dataclass(frozen=True, slots=True)
class OtherOrganization:
    """Serve the call from another organization."""

    organization: Organization


Effect = (
    Fail
    | Delay
    | Drop
    | Malformed
    | HtmlPage
    | Truncate
    | RepeatCursor
    | Hollow
    | EndlessNext
    | LoseLinks
    | HugePage
    | Overlap
    | RateLimit
    | ConcurrencyLimit
    | FailAbove
    | IgnoreExpand
    | Omit
    | Empty
    | Change
    | OtherOrganization
)


@dataclass(frozen=True, slots=True)
class Fault:
    """An effect on calls to a path: from the `first` matching one on, `times` times (None: for ever)."""

    path: str
    effect: Effect
    first: int = 1
    times: int | None = 1
    method: str | None = None


@dataclass(slots=True)
class Distortion:
    """All that goes wrong with one call."""

    seconds: float = 0.0
    dropped: bool = False
    truncated: bool = False
    spoiled: Malformed | HtmlPage | Empty | None = None
    failure: int | None = None
    refusal: RateLimit | ConcurrencyLimit | None = None
    links_lost: bool = False
    expand_ignored: bool = False
    omitted: tuple[str, ...] = ()
    fail_above: int | None = None
    twist: Twist = field(default_factory=Twist)
    changes: list[Callable[[Organization], object]] = field(default_factory=list)
    organization: Organization | None = None

    def take(self, effect: Effect) -> None:
        """Let one more thing go wrong."""
        match effect:
            case Fail(status):
                self.failure = status
            case Delay(seconds):
                self.seconds += seconds
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

    def meet(self, method: str, path: str) -> Distortion:
        """Count a call; give all that goes wrong with it."""
        distortion = Distortion()
        for position, (fault, pattern) in enumerate(self._faults):
            if fault.method not in (None, method) or not pattern.fullmatch(path):
                continue
            self._matched[position] += 1
            number = self._matched[position]
            if number >= fault.first and (fault.times is None or number < fault.first + fault.times):
                distortion.take(fault.effect)
        return distortion


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*|\*)", path)
    return re.compile("".join({"**": ".*", "*": "[^/]+"}.get(part, re.escape(part)) for part in parts))
