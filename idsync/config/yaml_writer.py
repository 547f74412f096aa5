"""Values as YAML that reads back as the same values, in the order given, whichever YAML reader reads it."""

import json
import re
from collections.abc import Iterable, Iterator

Plain = str | int | float | bool | None | list["Plain"] | tuple["Plain", ...] | dict[str, "Plain"]

LONGEST_SIMPLE_KEY = 1000
"""YAML readers look for the colon of a plain `key: value` no farther than some thousand characters."""

_PLAIN = re.compile(r"[A-Za-z](?:[A-Za-z0-9_./@-]| (?=[A-Za-z0-9]))*\Z")
_OTHER_TYPES = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf"})


def scalar(text: str) -> str:
    """A text as YAML that is read back as that text, inside brackets and braces too: what they mean is in quotes."""
    if _PLAIN.match(text) and text.lower() not in _OTHER_TYPES:
        return text
    return "".join(map(_escaped, json.dumps(text, ensure_ascii=False)))


def render_document(value: Plain) -> str:
    """One value as a block of lines."""
    return "\n".join(_lines(value)) + "\n"


def render_documents(values: Iterable[Plain]) -> str:
    """Several values, as one stream of documents."""
    return "---\n".join(map(render_document, values))


def _escaped(character: str) -> str:
    if character.isprintable():
        return character
    number = ord(character)
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def _lines(value: Plain) -> Iterator[str]:
    match value:
        case dict() if value:
            for key, item in value.items():
                yield from _entry(scalar(key), item)
        case list() | tuple() if value:
            for item in value:
                first, *rest = _lines(item)
                yield f"- {first}"
                yield from (f"  {line}" for line in rest)
        case _:
            yield _single(value)


def _entry(key: str, item: Plain) -> Iterator[str]:
    if len(key) > LONGEST_SIMPLE_KEY:
        yield f"? {key}"
        key = ""
    match item:
        case dict() if item:
            yield f"{key}:"
            yield from (f"  {line}" for line in _lines(item))
        case list() | tuple() if item:
            yield f"{key}:"
            yield from _lines(item)
        case _:
            yield f"{key}: {_single(item)}"


def _single(value: Plain) -> str:
    match value:
        case str():
            return scalar(value)
        case dict():
            return "{}"
        case list() | tuple():
            return "[]"
        case _:
            return json.dumps(value)
