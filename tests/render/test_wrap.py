"""Lines broken at a terminal's width: nothing is lost, nothing runs over, what follows is indented."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idsync.render.escape_text import visible, width
from idsync.render.room import shares
from idsync.render.style import COLOUR
from idsync.render.text import render_plan
from idsync.render.wrap import rows, wrapped
from tests.effort import examples
from tests.render.plans import STORIES
from tests.render.strategies import TEXT

LINES = st.lists(st.one_of(TEXT, st.text("ab 漢é", max_size=60)).map(visible), max_size=6).map("".join)


def test_a_line_is_broken_between_words_and_what_follows_is_indented() -> None:
    assert wrapped((("  - role dev  [roles.yaml:7]: 14 people", None),), 25, 4) == [
        "  - role dev",
        "    [roles.yaml:7]: 14",
        "    people",
    ]


def test_a_word_longer_than_the_line_is_cut() -> None:
    assert wrapped((("x" * 50, None),), 24, 4) == ["x" * 24, "    " + "x" * 20, "    " + "x" * 6]


def test_without_a_width_a_line_stays_whole() -> None:
    assert wrapped((("a " * 500, None),), None, 4) == ["a " * 500]


def test_colour_is_closed_on_every_line() -> None:
    lines = wrapped((("- ", "removed"), ("some faint words that go over", "faint")), 24, 4, COLOUR)
    assert lines == ["\x1b[31m- \x1b[0m\x1b[2msome faint words that\x1b[0m", "    \x1b[2mgo over\x1b[0m"]


@settings(max_examples=examples(1_000))
@given(LINES, st.sampled_from([24, 60, 80, 120]), st.integers(0, 4))
def test_nothing_runs_over_and_nothing_is_lost(text: str, columns: int, indent: int) -> None:
    lines = wrapped(((text, None),), columns, indent)
    assert all(width(line) <= columns for line in lines)
    assert len(lines) == rows(text, columns, indent)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(line.startswith(" " * indent) for line in lines[1:])


@pytest.mark.parametrize("columns", [60, 80, 120])
@pytest.mark.parametrize("story", STORIES)
def test_a_plan_fits_its_terminal_and_says_the_same_at_any_width(story: str, columns: int) -> None:
    plan = STORIES[story]()
    for detail in (False, True):
        text = render_plan(plan, columns=columns, detail=detail)
        assert max(map(width, text.splitlines())) <= columns
        assert re.sub(r"\s+", "", text) == re.sub(r"\s+", "", render_plan(plan, detail=detail))


@given(st.integers(0, 200), st.lists(st.tuples(st.integers(0, 80), st.integers(1, 6)), max_size=8))
def test_shares_are_fair(room: int, wishes: list[tuple[int, int]]) -> None:
    wants, weights = [want for want, _ in wishes], [weight for _, weight in wishes]
    given_ = shares(room, wants, weights)
    assert all(0 <= share <= want for share, want in zip(given_, wants, strict=True))
    assert sum(given_) <= room
    if sum(wants) <= room:
        assert given_ == wants
    short = [place for place, want in enumerate(wants) if given_[place] < want]
    for place in short:  # nobody who goes short has less for its weight than another has, but for what is rounded
        assert all(
            given_[other] <= (given_[place] + 1) * weights[other] / weights[place] for other in range(len(wants))
        )
