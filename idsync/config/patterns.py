"""Filters over names: a glob in which only `*` is special, or RE2 when the text starts with `^` and ends with `$`.

A pattern must match the whole name. Names and patterns are compared in NFC. RE2 keeps matching linear in the
length of the name, whatever the pattern.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from typing import cast

import msgspec
import re2

from idsync.diagnostics import Position

MAX_LENGTH = 4000
# What one filter may take, and what many of them together or one that ignores case may.
_SMALL_MEMORY = 2 << 20
_MEMORY = 64 << 20


class PatternError(ValueError):
    """A filter that RE2 cannot read; the message says what it objects to."""


def normalised(name: str) -> str:
    """Bring a name into the form in which names are compared: NFC, with stray surrogates replaced."""
    if name.isascii():
        return name
    try:
        name.encode()
    except UnicodeEncodeError:
        name = name.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return unicodedata.normalize("NFC", name)


def _is_regex(source: str) -> bool:
    """Tell a regular expression from a glob."""
    return source.startswith("^") and source.endswith("$")


class NamePattern:
    """One compiled filter, and where it is written. Two patterns are equal when they are written alike."""

    def __init__(self, source: str, position: Position | None = None) -> None:
        """Compile `source`, or raise PatternError."""
        self.position = position
        if len(source) > MAX_LENGTH:
            raise PatternError(f"it is longer than {MAX_LENGTH} characters")
        self.source = normalised(source)
        self._regex = _compile(self.expression)

    @cached_property
    def expression(self) -> str:
        """The RE2 expression that must match the whole name."""
        if _is_regex(self.source):
            return self.source
        return "(?s)" + "(.*)".join(re2.escape(part) for part in self.source.split("*"))

    @property
    def is_regex(self) -> bool:
        """Whether it is an expression, and not a glob."""
        return _is_regex(self.source)

    @cached_property
    def literal(self) -> str | None:
        """The one name it can match when it is a plain string, else None."""
        return None if "*" in self.source or _is_regex(self.source) else self.source

    @property
    def captures(self) -> int:
        """How many captures a match yields."""
        return self._regex.groups

    @cached_property
    def _regex_ignoring_case(self) -> re2._Regexp[bytes]:
        return re2.compile(self.expression.encode(), _options(ignoring_case=True, memory=_MEMORY))

    def match(self, name: str) -> tuple[str, ...] | None:
        """Return what `$1`, `$2` … stand for when the whole name matches, else None."""
        found = self._regex.fullmatch(normalised(name).encode())
        return None if found is None else tuple(text.decode() for text in found.groups(b""))

    def matches_ignoring_case(self, name: str) -> bool:
        """Tell whether the whole name matches when upper and lower case count as the same."""
        return self._regex_ignoring_case.fullmatch(normalised(name).encode()) is not None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NamePattern) and self.source == other.source

    def __hash__(self) -> int:
        return hash(self.source)

    def __str__(self) -> str:
        return self.source

    def __repr__(self) -> str:
        return f"NamePattern({self.source!r})"


class PatternSet:
    """An ordered collection of patterns. Answers are indexes into it, ascending."""

    def __init__(self, patterns: Iterable[NamePattern], *, ignoring_case: bool = False) -> None:
        self.patterns: tuple[NamePattern, ...] = tuple(patterns)
        self._literals: dict[str, tuple[int, ...]] = {}
        together: list[tuple[int, NamePattern]] = []
        alone: list[tuple[int, NamePattern]] = []
        for index, pattern in enumerate(self.patterns):
            if pattern.literal is not None and not ignoring_case:
                self._literals[pattern.literal] = (*self._literals.get(pattern.literal, ()), index)
            elif r"\Q" in pattern.expression:
                alone.append((index, pattern))  # an open quotation would swallow what follows it in an alternation
            else:
                together.append((index, pattern))
        self._batches = (
            *_batches(tuple(together), ignoring_case=ignoring_case),
            *(batch for member in alone for batch in _batches((member,), ignoring_case=ignoring_case)),
        )

    def all(self, name: str) -> tuple[int, ...]:
        """Return the index of every pattern that matches the name."""
        name = normalised(name)
        found = self._literals.get(name, ())
        encoded = name.encode()
        matched = tuple(index for batch in self._batches for index in batch.matches(encoded))
        return tuple(sorted(found + matched)) if matched else found

    def first(self, name: str) -> int | None:
        """Return the index of the first pattern that matches the name."""
        found = self.all(name)
        return found[0] if found else None

    def any(self, name: str) -> bool:
        """Tell whether any pattern matches the name."""
        return bool(self.all(name))

    def match(self, names: Iterable[str]) -> list[tuple[int, ...]]:
        """Return, for each name in turn, the index of every pattern that matches it."""
        return [self.all(name) for name in names]


class NameFilter(msgspec.Struct, frozen=True, dict=True):
    """What to take and what to leave out: no `include` (None) takes everything, and `exclude` wins."""

    include: tuple[NamePattern, ...] | None = None
    exclude: tuple[NamePattern, ...] = ()

    @cached_property
    def _included(self) -> PatternSet:
        return PatternSet(self.include or ())

    @cached_property
    def _excluded(self) -> PatternSet:
        return PatternSet(self.exclude)

    @cached_property
    def _included_ignoring_case(self) -> PatternSet:
        return PatternSet(self.include or (), ignoring_case=True)

    @cached_property
    def _excluded_ignoring_case(self) -> PatternSet:
        return PatternSet(self.exclude, ignoring_case=True)

    @cached_property
    def _decided(self) -> dict[str, tuple[bool, bool]]:
        return {}

    def _decide(self, name: str) -> tuple[bool, bool]:
        """Tell whether a name is included, and whether excluded; each name is matched once."""
        known = self._decided.get(name)
        if known is None:
            known = self.include is None or self._included.any(name), bool(self.exclude) and self._excluded.any(name)
            self._decided[name] = known
        return known

    def selects(self, name: str) -> bool:
        """Tell whether a thing of this name is taken."""
        included, excluded = self._decide(name)
        return included and not excluded

    def select(self, names: Iterable[str]) -> list[bool]:
        """Tell, for each name in turn, whether it is taken."""
        return [self.selects(name) for name in names]

    def names_literally(self, name: str) -> bool:
        """Tell whether an include is exactly this name, without a wildcard."""
        return any(pattern.literal == normalised(name) for pattern in self.include or ())

    def near_misses(self, name: str) -> tuple[NamePattern, ...]:
        """Return the patterns that would have decided otherwise about this name but for upper and lower case."""
        included, excluded = self._decide(name)
        if excluded or (included and not self.exclude):
            return ()
        return _chosen(self._excluded_ignoring_case if included else self._included_ignoring_case, name)


def _chosen(patterns: PatternSet, name: str) -> tuple[NamePattern, ...]:
    return tuple(patterns.patterns[index] for index in patterns.all(name))


class _Batch:
    """Patterns that fit one compiled set, with the alternation that confirms a miss."""

    def __init__(self, members: Sequence[tuple[int, NamePattern]], *, ignoring_case: bool) -> None:
        """Compile, or raise re2.error when they do not fit into the memory allowed."""
        self._members = members
        self._ignoring_case = ignoring_case
        options = _options(ignoring_case=ignoring_case, capturing=False, memory=_MEMORY)
        expressions = [pattern.expression for _, pattern in members]
        alternatives = [f"(?:{text})" for text in expressions] if len(expressions) > 1 else expressions
        self._alternation = re2.compile("|".join(alternatives).encode(), options)
        self._set = re2.Set.FullMatchSet(options)
        for text in expressions:
            self._set.Add(text.encode())
        self._set.Compile()

    def matches(self, name: bytes) -> list[int]:
        """Return the index of every member that matches a normalised name."""
        found = cast("list[int] | None", self._set.Match(name))
        if found:
            return [self._members[place][0] for place in found]
        # A set answers "no match" also when it runs out of memory; a single expression then takes a slower way instead.
        if self._alternation.fullmatch(name) is None:
            return []
        text = name.decode()
        return [index for index, pattern in self._members if self._matches_alone(pattern, text)]

    def _matches_alone(self, pattern: NamePattern, name: str) -> bool:
        return pattern.matches_ignoring_case(name) if self._ignoring_case else pattern.match(name) is not None


@lru_cache(maxsize=16)  # a service plans with one configuration, for each push
def _batches(members: tuple[tuple[int, NamePattern], ...], *, ignoring_case: bool) -> tuple[_Batch, ...]:
    """Compile the members together, or in halves as often as memory asks for."""
    if not members:
        return ()
    try:
        return (_Batch(members, ignoring_case=ignoring_case),)
    except re2.error:
        if len(members) == 1:
            raise
        middle = len(members) // 2
        first = _batches(members[:middle], ignoring_case=ignoring_case)
        return (*first, *_batches(members[middle:], ignoring_case=ignoring_case))


def _options(*, ignoring_case: bool = False, capturing: bool = True, memory: int = _SMALL_MEMORY) -> re2.Options:
    """Build RE2's options: silent, and with `memory` bytes for the compiled program and its cache."""
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = not ignoring_case
    options.never_capture = not capturing
    options.max_mem = memory
    return options


def _compile(expression: str) -> re2._Regexp[bytes]:
    """Compile one expression, or raise PatternError with RE2's own words."""
    try:
        return re2.compile(expression.encode(), _options())
    except re2.error as refusal:
        reason = refusal.args[0] if refusal.args else refusal
        raise PatternError(reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)) from None
