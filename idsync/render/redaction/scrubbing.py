"""Takes known names, logins, ids and numbers of people out of texts that are kept, wherever in a text they stand."""

import re
from collections.abc import Callable

from idsync.model.names import nfc, twin_key

SHORTEST = 4
"""A shorter value is only found where it is the whole text: as a part it would be found everywhere."""
_CERTAIN = 8
"""A value this long, or with an @ in it, is found inside words too."""


class Scrubber:
    """Replaces known values, however their letters are cased, the longest first."""

    def __init__(self) -> None:
        self._known: dict[str, Callable[[], str]] = {}
        self._lengths: dict[str, set[int]] = {}
        self._done: dict[str, str] = {}

    def add(self, value: str, replacement: Callable[[], str]) -> None:
        """Know a value, and what stands for it; empty ones are nothing."""
        folded = twin_key(value)
        if not folded or folded in self._known:
            return
        self._known[folded] = replacement
        if len(folded) >= SHORTEST:
            self._lengths.setdefault(folded[:SHORTEST], set()).add(len(folded))
        self._done.clear()

    def clean(self, text: str) -> str:
        """The text without any value that is known so far."""
        done = self._done.get(text)
        if done is None:
            done = self._done[text] = self._cleaned(text)
        return done

    def _cleaned(self, text: str) -> str:
        folded = twin_key(text)
        if folded in self._known:
            return self._known[folded]()
        composed = nfc(text)
        # Where folding changes how long a text is, places in it are those of the folded one.
        whole = composed if len(composed) == len(folded) else folded
        pieces: list[str] = []
        start = place = 0
        while place + SHORTEST <= len(folded):
            found = self._at(folded, place)
            if found:
                pieces += (whole[start:place], self._known[folded[place : place + found]]())
                start = place = place + found
            else:
                place += 1
        return "".join([*pieces, whole[start:]]) if pieces else text

    def _at(self, folded: str, place: int) -> int:
        """How long a known value is that begins here; 0 where none does."""
        lengths = self._lengths.get(folded[place : place + SHORTEST])
        for length in sorted(lengths, reverse=True) if lengths else ():
            value = folded[place : place + length]
            if value in self._known and (_is_certain(value) or _stands_alone(folded, place, place + length)):
                return length
        return 0


def _is_certain(value: str) -> bool:
    return len(value) >= _CERTAIN or "@" in value


def _stands_alone(text: str, start: int, end: int) -> bool:
    before = text[start - 1 : start] + text[start]
    after = text[end - 1] + text[end : end + 1]
    return not (_joined(before) or _joined(after))


def _joined(pair: str) -> bool:
    return re.fullmatch(r"\w\w", pair) is not None
