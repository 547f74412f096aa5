"""Lines of Okta's System Log, read one by one: an event of another shape is passed over."""

from collections.abc import Iterable, Iterator

import msgspec


class LogTarget(msgspec.Struct, frozen=True):
    """What an event is about, in part; its place in the list says nothing, its type does."""

    id: str = ""
    type: str = ""


class LogEvent(msgspec.Struct, frozen=True, rename="camel"):
    """One line of the log."""

    uuid: str
    event_type: str
    target: list[LogTarget] | None = None

    @property
    def id(self) -> str:
        """What tells it from the others."""
        return self.uuid

    def of(self, kind: str) -> list[str]:
        """The ids of its targets of a type."""
        return [target.id for target in self.target or () if target.type == kind and target.id]


RAW_EVENTS = msgspec.json.Decoder(list[msgspec.Raw])
_EVENT = msgspec.json.Decoder(LogEvent)


def readable(rows: Iterable[msgspec.Raw]) -> Iterator[LogEvent]:
    """The events that have the shape that Okta documents."""
    for row in rows:
        try:
            yield _EVENT.decode(row)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
