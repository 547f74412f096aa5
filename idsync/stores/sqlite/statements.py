"""The texts of all statements in SQLite's words."""

from pathlib import Path

from idsync.stores.tables.statements import texts_in

SQL_FOLDER = Path(__file__).with_name("sql")
TEXTS = texts_in(SQL_FOLDER)
