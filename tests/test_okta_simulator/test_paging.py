"""Listings: limits, cursors, Link headers, and what each switch makes of them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.okta_simulator import Organization, Simulator, Switches
from tests.okta_simulator.pages import CursorKind, Page, Twist, page
from tests.test_okta_simulator.reader import Reader, attempted, code, next_link, reading

KEYS = st.lists(st.text(alphabet="abcXYZ019", min_size=1, max_size=6), unique=True).map(sorted)


def organization(users: int = 25, **switches: object) -> Organization:
    return Organization.generate(
        1,
        users=users,
        groups=5,
        apps=3,
        statuses={"ACTIVE": 1.0},
        switches=Switches(**switches),  # type: ignore[arg-type]
    )


def walk(keys: list[str], limit: int, switches: Switches, kind: CursorKind, twist: Twist | None = None) -> list[str]:
    seen: list[str] = []
    query: dict[str, str] = {}
    for _ in range(len(keys) + 2):
        shown = page(keys, query, limit, switches, kind=kind, twist=twist)
        seen.extend(shown.keys)
        if shown.after is None:
            return seen
        query = {"after": shown.after}
    raise AssertionError("it never ends")


@settings(deadline=None)
@given(KEYS, st.integers(1, 7), st.sampled_from(["key", "opaque", "number"]), st.sampled_from(["stable", "shifting"]))
def test_every_row_comes_once_and_in_order(keys: list[str], limit: int, kind: CursorKind, rows: str) -> None:
    assert walk(keys, limit, Switches(rows=rows), kind) == keys  # type: ignore[arg-type]


@settings(deadline=None)
@given(KEYS, st.integers(1, 7))
def test_an_empty_extra_page_adds_nothing(keys: list[str], limit: int) -> None:
    assert walk(keys, limit, Switches(last_page="empty_extra_page"), "opaque") == keys


@settings(deadline=None)
@given(KEYS, st.integers(1, 7), st.data())
def test_a_stable_listing_survives_the_deletion_of_any_row(keys: list[str], limit: int, data: st.DataObject) -> None:
    first = page(keys, {}, limit, Switches())
    gone = data.draw(st.sampled_from(keys)) if keys else None
    rest = [key for key in keys if key != gone]
    if first.after is not None:
        second = page(rest, {"after": first.after}, len(keys), Switches())
        assert [key for key in first.keys + second.keys if key != gone] == rest


@settings(deadline=None)
@given(st.text(max_size=60), st.sampled_from(["key", "opaque", "number"]), st.sampled_from(["stable", "shifting"]))
def test_a_made_up_cursor_is_refused_or_read_but_never_breaks(text: str, kind: CursorKind, rows: str) -> None:
    switches = Switches(rows=rows)  # type: ignore[arg-type]
    outcome = attempted(lambda: page(["a", "b"], {"after": text}, 1, switches, kind=kind))
    assert isinstance(outcome, Page) or outcome.status == 400


def test_links_are_absolute_and_carry_the_original_parameters() -> None:
    with reading(Simulator(organization())) as reader:
        response = reader.get("/api/v1/users", limit=10, filter='status eq "ACTIVE"')
        lines = response.headers.get_list("link")
        assert [line.rpartition("; ")[2] for line in lines] == ['rel="self"', 'rel="next"']
        following = next_link(response)
        assert following is not None
        assert following.startswith(f"{reader.simulator.base_url}/api/v1/users?limit=10&filter=status+eq+%22ACTIVE%22")
        assert response.json()[-1]["id"] in following
        assert len(reader.rows("/api/v1/users", limit=10)) == 25


DEFAULTS = {
    "/api/v1/users": 200,
    "/api/v1/users?q=a": 10,
    "/api/v1/groups": 200,
    "/api/v1/apps": 20,
    "/api/v1/groups/{everyone}/users": 1000,
    "/api/v1/apps/{app}/users": 50,
}


def test_page_sizes_default_as_documented() -> None:
    big = Organization(switches=Switches())
    for number in range(1010):
        big.add_user(f"a{number}@enzos-pizza.com")
    for number in range(210):
        big.add_group(f"g{number}")
    for number in range(30):
        big.add_app(f"App {number}")
    app = big.app("App 0")
    big.assign_group(app, big.everyone)
    for group in list(big.groups.values())[:30]:
        big.assign_group(app, group)
        big.assign_group(big.app("App 1"), group)
    many_apps = big.group("g0")
    for other in list(big.apps.values())[:25]:
        big.assign_group(other, many_apps)
    with reading(Simulator(big)) as reader:
        for path, size in DEFAULTS.items():
            response = reader.get(path.format(everyone=big.everyone.id, app=app.id))
            assert len(response.json()) == size, path
        assert len(reader.get(f"/api/v1/apps/{app.id}/groups", limit=1).json()) == 20
        assert len(reader.get(f"/api/v1/groups/{many_apps.id}/apps").json()) == 20
        assert len(reader.get("/api/v1/groups", q="g").json()) == 10
        assert len(reader.get("/api/v1/groups", q="g", limit=10_000).json()) == 210


@pytest.mark.parametrize(("setting", "outcome"), [("clamp", 200), ("reject", 400)])
def test_a_limit_above_the_maximum_is_clamped_or_rejected(setting: str, outcome: int) -> None:
    with reading(Simulator(organization(users=205, excessive_limit=setting))) as reader:
        response = reader.get("/api/v1/users", limit=201)
        assert response.status_code == outcome
        if outcome == 200:
            assert len(response.json()) == 200
        else:
            assert code(response) == (400, "E0000001")


@pytest.mark.parametrize("limit", ["0", "-3", "ten", "1e3", "99999999999"])
def test_a_limit_that_is_not_a_size_is_rejected(limit: str) -> None:
    with reading(Simulator(organization())) as reader:
        assert code(reader.get("/api/v1/users", limit=limit)) == (400, "E0000001")


def test_the_true_maxima_of_members_and_group_apps_can_be_small() -> None:
    held = organization(group_members_maximum=7, group_apps_maximum=1)
    group = held.group("engineering-0")
    for app in held.apps.values():
        held.assign_group(app, group)
    with reading(Simulator(held)) as reader:
        *full, last = [len(rows) for rows in reader.pages(f"/api/v1/groups/{group.id}/users", limit=200)]
        assert set(full) == {7}
        assert 1 <= last <= 7
        assert [len(rows) for rows in reader.pages(f"/api/v1/groups/{group.id}/apps", limit=200)] == [1, 1, 1]


def test_a_repeating_cursor_goes_on_for_ever_with_the_same_link() -> None:
    with reading(Simulator(organization(last_page="repeating_cursor"))) as reader:
        second = reader.client.get(next_link(reader.get("/api/v1/users", limit=20)) or "")
        assert len(second.json()) == 5
        assert next_link(second) == str(second.url)
        assert reader.client.get(str(second.url)).json() == second.json()


def test_shifting_rows_are_lost_when_an_earlier_one_goes() -> None:
    held = organization(rows="shifting")
    with reading(Simulator(held)) as reader:
        first = reader.get("/api/v1/users", limit=10)
        held.deactivate(held.users[first.json()[0]["id"]])
        second = reader.client.get(next_link(first) or "")
        assert second.json()[0]["id"] == held.user_ids[11]


def test_the_user_list_can_come_in_another_order_and_still_pages() -> None:
    held = organization(user_order="other")
    with reading(Simulator(held)) as reader:
        ids = reader.ids("/api/v1/users", limit=4)
        assert ids != sorted(ids)
        assert sorted(ids) == held.user_ids


@pytest.mark.parametrize(("setting", "lines"), [("self", 1), ("absent", 0)])
def test_a_group_query_never_pages(setting: str, lines: int) -> None:
    with reading(Simulator(organization(query_link=setting))) as reader:
        response = reader.get("/api/v1/groups", q="engin", limit=1)
        assert len(response.json()) == 1
        assert len(response.headers.get_list("link")) == lines


@pytest.mark.parametrize(("setting", "pages"), [("paged", 2), ("unpaged", 1)])
def test_the_groups_of_a_user_are_paged_or_not(setting: str, pages: int) -> None:
    held = organization(user_groups=setting)
    user = held.add_user("hiro@enzos-pizza.com")
    for number in range(210):
        held.add_group(f"more {number}", members=[user])
    with reading(Simulator(held)) as reader:
        assert [len(rows) for rows in reader.pages(f"/api/v1/users/{user.id}/groups")] == ([200, 11], [211])[2 - pages]


def test_fields_project_users_and_the_performance_header_omits_credentials(reader_of_users: Reader) -> None:
    row = reader_of_users.get("/api/v1/users", fields="id,status,profile:(login,email)").json()[0]
    assert sorted(row) == ["id", "profile", "status"]
    assert sorted(row["profile"]) == ["email", "login"]
    all_three = "omitCredentials,omitCredentialsLinks,omitTransitioningToStatus"
    for asked, present in {all_three: False, "omitCredentials": True}.items():
        headers = {"content-type": f"application/json; okta-response={asked}"}
        listed = reader_of_users.client.get("/api/v1/users", headers=headers).json()[0]
        assert ("credentials" in listed) is present


@pytest.fixture
def reader_of_users() -> object:
    with reading(Simulator(organization())) as reader:
        yield reader
