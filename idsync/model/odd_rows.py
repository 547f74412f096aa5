"""Odd rows: people, groups and apps of a snapshot that cannot be read, set aside so that the others go on."""

import json
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn, TypeVar

import msgspec

from idsync.errors import SnapshotError
from idsync.model.identity import IdentityApp, IdentityGroup, IdentityKind, IdentityUser, LeftAsIs, Snapshot

Item = TypeVar("Item", IdentityUser, IdentityGroup, IdentityApp)

_BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Characters that Unicode calls letters or symbols, and that show as nothing."""

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Me", "Mn", "Zl", "Zp", "Zs"})
"""Categories of characters that show nothing by themselves. Characters that are not assigned yet may come to show."""


def name_of(item: IdentityUser | IdentityGroup | IdentityApp) -> str:
    """The name of a person or group, the label of an app."""
    match item:
        case IdentityUser(username=name) | IdentityGroup(name=name) | IdentityApp(label=name):
            return name


def kind_of(item: IdentityUser | IdentityGroup | IdentityApp) -> IdentityKind:
    """What an item is."""
    match item:
        case IdentityUser():
            return "user"
        case IdentityGroup():
            return "group"
        case IdentityApp():
            return "app"


def may_be_id(text: str) -> bool:
    """Tell whether a text can be an id, or several ids in a row: visible ASCII without the slash."""
    return text.isascii() and text.isprintable() and " " not in text and "/" not in text


def name_fault(name: str) -> str:
    """What is wrong with a name; empty when it can be used."""
    if not name:
        return "has no name"
    if "\0" in name:
        return "has a name that holds NUL"
    if not any(map(_shows, name)):
        return "has a name of blanks or invisible characters only"
    return ""


def names_are_plain(names: Sequence[str]) -> bool:
    """Tell whether no name has a fault; asks all of them together, since there may be a hundred thousand."""
    joined = "".join(names)
    if joined.isascii() and joined.isprintable():
        return all(map(str.strip, names))
    return not any(name_fault(name) for name in names if not (name.isascii() and name.isalnum()))


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def _any_integer(_: str) -> int:
    return 0


LENIENT = json.JSONDecoder(parse_int=_any_integer, parse_constant=_no_number)
"""Reads JSON whatever its integers, and lets half surrogate pairs through: it shows what is wrong with a row."""


def value_fault(value: Any, path: str = "") -> str:
    """What in a value, as `LENIENT` reads it, no attribute can hold; empty when there is nothing."""
    match value:
        case str():
            return f"holds half a surrogate pair, or bytes that are not UTF-8, in {path}" if _is_half(value) else ""
        case float() if value in (float("inf"), float("-inf")):
            return f"holds a number out of range in {path}"
        case dict():
            inside: Iterable[tuple[Any, str]] = ((item, f"{path}.{key}".lstrip(".")) for key, item in value.items())
        case list():
            inside = ((item, path) for item in value)
        case _:
            return ""
    return next((fault for item, place in inside if (fault := value_fault(item, place))), "")


def set_aside(snapshot: Snapshot) -> Snapshot:
    """The snapshot with every row opened, and those that cannot be opened left as they are; the same when all can."""
    left: list[LeftAsIs] = []
    users = _opened(snapshot.users, left)
    groups = _opened(snapshot.groups, left)
    apps = _opened(snapshot.apps, left)
    if not left:
        return snapshot
    return msgspec.structs.replace(
        snapshot, users=users, groups=groups, apps=apps, left_as_is=[*snapshot.left_as_is, *left]
    )


def _opened(items: list[Item], left: list[LeftAsIs]) -> list[Item]:
    kept = []
    for item in items:
        fault = name_fault(name_of(item)) or _inner_fault(item)
        if fault:
            left.append(LeftAsIs(kind_of(item), item.id, fault, name=name_of(item)))
        else:
            kept.append(item)
    return kept


def _inner_fault(item: IdentityUser | IdentityGroup | IdentityApp) -> str:
    try:
        match item:
            case IdentityUser():
                item.attributes()
            case IdentityGroup():
                item.member_ids()
            case IdentityApp():
                item.user_ids()
    except SnapshotError as error:
        raw = {"user": "profile", "group": "list of members", "app": "list of users"}[kind_of(item)]
        return inner_fault(_raw(item), raw) or f"has a {raw} that cannot be read ({error.why.removesuffix('.')})"
    return ""


def inner_fault(data: bytes, what: str) -> str:
    """What `value_fault` says of a part of a row that was not opened with it; empty when that says nothing."""
    try:
        return value_fault(LENIENT.decode(data.decode("utf-8", "surrogateescape")), what)
    except (ValueError, RecursionError):
        return ""


def _raw(item: IdentityUser | IdentityGroup | IdentityApp) -> bytes:
    match item:
        case IdentityUser(profile=raw) | IdentityGroup(members=raw) | IdentityApp(users=raw):
            return bytes(raw)


def _shows(character: str) -> bool:
    return character not in _BLANK_LETTERS and unicodedata.category(character) not in _UNSEEN


def _is_half(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text)
