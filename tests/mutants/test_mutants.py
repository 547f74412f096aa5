"""The runner of mutants itself: which mistakes it makes, how it names and chooses them, and what it says of each."""

import ast
from pathlib import Path

import pytest

from tests.mutants.__main__ import all_mutants, stages, survivors_allowed
from tests.mutants.accepted import FILE, read_accepted, stale
from tests.mutants.mutations import Mutant, lines_of, mutants_of, sample
from tests.mutants.workshop import ROOT, Greens, NotGreen, Outcome, Stage, Workshop

MODULE = b'''"""More than 1 of it."""

Alias = int | str


def older(age: int = 17, *, told: bool = False) -> bool:
    assert age > 0 or told
    if not told and age <= 18:
        raise ValueError(f"{age if age > 1 else 'no'} years")
    return any(year in range(age) for year in (age, 1) if year)
'''
CHECK = """
from old import older
try:
    older(18)
except ValueError:
    raise SystemExit(0)
raise SystemExit(1)
"""


def after(source: bytes) -> list[str]:
    return [mutant.after for mutant in mutants_of("old.py", source)]


def test_each_mistake_is_made_once_and_none_in_annotations_messages_and_assertions() -> None:
    assert sorted(set(after(MODULE))) == sorted(
        [
            "def older(age: int = 18, *, told: bool = False) -> bool:",
            "def older(age: int = 17, *, told: bool = True) -> bool:",
            "if (not (not told and age <= 18)):",
            "if (not told or age <= 18):",
            "if (age <= 18):",
            "if (not told):",
            "if told and age <= 18:",
            "if not told and age < 18:",
            "if not told and age <= 19:",
            "return all(year in range(age) for year in (age, 1) if year)",
            "return any(year not in range(age) for year in (age, 1) if year)",
            "return any(year in range(age) for year in (age, 2) if year)",
            "return any(year in range(age) for year in (age, 1) if True)",
        ]
    )


@pytest.mark.parametrize(
    ("source", "mistakes"),
    [
        ("found |= fresh", ["pass"]),
        ("kept[name] = 5", ["pass", "kept[name] = 6"]),
        ("told.append(name)", ["pass"]),
        ("a = b - c", ["a = (b + c)"]),
        ("a = b is not\\\n  c", ["a = b is\\\nc"]),
        ("while a:\n  continue", ["break"]),
        ("zip(a, b, strict=True)", ["pass"]),
        ("match a:\n  case 1 if b:\n    c()", ["case 1 if True:", "pass"]),
        ("a = 'é' + b if c else d", ["a = 'é' + b if (not c) else d"]),
        ("assert_never(a)", []),
    ],
)
def test_other_mistakes(source: str, mistakes: list[str]) -> None:
    assert after(source.encode()) == mistakes


def test_the_same_mistake_twice_in_one_function_is_two_mutants() -> None:
    twice = mutants_of("old.py", b"def f(a):\n    a.go()\n    a.go()\n")
    assert [(mutant.line, mutant.number) for mutant in twice] == [(2, 0), (3, 1)]
    assert len({mutant.rank(1) for mutant in twice}) == 2


def test_a_sample_changes_only_where_the_program_does() -> None:
    before = sample(mutants_of("old.py", MODULE), 5, seed=3)
    moved = sample(mutants_of("old.py", b"import sys\n" + MODULE), 5, seed=3)
    assert [(mutant.after, mutant.line + 1) for mutant in before] == [(mutant.after, mutant.line) for mutant in moved]
    assert before != sample(mutants_of("old.py", MODULE), 5, seed=4)


@pytest.mark.long
def test_every_mutant_of_a_sample_of_the_product_is_another_program() -> None:
    for mutant in sample(all_mutants(), 100, seed=1):
        source = (ROOT / mutant.file).read_bytes()
        assert ast.dump(ast.parse(mutant.made_in(source))) != ast.dump(ast.parse(source)), [*lines_of([mutant])]


@pytest.mark.parametrize(("mutants", "survivors"), [(0, 0), (1, 1), (18, 1), (20, 1), (21, 2), (200, 10)])
def test_five_in_a_hundred_may_survive_and_one_of_a_small_sample(mutants: int, survivors: int) -> None:
    assert survivors_allowed(mutants) == survivors


def test_the_tests_to_run_are_there() -> None:
    paths = [argument for stage in stages() for argument in stage.command if argument.startswith("tests/")]
    assert len(paths) > 10
    assert [path for path in paths if not (ROOT / path).exists()] == []


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    (root / "old.py").write_bytes(MODULE)
    return root


def outcome(project: Path, mistake: str, *commands: str) -> Outcome:
    stages = [Stage(f"stage {number}", ("-c", command)) for number, command in enumerate(commands)]
    mutant = next(mutant for mutant in mutants_of("old.py", MODULE) if mutant.after == mistake)
    before = (project / "old.py").read_bytes()
    found = Workshop(project.parent, stages, Greens(), root=project).outcome(mutant)
    assert (project / "old.py").read_bytes() == before
    return found


def test_a_mistake_that_a_test_notices_is_killed(project: Path) -> None:
    assert outcome(project, "if not told and age < 18:", CHECK) is Outcome.KILLED


def test_a_mistake_that_a_later_stage_notices_is_killed(project: Path) -> None:
    assert outcome(project, "if not told and age < 18:", "import old", CHECK) is Outcome.KILLED


def test_a_mistake_that_no_test_notices_survives(project: Path) -> None:
    assert outcome(project, "if not told and age < 18:", "import old") is Outcome.SURVIVED


def test_where_tests_fail_without_a_mistake_nothing_is_said(project: Path) -> None:
    with pytest.raises(NotGreen, match="stage 0"):
        outcome(project, "if not told and age < 18:", "raise SystemExit(1)")


ENTRY = """
[[accepted]]
file = "old.py"
function = "older"
before = "if not told and age <= 18:"
after = "if (not told):"
reason = "Nobody is older than 18."
"""


def test_an_accepted_mutant_is_known_by_its_lines() -> None:
    (entry,) = read_accepted(ENTRY)
    assert [mutant.after for mutant in mutants_of("old.py", MODULE) if entry.is_of(mutant)] == ["if (not told):"]
    assert stale([entry], mutants_of("old.py", MODULE)) == []
    assert stale([entry], mutants_of("old.py", MODULE.replace(b"18", b"21"))) == [entry]


@pytest.mark.parametrize("change", [("reason", "motive"), ("function", "#function")], ids=["odd", "missing"])
def test_an_entry_that_says_too_little_or_too_much_is_an_error(change: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="accepted mutant has"):
        read_accepted(ENTRY.replace(*change))


def test_every_accepted_mutant_is_still_there_and_says_why() -> None:
    accepted = read_accepted(FILE.read_text())
    assert stale(accepted, all_mutants()) == [], "remove these from tests/mutants/accepted.toml"
    assert all(len(entry.reason.split()) >= 4 for entry in accepted)


def test_a_survivor_is_told_with_its_place_and_its_lines() -> None:
    mutant = Mutant("old.py", 0, 1, "", 7, "older", "a\nb", "c")
    assert [*lines_of([mutant])] == ["old.py:7 in older", "  - a", "  - b", "  + c"]
