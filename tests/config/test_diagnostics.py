"""Diagnostics: how they are ordered, written, and kept harmless."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idsync.diagnostics import Diagnostic, Position, Severity, has_errors, in_reading_order, plainly, quoted


def diagnostic(file: str, line: int = 0, column: int = 0, severity: Severity = Severity.ERROR) -> Diagnostic:
    return Diagnostic("bad_value", severity, "it is wrong", "Because.", "Correct it.", Position(file, line, column))


def test_a_position_names_file_line_and_column_or_the_file_as_a_whole() -> None:
    assert str(Position("idsync.yaml", 3, 14)) == "idsync.yaml:3:14"
    assert str(Position("idsync.yaml")) == "idsync.yaml"


def test_a_diagnostic_is_one_line() -> None:
    assert str(diagnostic("a.yaml", 2, 3)) == "a.yaml:2:3: error bad_value: it is wrong"


def test_diagnostics_come_by_file_then_line_then_column_and_each_once() -> None:
    places = [("b", 1, 1), ("a", 10, 1), ("a", 9, 2), ("a", 9, 1), ("a", 0, 0), ("a", 9, 1)]
    found = in_reading_order(diagnostic(*place) for place in places)
    assert [str(each.position) for each in found] == ["a", "a:9:1", "a:9:2", "a:10:1", "b:1:1"]


def test_warnings_are_not_errors() -> None:
    warning = diagnostic("a", severity=Severity.WARNING)
    assert not has_errors([warning])
    assert has_errors([warning, diagnostic("a")])


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("plain", '"plain"'),
        ('say "hi"', '"say \\"hi\\""'),
        ("a\x1b[31m\nb", '"a\\x1b[31m\\nb"'),
        ("x" * 61, f'"{"x" * 59}…"'),
    ],
)
def test_somebody_elses_text_is_quoted(text: str, written: str) -> None:
    assert quoted(text) == written


@settings(deadline=None)
@given(st.text(alphabet=st.characters()) | st.just("\ud800\u202e\u200b"))
def test_any_text_is_made_printable_and_short(text: str) -> None:
    assert plainly(text).isprintable()
    assert quoted(text).isprintable()
    assert len(plainly("x" + text, limit=5).replace("\\", "")) <= 5 * 10
