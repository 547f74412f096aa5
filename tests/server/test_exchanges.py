"""How often a push asks PostgreSQL: each exchange with the server takes longer than what most statements do there."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from idsync.stores.postgres.store import open_postgres
from idsync.stores.protocol import Access
from tests.postgres.server import server
from tests.postgres.stores import new_store
from tests.server.conftest import PUSHED, Served, served
from tests.server.test_scim_door import asked, user


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Served]:
    """A service on PostgreSQL."""
    url = server().url(new_store())
    with served(tmp_path / "idsync.db", PUSHED, opened=lambda: open_postgres(url, Access.WRITE)) as running:
        yield running


@pytest.fixture
def exchanges(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the thread that writes sends to the server from now on."""
    sent: list[str] = []
    execute = psycopg.Connection.execute

    def noted(raw: Any, query: Any, *values: Any, **options: Any) -> Any:
        if threading.current_thread().name == "writes":
            sent.append(query)
        return execute(raw, query, *values, **options)

    monkeypatch.setattr(psycopg.Connection, "execute", noted)
    return sent


def test_a_creation_asks_at_once_for_what_it_will_need(service: Served, exchanges: list[str]) -> None:
    for number in range(6):  # the third prepares what the others call
        exchanges.clear()
        person = user(f"person.{number}@x.com", externalId=f"00u{number}")
        assert asked(service, "POST", "/Users", json=person)[0] == 201
    assert len(exchanges) == 3, "the beginning with who it is, what is planned about, the commit"
