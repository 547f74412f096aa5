"""What is copied of a store is all that any database keeps of it."""

from pathlib import Path

from idsync.stores.sqlite.store import open_store
from idsync.stores.tables.contents import TABLES
from tests.postgres.server import server
from tests.postgres.stores import database_at

NUMBERED_BY_SQLITE = {("bodies", "id")}


def test_every_table_and_column_of_sqlite_is_copied(tmp_path: Path) -> None:
    with open_store(tmp_path / "idsync.db") as store:
        found = store._connection.rows(
            "SELECT t.name, c.name FROM sqlite_schema AS t, pragma_table_info(t.name) AS c WHERE t.type = 'table'"
        )
    assert set(found) - NUMBERED_BY_SQLITE == {(table.name, column) for table in TABLES for column in table.columns}


def test_every_table_and_column_of_postgresql_is_copied(tmp_path: Path) -> None:
    sql = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'idsync'"
    found = set(server().run(sql, database_at(tmp_path)))
    assert found - {("schema_version", "version")} == {(table.name, each) for table in TABLES for each in table.columns}


def test_every_text_of_postgresql_compares_by_code_point(tmp_path: Path) -> None:
    sql = """
        SELECT a.attrelid::regclass::text, a.attname FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
        WHERE c.relnamespace = 'idsync'::regnamespace AND c.relkind = 'r' AND a.attnum > 0
            AND a.atttypid = 'text'::regtype AND a.attcollation <> '"C"'::regcollation
    """
    assert server().run(sql, database_at(tmp_path)) == []
