"""Did you mean: the known names that are most like one that nobody knows. Quick among a hundred thousand."""

import difflib
from collections.abc import Iterable

LONGEST = 100
"""Longer names are not compared: what is that long was not typed."""
_MANY = 400
_ALIKE = 0.75
"""How much of two names of people must be the same; many share a family name."""


def nearest(name: str, known: Iterable[str], count: int = 1, *, alike: float = 0.6) -> list[str]:
    """The known names most like `name`, the best first; upper and lower case count as the same.

    `alike` is how much of two names must be the same, from 0 to 1.
    """
    asked = name.casefold()
    if not asked or len(asked) > LONGEST:
        return []
    by_folded: dict[str, str] = {}
    for each in known:
        folded = each.casefold()
        by_folded[folded] = min(each, by_folded.get(folded, each))
    if asked in by_folded:
        return [by_folded[asked]]
    near = difflib.get_close_matches(asked, sorted(_plausible(asked, by_folded)), n=count, cutoff=alike)
    return [by_folded[each] for each in near]


def nearest_people(name: str, known: Iterable[str], count: int = 1) -> list[str]:
    """The same of people's names, of which what stands behind an @ tells little: they share it."""
    asked = name.casefold()
    if not asked or len(asked) > LONGEST:
        return []
    first = asked.partition("@")[0]
    half = max(len(first) // 2, 1)
    begins, ends, reach = first[:half], first[-half:], max(2, len(first) // 4)
    whole = "@" in asked  # then other names have such an end too, and their length tells much
    by_first: dict[str, str] = {}
    same: list[str] = []
    for each in known:
        if whole and abs(len(each) - len(name)) > reach + 6:
            continue
        folded = each.casefold()
        if folded == asked:
            same.append(each)
        part = folded.partition("@")[0]
        if (part.startswith(begins) or part.endswith(ends)) and abs(len(part) - len(first)) <= reach:
            by_first[part] = min(each, by_first.get(part, each))
    if same:
        return [min(same)]
    plausible = sorted(by_first)[: _MANY * 4]
    near = difflib.get_close_matches(first, plausible, n=count, cutoff=_ALIKE)
    return [by_first[each] for each in near]


def did_you_mean(names: Iterable[str]) -> str:
    """A sentence that suggests these names, made harmless, with a space before it; empty when there are none."""
    suggested = list(names)
    if not suggested:
        return ""
    from idsync.diagnostics import quoted  # loads what the start of a command has no time for

    told = " or ".join(quoted(name, 2 * LONGEST) for name in suggested)
    return f" Did you mean {told}?"


def _plausible(asked: str, known: Iterable[str]) -> list[str]:
    """Of many names, those that could be meant: one slip leaves one half of a name as it is."""
    listed = list(known)
    if len(listed) <= _MANY:
        return listed
    half = max(len(asked) // 2, 1)
    begins, ends = asked[:half], asked[-half:]
    reach = max(2, len(asked) // 4)
    shortest, longest = len(asked) - reach, len(asked) + reach
    alike = (
        name for name in listed if shortest <= len(name) <= longest and (name.startswith(begins) or name.endswith(ends))
    )
    return sorted(alike)[: _MANY * 4]
