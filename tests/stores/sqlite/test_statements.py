"""SQL as text: every statement is valid on the schema."""

import re
from collections.abc import Iterator

import pytest

from idsync.stores.sqlite.statements import TEXTS
from idsync.stores.sqlite.store import SqliteStore, open_store
from idsync.stores.tables.statements import Statement


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteStore]:
    """A store for all statements: none is run."""
    with open_store(tmp_path_factory.mktemp("empty") / "idsync.db") as opened:
        yield opened


@pytest.mark.parametrize("statement", sorted(TEXTS), ids="/".join)
def test_a_statement_fits_the_schema(empty: SqliteStore, statement: Statement) -> None:
    sql = TEXTS[statement]
    numbers = {int(number) for number in re.findall(r"\?(\d+)", sql)}
    empty._connection.rows(f"EXPLAIN {sql}", [None] * (len(numbers) or sql.count("?")))
