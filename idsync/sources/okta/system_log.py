"""Okta's System Log, read as a wake-up: each event names what to look at again, and is never itself a fact.

Polling as Okta's own pages describe it: ascending, without an end, from a cursor that never goes back. Events come late
and out of order of their time, which the cursor does not mind. An event of another shape is passed over.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from urllib.parse import urlencode

import msgspec

from idsync.model.moves import Moves
from idsync.model.times import format_time
from idsync.okta.client import OktaClient
from idsync.okta.endpoints import Endpoints
from idsync.okta.refusals import NotTaken
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
_OF_PEOPLE = "user."
_LEAVING = (
    "user.lifecycle.deactivate",
    "user.lifecycle.suspend",
    "user.lifecycle.delete.",
    "application.user_membership.remove",
    "application.user_membership.deprovision",
    "application.user_membership.revoke",
)
_MEMBERSHIPS = ("group.user_membership.", "application.user_membership.")


def read_moves(
    client: OktaClient, endpoints: Endpoints, cursor: str | None, begun: datetime, seen: Collection[str] = ()
) -> Moves:
    """What moved since `cursor`, the address that an earlier look left; without one, since `begun`, a time of Okta's.

    Events of these ids were `seen` by an earlier look. Raises AuthorizationError where the credential may not read the
    log, and SourceError.
    """
    from_now = f"?{urlencode({'since': format_time(begun), 'limit': PAGE})}"
    try:
        return _read(client, endpoints, cursor or from_now, seen)
    except NotTaken:
        if cursor is None:
            raise
        # Okta keeps its log for 90 days: a place from before that is none any more.
        return msgspec.structs.replace(_read(client, endpoints, from_now, ()), lost=True)


def _read(client: OktaClient, endpoints: Endpoints, place: str, seen: Collection[str]) -> Moves:
    events: list[LogEvent] = []
    began, been = place, {place}
    for _ in range(MOST_PAGES):
        request = endpoints.log(place)
        rows, following = client.poll(request, RAW_EVENTS)
        events.extend(readable(rows))
        new = place if following is None else endpoints.place_of(following)
        if new in been:  # a cursor never goes back: what was read comes again with the next look
            return _moves(events, place, began, seen, stuck=len(rows) >= PAGE)
        place = new
        been.add(place)
        if len(rows) < PAGE:
            return _moves(events, place, began, seen)
    return _moves(events, place, began, seen, behind=True)


def _moves(
    events: Iterable[LogEvent],
    cursor: str,
    began: str,
    seen: Collection[str],
    *,
    behind: bool = False,
    stuck: bool = False,
) -> Moves:
    """What the events name that were not seen; a look that goes on where this one began finds them again."""
    events = list(events)
    again = frozenset(event.id for event in events) if cursor == began else frozenset()
    users: set[str] = set()
    lists: set[str] = set()
    memberships: set[tuple[str, str]] = set()
    not_alone: set[str] = set()
    leaving: set[str] = set()
    for event in events:
        if event.id in seen or not event.event_type.startswith(_PREFIXES):
            continue
        people, named = event.of("User"), [*event.of("UserGroup"), *event.of("AppInstance")]
        users.update(people)
        if event.event_type.startswith(_LEAVING):
            leaving.update(people)
        if named or not event.event_type.startswith(_OF_PEOPLE):
            not_alone.update(people)
        if event.event_type.startswith(_MEMBERSHIPS) and people and named:
            memberships.update((name, person) for name in named for person in people)
        else:
            lists.update(named)
    ids = frozenset(users), frozenset(lists), frozenset(memberships)
    alone = frozenset(users - not_alone)
    return Moves(cursor, *ids, behind=behind, stuck=stuck, events=again, alone=alone, leaving=frozenset(leaving))
