"""Finds and reads the files of a configuration: *.yaml and *.yml at any depth, in path order, hidden ones left out.

So are *.teleport.yaml and *.teleport.yml: what `idsync enroll` writes for Teleport.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import msgspec

from idsync.config.file_codes import CONFIG_NOT_FOUND, NO_DOCUMENTS, NOT_UTF8, TOO_LARGE, UNREADABLE_FILE
from idsync.config.mistakes import Mistakes
from idsync.diagnostics import Position, plainly, quoted

FILE_BYTES = 1 << 20
TREE_BYTES = 16 << 20
TREE_FILES = 2000
TREE_FOLDERS = 2000
TREE_DEPTH = 32
CONFIG_SUFFIXES = (".yaml", ".yml")
TELEPORT_SUFFIXES = (".teleport.yaml", ".teleport.yml")
"""How the names of files end that hold resources for Teleport: they are passed over."""


class SourceFile(msgspec.Struct, frozen=True):
    """One file's text, and the name by which positions speak of it: its path within the configuration's directory."""

    name: str
    text: str


def read_source_files(path: Path, mistakes: Mistakes) -> Iterator[SourceFile]:
    """Yield the configuration's files in path order; what cannot be read is noted and left out."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as refusal:
        mistakes.add(CONFIG_NOT_FOUND, Position(shown(path)), f"{quoted(str(path))}: {_reason(refusal)}")
        return
    if stat.S_ISDIR(mode):
        found = sorted(_Tree(path, mistakes).files())
        if not found and not mistakes.found:
            mistakes.add(NO_DOCUMENTS, Position(shown(path)), f"no YAML file is in {quoted(str(path))}")
    else:
        found = [path.name]
        path = path.parent
    yield from _read_all(path, found, mistakes)


def shown(path: Path | str) -> str:
    """Write a path so that it fits on a line and is harmless to a terminal."""
    text = os.fsencode(path).decode(errors="replace")
    return text if text.isprintable() else plainly(text, limit=len(text))


def _read_all(directory: Path, names: list[str], mistakes: Mistakes) -> Iterator[SourceFile]:
    total = 0
    for name in names:
        position = Position(shown(name))
        try:
            content = _content(directory / name, position, mistakes)
        except (OSError, ValueError) as refusal:
            mistakes.add(UNREADABLE_FILE, position, f"the file cannot be read: {_reason(refusal)}")
            continue
        total += len(content)
        if total > TREE_BYTES:
            mistakes.add(TOO_LARGE, position, f"the files are larger than {TREE_BYTES >> 20} MiB in sum")
            return
        if (text := _decoded(content, position, mistakes)) is not None:
            yield SourceFile(position.file, text)


def _content(path: Path, position: Position, mistakes: Mistakes) -> bytes:
    """Read a regular file, but not one that is too large. Anything else, a pipe say, could keep us waiting."""
    if not stat.S_ISREG(path.stat().st_mode):
        mistakes.add(UNREADABLE_FILE, position, "this is not a regular file")
        return b""
    with path.open("rb") as opened:
        content = opened.read(FILE_BYTES + 1)
    if len(content) > FILE_BYTES:
        mistakes.add(TOO_LARGE, position, f"the file is larger than {FILE_BYTES >> 20} MiB")
        return b""
    return content


def _decoded(content: bytes, file: Position, mistakes: Mistakes) -> str | None:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as refusal:
        before = content[: refusal.start].decode("utf-8-sig", errors="replace")
        line_start = before.rfind("\n") + 1
        position = Position(file.file, before.count("\n") + 1, len(before) - line_start + 1)
        what = f"byte 0x{content[refusal.start]:02x} does not belong to UTF-8 text"
        mistakes.add(NOT_UTF8, position, what)
        return None


def _reason(refusal: OSError | ValueError) -> str:
    return refusal.strerror or "it cannot be opened" if isinstance(refusal, OSError) else "the path is not valid"


class _Tree:
    """One walk below a directory. Links are followed, but never into a folder that contains them."""

    def __init__(self, root: Path, mistakes: Mistakes) -> None:
        self._root = root
        self._mistakes = mistakes
        self._files = 0
        self._folders = 0

    def files(self) -> Iterator[str]:
        """Yield the path of every configuration file, relative to the root."""
        yield from self._walk("", ())

    def _walk(self, folder: str, above: tuple[tuple[int, int], ...]) -> Iterator[str]:
        position = Position(shown(folder or self._root))
        path = self._root / folder
        try:
            status = path.stat()
            names = sorted(entry.name for entry in path.iterdir())
        except OSError as refusal:
            self._mistakes.add(UNREADABLE_FILE, position, f"the folder cannot be read: {_reason(refusal)}")
            return
        here = (status.st_dev, status.st_ino)
        if here in above:
            self._mistakes.add(UNREADABLE_FILE, position, "the link leads back to a folder that contains it")
            return
        self._folders += 1
        for name in names:
            if not name.startswith("."):
                yield from self._entry(f"{folder}/{name}" if folder else name, (*above, here))

    def _entry(self, entry: str, above: tuple[tuple[int, int], ...]) -> Iterator[str]:
        if (self._root / entry).is_dir():
            if len(above) < TREE_DEPTH and self._folders < TREE_FOLDERS:
                yield from self._walk(entry, above)
            else:
                what = f"there are more than {TREE_FOLDERS} folders, or folders nested more than {TREE_DEPTH} deep"
                self._mistakes.add(TOO_LARGE, Position(shown(entry)), what)
        elif entry.endswith(CONFIG_SUFFIXES) and not entry.endswith(TELEPORT_SUFFIXES):
            self._files += 1
            if self._files <= TREE_FILES:
                yield entry
            elif self._files == TREE_FILES + 1:
                self._mistakes.add(TOO_LARGE, Position(shown(entry)), f"there are more than {TREE_FILES} files")
