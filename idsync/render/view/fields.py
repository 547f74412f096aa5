"""What changed inside one resource, field by field, as people read it: before → after, long values cut short."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

import msgspec

from idsync.model.ownership import Resource
from idsync.model.resources import User
from idsync.render.escape_text import shown, visible
from idsync.render.phrases import counted

Value = str | int | bool | None | list["Value"] | tuple["Value", ...] | Mapping[str, "Value"]
Path = tuple[str, ...]
ITEMS_SHOWN = 6
NOTHING = "(none)"


def differing_fields(before: Resource, after: Resource) -> tuple[str, ...]:
    """A line for each field that differs, by name, safe for a terminal."""
    if before == after:
        return ()
    old, new = msgspec.to_builtins(before), msgspec.to_builtins(after)
    # A user is flat: each of its leaves can be looked at, and nothing has to be loaded for it.
    differing = [()] if isinstance(before, User) else _differing_paths(old, new)
    leaves = {leaf for path in differing for leaf in _leaves(path, _at(old, path), _at(new, path))}
    paths = sorted(leaf for leaf in leaves if _at(old, leaf) != _at(new, leaf))
    return tuple(f"{_field_name(path)}: {_difference(_at(old, path), _at(new, path))}" for path in paths)


def value_words(value: Value) -> str:
    """A value on one line, its beginning when it is long."""
    match value:
        case None:
            return NOTHING
        case bool() | int():
            return str(value).lower()
        case str():
            return shown(value)
        case list() | tuple():
            return _list_words(value)
        case Mapping():
            return _mapping_words(value)


def _differing_paths(old: Value, new: Value) -> Iterator[Path]:
    # Imported here: it takes longer to load than everything else that a plan without updates needs.
    from deepdiff import DeepDiff

    for levels in DeepDiff(_with_text_leaves(old), _with_text_leaves(new), view="tree").values():
        for level in levels:
            yield tuple(level.path(output_format="list"))


def _with_text_leaves(value: Value) -> object:
    """Lists and scalars as JSON text: a list differs as one thing, and its length costs next to nothing."""
    if isinstance(value, dict):
        return {key: _with_text_leaves(item) for key, item in value.items()}
    return msgspec.json.encode(value).decode()


def _leaves(path: Path, old: Value, new: Value) -> Iterator[Path]:
    """The fields at or below a path where one side may lack a whole mapping."""
    sides = [side for side in (old, new) if isinstance(side, dict)]
    if not sides:
        yield path
    for key in {key: None for side in sides for key in side}:
        yield from _leaves((*path, key), _at(old, (key,)), _at(new, (key,)))


def _at(value: Value, path: Path) -> Value:
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def _field_name(path: Path) -> str:
    inner = path[1:] if path[0] in ("spec", "metadata") else path
    return ".".join(shown(key) for key in inner or path)


def _difference(old: Value, new: Value) -> str:
    match old, new:
        case ((list() | tuple()), (list() | tuple())) if max(len(old), len(new)) > ITEMS_SHOWN:
            return _long_list_difference(old, new)
    before, after = value_words(old), value_words(new)
    return f"{before} → {after}{_unseen_difference(old, new, before == after)}"


def _unseen_difference(old: Value, new: Value, looks_equal: bool) -> str:
    match old, new:
        case str(), str() if unicodedata.normalize("NFC", old) == unicodedata.normalize("NFC", new):
            return " (the same letters in another Unicode form)"
        case str(), str() if looks_equal:
            place = next(i for i, (a, b) in enumerate(zip(old + "\0", new + "\0", strict=False)) if a != b)
            return f" (they differ from character {place + 1:,} on)"
    return " (they differ in what is not shown)" if looks_equal else ""


def _long_list_difference(old: Sequence[Value], new: Sequence[Value]) -> str:
    before, after = _keyed(old), _keyed(new)
    gone = [before[key] for key in before if key not in after]
    come = [after[key] for key in after if key not in before]
    stay = len(before) - len(gone)
    parts = [f"adds {value_words(come)}"] * bool(come) + [f"drops {value_words(gone)}"] * bool(gone)
    if not parts and len(old) != len(new):
        return f"{counted(len(old), 'value')} before, {len(new):,} after: only repeats differ"
    if not parts:
        return f"{counted(len(old), 'value')} in another order"
    return f"{', '.join(parts)} ({stay:,} stay)"


def _keyed(values: Sequence[Value]) -> dict[bytes, Value]:
    return {msgspec.json.encode(value): value for value in values}


def _list_words(values: list[Value] | tuple[Value, ...]) -> str:
    if not values:
        return "(empty)"
    words = [_item_words(value) for value in islice(values, ITEMS_SHOWN)]
    more = len(values) - len(words)
    return ", ".join(words) + (f", … and {more:,} more" if more else "")


def _item_words(value: Value) -> str:
    """An owner or a login by its name, anything else as it is."""
    if isinstance(value, dict):
        name = value.get("name") or value.get("username")
        if isinstance(name, str) and len(value) == 1:
            return shown(name)
    return value_words(value)


def _mapping_words(value: Mapping[str, Value]) -> str:
    return "{" + ", ".join(f"{visible(key)}: {value_words(item)}" for key, item in value.items()) + "}"
