"""What the schema objects to, in words: at the key or value at fault, with what somebody most likely meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, cast

from idsync.config.codes import (
    BAD_VALUE,
    CHOOSE_ONE,
    MISSING_KEY,
    SECRET_WRITTEN_OUT,
    UNKNOWN_KEY,
    UNKNOWN_KIND,
    UNKNOWN_VALUE,
    WRONG_API_VERSION,
    WRONG_TYPE,
)
from idsync.config.mistakes import Mistakes
from idsync.config.nodes import Node, follow, key_position
from idsync.config.texts import text_complaint
from idsync.diagnostics import Position, plainly, quoted
from idsync.model import suggestions

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

API_VERSION = "idsync/v1"
_TYPES = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}
_WHY_EXACT = "Texts are compared letter by letter, so that nothing would equal this one."
_TYPE_FIXES = {
    "object": "Write keys and values, indented below the key.",
    "array": "Write a list: put the value into brackets, [ ].",
    "string": "Put the value into quotes.",
    "integer": "Write a whole number, such as 10.",
    "number": "Write a number, such as 10.",
    "boolean": "Write true or false, without quotes.",
}


class Complaint:
    """One thing that the validator objects to."""

    def __init__(self, error: ValidationError, document: Node, mistakes: Mistakes) -> None:
        self._mistakes = mistakes
        self._path: tuple[str | int, ...] = tuple(error.absolute_path)
        self._node = follow(document, self._path)
        self._instance: Any = error.instance
        self._schema = cast("dict[str, Any]", error.schema)
        self._asked: Any = error.validator_value
        self._validator = str(error.validator)
        self._about_key = "propertyNames" in error.absolute_schema_path
        self._title: str = self._schema.get("title", "value")

    def explain(self) -> None:
        """Note it."""
        explanations: dict[str, Callable[[], None]] = {
            "type": self._wrong_type,
            "additionalProperties": self._unknown_keys,
            "required": self._missing_keys,
            "dependentRequired": self._missing_companions,
            "oneOf": self._choose_one,
            "anyOf": self._choose_any,
            "minProperties": self._choose_one,
            "maxProperties": self._choose_one,
            "const": self._wrong_version,
            "enum": self._unknown_value,
        }
        explanations.get(self._validator, self._bad_value)()

    @property
    def _position(self) -> Position:
        if self._about_key:
            return key_position(self._node, str(self._instance)) or self._node.position
        return self._node.position

    @property
    def _where(self) -> str:
        """Name the value by its key: `interval`, or `rules[2].roles[0]`."""
        path = self._path[1:] if self._path[0:1] == ("spec",) and len(self._path) > 1 else self._path
        steps = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in path]
        where = plainly("".join(steps).removeprefix(".") or "the document", limit=200)
        return f"a key of {where}" if self._about_key else where

    @property
    def _confidential(self) -> bool:
        """What stands there may be a secret, in the right place or the wrong one: it is never repeated."""
        return "auth" in self._path

    def _wrong_type(self) -> None:
        expected = str(self._asked)
        if self._title == "secret reference" and isinstance(self._instance, str | int | float):
            self._mistakes.add(
                SECRET_WRITTEN_OUT, self._position, f"{self._where} holds a secret, not a reference to one"
            )
            return
        found = _type_in_words(self._instance)
        if expected == "integer" and isinstance(self._instance, float):
            found = "a number with a fraction"
        fix = "Write a value, or remove the key." if self._instance is None else self._type_fix(expected)
        summary = f"{self._where} must be {_TYPES[expected]}, and is {found}"
        self._mistakes.add(WRONG_TYPE, self._position, summary, fix=fix)

    def _type_fix(self, expected: str) -> str:
        """Say how to write the value: by the schema's own examples, or as what stands there was meant."""
        examples = [str(example) for example in self._schema.get("examples", ())]
        if examples and (expected == "object" or "pattern" in self._schema or self._title == "organization address"):
            return f"Write it like {' or '.join(examples)}."
        if expected in ("number", "integer") and isinstance(self._instance, str):
            digits = re.fullmatch(r"\s*([0-9]+(?:[.,][0-9]+)?)\s*(?:%|percent)?\s*", self._instance)
            if digits is None or self._confidential:
                return f"Write {_TYPES[expected]}, such as 10."
            return f"Write {digits.group(1).replace(',', '.')}, without quotes and without a unit."
        if expected == "boolean" and isinstance(self._instance, str):
            meant = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(self._instance.lower())
            return f"Write {meant}: other words are text." if meant else _TYPE_FIXES[expected]
        if expected == "string" and not isinstance(self._instance, str | int | float):
            return "Write one text."
        return _TYPE_FIXES[expected]

    def _unknown_keys(self) -> None:
        known = list(self._schema.get("properties", {}))
        for key in self._instance:
            if self._mistakes.full:
                return
            if key not in known:
                place = key_position(self._node, key) or self._node.position
                shown = "this key" if self._confidential else f"the key {quoted(key)}"
                where = f" in {self._where}" if self._path else ""
                self._mistakes.add(
                    UNKNOWN_KEY, place, f"{shown} is not known{where}", fix=suggestion(key, known, "keys")
                )

    def _missing_keys(self) -> None:
        self._add_missing(key for key in self._asked if key not in self._instance and not self._misspelt(key))

    def _misspelt(self, key: str) -> bool:
        """Tell whether an unknown key, which is reported by itself, most likely means this one."""
        known = self._schema.get("properties", {})
        return any(nearest(written, known) == key for written in self._instance if written not in known)

    def _missing_companions(self) -> None:
        self._add_missing(
            key
            for present, companions in self._asked.items()
            for key in companions
            if present in self._instance and key not in self._instance and not self._misspelt(key)
        )

    def _add_missing(self, keys: Iterable[str]) -> None:
        for key in keys:
            summary = f"{self._where} lacks the key {quoted(key)}"
            self._mistakes.add(MISSING_KEY, self._node.position, summary, fix=f"Add {key}.")

    def _choose_one(self) -> None:
        if not isinstance(self._instance, dict):
            return  # a wrong type, which is another complaint
        if self._validator == "oneOf":
            choices = [choice["required"][0] for choice in self._asked]
        else:
            choices = list(self._schema["properties"])
        present = [key for key in self._instance if key in choices]
        if len(present) > 1:
            first, second = (key_position(self._node, key) or self._node.position for key in present[:2])
            summary = f"{self._where} has both {present[0]} and {present[1]}"
            self._mistakes.add(
                CHOOSE_ONE, second, summary, fix=f"Keep only one of {present[0]} and {present[1]}.", related=(first,)
            )
        elif (not self._instance or self._validator == "oneOf") and not self._is_told_otherwise(choices):
            summary = f"{self._where} has none of {', '.join(choices)}"
            why = "Exactly one of them says what is meant."
            self._mistakes.add(CHOOSE_ONE, self._position, summary, why=why, fix=f"Add one of {', '.join(choices)}.")

    def _choose_any(self) -> None:
        """None of some keys of which at least one says what is meant."""
        choices = [choice["required"][0] for choice in self._asked]
        if isinstance(self._instance, dict) and not self._is_told_otherwise(choices):
            summary = f"{self._where} has none of {', '.join(choices)}"
            why = "At least one of them says what it is about."
            self._mistakes.add(CHOOSE_ONE, self._position, summary, why=why, fix=f"Add one of {', '.join(choices)}.")

    def _is_told_otherwise(self, choices: list[str]) -> bool:
        """Tell whether the mistake that left all choices out is reported by itself: a misspelt key, or half a pair."""
        companions = self._schema.get("dependentRequired", {})
        half = any(
            key in self._instance and choice in needed for choice in choices for key, needed in companions.items()
        )
        return half or any(self._misspelt(choice) for choice in choices)

    def _wrong_version(self) -> None:
        summary = f"the apiVersion is not {API_VERSION}"
        self._mistakes.add(WRONG_API_VERSION, self._position, summary)

    def _unknown_value(self) -> None:
        choices = [str(choice) for choice in self._asked]
        text = self._instance if isinstance(self._instance, str) else ""
        shown = quoted(text) if text else _type_in_words(self._instance)
        code, noun = (UNKNOWN_KIND, "kinds") if self._path == ("kind",) else (UNKNOWN_VALUE, "values")
        self._mistakes.add(
            code, self._position, f"{self._where} cannot be {shown}", fix=suggestion(text, choices, noun)
        )

    def _bad_value(self) -> None:
        """Explain what is outside of a range, empty, or not of the form asked for."""
        match self._validator:
            case "minimum":
                self._mistakes.add(BAD_VALUE, self._position, f"{self._where} must be {self._asked} or more")
            case "maximum":
                self._mistakes.add(BAD_VALUE, self._position, f"{self._where} must be {self._asked} or less")
            case "not":
                complaint, fix = text_complaint(str(self._instance))
                if self._title == "filter" and "white space" in complaint:
                    fix = f"{fix} Where a name really has it, write an expression: ^ *eng *$."
                self._mistakes.add(BAD_VALUE, self._position, f"{self._where} {complaint}", why=_WHY_EXACT, fix=fix)
            case "minLength":
                self._add_malformed(f"{self._where} is empty")
            case _:
                article = "an" if self._title[0] in "aeiou" else "a"
                shown = "this" if self._confidential else quoted(str(self._instance))
                self._add_malformed(f"{self._where}: {shown} is not {article} {self._title}")

    def _add_malformed(self, summary: str) -> None:
        if self._title in {"duration", "duration or never"}:
            return  # the code that reads it reports this, and checks its range too
        examples = self._schema.get("examples", ())
        fix = f"Write it like {' or '.join(examples)}." if examples else "Write a value, or remove the key."
        self._mistakes.add(BAD_VALUE, self._position, summary, fix=fix)


def nearest(text: str, choices: Iterable[str]) -> str | None:
    """Return the choice that somebody may have meant."""
    return next(iter(suggestions.nearest(text, choices)), None)


def suggestion(text: str, choices: list[str], noun: str) -> str:
    """Propose what somebody may have meant, or say what there is."""
    if (meant := nearest(text, choices)) is not None:
        return f"Did you mean {quoted(meant)}?"
    return f"The {noun} are {', '.join(choices)}." if choices else "Remove the key; it takes none."


def _type_in_words(value: object) -> str:
    match value:
        case None:
            return "empty"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case _:
            return "a mapping"
