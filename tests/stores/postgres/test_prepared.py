"""Statements that run often are prepared where one server process answers the whole time, and nowhere else."""

import re
from pathlib import Path

import pytest

from idsync.errors import StoreAway
from idsync.stores.postgres import prepared
from idsync.stores.postgres.bulk import as_one
from idsync.stores.postgres.statements import texts
from idsync.stores.postgres.store import PostgresStore, open_postgres
from idsync.stores.postgres.together import as_text
from idsync.stores.protocol import Access
from idsync.stores.tables.connection import Listed
from idsync.stores.tables.statements import Statements
from tests.postgres.pooler import pooled
from tests.postgres.server import server
from tests.stores.postgres.test_statements import ONE, scanned


def write(store: PostgresStore, times: int) -> None:
    for number in range(times):
        with store.transaction():
            store.facts.put({"it's $1": f"{number} ü \\".encode()})
        assert store.facts.get("it's $1") == f"{number} ü \\".encode()


def prepared_in(store: PostgresStore) -> dict[str, str]:
    """The statements that a session has prepared, by name."""
    rows = store._connection._exchange.raw.execute("SELECT name, statement FROM pg_prepared_statements").fetchall()
    return {name: re.split(f"PREPARE {name} AS ", text)[1].split(";")[0] for name, text in rows}


def test_a_statement_is_prepared_when_it_runs_for_the_third_time(store: PostgresStore) -> None:
    write(store, prepared._WORTH_IT - 1)
    assert prepared_in(store) == {}
    write(store, 1)
    texts_of_it = prepared_in(store).values()
    assert any(text.startswith("SELECT extract(epoch") for text in texts_of_it)
    assert any("INTO idsync.facts" in text for text in texts_of_it)
    write(store, 3)
    assert len(prepared_in(store)) == len({*prepared_in(store).values()})


def test_nothing_is_prepared_behind_a_pooler(nothing: str, tmp_path: Path) -> None:
    with (
        pooled(server(), nothing, tmp_path) as address,
        open_postgres(address, Access.WRITE) as store,
        open_postgres(address, Access.WRITE) as other,
    ):
        for _ in range(5):
            write(store, 2)
            write(other, 2)
        assert prepared_in(store) == {}


def test_every_statement_can_be_prepared(store: PostgresStore) -> None:
    raw = store._connection._exchange.raw
    for number, text in enumerate(text for text in texts().values() if text.sql):
        sql = as_one(text, [[ONE[column.type] for column in text.columns]])[0] if text.columns else text.sql
        raw.execute(f"PREPARE each_{number} AS {sql}")


def test_what_is_not_there_any_more_is_not_prepared_again(store: PostgresStore) -> None:
    write(store, prepared._WORTH_IT)
    store._connection._exchange.raw.execute("DEALLOCATE ALL")
    with pytest.raises(StoreAway, match="answers as another process"):
        write(store, 1)
    write(store, 5)
    assert prepared_in(store) == {}


def test_what_could_not_be_prepared_is_prepared_later(store: PostgresStore) -> None:
    raw = store._connection._exchange.raw
    write(store, prepared._WORTH_IT - 1)
    raw.execute("ALTER TABLE idsync.journal_end RENAME TO elsewhere")
    with pytest.raises(StoreAway, match="is not whole"):
        write(store, 1)
    raw.execute("ALTER TABLE idsync.elsewhere RENAME TO journal_end")
    write(store, 2)
    assert len(prepared_in(store)) > 2


def test_a_connection_that_is_made_again_prepares_again(store: PostgresStore) -> None:
    write(store, prepared._WORTH_IT)
    first = store._connection._exchange.raw.info.backend_pid
    server().run(f"SELECT pg_terminate_backend({first})")
    write(store, prepared._WORTH_IT - 1)
    assert store._connection._exchange.raw.info.backend_pid != first
    assert prepared_in(store) == {}
    write(store, 1)
    assert prepared_in(store) != {}


def test_a_plan_does_not_last(store: PostgresStore, monkeypatch: pytest.MonkeyPatch) -> None:
    exchange, names = store._connection._exchange, [f"person.{number}@big-pizza.com" for number in range(900)]
    raw, session = exchange.raw, exchange._prepared
    with store.transaction():
        store.directory.names.numbers(names)
    raw.execute("ANALYZE idsync.names")
    question = (texts()[Statements("members.sql")["names_of"]].sql, (Listed(names[:8]),))

    def plan() -> set[str]:
        with store.transaction():
            exchange.ask_together([question])
            called = as_text(raw, [question], session)
            session.prepare()
            ((plans,),) = raw.execute(f"EXPLAIN (FORMAT JSON) {called}").fetchall()
        return scanned(plans[0]["Plan"])

    raw.execute("SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_bitmapscan = off")
    assert [plan() for _ in range(9)][-1] == {"names"}, "the index is not to be used, as if the table were short"
    raw.execute("RESET ALL")
    assert plan() == {"names"}, "the server keeps its plan"
    monkeypatch.setattr(prepared, "_PLANS_SECONDS", -1.0)
    assert plan() == set()
