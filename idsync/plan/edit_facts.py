"""What changes come to, as facts: who and what gets or loses what, whatever else the object holds."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from idsync.model.addresses import Address
from idsync.model.canonical import canonical_bytes
from idsync.plan.changes import AccessListChange, Change, LockChange

Facts = frozenset[tuple[str, ...]]
_NOT_FACTS = frozenset({"revision"})


def facts_by_address(changes: Iterable[Change]) -> dict[tuple[str, Address], Facts]:
    """The facts of each change, by target and address."""
    return {(change.target, change.address): frozenset(_facts(change)) for change in changes}


def _facts(change: Change) -> Iterator[tuple[str, ...]]:
    """A change of an object that stays is what it adds to its fields and takes from them; one that goes, goes whole."""
    yield ("action", change.action)
    if change.after is None:
        return
    before, after = frozenset(_leaves("", change.before)), frozenset(_leaves("", change.after))
    yield from (("-", *leaf) for leaf in before - after)
    yield from (("+", *leaf) for leaf in after - before)
    match change:
        case AccessListChange():
            yield from (("member added", name) for name in change.members_added)
            yield from (("member removed", name) for name in change.members_removed)
        case LockChange(lifetime=lifetime):
            yield ("lifetime", str(lifetime))
        case _:
            pass


def _leaves(place: str, value: Any) -> Iterator[tuple[str, str]]:
    """Every value that stands in a resource, with its place; the order of a list does not count."""
    if isinstance(value, msgspec.Struct):
        value = msgspec.to_builtins(value)
    match value:
        case None:
            return
        case dict():
            for name, each in value.items():
                if name not in _NOT_FACTS:
                    yield from _leaves(f"{place}/{name}", each)
        case list() | tuple():
            yield from ((place, canonical_bytes(each).decode()) for each in value)
        case _:
            yield place, canonical_bytes(value).decode()
