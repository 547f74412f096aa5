"""Folders of mistakes: each holds a configuration and, in `expected.txt`, every diagnostic that it must draw.

To accept what the program says now, run with IDSYNC_ACCEPT=1 and review the difference.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from idsync.config.codes import CODES
from idsync.config.loader import load
from idsync.diagnostics import Diagnostic, has_errors

FOLDERS = sorted(path for path in (Path(__file__).parent / "broken").iterdir() if path.is_dir())


def listing(diagnostics: tuple[Diagnostic, ...]) -> str:
    lines = []
    for found in diagnostics:
        lines.append(f"{found.position}: {found.severity} {found.code}: {found.summary}")
        lines.append(f"    fix: {found.fix}")
        lines.extend(f"    see: {place}" for place in found.related)
    return "".join(line + "\n" for line in lines)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_mistake_of_the_folder_is_reported_where_it_stands(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    loaded = load(Path())
    expected = folder / "expected.txt"
    found = listing(loaded.diagnostics)
    if os.environ.get("IDSYNC_ACCEPT"):
        expected.write_text(found)
    assert found == expected.read_text()
    assert loaded.diagnostics
    assert (loaded.settings is None) == has_errors(loaded.diagnostics)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_no_message_repeats_a_secret_or_leaves_its_line(folder: Path) -> None:
    for found in load(folder).diagnostics:
        for text in (found.summary, found.why, found.fix, str(found.position)):
            assert "Secret" not in text
            assert "hunter2" not in text
            assert text.isprintable()


def test_there_are_at_least_forty_broken_configurations() -> None:
    assert len(FOLDERS) >= 40


def test_every_code_but_those_of_size_and_secrets_is_drawn_by_some_folder() -> None:
    drawn = {found.code for folder in FOLDERS for found in load(folder).diagnostics}
    elsewhere = {"config_not_found", "unreadable_file", "too_large", "too_many_mistakes", "store_folder_missing"}
    secrets = {"missing_secret", "unusable_secret", "secret_readable_by_others"}
    assert drawn | elsewhere | secrets == set(CODES)
