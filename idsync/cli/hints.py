"""Suggestions for names that are almost right."""

from collections.abc import Iterable

from idsync.model.suggestions import nearest


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A sentence that suggests the nearest known name, with a space before it; empty when none is near."""
    near = nearest(name, known)
    return f" Did you mean {near[0]!r}?" if near else ""
