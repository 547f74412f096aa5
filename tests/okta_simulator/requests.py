"""What the simulator was asked: every request with its bucket and outcome, and counts of them."""

import threading
from collections import Counter
from dataclasses import dataclass


@dataclass(slots=True)
class RecordedRequest:
    """One request. `status` is None until it is answered, and stays so when the connection was dropped.

    `served` says that the endpoint did what was asked, whether or not the client learned of it.
    """

    method: str
    path: str
    query: dict[str, str]
    route: str
    bucket: str | None
    principal: str | None = None
    status: int | None = None
    served: bool = False

    @property
    def is_write(self) -> bool:
        return is_write(self.method, self.path)


def is_write(method: str, path: str) -> bool:
    """Can a request change the organization? Buying an access token is a POST that changes nothing."""
    return method not in ("GET", "HEAD") and not path.startswith("/oauth2/")


class Requests:
    """The requests of a simulator, in order of arrival."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[RecordedRequest] = []
        self.in_flight = 0
        self.maximum_in_flight = 0

    @property
    def entries(self) -> list[RecordedRequest]:
        with self._lock:
            return list(self._entries)

    @property
    def total(self) -> int:
        return len(self._entries)

    @property
    def writes(self) -> list[RecordedRequest]:
        """The requests that could have changed the organization, refused and failed ones included."""
        return [entry for entry in self.entries if entry.is_write]

    @property
    def by_bucket(self) -> Counter[str]:
        """Metered requests by bucket, refused ones included."""
        return Counter(entry.bucket for entry in self.entries if entry.bucket is not None)

    @property
    def by_route(self) -> Counter[str]:
        """Requests by method and route template: `GET /api/v1/groups/{group}/users`."""
        return Counter(f"{entry.method} {entry.route}" for entry in self.entries)

    @property
    def by_status(self) -> Counter[int | None]:
        return Counter(entry.status for entry in self.entries)

    def clear(self) -> None:
        """Forget what was counted."""
        with self._lock:
            self._entries.clear()
            self.maximum_in_flight = self.in_flight

    def arrive(self, entry: RecordedRequest) -> None:
        with self._lock:
            self._entries.append(entry)
            self.in_flight += 1
            self.maximum_in_flight = max(self.maximum_in_flight, self.in_flight)

    def leave(self) -> None:
        with self._lock:
            self.in_flight -= 1
