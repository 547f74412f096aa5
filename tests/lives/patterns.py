"""Patterns and templates of the configuration, said a second time with Python's own expressions."""

import re


def captures(pattern: str, text: str) -> list[str] | None:
    """What a pattern captures of a whole text; None where it does not match."""
    if pattern.startswith("^") and pattern.endswith("$"):
        expression = pattern
    else:
        expression = "(.*)".join(re.escape(piece) for piece in pattern.split("*"))
    found = re.fullmatch(expression, text, re.DOTALL)
    return None if found is None else [group or "" for group in found.groups()]


def expanded(template: str, found: list[str]) -> str:
    """A template with what was captured in place."""
    return re.sub(r"\$(\d)", lambda number: found[int(number[1]) - 1], template)


def any_matches(patterns: list[str], text: str) -> bool:
    """Whether some pattern matches the text."""
    return any(captures(pattern, text) is not None for pattern in patterns)
