"""SQL as text: every statement is valid on the schema, and none that concerns one person reads a whole table."""

import re
from contextlib import suppress
from typing import Any

from idsync.stores.postgres.bulk import as_one
from idsync.stores.postgres.statements import Column, Text, texts
from idsync.stores.postgres.store import PostgresStore
from idsync.stores.postgres.together import as_text
from idsync.stores.tables.connection import Listed, Value
from idsync.stores.tables.statements import Statements
from tests.stores.sqlite.test_flat_cost import PARTIAL, SMALL

TEXTS = {statement: text for statement, text in texts().items() if text.sql}
ONE: dict[str, Any] = {"bigint": 1, "text": "x", "bytea": b"x", "bigint[]": [1]}

ODD = [
    "",
    " ",
    "NULL",
    "null",
    "it's",
    'a "b"',
    "a\\b",
    "\\",
    '\\"',
    "{x}",
    "a,b",
    "$1",
    "%s",
    "\n\t",
    "ü \U0001f600",
    "\\x00",
]


def plan_of(store: PostgresStore, text: Text) -> dict[str, Any]:
    """How the server would run a statement, where reading a whole table is the last thing that it would do."""
    values: list[Value]
    sql, values = text.sql, [None] * len({*re.findall(r"\$(\d+)", text.sql)})
    if text.columns:
        sql, values = as_one(text, [[ONE[column.type] for column in text.columns]])
    plans: list[dict[str, Any]] = []
    with suppress(ZeroDivisionError), store.transaction():
        store._connection.run("SET LOCAL enable_seqscan = off")
        ((plans,),) = store._connection.rows(f"EXPLAIN (FORMAT JSON) {sql}", values)
        raise ZeroDivisionError
    plan: dict[str, Any] = plans[0]["Plan"]
    return plan


def scanned(plan: dict[str, Any]) -> set[str]:
    """The tables that a plan reads from one end to the other."""
    own = {str(plan["Relation Name"])} if plan["Node Type"] == "Seq Scan" else set()
    return own.union(*(scanned(each) for each in plan.get("Plans", ())))


def test_every_statement_fits_the_schema_and_looks_up_what_it_needs(store: PostgresStore) -> None:
    read_whole = {statement: scanned(plan_of(store, text)) - SMALL for statement, text in TEXTS.items()}
    assert {statement: tables for statement, tables in read_whole.items() if tables and statement in PARTIAL} == {}


def test_few_names_are_looked_up_where_the_server_does_not_know_yet_how_many_there_are(store: PostgresStore) -> None:
    names = [f"person.{number}@big-pizza.com" for number in range(900)]
    text = texts()[Statements("members.sql")["names_of"]]
    with store.transaction():
        # Nor does it count it by itself, or know of a count that it made when the table was nearly empty.
        store._connection.run("ALTER TABLE idsync.names SET (autovacuum_enabled = false)")
        store._connection.run("TRUNCATE idsync.names CASCADE")
        store.directory.names.numbers(names)
    with store.transaction():
        ((plans,),) = store._connection.rows(f"EXPLAIN (FORMAT JSON) {text.sql}", (Listed(names[:8]),))
    assert scanned(plans[0]["Plan"]) == set()


def test_what_needs_nothing_to_be_done_runs_and_does_nothing(store: PostgresStore) -> None:
    for statement in texts().keys() - TEXTS.keys():
        assert statement.name.startswith("make_")
        assert texts()[statement].sql == ""
        store._connection.run(statement)


def test_odd_texts_numbers_and_bytes_that_stand_in_a_text_come_back_as_they_are(store: PostgresStore) -> None:
    raw = store._connection._exchange.raw
    whole = "SELECT value FROM unnest($1::text[]) WITH ORDINALITY AS asked (value, number) ORDER BY number"
    numbers = "SELECT unnest($1::bigint[])"
    for sql, values in ((whole, ODD), (whole, []), (numbers, [-1, 0, 2**62]), (numbers, [])):
        assert [value for (value,) in raw.execute(as_text(raw, [(sql, (Listed(values),))]))] == values
    for text in ODD:
        assert raw.execute(as_text(raw, [("SELECT $1", (text,))])).fetchone() == (text,)
    given = Text("SELECT a, b, c FROM given", (Column("a", "text"), Column("b", "bytea"), Column("c", "bigint")))
    rows: list[tuple[Value, ...]] = [(text, bytes([0, *text.encode(), 255]), 2**62) for text in ODD]
    rows += [(None, None, None), ("", b"", 0)]
    assert raw.execute(as_text(raw, [as_one(given, rows)])).fetchall() == rows
