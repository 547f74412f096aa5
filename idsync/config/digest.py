"""The digest of what a configuration means: equal for two that ask for the same, however they are laid out."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from functools import cache

import msgspec

from idsync.config.patterns import NameFilter, NamePattern
from idsync.config.templates import Template

# Where something is written, how one signs in, where state is kept and how often one looks say nothing of what is asked
# for.
_NOT_MEANING = frozenset(
    {
        "position",
        "authentication",
        "store",
        "store_position",
        "interval",
        "rate_limit_share",
        "adopt_written",
        "protected_users_written",
        "service",
        "places",
        "in_force",
        "besides",
    }
)
# Without them a configuration means what it meant before there were such keys, and keeps its digest.
_CAME_LATER = frozenset(
    {
        "former_org_urls",
        "lock_burst",
        "access_gains",
        "pull",
        "import_rules",
        "app_group_deletes",
        "upstream_removals",
        "upstream_additions",
        "both_ways",
    }
)
_ENCODER = msgspec.json.Encoder(order="sorted")


def digest_of(settings: msgspec.Struct) -> str:
    """Return `sha256:` and the digest of what the settings mean."""
    return "sha256:" + hashlib.sha256(_ENCODER.encode(_meaning(settings))).hexdigest()


def statements(settings: msgspec.Struct) -> Counter[str]:
    """What the settings ask for, statement by statement, whatever the order: each rule and each value with its place.

    Two edits that take away and add the same statements are the same edit, whatever else the files say.
    """
    return Counter(_stated("", _meaning(settings)))


def _stated(place: str, meaning: object) -> Iterator[str]:
    match meaning:
        case dict():
            for name, value in meaning.items():
                yield from _stated(f"{place}/{name}", value)
        case list():
            for value in meaning:
                yield f"{place} {_ENCODER.encode(value).decode()}"
        case _:
            yield f"{place} {_ENCODER.encode(meaning).decode()}"


def _meaning(value: object) -> object:
    """Reduce a value to what it asks for: no positions, no secrets, no store."""
    match value:
        case NamePattern() | Template():
            return value.source
        case NameFilter(include=include, exclude=exclude):
            return {"include": None if include is None else _sources(include), "exclude": _sources(exclude)}
        case Decimal():
            return str(value.normalize())
        case frozenset():
            return sorted(str(item) for item in value)
        case tuple():
            return [_meaning(item) for item in value]
        case msgspec.Struct():
            fields = {name: _meaning(getattr(value, name)) for name in value.__struct_fields__ if _counts(value, name)}
            return {"is": type(value).__name__, **fields}  # two kinds of rule may have fields that look alike
        case _:
            return value


def _counts(value: msgspec.Struct, name: str) -> bool:
    """Whether a field says what is asked for; a key that came later does where it is written."""
    if name in _CAME_LATER:
        return bool(_meaning(getattr(value, name)) != _meaning(_defaults_of(type(value))[name]))
    return name not in _NOT_MEANING


@cache
def _defaults_of(kind: type[msgspec.Struct]) -> dict[str, object]:
    return {field.name: field.default for field in msgspec.structs.fields(kind)}


def _sources(patterns: tuple[NamePattern, ...]) -> list[str]:
    return sorted({pattern.source for pattern in patterns})
