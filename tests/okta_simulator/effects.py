"""What can go wrong with one call: an effect is a value, and `faults.py` says on which calls it happens."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.okta_simulator.organization import Organization


@dataclass(frozen=True, slots=True)
class Fail:
    """Answer with an error status and Okta's body for it (or that of `code`), and do nothing."""

    status: int = 500
    code: str | None = None


@dataclass(frozen=True, slots=True)
class FailAfter:
    """Do what was asked, and answer with an error status all the same."""

    status: int = 503
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Delay:
    """Wait before doing anything: a client that gives up meanwhile has changed nothing."""

    seconds: float


@dataclass(frozen=True, slots=True)
class AnswerLate:
    """Do what was asked at once, and answer after a while: a client that gives up meanwhile has changed something."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Drop:
    """Close the connection without an answer, and do nothing."""


@dataclass(frozen=True, slots=True)
class LoseAnswer:
    """Do what was asked, and close the connection without an answer."""


@dataclass(frozen=True, slots=True)
class Malformed:
    """Answer 200 with JSON that does not parse."""


@dataclass(frozen=True, slots=True)
class HtmlPage:
    """Answer with a web page, as proxies do."""

    status: int = 200


@dataclass(frozen=True, slots=True)
class Intercept:
    """Answer as a proxy or a firewall before Okta does, which knows no error code of Okta's, and do nothing."""

    status: int
    body: str = '{"message": "blocked"}'


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
class ChangeAfter:
    """Change the organization just after the call has taken effect, before its answer goes out."""

    action: Callable[[Organization], object]


@dataclass(frozen=True, slots=True)
class OtherOrganization:
    """Serve the call from another organization."""

    organization: Organization


Effect = (
    Fail
    | FailAfter
    | Delay
    | AnswerLate
    | Drop
    | LoseAnswer
    | Malformed
    | HtmlPage
    | Intercept
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
    | ChangeAfter
    | OtherOrganization
)

WIRE_EFFECTS = (Delay, AnswerLate, Drop, LoseAnswer, Truncate)
"""Those that happen to the connection, or take time."""
