"""The service before somebody else's client: every check of scim2-tester, on what it makes up itself."""

from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server

from tests.server.conftest import BASE, Served


def test_every_check_of_scim2_tester_passes(service: Served) -> None:
    service.http.base_url = service.http.base_url.join(BASE.lstrip("/") + "/")
    service.http.headers["Authorization"] = f"Bearer {service.token}"
    client = SyncSCIMClient(service.http)
    client.discover()
    results = check_server(client)
    failed = [f"{each.title}: {each.reason}" for each in results if each.status not in (Status.SUCCESS, Status.SKIPPED)]
    assert failed == []
    assert sum(each.status is Status.SUCCESS for each in results) > 100
