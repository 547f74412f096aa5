"""Files that commands write: private, whole or not at all."""

import os
import stat
from pathlib import Path

import pytest

from idsync.cli.files import private_file, write_private
from idsync.errors import UsageError


def test_a_written_file_is_private_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    with private_file(path, "plan") as written:
        written.write(b"one ")
        written.write(b"two")
        assert not path.exists()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes() == b"one two"
    assert [entry.name for entry in tmp_path.iterdir()] == ["plan.json"]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "plan.json"
    path.write_text("old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(UsageError, match=r"The plan .*plan\.json cannot be written") as caught:
        write_private(path, b"new", "plan")
    assert caught.value.why == "No space left on device."
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["plan.json"]


def test_what_goes_wrong_while_a_file_is_made_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), private_file(tmp_path / "plan.json", "plan") as written:
        written.write(b"half of it" * (1 // 0))
    assert not list(tmp_path.iterdir())


def test_writing_through_a_link_or_to_a_device_replaces_neither(tmp_path: Path) -> None:
    (tmp_path / "real.json").write_text("old")
    link = tmp_path / "link.json"
    link.symlink_to("real.json")
    write_private(link, b"new", "snapshot")
    assert link.is_symlink()
    assert (tmp_path / "real.json").read_bytes() == b"new"
    write_private(Path("/dev/null"), b"new", "snapshot")
    assert Path("/dev/null").is_char_device()
