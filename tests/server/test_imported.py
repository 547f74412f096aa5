"""Okta imports what the service has: everybody once, held people and tombstones too, in pages that agree."""

from pathlib import Path
from typing import Any

import pytest

from tests.okta_scim_client import Dialect
from tests.server.conftest import BASE, Served, served
from tests.server.test_bursts import FREE, guarded, locked, people

COUNT = 23


def pages(service: Served, resource: str, count: int, **asked: str) -> list[dict[str, Any]]:
    """All pages of a listing, read as Okta reads them: on from `totalResults`."""
    found: list[dict[str, Any]] = []
    start, total = 1, 1
    headers = {"Authorization": f"Bearer {service.token}"}
    while start <= total:
        query = {"startIndex": str(start), "count": str(count), **asked}
        told = service.http.get(f"{BASE}/{resource}", params=query, headers=headers).json()
        assert start == 1 or told["totalResults"] == total
        total = told["totalResults"]
        assert told["startIndex"] == start
        assert told["itemsPerPage"] == len(told["Resources"]) == min(count, total - start + 1)
        found += told["Resources"]
        start += count
    return found


@pytest.mark.parametrize("dialect", Dialect)
@pytest.mark.parametrize("count", [1, 7, 100])
def test_r42_an_import_finds_held_people_and_tombstones_in_every_page(
    tmp_path: Path, dialect: Dialect, count: int
) -> None:
    settings = guarded(lock_burst="{percent: 0, floor: 3}", user_deletes="{percent: 0, floor: 1}", user_locks=FREE)
    with served(tmp_path / "a.db", settings) as service:
        okta = service.engine(dialect)
        everybody = people(okta, COUNT)
        okta.push_group("all", everybody)
        for person in everybody[:5]:
            okta.deactivate(person)
        assert len(locked(service)) == 3, "two locks are held"
        assert len(service.directory().users) == COUNT - 1, "one deletion went ahead"
        users = pages(service, "Users", count)
        assert [each["userName"] for each in users] == [f"p{number:02}@x.com" for number in range(COUNT)]
        assert [each["active"] for each in users] == [False] * 5 + [True] * (COUNT - 5)
        assert [each["id"] for each in users] == [person.scim_id for person in everybody]
        (group,) = pages(service, "Groups", count)
        assert {each["value"] for each in group["members"]} <= {each["id"] for each in users}
        for person, told in zip(everybody, users, strict=True):
            named = pages(service, "Users", 100, filter=f'userName eq "{told["userName"].upper()}"')
            assert [each["id"] for each in named] == [person.scim_id]
        out = pages(service, "Users", count, filter="active eq false")
        assert [each["id"] for each in out] == [person.scim_id for person in everybody[:5]]
        assert okta.client.get("Users", str(everybody[4].scim_id))["active"] is False
