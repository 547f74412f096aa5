"""The tables of findings, doubts and guards in the documentation are those in the program.

To write them again after a change of the program, run with IDSYNC_ACCEPT=1.
"""

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from idsync.plan.guards import ALL_GUARDS
from idsync.plan.health import RELEASABLE
from idsync.render.reports.doubt_codes import DOUBT_CODES, GUARD_CODES
from idsync.render.reports.finding_codes import FINDING_CODES

DOCUMENT = Path(__file__).parents[2] / "docs" / "diagnostics.md"
TABLES: dict[str, tuple[str, tuple[str, ...], Iterable[tuple[str, ...]]]] = {
    "finding codes": (
        "idsync/render/reports/finding_codes.py",
        ("code", "severity", "what it says", "what to do"),
        [(each.name, each.severity, each.says, each.to_do) for each in FINDING_CODES.values()],
    ),
    "doubts": (
        "idsync/render/reports/doubt_codes.py",
        ("code", "verdict", "what it says"),
        [(each.name, each.verdict, each.says) for each in DOUBT_CODES.values()],
    ),
    "guards": (
        "idsync/render/reports/doubt_codes.py",
        ("guard", "counts"),
        [(each.name, each.counts) for each in GUARD_CODES.values()],
    ),
}


@pytest.mark.parametrize("name", TABLES)
def test_the_document_has_the_table_as_the_program_has_it(name: str) -> None:
    module, head, rows = TABLES[name]
    begin, end = f"<!-- {name}: generated from {module} -->\n", f"<!-- end of {name} -->\n"
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    lines += [f"| `{code}` | {' | '.join(cells)} |" for code, *cells in rows]
    text = DOCUMENT.read_text()
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    written = before + begin + "\n" + "\n".join(lines) + "\n\n" + end + after
    if os.environ.get("IDSYNC_ACCEPT"):
        DOCUMENT.write_text(written)
    assert DOCUMENT.read_text() == written


def test_the_doubts_that_are_released_by_name_are_those_of_the_program() -> None:
    assert {each.name for each in DOUBT_CODES.values() if each.verdict == "suspect"} == set(RELEASABLE)


def test_every_guard_has_its_text() -> None:
    assert set(GUARD_CODES) == set(ALL_GUARDS)
