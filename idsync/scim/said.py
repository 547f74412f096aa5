"""What a push speaks of: one that is whole, of every attribute; a PATCH, of those that it names (RFC 7644 §3.5.2)."""

from collections.abc import Iterable, Mapping
from typing import Any, Self

import msgspec
from msgspec.structs import replace

Attributes = Mapping[str, Any]
_OF_SCHEMAS = ("urn:ietf:params:scim:schemas:core:2.0:user", "urn:ietf:params:scim:schemas:core:2.0:group")
"""Their attributes stand in a resource itself; those of an extension, in an object by its name."""
_WHOLE = ""
_ALL, _NOTHING = frozenset({_WHOLE}), frozenset[str]()


class Said(msgspec.Struct, frozen=True):
    """The attributes that a push names, in lower case, each with those of its parts that are named; None for all.

    A part that is empty stands for the whole attribute. What is `unsaid` it does not speak of all the same.
    """

    named: Mapping[str, frozenset[str]] | None = None
    unsaid: frozenset[str] = frozenset()

    @property
    def is_whole(self) -> bool:
        """Whether it speaks of every attribute."""
        return self.named is None

    def names(self, attribute: str) -> bool:
        """Whether it speaks of an attribute, or of a part of it."""
        return bool(self._parts(attribute))

    def without(self, attribute: str) -> Self:
        """The same, but for an attribute."""
        return replace(self, unsaid=self.unsaid | {attribute.casefold()})

    def part_of(self, resource: Attributes) -> Attributes:
        """Of a resource, what it speaks of."""
        found: dict[str, Any] = {}
        for name, value in resource.items():
            parts = self._parts(name)
            if parts:
                is_whole = _WHOLE in parts or not isinstance(value, Mapping)
                found[name] = value if is_whole else {key: value[key] for key in value if key.casefold() in parts}
        return found

    def _parts(self, attribute: str) -> frozenset[str]:
        name = attribute.casefold()
        if name in self.unsaid:
            return _NOTHING
        return _ALL if self.named is None else self.named.get(name, _NOTHING)


WHOLE = Said()


def said_by(operations: Iterable[tuple[str, Any]]) -> Said:
    """What the operations of a PATCH speak of, each a path, or nothing for the resource itself, and a value."""
    named: dict[str, set[str]] = {}
    for path, value in operations:
        for attribute, part in _named(_plain(path), value):
            named.setdefault(attribute, set()).add(part)
    return Said({attribute: frozenset(parts) for attribute, parts in named.items()})


def _plain(path: str) -> str:
    """A path without the filter that chooses among values, in brackets or compared at once."""
    return path.partition("[")[0].partition(" ")[0].casefold()


def _named(path: str, value: Any) -> Iterable[tuple[str, str]]:
    """Attributes and parts that are written where a value is put at a path."""
    if not path:
        parts = value.items() if isinstance(value, Mapping) else ()
        return [each for key, content in parts for each in _named(_plain(key), content)]
    return [each for attribute, part in _readings(path) for each in _put_at(attribute, part, value)]


def _put_at(attribute: str, part: str, value: Any) -> Iterable[tuple[str, str]]:
    if not attribute:
        return _named("", value)
    if part or not isinstance(value, Mapping) or not value:
        return [(attribute, part)]
    return [(attribute, key.partition(".")[0].casefold()) for key in value]


def _readings(path: str) -> Iterable[tuple[str, str]]:
    """The attribute of a path, and the part of it that it leads to; the attribute is empty for the resource itself.

    Whether the last name of a URN belongs to the extension's, or is an attribute in it, does not show: both are read,
    and a resource has one of them.
    """
    for schema in _OF_SCHEMAS:
        if path == schema:
            return [("", "")]
        path = path.removeprefix(f"{schema}:")
    if not path.startswith("urn:"):
        attribute, _, part = path.partition(".")
        return [(attribute, part)]
    extension, _, part = path.rpartition(":")
    return [(path, ""), (extension, part.partition(".")[0])]
