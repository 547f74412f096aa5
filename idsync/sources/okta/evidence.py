"""What Okta's System Log says of a group or app that emptied or is gone, where the credential may read the log."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from idsync.errors import AuthenticationError
from idsync.model.times import format_time, parse_time
from idsync.okta.client import OktaClient
from idsync.okta.endpoints import Endpoints
from idsync.sources.okta.log_events import RAW_EVENTS, LogEvent, readable

RETENTION = timedelta(days=90)
_OVERLAP = timedelta(minutes=5)
_DELETED = ("group.lifecycle.delete", "system.import.group.delete", "application.lifecycle.delete")
_REMOVED = {
    "group": ("group.user_membership.remove", "system.import.group.delete"),
    "app": ("application.user_membership.remove", "application.user_membership.update"),
}


class Evidence:
    """Looks for events since the last good reading. Each answer is True, False, or None where the log cannot say."""

    def __init__(
        self, client: Callable[[], OktaClient], endpoints: Endpoints, since: str, now: Callable[[], float]
    ) -> None:
        """`since` is when the last good reading was taken, empty where nobody knows; `now` tells Okta's time."""
        self._client = client
        self._endpoints = endpoints
        self._taken_at = since
        self._now = now
        self._lock = threading.Lock()
        self._readable = True

    def of_deletion(self, identifier: str) -> bool | None:
        """Whether a group or app was deleted."""
        return self._any(_DELETED, identifier)

    def of_removals(self, kind: str, identifier: str) -> bool | None:
        """Whether people left a group, or lost an app."""
        return self._any(_REMOVED["app" if kind == "app" else "group"], identifier)

    def _any(self, kinds: tuple[str, ...], identifier: str) -> bool | None:
        with self._lock:  # the first question tells for all whether the log may be read
            since = _start(self._taken_at, self._now())
            if not self._readable or since is None:
                return None
            types = " or ".join(f'eventType eq "{kind}"' for kind in kinds)
            query = {
                "since": format_time(since),
                "filter": f'({types}) and target.id eq "{identifier}"',
                "limit": "100",
            }
            try:
                rows, _ = self._client().poll(self._endpoints.log(f"?{urlencode(query)}"), RAW_EVENTS)
            except AuthenticationError:
                self._readable = False
                return None
        return any(_is_about(event, kinds, identifier) for event in readable(rows))


def _is_about(event: LogEvent, kinds: tuple[str, ...], identifier: str) -> bool:
    return event.event_type in kinds and any(target.id == identifier for target in event.targets())


def _start(since: str, now: float) -> datetime | None:
    """From when on to look; None where Okta does not keep its log for so long."""
    try:
        start = parse_time(since) - _OVERLAP
        oldest = datetime.fromtimestamp(now, UTC) - RETENTION
    except (ValueError, OverflowError):
        return None
    return start if start > oldest else None
