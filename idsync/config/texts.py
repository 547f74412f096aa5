"""Texts that are compared as a whole: what none of them may hold, and filters that look like half an expression."""

from __future__ import annotations

import re

# Unicode does not count zero-width characters as white space, but nobody sees them either.
_EDGES = r"\s\u200b\u2060\ufeff"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_LINE_BREAK_AT_END = re.compile(r"[\n\r\x85\u2028\u2029]\s*\Z")
_BEGINS_WHITE = re.compile(rf"[{_EDGES}]")
_ENDS_WHITE = re.compile(rf"[{_EDGES}]\Z")

_CLASS = r"\[(?:\^[^\]]+|:[a-z]+:|[^\]]*\w-\w[^\]]*|(?:[A-Za-z]{2})+)\]"
_HALF_AN_EXPRESSION = (
    (re.compile(r"\^"), "it begins with ^ and does not end with $"),
    (re.compile(r"/\^?.*\$?/[a-z]*\Z", re.DOTALL), "it stands between slashes"),
    (re.compile(r"\(\?"), "it begins with (?"),
)
_PARTS_OF_EXPRESSIONS = (
    (re.compile(r"(?s).*\$\Z"), "it ends with $ and does not begin with ^"),
    (re.compile(r"(?s).*\.[*+]"), "it holds .* or .+"),
    (re.compile(r"(?s).*\\(?:[dDwWsSbBAzZ](?![A-Za-z])|[.*+?^$()\[\]{}|\\-])"), "it holds an escape with a backslash"),
    (re.compile(r"(?s).*\|"), "it holds |"),
    (re.compile(r"(?s).*[\])][+?]|(?s:.*)\{\d+(?:,\d*)?\}"), "it says how often something is repeated"),
)


def text_complaint(text: str) -> tuple[str, str]:
    """Say what is wrong with a text that is compared, and how to fix it; both empty when nothing is."""
    if _LINE_BREAK_AT_END.search(text):
        fix = "Write |- in place of |, or >- in place of >, or put the text on the line of its key."
        return "ends in a line break", fix
    if _BEGINS_WHITE.match(text):
        return "begins with white space", "Remove it."
    if _ENDS_WHITE.search(text):
        return "ends with white space", "Remove it."
    if _CONTROL.search(text):
        return "holds a control character", "Remove line breaks, tabs and other control characters."
    return "", ""


def is_usable_text(text: str) -> bool:
    """Tell whether a text may be given to somebody: no control character, no white space at its ends, not empty."""
    if text.isprintable():  # then its only white space is the blank
        return bool(text) and text[0] != " " and text[-1] != " "
    return text_complaint(text) == ("", "")


def looks_like_expression(glob: str) -> str:
    """Say what makes a glob look like an expression somebody half wrote; empty when nothing does."""
    for sign, what in _HALF_AN_EXPRESSION:
        if sign.match(glob):
            return what
    for sign, what in _PARTS_OF_EXPRESSIONS:
        if sign.match(glob):
            return what
    return "it holds a class of characters in brackets" if _has_class(glob) else ""


def _has_class(glob: str) -> bool:
    """Tell a class such as [a-z] or [eE] from a name in brackets such as [EU]."""
    return any(_is_class(found.group()) for found in re.finditer(_CLASS, glob))


def _is_class(brackets: str) -> bool:
    inside = brackets[1:-1]
    if not inside.isalpha():
        return True
    pairs = [inside[place : place + 2] for place in range(0, len(inside), 2)]
    return all(pair[0] != pair[1] and pair.lower() == pair[0].lower() * 2 for pair in pairs)
