"""The list of configuration codes in the documentation is the one in the program.

To write it again after a change of `idsync/config/codes.py`, run with IDSYNC_ACCEPT=1.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from idsync.config.codes import CODES

DOCUMENT = Path(__file__).parents[2] / "docs" / "diagnostics.md"
BEGIN, END = (
    "<!-- configuration codes: generated from idsync/config/codes.py -->\n",
    "<!-- end of configuration codes -->",
)


def section() -> str:
    """The part of the document that lists the codes."""
    paragraphs = [
        paragraph
        for code in sorted(CODES.values(), key=lambda code: code.name)
        for paragraph in (
            f"### `{code.name}`",
            f"*{str(code.severity).capitalize()}.* {code.what}",
            f"**Why:** {code.why}",
            f"**Fix:** {code.fix}",
        )
    ]
    return "\n" + "".join(f"{paragraph}\n\n" for paragraph in paragraphs)


def test_the_document_lists_every_configuration_code_as_the_program_has_it() -> None:
    text = DOCUMENT.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    if os.environ.get("IDSYNC_ACCEPT"):
        DOCUMENT.write_text(before + BEGIN + section() + END + after)
    assert DOCUMENT.read_text() == before + BEGIN + section() + END + after


def test_every_code_is_a_name_with_a_sentence_for_what_why_and_fix() -> None:
    for name, code in CODES.items():
        assert code.name == name
        assert re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", name)
        for sentence in (code.what, code.why, code.fix):
            assert sentence.endswith(".")
            assert sentence[0].isupper()
