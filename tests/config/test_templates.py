"""Texts with captures."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idsync.config.templates import Template, TemplateError

CAPTURES = ("A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L")


@pytest.mark.parametrize(
    ("source", "expanded"),
    [
        ("", ""),
        ("plain", "plain"),
        ("$1", "A"),
        ("lead-$1", "lead-A"),
        ("$1-$2", "A-B"),
        ("$1$2", "AB"),
        ("${1}x", "Ax"),
        ("$12", "L"),
        ("${1}2", "A2"),
        ("$$", "$"),
        ("$$1", "$1"),
        ("$$$1", "$A"),
        ("cost: 5$$", "cost: 5$"),
        ("{1}", "{1}"),
    ],
)
def test_captures_are_put_in_place(source: str, expanded: str) -> None:
    assert Template(source, len(CAPTURES)).expand(CAPTURES) == expanded


@pytest.mark.parametrize(
    "source", ["$3", "$0", "${0}", "$01", "${03}", "$99999999999999999999", "${" + "9" * 5000 + "}"]
)
def test_a_number_without_a_capture_is_refused(source: str) -> None:
    with pytest.raises(TemplateError, match="stands for nothing"):
        Template(source, 2)


@pytest.mark.parametrize("source", ["$1x", "$1_", "$2é", "a$1b", "$1²"])
def test_text_right_after_a_bare_number_is_refused_with_the_braces_it_needs(source: str) -> None:
    with pytest.raises(TemplateError, match="where the number ends") as refusal:
        Template(source, 2)
    assert "${" in refusal.value.fix


@pytest.mark.parametrize("source", ["$", "a$", "$ 1", "${", "${}", "${1", "$name", "${name}", "${ 1}", "${²}", "$-1"])
def test_a_dollar_that_begins_no_capture_is_refused(source: str) -> None:
    with pytest.raises(TemplateError, match="is not a capture"):
        Template(source, 2)


@settings(deadline=None)
@given(st.text(alphabet="$1{}2ax", max_size=12))
def test_any_text_is_parsed_or_refused(source: str) -> None:
    try:
        template = Template(source, 2)
    except TemplateError:
        return
    assert isinstance(template.expand(("", "")), str)


@settings(deadline=None)
@given(st.text(), st.lists(st.text(), min_size=1, max_size=3))
def test_dollars_doubled_come_out_single_and_captures_are_not_read_again(text: str, captures: list[str]) -> None:
    assert Template(text.replace("$", "$$"), 0).expand(()) == text
    assert Template("${1}", len(captures)).expand(captures) == captures[0]


def test_templates_written_alike_are_equal() -> None:
    assert Template("a$1", 1) == Template("a$1", 2)
    assert hash(Template("a$1", 1)) == hash(Template("a$1", 2))
    assert Template("a", 0) != Template("b", 0)
    assert (str(Template("a", 0)), repr(Template("a", 0))) == ("a", "Template('a')")
