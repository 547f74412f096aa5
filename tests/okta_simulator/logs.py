"""GET /api/v1/logs in its two modes: polling, which never ends, and bounded, which does."""

import msgspec

from tests.okta_simulator import filters, moments
from tests.okta_simulator.calls import Call, Reply, route, rows_body
from tests.okta_simulator.errors import OktaError
from tests.okta_simulator.log_shape import event_shape
from tests.okta_simulator.objects import LogEvent
from tests.okta_simulator.pages import link_headers, page_limit
from tests.okta_simulator.permissions import Role

RETENTION = 90 * moments.DAY
_OLDEST_SINCE = 180 * moments.DAY
_DEFAULT_SPAN = 7 * moments.DAY


@route("GET", "/api/v1/logs")
def list_events(call: Call) -> Reply:
    query = call.query
    if "since" in query and "after" in query:
        raise _wrong("since and after exclude each other")
    if "published" in query.get("filter", ""):
        raise _wrong("published is not allowed in filter")
    limit = page_limit(query, default=100, maximum=1000, switches=call.organization.switches)
    ascending = query.get("sortOrder", "ASCENDING").upper() == "ASCENDING"
    if ascending and "until" not in query:
        return _poll(call, limit)
    return _bounded(call, limit, ascending=ascending)


def _poll(call: Call, limit: int) -> Reply:
    now = round(call.organization.clock() * 1000)
    after = call.query.get("after")
    if after is None:
        since = _moment(call, "since", now - _DEFAULT_SPAN, now)
        candidates = [event for event in call.organization.events if event.published >= since]
        following = f"{now}_{len(call.organization.events)}"
    else:
        candidates = call.organization.events[_cursor(after)[1] :]
        following = after
    rows = _chosen(call, candidates, now)[:limit]
    if call.twist.hollow and after is not None:
        # A cursor of another text for the same place.
        moment, sequence = _cursor(after)
        rows, following = [], f"{moment + 1}_{sequence}"
    elif rows and not (call.twist.repeat_cursor and after is not None):
        following = f"{rows[-1].persisted}_{rows[-1].sequence}"
    query = {name: value for name, value in call.query.items() if name != "since"}
    return Reply(body=_body(call, rows), headers=_links(call, query, following))


def _bounded(call: Call, limit: int, *, ascending: bool) -> Reply:
    now = round(call.organization.clock() * 1000)
    until = _moment(call, "until", now, now)
    since = _moment(call, "since", until - _DEFAULT_SPAN, now)
    inside = [event for event in call.organization.events if since <= event.published < until]
    rows = sorted(_chosen(call, inside, now), key=_position, reverse=not ascending)
    if "after" in call.query:
        last = _cursor(call.query["after"])
        rows = [event for event in rows if (_position(event) > last if ascending else _position(event) < last)]
    shown = rows[:limit]
    following = f"{shown[-1].published}_{shown[-1].sequence}" if len(rows) > limit else None
    # The cursor and `since` exclude each other, so the next page keeps its start in `until` and the cursor alone.
    query = {name: value for name, value in call.query.items() if name != "since"}
    return Reply(body=_body(call, shown), headers=_links(call, query, following))


def _links(call: Call, following: dict[str, str], after: str | None) -> list[tuple[str, str]]:
    links = link_headers(call.url, call.query, None)
    return links if after is None else links + link_headers(call.url, following, after)[1:]


def _chosen(call: Call, events: list[LogEvent], now: int) -> list[LogEvent]:
    if call.role is Role.NONE:
        return []
    words = call.query.get("q", "").casefold().split()
    if len(words) > 10 or any(len(word) > 40 for word in words):
        raise _wrong("q takes at most 10 keywords of at most 40 characters")
    kept = [event for event in events if event.published >= now - RETENTION]
    if words:
        kept = [event for event in kept if all(word in _text(call, event) for word in words)]
    if "filter" in call.query:
        predicate = filters.parse(call.query["filter"], filters.LOGS)
        kept = [event for event in kept if predicate(filters.look_up(event_shape(event)))]
    return kept


def _text(call: Call, event: LogEvent) -> str:
    return msgspec.json.encode(event_shape(event)).decode().casefold()


def _body(call: Call, events: list[LogEvent]) -> bytes:
    return rows_body(event_shape(event) for event in events)


def _position(event: LogEvent) -> tuple[int, int]:
    return event.published, event.sequence


def _moment(call: Call, name: str, default: int, now: int) -> int:
    text = call.query.get(name)
    if text is None:
        return default
    try:
        moment = moments.read(text)
    except ValueError as problem:
        raise _wrong(f"{name} is not a moment") from problem
    if name == "since" and moment < now - _OLDEST_SINCE:
        raise _wrong("since is older than 180 days")
    return moment


def _cursor(text: str) -> tuple[int, int]:
    moment, _, sequence = text.partition("_")
    if not (moment.isdecimal() and sequence.isdecimal() and len(text) < 40):
        raise _wrong("after is not a cursor")
    return int(moment), int(sequence)


def _wrong(why: str) -> OktaError:
    return OktaError(400, "E0000053", f"Invalid parameter: {why}.")
