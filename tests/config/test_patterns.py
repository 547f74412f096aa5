"""Filters: globs and RE2 over whole names, alone and many at once."""

from __future__ import annotations

import unicodedata
from functools import cache

import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from idsync.config import patterns
from idsync.config.patterns import NameFilter, NamePattern, PatternError, PatternSet

LETTERS = st.text(alphabet="ab*.\n-é", max_size=8)
NAMES = st.text(alphabet="ab.\n-éA", max_size=10)
REGEXES = st.lists(
    st.sampled_from(["a", "b", "(", ")", "|", ".", "*", "+", "[ab]", "\\Q", "(?i)", "(?P<n>", "é"]), max_size=8
)


def reference_glob(pattern: str, name: str) -> tuple[str, ...] | None:
    """Match by trying every split, longest captures first; obviously right, and slow."""

    @cache
    def rest(at: int, read: int) -> tuple[str, ...] | None:
        if at == len(pattern):
            return () if read == len(name) else None
        if pattern[at] != "*":
            return rest(at + 1, read + 1) if name[read : read + 1] == pattern[at] else None
        for end in range(len(name), read - 1, -1):
            if (found := rest(at + 1, end)) is not None:
                return (name[read:end], *found)
        return None

    return rest(0, 0)


def filters(*sources: str) -> tuple[NamePattern, ...]:
    return tuple(NamePattern(source) for source in sources)


@settings(deadline=None)
@given(LETTERS, NAMES)
def test_a_glob_matches_as_trying_every_split_does(pattern: str, name: str) -> None:
    normal = unicodedata.normalize("NFC", name)
    assert NamePattern(pattern).match(name) == reference_glob(unicodedata.normalize("NFC", pattern), normal)


@settings(deadline=None)
@given(st.text(), st.text())
def test_any_text_is_a_filter_or_is_refused_and_any_name_can_be_asked(pattern: str, name: str) -> None:
    try:
        compiled = NamePattern(pattern)
    except PatternError:
        return
    assert (compiled.match(name) is not None) <= compiled.matches_ignoring_case(name)


@pytest.mark.parametrize("special", [*".+?()[]{}|^$\\&~#", "a.b", "^x", "x$", "$^"])
def test_only_the_star_is_special_in_a_glob(special: str) -> None:
    assert NamePattern(special).match(special) == ()
    assert NamePattern(special).match("axb") is None
    assert NamePattern(special).literal == special


def test_a_star_is_greedy_and_takes_newlines() -> None:
    assert NamePattern("*-*").match("a-b-c\nd") == ("a-b", "c\nd")


def test_a_regex_as_written_must_match_the_whole_name() -> None:
    either = NamePattern("^a|b$")
    assert [name for name in ("a", "b", "ab", "ax", "xb") if either.match(name) is not None] == ["a", "b"]
    assert NamePattern("^eng$").match("eng\n") is None


def test_a_group_that_took_no_part_captures_nothing() -> None:
    assert NamePattern("^(?:(a)|(b))$").match("b") == ("", "b")


def test_text_between_anchors_is_a_regex_and_no_plain_name() -> None:
    assert NamePattern("^eng$").literal is None
    assert NamePattern("eng").literal == "eng"
    assert NamePattern("eng*").literal is None


def test_names_and_filters_are_compared_in_nfc() -> None:
    composed, decomposed = "Ren\u00e9", "Rene\u0301"
    for source in (composed, decomposed, "Ren*", "^Ren(.)$"):
        assert NamePattern(source).match(composed) == NamePattern(source).match(decomposed) is not None
    assert NamePattern("Ren*").match(decomposed) == ("\u00e9",)


def test_a_lone_surrogate_in_a_name_reads_as_the_replacement_character() -> None:
    assert NamePattern("a*").match("a\ud800") == ("\ufffd",)


@pytest.mark.parametrize("source", ["^($", "^[$", "^(?=a)$", r"^(a)\1$", "^a{2000}$", "^(a$", "a" * 5000])
def test_what_re2_cannot_take_is_refused_with_a_reason(source: str) -> None:
    with pytest.raises(PatternError, match=r"\w"):
        NamePattern(source)


def test_a_pattern_that_ruins_backtracking_takes_no_time() -> None:
    assert NamePattern("^(x+x+)+y$").match("x" * 50_000) is None


def test_patterns_written_alike_are_equal_and_hash_alike() -> None:
    assert NamePattern("e\u0301*") == NamePattern("\u00e9*")
    assert hash(NamePattern("e\u0301*")) == hash(NamePattern("\u00e9*"))
    assert NamePattern("a") != NamePattern("b")
    assert NamePattern("a") != "a"
    assert (str(NamePattern("a*")), repr(NamePattern("a*"))) == ("a*", "NamePattern('a*')")


@settings(deadline=None)
@given(st.lists(LETTERS | REGEXES.map(lambda parts: f"^{''.join(parts)}$"), max_size=6), st.lists(NAMES, max_size=5))
def test_a_set_answers_as_its_patterns_do_one_by_one(sources: list[str], names: list[str]) -> None:
    compiled = []
    for source in sources:
        try:
            compiled.append(NamePattern(source))
        except PatternError:
            continue
    together, folded = PatternSet(compiled), PatternSet(compiled, ignoring_case=True)
    for name, found in zip(names, together.match(names), strict=True):
        alone = tuple(index for index, pattern in enumerate(compiled) if pattern.match(name) is not None)
        assert together.all(name) == found == alone
        assert together.first(name) == (alone[0] if alone else None)
        assert together.any(name) == bool(alone)
        ignoring = tuple(index for index, pattern in enumerate(compiled) if pattern.matches_ignoring_case(name))
        assert folded.all(name) == ignoring


@pytest.mark.parametrize("memory", [1 << 15, 1 << 17, 1 << 19])
def test_a_set_that_runs_out_of_memory_answers_all_the_same(monkeypatch: pytest.MonkeyPatch, memory: int) -> None:
    compiled = [NamePattern(f"*{number}*x*{number}*") for number in range(200)]
    names = [f"{number}-x-{number * 7}-x-{number}" for number in range(60)]
    alone = [
        tuple(index for index, pattern in enumerate(compiled) if pattern.match(name) is not None) for name in names
    ]
    monkeypatch.setattr(patterns, "_MEMORY", memory)
    assert PatternSet(compiled).match(names) == alone


def test_a_set_that_wrongly_says_no_is_overruled(monkeypatch: pytest.MonkeyPatch) -> None:
    class Exhausted:
        @classmethod
        def FullMatchSet(cls, options: object) -> Exhausted:  # noqa: N802 - RE2's own name
            return cls()

        def Add(self, pattern: bytes) -> None: ...  # noqa: N802

        def Compile(self) -> None: ...  # noqa: N802

        def Match(self, name: bytes) -> None: ...  # noqa: N802

    monkeypatch.setattr(re2, "Set", Exhausted)
    compiled = filters("a*", "b*", "*c")
    assert PatternSet(compiled).match(["ac", "bx", "x"]) == [(0, 2), (1,), ()]
    assert PatternSet(compiled, ignoring_case=True).match(["AC", "x"]) == [(0, 2), ()]


def test_an_empty_set_matches_nothing() -> None:
    assert PatternSet(()).all("a") == ()
    assert not PatternSet(()).any("")


def test_ten_thousand_names_are_matched_against_thousands_of_plain_names_and_globs() -> None:
    compiled = [NamePattern(f"team-{number}") for number in range(3000)]
    compiled += [NamePattern(f"unit-{number}-*") for number in range(3000)]
    found = PatternSet(compiled).match([f"team-{number}" for number in range(5000)] + ["unit-7-x"] * 5000)
    assert found[2999:3001] == [(2999,), ()]
    assert found[5000:] == [(3007,)] * 5000


def test_without_include_everything_is_taken_and_with_an_empty_one_nothing() -> None:
    assert NameFilter().selects("anything")
    assert not NameFilter(include=()).selects("anything")


def test_exclude_wins() -> None:
    taken = NameFilter(include=filters("eng-*", "^prod-(db|k8s)$"), exclude=filters("eng-bots"))
    names = ["eng-web", "eng-bots", "prod-db", "prod-web"]
    assert taken.select(names) == [True, False, True, False]


def test_a_group_is_named_literally_only_by_a_plain_include() -> None:
    assert NameFilter(include=filters("Everyone")).names_literally("Everyone")
    assert not NameFilter(include=filters("Every*", "^Everyone$")).names_literally("Everyone")
    assert not NameFilter().names_literally("Everyone")


def test_near_misses_are_the_filters_that_only_letter_case_kept_from_deciding() -> None:
    chosen = NameFilter(include=filters("Eng-*", "ops"), exclude=filters("Eng-Bots", "*-old"))
    assert chosen.near_misses("eng-web") == filters("Eng-*")
    assert chosen.near_misses("Eng-bots") == filters("Eng-Bots")
    assert chosen.near_misses("Eng-web") == ()
    assert chosen.near_misses("eng-old") == ()
    assert chosen.near_misses("sales") == ()
    assert NameFilter(exclude=filters("X")).near_misses("x") == filters("X")
