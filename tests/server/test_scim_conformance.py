"""The service before somebody else's client: every check of scim2-tester, on what it makes up itself."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server

from tests.postgres.stores import free_databases
from tests.server.conftest import BASE, PUSHED, Served, served
from tests.stores.contract import IMPLEMENTATIONS

pytestmark = pytest.mark.long


@pytest.fixture(params=list(IMPLEMENTATIONS.values()), ids=list(IMPLEMENTATIONS))
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Served]:
    """A service on each kind of store."""
    with served(tmp_path / "idsync.db", PUSHED, opened=lambda: request.param(tmp_path, time.time)) as running:
        yield running
    free_databases()


def test_every_check_of_scim2_tester_passes(service: Served) -> None:
    service.http.base_url = service.http.base_url.join(BASE.lstrip("/") + "/")
    service.http.headers["Authorization"] = f"Bearer {service.token}"
    client = SyncSCIMClient(service.http)
    client.discover()
    results = check_server(client)
    failed = [f"{each.title}: {each.reason}" for each in results if each.status not in (Status.SUCCESS, Status.SKIPPED)]
    assert failed == []
    assert sum(each.status is Status.SUCCESS for each in results) > 100
