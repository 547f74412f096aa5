"""SQL by name: the code says `Statements("members.sql")["names_of"]`, and each database has a text under that name.

The texts stand in the database's folder, in `sql/*.sql`, each under a line `-- name: …`.
"""

import re
from pathlib import Path
from typing import NamedTuple

_NAME = re.compile(r"^-- name: *(\w+) *$", re.MULTILINE)


class Statement(NamedTuple):
    """The name of a statement, and the file in which its text stands."""

    file: str
    name: str


class Statements(dict[str, Statement]):
    """The statements of one file by name; which ones there are, a test sees."""

    def __init__(self, file: str) -> None:
        super().__init__()
        self._file = file

    def __missing__(self, name: str) -> Statement:
        found = self[name] = Statement(self._file, name)
        return found


def texts_in(folder: Path) -> dict[Statement, str]:
    """The text of every statement in the files of a folder."""
    found = {}
    for file in sorted(folder.glob("*.sql")):
        parts = _NAME.split(file.read_text("utf-8"))
        for name, body in zip(parts[1::2], parts[2::2], strict=True):
            found[Statement(file.name, name)] = body.strip()
    return found
