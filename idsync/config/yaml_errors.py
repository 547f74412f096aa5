"""Puts libyaml's complaints into words, with the fix that fits the usual slip."""

from __future__ import annotations

import msgspec
from yaml import YAMLError
from yaml.error import MarkedYAMLError
from yaml.reader import ReaderError

from idsync.diagnostics import quoted

# What libyaml says, or says it was doing: the slip that is usually behind it.
_FIXES = {
    "while scanning an alias": 'Put a filter that begins with * into quotes: "*-admins".',
    "mapping values are not allowed in this context": "Put text that holds a colon and a blank into quotes, "
    "and check the indentation of this line and the one above.",
    "did not find expected key": "Check the indentation of this line, and brackets and quotes in the ones above.",
    "did not find expected ',' or ']'": "Close the list with ], or put a comma between its items.",
    "did not find expected ',' or '}'": "Close the mapping with }, or put a comma between its entries.",
    "found unexpected end of stream": "Close the quote that is opened here.",
    "could not find expected ':'": "Write `key: value`, with a blank after the colon.",
}


class Slip(msgspec.Struct, frozen=True):
    """What is wrong at a character, how to fix it where that is known, and where it may have begun."""

    index: int
    summary: str
    fix: str | None = None
    begun: int | None = None


def is_too_deep(refusal: YAMLError) -> bool:
    """Whether libyaml itself refuses to go deeper, as it does from 0.2.6 on."""
    return isinstance(refusal, MarkedYAMLError) and refusal.problem == "exceeded maximum nesting depth"


def explained(refusal: YAMLError, text: str) -> Slip:
    """Say what libyaml objects to in a text."""
    match refusal:
        case ReaderError():
            index = len(text.encode()[: refusal.position].decode(errors="ignore"))
            return Slip(
                index, f"the character {quoted(text[index : index + 1])} is not allowed", "Remove the character."
            )
        case MarkedYAMLError():
            return _marked(refusal, text)
        case _:
            return Slip(0, "the text cannot be read")


def _marked(refusal: MarkedYAMLError, text: str) -> Slip:
    problem, context = refusal.problem or "", refusal.context or ""
    mark = refusal.problem_mark or refusal.context_mark
    index = mark.index if mark is not None else 0
    if problem == "found character that cannot start any token":
        character = text[index : index + 1]
        if character == "\t":
            return Slip(index, "a tab cannot indent", "Indent with spaces.")
        return Slip(index, f"no value can begin with {quoted(character)}", "Put the value into quotes.")
    if problem == "found unexpected end of stream" and refusal.context_mark is not None:
        index = refusal.context_mark.index
    fix = _FIXES.get(problem) or _FIXES.get(context)
    begun = refusal.context_mark.index if refusal.context_mark is not None else None
    return Slip(index, f"{problem} ({context})" if context else problem, fix, begun if begun != index else None)
