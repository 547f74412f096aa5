"""The worst habits of prose stand in no document, docstring, comment, message or name."""

import pytest

from tests.docs.prose import ROOT, offences_in, prose_files


def test_no_document_comment_message_or_name_has_one_of_them() -> None:
    texts = [(path.relative_to(ROOT).as_posix(), path.read_text()) for path in prose_files()]
    found = [str(offence) for file, text in texts for offence in offences_in(file, text)]
    assert found == [], "\n".join(["these read badly:", *found])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Whoever left, and whomever it concerns", ["Whoever", "whomever"]),
        ("made anew, mended", ["anew", "mended"]),
        ("# What is of\n# note is", ["of # note"]),
        ("what is no list", ["is no list"]),
        ("names that\n    are no\n    text", ["are no text"]),
        ("def test_what_is_no_list() -> None: ...", ["is no list"]),
        ("There is no store; there\nare no lists.", []),
        ("It is no longer there, and is no wider than that.", []),
        ("recommended, amended, a footnote", []),
    ],
)
def test_habits_are_found_wherever_a_line_breaks_and_idioms_are_left(text: str, words: list[str]) -> None:
    assert [offence.words for offence in offences_in("a.py", text)] == words


def test_an_offence_is_told_with_its_line_and_what_is_better() -> None:
    (offence,) = offences_in("a.md", "One.\nMade anew.\n")
    assert str(offence) == "a.md:2: 'anew'; better: `again`, `new`"


def test_every_kind_of_text_is_looked_at() -> None:
    files = {path.relative_to(ROOT).as_posix() for path in prose_files()}
    assert {"README.md", "docs/rules.md", "docs/adr/README.md", "examples/README.md"} < files
    assert {"idsync/plan/health.py", "idsync/plan/plan.v1.schema.json"} < files
    assert {"tests/okta_simulator/README.md", "tests/core/test_health.py", "benchmarks/rows.py"} < files
    assert any(file.endswith(".sql") for file in files)
    assert any(file.endswith(".yaml") for file in files)
