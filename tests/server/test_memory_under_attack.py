"""A service as a process, attacked over and over: memory, files and threads stay as the first time left them."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.process_figures import Figures, figures_of
from tests.serve_kills.service import Service
from tests.server.test_hostile_requests import FILTERS, NO_JSON, bulk, changes
from tests.server.test_odd_requests import SEARCH
from tests.server.test_scim_door import user

pytestmark = pytest.mark.long


ROUNDS = 3
GROWTH = 25 << 20
"""So many bytes may memory grow from the end of the first round to the end of the last, which send the same."""
REFUSED = 300
SMALL_GROWTH = 6 << 20
"""So many bytes may it grow with so many of each small request that is refused, and views of the page."""


def attacks(service: Service) -> Iterator[tuple[str, Callable[[httpx.Client], httpx.Response]]]:
    """Requests that cost much to read, or to keep, and what they are."""
    yield "a body over the limit", lambda client: client.post("Users", content=b" " * (40 << 20))
    yield "an endless body", lambda client: client.post("Users", content=iter([b" " * (1 << 16)] * 1600))
    yield "no token", lambda client: client.post("Users", content=b" " * (8 << 20), headers={"Authorization": "x"})
    for what in ("deep lists", "deep objects", "an endless number", "a name twice"):
        yield what, lambda client, what=what: client.post("Users", content=NO_JSON[what])  # type: ignore[misc]
    for what, wanted in FILTERS.items():
        body = {"schemas": [SEARCH], "filter": wanted}
        yield what, lambda client, body=body: client.post("Users/.search", json=body)  # type: ignore[misc]
    many: list[Any] = [{"method": "POST", "path": "/Users", "bulkId": str(n), "data": user("x")} for n in range(10_000)]
    yield "bulk", lambda client: client.post("Bulk", json=bulk(*many))
    patch = changes(*[{"op": "add", "path": "emails", "value": [{"value": str(n)}]} for n in range(5000)])
    yield "patch", lambda client: client.patch("Users/nobody", json=patch)
    yield "names", lambda client: client.post("Users", json=user("x" * 200_000))
    long = {"If-Match": '"a",' * 10_000}
    yield "versions", lambda client: client.delete("Users/nobody", headers=long)
    members = [{"value": f"nobody{n}"} for n in range(20_000)]
    yield "members", lambda client: client.post("Groups", json={"displayName": "x", "members": members})


def attack(service: Service) -> None:
    """Send everything once; every answer refuses, in SCIM's form, and none is a failure."""
    with service.client() as client:
        for what, send in attacks(service):
            try:
                answer = send(client)
            except httpx.TransportError:  # it was refused while the body was still on its way
                continue
            assert 400 <= answer.status_code < 500, f"{what}: {answer.status_code} {answer.text[:200]}"
            assert json.loads(answer.content)["status"] == str(answer.status_code), what
    host, _, port = service.replicas[0].url.removeprefix("http://").partition(":")
    left = [socket.create_connection((host, int(port))) for _ in range(50)]
    for connection in left:
        connection.sendall(b"GET /scim/v2/okta/Users HTTP/1.1\r\nX-A: " + b"a" * 30_000)
        connection.close()


def refuse(client: httpx.Client, page: str, times: int) -> None:
    """Small requests that are refused, as they are all day long, and views of the page."""
    for number in range(times):
        assert client.get(f"Users/nobody{number}").status_code == httpx.codes.NOT_FOUND
        assert client.get("Users", params={"filter": "userName eq"}).status_code == httpx.codes.BAD_REQUEST
        assert client.post("Users", content=b"{").status_code == httpx.codes.BAD_REQUEST
        assert client.post("Users", json=user("ann@x.com", externalId="other")).status_code == httpx.codes.CONFLICT
        assert client.get(page).status_code == httpx.codes.OK


def settled(service: Service, files: int) -> Figures:
    """The figures once so few files are open: that connections were given up is noticed a moment later."""
    for _ in range(200):
        figures = figures_of(service.replicas[0].pid)
        if figures.files <= files:
            break
        time.sleep(0.05)
    return figures


def test_attacks_leave_a_service_as_it_was(tmp_path: Path) -> None:
    service = Service(tmp_path)
    service.start()
    try:
        idle = figures_of(service.replicas[0].pid)
        attack(service)
        before = settled(service, idle.files + 10)
        for _ in range(ROUNDS - 1):
            attack(service)
        after = settled(service, before.files + 2)
        assert after.resident - before.resident < GROWTH, (before, after)
        assert after.files <= before.files + 2, (before, after)
        assert after.threads <= before.threads, (before, after)
        with service.client() as client:
            made = client.post("Users", json=user("ann@x.com"))
            assert made.status_code == httpx.codes.CREATED
    finally:
        service.stop()
    assert service.looked_at() == {"ann@x.com"}
    log = (tmp_path / "serve-0.log").read_text()
    assert "Traceback" not in log
    assert "code=500" not in log


def test_what_is_refused_all_day_long_and_views_of_the_page_leave_nothing_behind(tmp_path: Path) -> None:
    service = Service(tmp_path)
    service.start()
    try:
        with service.client() as client:
            assert client.post("Users", json=user("ann@x.com")).status_code == httpx.codes.CREATED
            page = f"{service.replicas[0].url}/"
            refuse(client, page, REFUSED // 3)
            before = figures_of(service.replicas[0].pid)
            refuse(client, page, REFUSED)
            after = figures_of(service.replicas[0].pid)
        assert after.resident - before.resident < SMALL_GROWTH, (before, after)
    finally:
        service.stop()
