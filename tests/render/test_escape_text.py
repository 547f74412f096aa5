"""Names cannot steer a terminal, hide or pass for lines of ours."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idsync.render.escape_text import padded, shown, visible, width

ANY_TEXT = st.text(st.characters(codec=None))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("hiro@enzos-pizza.com", "hiro@enzos-pizza.com"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("one\ntwo\r", "one\\ntwo\\r"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("a\u200bb\u2066", "a\\u200bb\\u2066"),
        ("\x9b2J\x00", "\\x9b2J\\x00"),
        ("a\u2028b\x85", "a\\u2028b\\x85"),
        ("\U000e0041", "\\U000e0041"),
        ("\ud800", "\\ud800"),
        ("blank\u3164\u2800\ufe0f", "blank\\u3164\\u2800\\ufe0f"),
        ("non\u00a0breaking", "non\\xa0breaking"),
        ("::error::x", ":\\x3aerror::x"),
        ("\t ::add-mask::x", "\\t :\\x3aadd-mask::x"),
        ("team ##[Error]x", "team #\\x23[Error]x"),
        ("####[group]", "###\\x23[group]"),
        ("a##VSO[task.x]", "a#\\x23VSO[task.x]"),
        ("a::b, ## c [d]", "a::b, ## c [d]"),
        ("Zoë 山田 Ω", "Zoë 山田 Ω"),
    ],
)
def test_what_acts_or_is_not_seen_becomes_an_escape(name: str, expected: str) -> None:
    assert visible(name) == expected


@given(ANY_TEXT)
def test_visible_text_is_one_printable_line(name: str) -> None:
    assert visible(name).isprintable()
    visible(name).encode()


@given(st.text(st.characters(categories=["L", "N", "P"]), max_size=40))
def test_letters_keep_their_unicode_form(name: str) -> None:
    decomposed = unicodedata.normalize("NFD", "é" + name)
    if not any(character in decomposed for character in "\u034f\u115f\u1160\u3164\uffa0"):
        assert visible(decomposed) == decomposed


@pytest.mark.parametrize("name", ["", " ", " root", "root "])
def test_edges_that_nobody_sees_stand_in_quotes(name: str) -> None:
    assert shown(name) == f'"{name}"'


def test_a_long_name_keeps_its_ends_and_says_how_much_is_missing() -> None:
    name = "a" * 5_000 + "b" * 5_000
    assert shown(name) == "a" * 80 + "…(9,890 more characters)…" + "b" * 30


@given(ANY_TEXT)
def test_a_shown_name_is_never_empty_and_never_longer_than_its_escapes(name: str) -> None:
    assert shown(name)
    assert len(shown(name)) <= 10 * 120 + 2


@given(st.text(st.characters(codec=None), min_size=121, max_size=4_000))
def test_a_shown_name_is_bounded_whatever_its_length(name: str) -> None:
    assert len(shown(name)) <= 10 * 120


def test_columns_count_wide_and_combining_characters() -> None:
    assert [width(name) for name in ("abc", "山田", "e\u0301")] == [3, 4, 1]
    assert padded("山", 4) == "山  "
