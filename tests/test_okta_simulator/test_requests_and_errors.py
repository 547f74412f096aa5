"""Refusals with their codes, the filter language, and requests that mean harm."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.effort import examples
from tests.okta_simulator import Organization, Simulator, User
from tests.okta_simulator.errors import OktaError
from tests.okta_simulator.filters import GROUPS, LOGS, USERS, USERS_SEARCH, Language, parse
from tests.test_okta_simulator.reader import Reader, attempted, code, reading


@pytest.fixture
def reader() -> Iterator[Reader]:
    organization = Organization()
    organization.add_user("hiro@enzos-pizza.com", profile={"department": "Delivery", "tags": ["katana", "hacker"]})
    organization.add_user("y.t@enzos-pizza.com", profile={"department": "Couriers"}, status="SUSPENDED")
    with reading(Simulator(organization)) as reader:
        yield reader


def logins(reader: Reader, **query: str) -> list[str]:
    return [row["profile"]["login"].split("@")[0] for row in reader.rows("/api/v1/users", **query)]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"filter": 'status eq "SUSPENDED"'}, ["y.t"]),
        ({"filter": 'status EQ "ACTIVE" or status eq "SUSPENDED"'}, ["hiro", "y.t"]),
        ({"filter": 'status eq "ACTIVE" and profile.login eq "Y.T@enzos-pizza.com"'}, []),
        ({"filter": 'profile.login eq "Y.T@Enzos-Pizza.com"'}, ["y.t"]),
        ({"search": 'profile.department sw "deli"'}, ["hiro"]),
        ({"search": 'profile.tags eq "katana"'}, ["hiro"]),
        ({"search": "profile.tags pr"}, ["hiro"]),
        ({"search": '(profile.department co "our" or profile.tags pr) and status eq "SUSPENDED"'}, ["y.t"]),
        ({"q": "hir"}, ["hiro"]),
    ],
)
def test_users_are_found_by_filter_search_and_query(reader: Reader, query: dict[str, str], found: list[str]) -> None:
    assert logins(reader, **query) == found


@pytest.mark.parametrize(
    "query",
    [
        {"filter": 'not (status eq "ACTIVE")'},
        {"filter": 'status ne "ACTIVE"'},
        {"filter": 'profile.department eq "Delivery"'},
        {"filter": 'profile.login sw "hiro"'},
        {"filter": 'Status eq "ACTIVE"'},
        {"filter": "status eq ACTIVE"},
        {"filter": 'status eq "ACTIVE'},
        {"filter": 'status eq "ACTIVE" and'},
        {"filter": 'status eq "ACTIVE" status eq "ACTIVE"'},
        {"filter": "(" * 50},
        {"filter": ""},
        {"search": 'profile.department ne "Delivery"'},
        {"search": 'credentials.password eq "x"'},
    ],
)
def test_an_expression_outside_of_the_language_is_refused(reader: Reader, query: dict[str, str]) -> None:
    assert code(reader.get("/api/v1/users", **query)) == (400, "E0000031")


def test_sorting_is_refused_as_outside_of_the_simulation(reader: Reader) -> None:
    assert code(reader.get("/api/v1/users", search="profile.tags pr", sortBy="id")) == (400, "E0000001")


def test_apps_are_filtered_by_one_equality_only(reader: Reader) -> None:
    organization = reader.simulator.organization
    app = organization.add_app("Teleport")
    sleeping = organization.add_app("Sleeping", active=False)
    assert reader.ids("/api/v1/apps", filter='status eq "INACTIVE"') == [sleeping.id]
    assert reader.ids("/api/v1/apps", filter=f'id eq "{app.id}"') == [app.id]
    assert reader.ids("/api/v1/apps", q="tele") == [app.id]
    both = 'status eq "ACTIVE" or status eq "INACTIVE"'
    for wrong in (both, 'label eq "Teleport"', 'name sw "t"'):
        assert code(reader.get("/api/v1/apps", filter=wrong)) == (400, "E0000031")


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["status", "lastUpdated", "eq", "gt", "and", "or", "not", "pr", "(", ")", '"ACTIVE"', "7", "\u200b"]
        ),
        max_size=9,
    ),
    st.sampled_from([USERS, USERS_SEARCH, GROUPS, LOGS]),
)
def test_an_expression_is_read_or_refused_and_a_read_one_answers(words: list[str], language: Language) -> None:
    outcome = attempted(lambda: parse(" ".join(words), language))
    if isinstance(outcome, OktaError):
        assert (outcome.status, outcome.code) == (400, language.code)
    else:
        assert outcome(lambda path: ["ACTIVE", 7, None, True]) in (True, False)


REFUSALS: list[tuple[str, str, Any, tuple[int, str]]] = [
    ("GET", "/api/v2/users", None, (404, "E0000008")),
    ("GET", "/", None, (404, "E0000008")),
    ("PATCH", "/api/v1/users", None, (405, "E0000022")),
    ("GET", "/api/v1/users/00umissing", None, (404, "E0000007")),
    ("GET", "/api/v1/groups/00gmissing/users", None, (404, "E0000007")),
    ("GET", "/api/v1/apps/0oamissing/users", None, (404, "E0000007")),
    ("GET", "/api/v1/groups/rules/0prmissing", None, (404, "E0000007")),
    ("POST", "/api/v1/users", [], (400, "E0000003")),
    ("POST", "/api/v1/users", {"profile": {}}, (400, "E0000001")),
    ("POST", "/api/v1/users", {"profile": []}, (400, "E0000001")),
    ("POST", "/api/v1/users", {"profile": {"login": 7}}, (400, "E0000001")),
    ("POST", "/api/v1/users", {"profile": {"login": "a" * 101}}, (400, "E0000001")),
    ("PUT", "/api/v1/users/hiro@enzos-pizza.com", {"profile": {"email": "h@enzos-pizza.com"}}, (400, "E0000001")),
    ("POST", "/api/v1/groups", {"profile": {"name": "a" * 256}}, (400, "E0000001")),
    ("POST", "/api/v1/groups", {"profile": "eng"}, (400, "E0000001")),
    ("POST", "/api/v1/groups/rules", {"name": "x"}, (400, "E0000001")),
    ("POST", "/api/v1/apps", {"label": ""}, (400, "E0000001")),
]


@pytest.mark.parametrize(("method", "path", "body", "refusal"), REFUSALS)
def test_a_wrong_request_is_refused_with_its_code(
    reader: Reader, method: str, path: str, body: Any, refusal: tuple[int, str]
) -> None:
    response = reader.client.request(method, path, json=body)
    assert code(response) == refusal
    error = response.json()
    assert error["errorLink"] == error["errorCode"]
    assert error["errorId"].startswith("oae")
    assert isinstance(error["errorCauses"], list)


def test_the_kind_of_a_missing_object_stands_in_the_summary(reader: Reader) -> None:
    summary = reader.get("/api/v1/users/00umissing").json()["errorSummary"]
    assert summary == "Not found: Resource not found: 00umissing (User)"


def test_a_body_must_be_json_and_well_formed(reader: Reader) -> None:
    text = reader.client.post("/api/v1/groups", content=b"{}", headers={"content-type": "text/plain"})
    assert code(text) == (400, "E0000021")
    broken = reader.client.post("/api/v1/groups", content=b"{", headers={"content-type": "application/json"})
    assert code(broken) == (400, "E0000003")


def test_a_write_without_a_length_is_refused_with_411(reader: Reader) -> None:
    request = reader.client.build_request("POST", "/api/v1/users/x/lifecycle/suspend")
    del request.headers["content-length"]
    assert reader.client.send(request).status_code == 411


HOSTILE = st.text(alphabet=st.characters(blacklist_categories=["Cs"], blacklist_characters="\r\n"), max_size=30)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(200), deadline=None)
@given(
    st.sampled_from(["users", "groups", "apps", "logs", "groups/rules", "users/x/groups", "groups/x/users", "org"]),
    st.dictionaries(
        st.sampled_from(["after", "limit", "filter", "search", "q", "expand", "fields", "since", "until", "sortOrder"]),
        HOSTILE,
        max_size=4,
    ),
)
def test_any_query_gets_an_answer_of_okta(reader: Reader, path: str, query: dict[str, str]) -> None:
    reader.simulator.limits.enabled = False
    response = reader.get(f"/api/v1/{path}", **query)
    assert response.status_code in (200, 400, 404)
    assert not reader.simulator.failures


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(200), deadline=None)
@given(
    st.sampled_from(["users", "groups", "apps", "groups/rules", "users/x", "apps/x/users"]),
    st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | HOSTILE,
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(
                st.sampled_from(
                    ["profile", "login", "name", "label", "id", "credentials", "password", "conditions", "features"]
                ),
                inner,
                max_size=3,
            )
        ),
        max_leaves=6,
    ),
)
def test_any_body_gets_an_answer_of_okta(reader: Reader, path: str, body: Any) -> None:
    reader.simulator.limits.enabled = False
    assert reader.post(f"/api/v1/{path}", body).status_code in (200, 400, 403, 404, 409)
    assert not reader.simulator.failures


def test_a_login_beyond_ascii_is_found_and_its_links_are_encoded(reader: Reader) -> None:
    user = reader.simulator.organization.add_user("zoë+日本@enzos-pizza.com")
    response = reader.get("/api/v1/users/zoë+日本@enzos-pizza.com/groups")
    assert response.status_code == 200
    assert "zo%C3%AB" in response.headers["link"]
    assert reader.get("/api/v1/users/zoë+日本@enzos-pizza.com").json()["id"] == user.id


def test_people_are_found_by_id_and_by_login(reader: Reader) -> None:
    hiro: User = reader.simulator.organization.user("HIRO@enzos-pizza.com")
    by_id, by_login = reader.get(f"/api/v1/users/{hiro.id}"), reader.get("/api/v1/users/hiro@enzos-pizza.com")
    assert by_id.json() == by_login.json()
    assert by_id.headers["etag"]


def test_an_app_is_renamed_and_activated_and_its_users_and_groups_are_queried(reader: Reader) -> None:
    organization = reader.simulator.organization
    app = organization.add_app("Renamed", active=False)
    path = f"/api/v1/apps/{app.id}"
    assert reader.client.put(path, json={"label": "Named"}).json()["label"] == "Named"
    assert code(reader.client.put(path, json={})) == (400, "E0000001")
    assert reader.post(f"{path}/lifecycle/activate").status_code == 200
    hiro, group = organization.user("hiro@enzos-pizza.com"), organization.add_group("queried")
    organization.assign_user(app, hiro, user_name="deliverator")
    organization.assign_group(app, group)
    found = {query: len(reader.get(f"{path}/users", q=query).json()) for query in ("deliv", "hiro", "y.t")}
    assert found == {"deliv": 1, "hiro": 1, "y.t": 0}
    assert [len(reader.get(f"{path}/groups", q=query).json()) for query in ("quer", "other")] == [1, 0]
    (row,) = reader.get("/api/v1/apps", q="named", expand=f"user/{hiro.id}").json()
    assert row["_embedded"]["user"]["credentials"] == {"userName": "deliverator"}
    assert reader.client.patch(f"{path}/groups/{group.id}", json={"priority": 7}).json()["priority"] == 7
    assert code(reader.client.put(f"{path}/groups/{group.id}", json={"priority": "x"})) == (400, "E0000001")
    assert reader.client.delete(f"{path}/groups/{group.id}").status_code == 204
    assert code(reader.client.delete(f"{path}/groups/{group.id}")) == (404, "E0000007")
    assert code(reader.get(f"{path}/groups/{group.id}")) == (404, "E0000007")


def test_groups_are_searched_by_profile_and_source(reader: Reader) -> None:
    organization = reader.simulator.organization
    source = organization.add_app("Directory")
    group = organization.add_group("searched", type="APP_GROUP", source_app=source, description="Found by this")
    for expression in ('profile.description co "found"', f'source.id eq "{source.id}"', 'profile.name sw "search"'):
        assert reader.ids("/api/v1/groups", search=expression) == [group.id]
    created = reader.get(f"/api/v1/groups/{group.id}").json()["created"]
    assert group.id in reader.ids("/api/v1/groups", search=f'created ge "{created}" and type eq "APP_GROUP"')


def test_a_deactivated_user_and_an_inactive_app_take_no_assignments(reader: Reader) -> None:
    organization = reader.simulator.organization
    app, gone = organization.add_app("Inactive", active=False), organization.add_user("gone@enzos-pizza.com")
    organization.deactivate(gone)
    assert code(reader.post(f"/api/v1/apps/{app.id}/users", {"id": gone.id})) == (403, "E0000038")
    everyone = organization.everyone
    assert code(reader.client.put(f"/api/v1/apps/{app.id}/groups/{everyone.id}", json={})) == (404, "E0000007")
    assert code(reader.client.delete(f"/api/v1/groups/{everyone.id}")) == (403, "E0000006")
    profile = {"profile": {"name": "All"}}
    assert code(reader.client.put(f"/api/v1/groups/{everyone.id}", json=profile)) == (403, "E0000006")
    assert code(reader.post(f"/api/v1/users/{gone.id}/lifecycle/teleport")) == (404, "E0000008")
