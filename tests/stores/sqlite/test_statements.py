"""SQL as text: every statement is valid on the schema and used under its one name."""

import re
from pathlib import Path

import pytest

import idsync.stores.sqlite
from idsync.stores.sqlite.statements import SQL_FOLDER, load_statements
from idsync.stores.sqlite.store import SqliteStore

FILES = sorted(file.name for file in SQL_FOLDER.glob("*.sql"))
STATEMENTS = [(file, name) for file in FILES for name in load_statements(file)]
CODE = "".join(file.read_text() for file in Path(idsync.stores.sqlite.__path__[0]).glob("*.py"))


@pytest.mark.parametrize(("file", "name"), STATEMENTS)
def test_a_statement_fits_the_schema(store: SqliteStore, file: str, name: str) -> None:
    sql = load_statements(file)[name]
    numbers = {int(number) for number in re.findall(r"\?(\d+)", sql)}
    store._connection.rows(f"EXPLAIN {sql}", [None] * (len(numbers) or sql.count("?")))


@pytest.mark.parametrize("name", sorted({name for _, name in STATEMENTS}))
def test_a_statement_is_used_by_its_name(name: str) -> None:
    keyed = re.sub(r"_(fact|cache)$", "_{self._table}", name)
    assert f'"{name}"' in CODE or f'"{keyed}"' in CODE
