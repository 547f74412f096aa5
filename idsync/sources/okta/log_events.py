"""Lines of Okta's System Log, read one by one: an event of another shape is passed over, and so is a target of one."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

import msgspec


class LogTarget(msgspec.Struct, frozen=True):
    """What an event is about, in part; its place in the list says nothing, its type does."""

    id: str = ""
    type: str = ""


class LogEvent(msgspec.Struct, frozen=True, rename="camel"):
    """One line of the log."""

    uuid: str
    event_type: str
    target: list[msgspec.Raw] | None = None

    @property
    def id(self) -> str:
        """What tells it from the others."""
        return self.uuid

    def of(self, kind: str) -> list[str]:
        """The ids of its targets of a type."""
        return [target.id for target in self.targets() if target.type == kind and target.id]

    def targets(self) -> Iterator[LogTarget]:
        """Its targets that have the shape that Okta documents."""
        return _readable(_TARGET, self.target or ())


RAW_EVENTS = msgspec.json.Decoder(list[msgspec.Raw])
_EVENT = msgspec.json.Decoder(LogEvent)
_TARGET = msgspec.json.Decoder(LogTarget)
_T = TypeVar("_T")


def readable(rows: Iterable[msgspec.Raw]) -> Iterator[LogEvent]:
    """The events that have the shape that Okta documents."""
    return _readable(_EVENT, rows)


def _readable(decoder: msgspec.json.Decoder[_T], rows: Iterable[msgspec.Raw]) -> Iterator[_T]:
    for row in rows:
        try:
            yield decoder.decode(row)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
