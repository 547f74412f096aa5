"""SQL as text with names: `sql/*.sql` holds statements, each under a line `-- name: …`, by which the code calls it."""

import re
from pathlib import Path

SQL_FOLDER = Path(__file__).with_name("sql")
_NAME = re.compile(r"^-- name: *(\w+) *$", re.MULTILINE)


def load_statements(file: str) -> dict[str, str]:
    """The statements of one file in `sql/`, by name."""
    text = (SQL_FOLDER / file).read_text("utf-8")
    parts = _NAME.split(text)
    return {name: body.strip() for name, body in zip(parts[1::2], parts[2::2], strict=True)}
