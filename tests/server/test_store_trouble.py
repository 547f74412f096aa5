"""A store that cannot be read or written for a while: no push is answered with success that is not in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from idsync.errors import StoreReplaced
from idsync.stores.postgres.store import open_postgres
from idsync.stores.protocol import Access, Store
from idsync.stores.sqlite.store import SqliteStore, open_store
from tests.postgres.server import Server
from tests.server.conftest import PUSHED, Served, served
from tests.server.test_scim_door import asked, user


def push(service: Served, name: str, **more: Any) -> int:
    """Push somebody; the code."""
    return asked(service, "POST", "/Users", json=user(name, **more))[0]


@contextmanager
def bounded(folder: Path) -> Iterator[tuple[Served, list[SqliteStore]]]:
    """A service, and its open stores."""
    opened: list[SqliteStore] = []

    def once_more() -> Store:
        opened.append(open_store(folder / "idsync.db"))
        return opened[-1]

    with served(folder / "idsync.db", PUSHED, opened=once_more) as service:
        yield service, opened


def test_a_server_that_is_a_standby_for_a_while_refuses_what_writes_until_it_is_promoted(tmp_path: Path) -> None:
    server = Server()
    try:
        url = server.url(server.new_database())
        with served(tmp_path / "idsync.db", PUSHED, opened=lambda: open_postgres(url, Access.WRITE)) as service:
            assert push(service, "ann@x.com") == 201
            server.become_standby()
            code, told = asked(service, "POST", "/Users", json=user("bob@x.com"))
            assert (code, "is read-only" in told["detail"], "standby" in told["detail"]) == (503, True, True)
            assert service.http.get("/readyz").status_code == 200
            assert asked(service, "GET", "/Users")[1]["totalResults"] == 1
            server.be_promoted()
            assert push(service, "bob@x.com") == 201
            assert asked(service, "GET", "/Users")[1]["totalResults"] == 2
    finally:
        server.remove()


def allow(service: Served, opened: list[SqliteStore], pages: str) -> None:
    """Let the file of a service have so many pages; `page_count` is as many as it has."""

    async def all_of_them() -> None:
        def one(store: Store) -> None:
            (count,) = store._connection.row("PRAGMA page_count")  # type: ignore[attr-defined]
            store._connection.run(f"PRAGMA max_page_count = {count if pages == 'page_count' else pages}")  # type: ignore[attr-defined]

        await service.worker.read(one)
        await service.worker.write(one)

    assert service.http.portal is not None
    service.http.portal.call(all_of_them)


def test_what_a_full_disk_does_not_keep_is_503_until_there_is_room(tmp_path: Path) -> None:
    with bounded(tmp_path) as (service, opened):
        assert push(service, "ann@x.com") == 201
        allow(service, opened, "page_count")
        codes = [push(service, f"a{number}@x.com", title="x" * 100_000) for number in range(3)]
        assert codes == [503, 503, 503]
        told = asked(service, "POST", "/Users", json=user("bob@x.com", title="x" * 100_000))[1]
        assert "the disk is full" in told["detail"]
        assert sorted(service.directory().users) == ["ann@x.com"]
        service.clock[0] += timedelta(minutes=1)  # the use of the token is to be written, too
        assert asked(service, "GET", "/Users")[1]["totalResults"] == 1
        allow(service, opened, "1000000")
        assert push(service, "a0@x.com", title="x" * 100_000) == 201
        assert sorted(service.directory().users) == ["a0@x.com", "ann@x.com"]


def test_a_file_that_is_gone_for_a_while_is_told_to_everybody_and_its_place_to_nobody(service: Served) -> None:
    assert push(service, "ann@x.com") == 201
    away = service.path.with_name("away.db")
    service.path.rename(away)
    refusals = [
        service.http.get("/readyz"),
        service.http.get("/scim/v2/okta/Users", headers={"Authorization": "Bearer x"}),
        service.http.post(
            "/scim/v2/okta/Users", json=user("bob@x.com"), headers={"Authorization": f"Bearer {service.token}"}
        ),
        service.http.delete("/scim/v2/okta/Users/x", headers={"Authorization": f"Bearer {service.token}"}),
    ]
    for answer in refusals:
        assert answer.status_code == 503
        assert str(service.path.parent) not in answer.text
    measured = service.http.get("/metrics")
    assert measured.status_code == 200
    assert "idsync_store_readable 0.0" in measured.text
    assert 'idsync_http_requests_total{code="503",method="POST",part="scim"} 1.0' in measured.text
    assert service.http.get("/healthz").status_code == 200
    assert not service.path.exists()
    away.rename(service.path)
    assert push(service, "bob@x.com") == 201
    assert service.http.get("/readyz").status_code == 200
    assert "idsync_store_readable 1.0" in service.http.get("/metrics").text
    assert sorted(service.directory().users) == ["ann@x.com", "bob@x.com"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_file_in_its_place_ends_the_service(service: Served, method: str) -> None:
    failures: list[StoreReplaced] = []
    service.worker.when_replaced.append(failures.append)
    service.path.unlink()
    with open_store(service.path):
        pass
    assert asked(service, method, "/Users", **({"json": user("ann@x.com")} if method == "POST" else {}))[0] == 503
    assert failures
    assert service.directory().users == {}
