"""PATCHes that ask for much work with few words: others wait for the one thread that writes, and must not for long."""

import time
from typing import Any

import pytest

from idsync.errors import StoreBusy
from idsync.server.scim import patch_work
from idsync.server.scim.request_limits import LONGEST_PATHS
from tests.server.conftest import Served
from tests.server.test_hostile_requests import changes
from tests.server.test_odd_requests import BULK
from tests.server.test_scim_door import GROUP, asked, user

_OFTEN = " or ".join(f'value eq "{number}"' for number in range(90))


def person(service: Served, emails: int) -> str:
    """The path of somebody with so many addresses."""
    many = [{"type": f"t{number}", "value": f"a{number}@x.com"} for number in range(emails)]
    return f"/Users/{asked(service, 'POST', '/Users', json=user(f'u{emails}@x.com', emails=many))[1]['id']}"


def group(service: Served, members: int) -> str:
    """The path of a group of so many people."""
    ids = [asked(service, "POST", "/Users", json=user(f"m{number}@x.com"))[1]["id"] for number in range(members)]
    content = {"schemas": [GROUP], "displayName": "eng", "members": [{"value": each} for each in ids]}
    return f"/Groups/{asked(service, 'POST', '/Groups', json=content)[1]['id']}"


def email(number: int) -> dict[str, Any]:
    """An operation that looks for one address among all."""
    return {"op": "replace", "path": f'emails[type eq "t{number}"].value', "value": "x"}


def refused_soon(service: Served, path: str, *operations: Any) -> str:
    """What is said to a PATCH that is 413, soon, and changes nothing."""
    before = asked(service, "GET", path)[1]
    begun = time.monotonic()
    code, told = asked(service, "PATCH", path, json=changes(*operations))
    assert (code, time.monotonic() - begun < 5) == (413, True)
    assert asked(service, "GET", path)[1] == before
    detail: str = told["detail"]
    return detail


def test_r39_many_looks_at_a_large_resource_are_too_much(service: Served) -> None:
    path = person(service, 2000)
    assert "look at 20" in refused_soon(service, path, *map(email, range(100)))
    assert asked(service, "PATCH", path, json=changes(email(1)))[0] == 200


def test_r39_long_filters_over_many_members_are_too_much(service: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patch_work, "MOST_WORK", 200_000)
    path = group(service, 20)
    long = {"op": "remove", "path": f"members[{_OFTEN}]"}
    refused_soon(service, path, long, long)
    title = {"op": "replace", "path": "displayName", "value": "x"}
    assert asked(service, "PATCH", path, json=changes(title))[0] == 200


def test_r39_entries_that_a_patch_brings_along_count(service: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patch_work, "MOST_WORK", 200_000)
    path = person(service, 0)
    brought = {"op": "add", "path": "emails", "value": [{"value": f"a{number}@x.com"} for number in range(900)]}
    refused_soon(service, path, brought, email(1))
    assert asked(service, "PATCH", path, json=changes(brought))[0] == 200


def test_r39_many_names_in_values_are_too_much(service: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    path = person(service, 0)
    names = {f"a{number}": 1 for number in range(1000)}
    forms: list[dict[str, Any]] = [{"path": "badge", "value": names}, {"value": names}, {"value": {"badge": names}}]
    begun = time.process_time()
    for value in forms:
        assert asked(service, "PATCH", path, json=changes({"op": "add", **value}))[0] == 200
    assert time.process_time() - begun < 5
    monkeypatch.setattr(patch_work, "MOST_WORK", 500_000)
    for value in forms:
        detail = refused_soon(service, path, {"op": "add", **value})
        assert detail.endswith(" names of attributes are too much for a PATCH: send fewer.")


def test_r39_all_of_a_bulk_request_counts_together(service: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patch_work, "MOST_WORK", 20_000)
    path = person(service, 100)
    operation = {"method": "PATCH", "path": path, "data": changes(email(1))}
    content = {"schemas": [BULK], "Operations": [operation] * 8}
    answers = asked(service, "POST", "/Bulk", json=content)[1]["Operations"]
    codes = [each["status"] for each in answers]
    assert codes[:2] == ["200", "200"]
    assert codes[-1] == "413"


@pytest.mark.parametrize("name", ["Operations", "operations", "OPERATIONS"])
def test_r39_paths_are_counted_before_they_are_read(service: Served, name: str) -> None:
    often = changes(*[{"op": "remove", "path": f"members[{_OFTEN}]"}] * (LONGEST_PATHS // len(_OFTEN) + 1))
    often[name] = often.pop("Operations")
    path = group(service, 1)
    begun = time.monotonic()
    assert asked(service, "PATCH", path, json=often)[0] == 413
    content = {"schemas": [BULK], "Operations": [{"method": "PATCH", "path": path, "data": often}]}
    assert asked(service, "POST", "/Bulk", json=content)[0] == 413
    assert time.monotonic() - begun < 2


def test_r39_what_is_wrong_with_a_value_is_told_in_one_plain_line(service: Served) -> None:
    path = person(service, 1)
    values: dict[str, dict[str, Any]] = {
        "active": {"active": "perhaps"},
        "password": {"password": ["a-secret"]},
        "name": {"name": "a-secret"},
        "primary": {"emails": [{"primary": "a-secret"}]},
    }
    for which, value in values.items():
        code, told = asked(service, "PATCH", path, json=changes({"op": "add", "value": value}))
        assert (code, told["scimType"]) == (400, "invalidValue")
        assert told["detail"].startswith(f"{which}: Input should be")
        assert not any(word in told["detail"] for word in ("\n", "pydantic", "https://", "[type=", "a-secret"))


def test_a_service_that_ends_waits_no_longer_for_another_run(service: Served) -> None:
    service.worker.end()
    with pytest.raises(StoreBusy, match="this service ends"):
        service.worker._pause(0.1)
