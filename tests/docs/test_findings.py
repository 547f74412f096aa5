"""The documentation names every finding, doubt and guard that the program can speak of, and no other."""

import ast
import re
from pathlib import Path

from idsync.model import findings
from idsync.plan.guards import ALL_GUARDS
from idsync.plan.health import RELEASABLE

ROOT = Path(__file__).parents[2]
MAKERS = {"Finding", "_report", "_finding"}


def codes_in_the_program() -> set[str]:
    """Every code that a finding is made with: written there, or by its name in `model/findings.py`."""
    found: set[str] = set()
    for package in ("compiler", "plan", "reconcile"):
        for file in sorted((ROOT / "idsync" / package).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text())):
                match node:
                    case ast.Call(args=[code, *_], func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in MAKERS:
                        found.update(_code(code))
    return found


def _code(written: ast.expr) -> list[str]:
    match written:
        case ast.Constant(value=str(code)):
            return [code]
        case ast.Name(id=name) if name.isupper():
            return [getattr(findings, name)]
    return []  # the parameter of a function that is called with it


def documented(*titles: str) -> set[str]:
    """The codes in the tables under these headings."""
    sections = re.split(r"^## ", (ROOT / "docs" / "diagnostics.md").read_text(), flags=re.MULTILINE)
    chosen = [section for section in sections if section.split("\n", 1)[0] in titles]
    assert len(chosen) == len(titles)
    return {code for section in chosen for code in re.findall(r"^\| `([a-z_]+)` \|", section, flags=re.MULTILINE)}


def test_every_finding_and_doubt_is_documented_and_no_other() -> None:
    assert documented("Findings", "Doubts about a snapshot") == codes_in_the_program()


def test_every_guard_is_documented_and_no_other() -> None:
    assert documented("Guards") == set(ALL_GUARDS)


def test_the_doubts_that_can_be_released_are_the_suspect_ones() -> None:
    text = (ROOT / "docs" / "diagnostics.md").read_text()
    assert set(re.findall(r"^\| `([a-z_]+)` \| suspect \|", text, flags=re.MULTILINE)) == set(RELEASABLE)
