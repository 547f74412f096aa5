"""Faults: each does what it says, from the call on that it names, as often as it names, and where it names."""

import time
from collections.abc import Iterator

import httpx
import pytest

from tests.okta_simulator import (
    Change,
    ConcurrencyLimit,
    Delay,
    Drop,
    Empty,
    EndlessNext,
    Fail,
    FailAbove,
    Fault,
    HtmlPage,
    HugePage,
    IgnoreExpand,
    LoseLinks,
    Malformed,
    Omit,
    Organization,
    OtherOrganization,
    Overlap,
    RateLimit,
    RepeatCursor,
    Simulator,
    Switches,
    Truncate,
)
from tests.okta_simulator.effects import Effect
from tests.test_okta_simulator.reader import Reader, code, next_link, reading

USERS = "/api/v1/users"


@pytest.fixture
def reader() -> Iterator[Reader]:
    organization = Organization.generate(2, users=25, groups=3, apps=2, statuses={"ACTIVE": 1.0})
    with reading(Simulator(organization)) as reader:
        yield reader


def inject(reader: Reader, effect: Effect, *, path: str = USERS, first: int = 1, times: int | None = 1) -> None:
    reader.simulator.faults.add(Fault(path, effect, first=first, times=times))


def test_a_fault_meets_the_calls_that_it_names(reader: Reader) -> None:
    inject(reader, Fail(503), first=2, times=2)
    assert [reader.get(USERS).status_code for _ in range(5)] == [200, 503, 503, 200, 200]
    inject(reader, Fail(500), times=None)
    assert [reader.get(USERS).status_code for _ in range(3)] == [500] * 3
    reader.simulator.faults.clear()
    assert reader.get(USERS).status_code == 200


def test_a_path_is_matched_by_segments_and_by_method(reader: Reader) -> None:
    group = reader.simulator.organization.group("sales-1")
    inject(reader, Fail(500), path="/api/v1/groups/*/users", times=None)
    assert reader.get("/api/v1/groups").status_code == 200
    assert reader.get(f"/api/v1/groups/{group.id}").status_code == 200
    assert reader.get(f"/api/v1/groups/{group.id}/users").status_code == 500
    reader.simulator.faults.clear()
    reader.simulator.faults.add(Fault("/api/v1/**", Fail(500), times=None, method="POST"))
    assert reader.get(f"/api/v1/groups/{group.id}/users").status_code == 200
    assert reader.post(f"/api/v1/users/{'x'}/lifecycle/suspend").status_code == 500


@pytest.mark.parametrize(
    ("status", "error"),
    [(500, "E0000009"), (503, "E0000010"), (504, "E0000009"), (401, "E0000011"), (403, "E0000006"), (404, "E0000008")],
)
def test_a_failure_has_the_error_body_of_its_status(reader: Reader, status: int, error: str) -> None:
    inject(reader, Fail(status))
    response = reader.get(USERS)
    assert code(response) == (status, error)
    assert "x-rate-limit-limit" in response.headers


def test_a_delay_holds_the_answer_back(reader: Reader) -> None:
    inject(reader, Delay(0.3))
    start = time.monotonic()
    assert reader.get(USERS).status_code == 200
    assert time.monotonic() - start >= 0.3
    inject(reader, Delay(5))
    with pytest.raises(httpx.ReadTimeout):
        reader.client.get(USERS, timeout=0.1)


@pytest.mark.parametrize("effect", [Drop(), Truncate()])
def test_a_connection_breaks_off_and_the_next_call_works(reader: Reader, effect: Effect) -> None:
    inject(reader, effect)
    with pytest.raises(httpx.RemoteProtocolError):
        reader.get(USERS)
    assert reader.get(USERS).status_code == 200
    assert reader.simulator.requests.in_flight == 0


def test_a_body_is_malformed_or_a_web_page(reader: Reader) -> None:
    inject(reader, Malformed())
    response = reader.get(USERS)
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    with pytest.raises(ValueError, match="Unterminated"):
        response.json()
    inject(reader, HtmlPage())
    inject(reader, HtmlPage(502), first=2)
    for status in (200, 502):
        response = reader.get(USERS)
        assert (response.status_code, response.headers["content-type"]) == (status, "text/html; charset=utf-8")


def test_a_cursor_repeats_for_ever(reader: Reader) -> None:
    inject(reader, RepeatCursor(), times=None)
    second = reader.client.get(next_link(reader.get(USERS, limit=20)) or "")
    assert next_link(second) == str(second.url)


def test_next_never_ends_with_a_new_cursor_each_time(reader: Reader) -> None:
    inject(reader, EndlessNext(), times=None)
    urls, rows = [], []
    response = reader.get(USERS, limit=20)
    for _ in range(10):
        rows += response.json()
        urls.append(next_link(response))
        response = reader.client.get(urls[-1] or "")
    assert len(rows) == 25
    assert len(set(urls)) == 10


def test_links_are_lost(reader: Reader) -> None:
    inject(reader, LoseLinks())
    assert "link" not in reader.get(USERS, limit=5).headers


def test_a_page_ignores_its_limit(reader: Reader) -> None:
    inject(reader, HugePage())
    response = reader.get(USERS, limit=5)
    assert len(response.json()) == 25
    assert next_link(response) is None


def test_rows_come_twice_across_pages(reader: Reader) -> None:
    inject(reader, Overlap(3), times=None)
    ids = reader.ids(USERS, limit=10)
    assert len(ids) > 25
    assert sorted(set(ids)) == reader.simulator.organization.user_ids


@pytest.mark.parametrize(("effect", "limit"), [(RateLimit(), "300"), (ConcurrencyLimit(), "0")])
def test_a_429_of_either_kind_comes_out_of_the_blue(reader: Reader, effect: Effect, limit: str) -> None:
    inject(reader, effect)
    response = reader.get(USERS)
    assert code(response) == (429, "E0000047")
    assert (response.headers["x-rate-limit-limit"], response.headers["x-rate-limit-remaining"]) == (limit, "0")
    assert reader.get(USERS).headers["x-rate-limit-remaining"] == "299"


def test_big_pages_fail_and_smaller_ones_work(reader: Reader) -> None:
    inject(reader, FailAbove(50), times=None)
    assert code(reader.get(USERS, limit=51)) == (500, "E0000009")
    assert len(reader.ids(USERS, limit=50)) == 25
    assert code(reader.get(USERS)) == (500, "E0000009")


@pytest.mark.parametrize(("setting", "status", "least"), [("failing", 500, 0.0), ("slow", 200, 0.2)])
def test_the_switch_makes_all_big_lists_fail_or_slow(setting: str, status: int, least: float) -> None:
    switches = Switches(big_lists=setting, big_list_limit=50, big_list_seconds=0.2)  # type: ignore[arg-type]
    with reading(Simulator(Organization(switches=switches))) as reader:
        start = time.monotonic()
        assert reader.get("/api/v1/groups", limit=51).status_code == status
        assert time.monotonic() - start >= least
        assert reader.get("/api/v1/groups", limit=50).status_code == 200


def test_expand_is_ignored(reader: Reader) -> None:
    path = f"/api/v1/apps/{reader.simulator.organization.sso_app.id}/users"
    inject(reader, IgnoreExpand(), path="/api/v1/apps/*/users")
    assert "_embedded" not in reader.get(path, expand="user").json()[0]
    assert "_embedded" in reader.get(path, expand="user").json()[0]


def test_fields_are_omitted_at_any_depth(reader: Reader) -> None:
    inject(reader, Omit(("lastUpdated", "profile.department", "_links", "no.such.field")))
    row = reader.get(USERS).json()[0]
    assert {"lastUpdated", "_links"}.isdisjoint(row)
    assert "department" not in row["profile"]
    assert row["profile"]["login"]


def test_a_list_is_empty_with_status_200(reader: Reader) -> None:
    inject(reader, Empty())
    response = reader.get(USERS, limit=5)
    assert (response.status_code, response.json(), next_link(response)) == (200, [], None)


def test_objects_go_in_the_middle_of_a_listing(reader: Reader) -> None:
    group = reader.simulator.organization.group("sales-1")
    inject(
        reader,
        Change(lambda organization: organization.delete_group(group)),
        path=f"/api/v1/groups/{group.id}/users",
        first=2,
    )
    first = reader.get(f"/api/v1/groups/{group.id}/users", limit=2)
    assert code(reader.client.get(next_link(first) or "")) == (404, "E0000007")


def test_rows_come_and_go_in_the_middle_of_a_listing(reader: Reader) -> None:
    organization = reader.simulator.organization
    last = organization.users[organization.user_ids[-1]]
    inject(reader, Change(lambda held: held.deactivate(last)), first=2)
    inject(reader, Change(lambda held: held.add_user("late@enzos-pizza.com")), first=3)
    logins = [row["profile"]["login"] for row in reader.rows(USERS, limit=10)]
    assert len(logins) == 25
    assert last.login not in logins
    assert logins[-1] == "late@enzos-pizza.com"


def test_another_organization_answers(reader: Reader) -> None:
    other = Organization(seed=99, subdomain="other")
    other.add_user("raven@other.com")
    inject(reader, OtherOrganization(other))
    assert [row["profile"]["login"] for row in reader.get(USERS).json()] == ["raven@other.com"]
    inject(reader, OtherOrganization(other), path="/api/v1/org")
    assert reader.get("/api/v1/org").json()["id"] == other.id
    assert reader.get("/api/v1/org").json()["id"] == reader.simulator.organization.id
    assert reader.get("/.well-known/okta-organization").json()["id"] == reader.simulator.organization.id


def test_several_faults_meet_one_call(reader: Reader) -> None:
    inject(reader, HugePage())
    inject(reader, Omit(("profile",)))
    response = reader.get(USERS, limit=5)
    assert len(response.json()) == 25
    assert all("profile" not in row for row in response.json())


def test_a_failure_of_the_simulator_itself_is_raised_where_it_runs() -> None:
    def fail(organization: Organization) -> None:
        raise ZeroDivisionError("a wrong change of the test")

    def provoke(simulator: Simulator) -> None:
        with reading(simulator) as reader:
            inject(reader, Change(fail))
            assert reader.get(USERS).status_code == 599

    with pytest.raises(ZeroDivisionError):
        provoke(Simulator(Organization()))
