"""Each rule of the product stands once in `docs/rules.md`, says how far it is built, and is tested by its number."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NUMBERS = range(1, 54)
_RULE = re.compile(r"^\*\*R(\d+) [^*]+\*\*", re.MULTILINE)
_MARK = re.compile(r"\*(Built|Built in part|Not built yet)(: [^*]+)?\.\*$")
_TEST = re.compile(r"test_r(\d\d)_[a-z]")


def paragraphs(text: str) -> list[tuple[int, str]]:
    """The paragraphs that begin with a rule's number, with that number, on one line each."""
    lines = (" ".join(paragraph.split()) for paragraph in text.split("\n\n"))
    return [(int(found[1]), line) for line in lines if (found := _RULE.match(line))]


def marks(text: str) -> dict[int, str]:
    """How far each rule is built, in the words of the document; empty where a rule says it in no way that is known."""
    found = ((number, _MARK.search(paragraph)) for number, paragraph in paragraphs(text))
    return {number: _checked(mark) for number, mark in found}


def _checked(mark: re.Match[str] | None) -> str:
    """Which part is built must be said of a rule that is built in part, and of no other."""
    return mark[1] if mark and (mark[1] == "Built in part") == bool(mark[2]) else ""


@cache
def named_tests() -> list[tuple[int, str]]:
    """The rule and the name of every test function that bears a rule's number."""
    return [*_found_tests()]


def _found_tests() -> Iterator[tuple[int, str]]:
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        written = ast.parse(file.read_text()).body
        for node in (each for outer in written for each in (outer, *getattr(outer, "body", ()))):
            if isinstance(node, ast.FunctionDef) and (found := _TEST.match(node.name)):
                yield int(found[1]), f"{file.relative_to(ROOT)}::{node.name}"


RULES = (ROOT / "docs" / "rules.md").read_text()


def test_every_rule_has_exactly_one_paragraph() -> None:
    assert Counter(number for number, _ in paragraphs(RULES)) == Counter(NUMBERS)


def test_rules_stand_in_order() -> None:
    assert [number for number, _ in paragraphs(RULES)] == list(NUMBERS)


def test_every_rule_says_how_far_it_is_built() -> None:
    assert [number for number, mark in marks(RULES).items() if not mark] == []


def test_every_rule_that_is_built_has_a_test_of_its_number() -> None:
    tested = {number for number, _ in named_tests()}
    built = {number for number, mark in marks(RULES).items() if mark.startswith("Built")}
    assert sorted(built - tested) == []


def test_every_test_that_bears_a_number_is_of_a_rule_that_is_built() -> None:
    built = {number for number, mark in marks(RULES).items() if mark.startswith("Built")}
    assert [name for number, name in named_tests() if number not in built] == []


@pytest.mark.parametrize(
    ("mark", "understood"),
    [
        ("*Built.*", "Built"),
        ("*Not built yet.*", "Not built yet"),
        ("*Built in part: the lock.*", "Built in part"),
        ("*Built in part.*", ""),
        ("*Built: mostly.*", ""),
        ("Built.", ""),
        ("*Soon.*", ""),
        ("", ""),
    ],
)
def test_a_rule_is_marked_in_one_of_three_ways(mark: str, understood: str) -> None:
    assert marks(f"Above.\n\n**R7 Leaving.** They are\nlocked. {mark}\n\nBelow. *Built.*") == {7: understood}
