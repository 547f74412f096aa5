"""Okta's System Log, read as a wake-up: each event names what to look at again, and is never itself a fact.

Polling as Okta's own pages describe it: ascending, without an end, from a cursor that never goes back. Events come late
and out of order of their time, which the cursor does not mind. An event of another shape is passed over.
"""

from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlencode

from idsync.model.moves import Moves
from idsync.model.times import format_time
from idsync.sources.okta.client import OktaClient
from idsync.sources.okta.endpoints import Endpoints
from idsync.sources.okta.log_events import RAW_EVENTS, LogEvent, readable

PAGE = 1000
MOST_PAGES = 10
"""So many pages are read at once; the rest waits for the next look."""
_PREFIXES = (
    "user.lifecycle.",
    "user.account.",
    "group.",
    "application.lifecycle.",
    "application.user_membership.",
    "application.provision.group_push.",
    "system.import.",
    "app.user_management",
)
_MEMBERSHIPS = ("group.user_membership.", "application.user_membership.")


def read_moves(client: OktaClient, endpoints: Endpoints, cursor: str | None, begun: datetime) -> Moves:
    """What moved since `cursor`, the address that an earlier look left; without one, since `begun`, a time of Okta's.

    Raises AuthorizationError where the credential may not read the log, and SourceError.
    """
    request = endpoints.log(cursor or f"?{urlencode({'since': format_time(begun), 'limit': PAGE})}")
    events: list[LogEvent] = []
    for _ in range(MOST_PAGES):
        rows, following = client.poll(request, RAW_EVENTS)
        events.extend(readable(rows))
        place = endpoints.place_of(following) if following else endpoints.place_of(request.url)
        if following is None or following == request.url or len(rows) < PAGE:
            return _moves(events, place, behind=False)
        request = endpoints.log(place)
    return _moves(events, place, behind=True)


def _moves(events: Iterable[LogEvent], cursor: str, *, behind: bool) -> Moves:
    users: set[str] = set()
    lists: set[str] = set()
    memberships: set[tuple[str, str]] = set()
    for event in events:
        if not event.event_type.startswith(_PREFIXES):
            continue
        people, named = event.of("User"), [*event.of("UserGroup"), *event.of("AppInstance")]
        users.update(people)
        if event.event_type.startswith(_MEMBERSHIPS) and people and named:
            memberships.update((name, person) for name in named for person in people)
        else:
            lists.update(named)
    return Moves(cursor, frozenset(users), frozenset(lists), frozenset(memberships), behind)
