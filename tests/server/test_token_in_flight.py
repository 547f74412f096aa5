"""Tokens that end while a request with them is on its way, and requests that show more than one."""

import datetime as dt
import json
from collections.abc import Callable, Iterator

import pytest
from msgspec.structs import replace

from idsync.model.times import format_time
from idsync.server.tokens import revoked
from idsync.stores.sqlite.store import open_store
from tests.server.conftest import BASE, Served
from tests.server.test_odd_requests import BULK
from tests.server.test_scim_door import asked, user


def revoke(service: Served) -> None:
    """Revoke its token, as another process does."""
    with open_store(service.path) as store:
        (token,) = store.tokens.all()
        store.tokens.put(revoked(token, service.clock[0]))


def let_end(service: Served) -> None:
    """Let its token end a minute from now, and the minute pass."""
    with open_store(service.path) as store:
        (token,) = store.tokens.all()
        store.tokens.put(replace(token, ends=format_time(service.clock[0] + dt.timedelta(minutes=1))))
    service.clock[0] += dt.timedelta(minutes=1)


@pytest.mark.parametrize("end", [revoke, let_end])
@pytest.mark.parametrize("path", ["/Users", "/Bulk"])
def test_a_token_that_ends_while_a_body_comes_writes_nothing(
    service: Served, end: Callable[[Served], None], path: str
) -> None:
    person = user("ann@x.com")
    operation = {"method": "POST", "path": "/Users", "bulkId": "a", "data": person}
    content = person if path == "/Users" else {"schemas": [BULK], "Operations": [operation]}
    body = json.dumps(content).encode()

    def slowly() -> Iterator[bytes]:
        yield body[:10]
        end(service)
        yield body[10:]

    headers = {"Authorization": f"Bearer {service.token}", "Content-Type": "application/scim+json"}
    answer = service.http.post(BASE + path, content=slowly(), headers=headers)
    assert answer.status_code == 401
    assert answer.json()["detail"].startswith("The bearer token")
    assert service.directory().users == {}
    assert asked(service, "GET", "/Users")[0] == 401


def test_two_authorizations_are_none(service: Served) -> None:
    good, bad = ("Authorization", f"Bearer {service.token}"), ("Authorization", "Bearer x")
    for headers in ([good, bad], [bad, good], [good, good]):
        assert service.http.get(f"{BASE}/Users", headers=headers).status_code == 401
    assert service.http.get(f"{BASE}/Users", headers=[good]).status_code == 200
