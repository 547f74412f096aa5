"""Files that commands read and write on the user's behalf."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from idsync.errors import UsageError

LARGEST_INPUT = 1 << 30
"""Bytes; a plan of a first import of a hundred thousand people has some hundred million."""

_WRITE_ELSEWHERE = "Name another file, or see that its folder is there and may be written to."


def read_input(path: Path, what: str) -> bytes:
    """The content of a file, or of standard input for `-`; raises UsageError."""
    try:
        if str(path) == "-":
            data = sys.stdin.buffer.read(LARGEST_INPUT + 1)
        else:
            with path.open("rb") as opened:
                data = opened.read(LARGEST_INPUT + 1)
    except (OSError, ValueError) as refusal:
        reason = refusal.strerror if isinstance(refusal, OSError) else "the path is not valid"
        raise UsageError(
            f"The {what} {path} cannot be read.", why=f"{reason}.", fix="Check the path and its permissions."
        ) from refusal
    if len(data) > LARGEST_INPUT:
        raise UsageError(f"The {what} {path} is larger than {LARGEST_INPUT >> 30} GiB.")
    return data


def write_private(path: Path, data: bytes, what: str) -> None:
    """Write a file for its owner's eyes only, whole or not at all; raises UsageError."""
    with private_file(path, what) as written:
        written.write(data)


@contextlib.contextmanager
def private_file(path: Path, what: str) -> Iterator[BinaryIO]:
    """A file to write for its owner's eyes only, which is there whole or, after any error, not at all.

    Raises UsageError when it cannot be written.
    """
    try:
        # A terminal or a pipe has nothing to replace.
        with path.open("wb") if path.exists() and not path.is_file() else _replacing(path) as written:
            yield written
    except OSError as refusal:
        why = f"{refusal.strerror or type(refusal).__name__}."
        raise UsageError(f"The {what} {path} cannot be written.", why=why, fix=_WRITE_ELSEWHERE) from refusal


@contextlib.contextmanager
def _replacing(link: Path) -> Iterator[BinaryIO]:
    path = link.resolve()
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.")
    try:
        with os.fdopen(handle, "wb") as written:
            yield written
            written.flush()
            os.fsync(written.fileno())
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
