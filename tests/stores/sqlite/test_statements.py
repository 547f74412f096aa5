"""SQL as text: every statement is valid on the schema."""

import re

import pytest

from idsync.stores.sqlite.statements import TEXTS
from idsync.stores.sqlite.store import SqliteStore
from idsync.stores.tables.statements import Statement


@pytest.mark.parametrize("statement", sorted(TEXTS), ids="/".join)
def test_a_statement_fits_the_schema(store: SqliteStore, statement: Statement) -> None:
    sql = TEXTS[statement]
    numbers = {int(number) for number in re.findall(r"\?(\d+)", sql)}
    store._connection.rows(f"EXPLAIN {sql}", [None] * (len(numbers) or sql.count("?")))
