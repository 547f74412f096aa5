"""What a request holds is read before it waits for the store: nonsense is refused while others write."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from idsync.stores.protocol import Store
from tests.server.conftest import Served
from tests.server.test_scim_door import GROUP, asked, user

SECONDS = 20.0
MANY = 800
"""So many members make a body that is read in a thread of its own."""


@contextmanager
def somebody_writing(service: Served) -> Iterator[None]:
    """As long as the block lasts, nobody else writes."""
    begun, go = threading.Event(), threading.Event()

    def block(_: Store) -> None:
        begun.set()
        assert go.wait(SECONDS)

    portal = service.http.portal
    assert portal is not None
    blocked = portal.start_task_soon(service.worker.write, block)
    assert begun.wait(SECONDS)
    try:
        yield
    finally:
        go.set()
        blocked.result()


def group(members: list[object], **further: object) -> dict[str, object]:
    return {"schemas": [GROUP], "displayName": "eng", "members": members, **further}


@pytest.mark.parametrize("many", [1, MANY])
def test_what_cannot_be_kept_is_refused_while_others_write(service: Served, many: int) -> None:
    people: list[object] = [{"value": f"id-{number}", "display": "somebody"} for number in range(many)]
    made = asked(service, "POST", "/Groups", json=group([]))[1]["id"]
    padded = [{"value": f"{number}@x.com", "type": "work"} for number in range(many)]
    with somebody_writing(service):
        assert asked(service, "POST", "/Users", json=user("ann@x.com", name="Ann", emails=padded))[0] == 400
        assert asked(service, "POST", "/Users", json=user("ann@x.com ", emails=padded))[0] == 400
        if many == MANY:
            assert asked(service, "PUT", f"/Groups/{made}", json=group(people, displayName=["eng"]))[0] == 400
            assert asked(service, "POST", "/Groups", json=group(people, displayName=["eng"]))[0] == 400
    assert asked(service, "POST", "/Users", json=user("ann@x.com", emails=padded))[0] == 201


def test_a_large_group_is_taken_as_it_was_sent(service: Served) -> None:
    ids = [asked(service, "POST", "/Users", json=user(f"p{number}@x.com"))[1]["id"] for number in range(3)]
    people: list[object] = [{"value": each, "display": "x" * 20_000} for each in ids]
    code, made = asked(service, "POST", "/Groups", json=group(people))
    assert (code, [each["value"] for each in made["members"]]) == (201, ids)
    assert asked(service, "PUT", f"/Groups/{made['id']}", json=group(people[1:]))[0] == 200
    found = asked(service, "GET", f"/Groups/{made['id']}")[1]["members"]
    assert [(each["value"], each["display"]) for each in found] == [(each, "x" * 20_000) for each in ids[1:]]
