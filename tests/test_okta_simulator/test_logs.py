"""The System Log: polling that never ends, bounded queries that do, retention and refusals."""

from collections.abc import Iterator

import pytest

from tests.okta_simulator import ManualClock, Organization, Simulator, Switches
from tests.okta_simulator.moments import DAY, written
from tests.test_okta_simulator.oauth import EC, Client
from tests.test_okta_simulator.reader import Reader, code, next_link, reading

START = 1_800_000_000


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def reader(clock: ManualClock) -> Iterator[Reader]:
    with reading(Simulator(Organization(clock=clock))) as reader:
        yield reader


def follow(reader: Reader, url: str) -> tuple[list[str], str]:
    """The event types of a page and the URL to poll next, which is always there."""
    response = reader.client.get(url)
    assert response.status_code == 200, response.text
    following = next_link(response)
    assert following is not None
    return [event["eventType"] for event in response.json()], following


def test_polling_gives_every_event_once_and_goes_on_for_ever(reader: Reader) -> None:
    organization = reader.simulator.organization
    for number in range(5):
        organization.add_group(f"g{number}")
    seen, url = follow(reader, "/api/v1/logs?limit=2")
    for _ in range(2):
        more, url = follow(reader, url)
        seen += more
    assert seen == ["group.lifecycle.create"] * 5
    assert follow(reader, url) == ([], url)
    organization.add_user("hiro@enzos-pizza.com")
    more, following = follow(reader, url)
    assert (more, following != url) == (["user.lifecycle.create"], True)


def test_an_empty_log_has_a_cursor_from_which_later_events_are_seen(reader: Reader, clock: ManualClock) -> None:
    events, url = follow(reader, "/api/v1/logs")
    assert events == []
    assert follow(reader, url) == ([], url)
    clock.advance(1)
    reader.simulator.organization.add_group("eng")
    assert follow(reader, url)[0] == ["group.lifecycle.create"]


def test_a_cursor_sees_late_events_that_were_published_before_it(reader: Reader, clock: ManualClock) -> None:
    organization = reader.simulator.organization
    organization.add_group("eng")
    _, url = follow(reader, "/api/v1/logs")
    organization.log("user.session.start", "User login to Okta", published=(START - 600) * 1000)
    assert follow(reader, url)[0] == ["user.session.start"]
    since, until = written((START - 1) * 1000), written((START + 60) * 1000)
    clock.advance(120)
    bounded = reader.get("/api/v1/logs", since=since, until=until)
    assert [event["eventType"] for event in bounded.json()] == ["group.lifecycle.create"]


def test_a_bounded_query_is_ordered_by_publication_and_ends(reader: Reader, clock: ManualClock) -> None:
    organization = reader.simulator.organization
    for minutes in (3, 1, 2, 4):
        organization.log(f"event.{minutes}", "An event", published=(START + minutes * 60) * 1000)
    clock.advance(600)
    query: dict[str, str | int] = {"since": written((START + 60) * 1000), "until": written((START + 240) * 1000)}
    query["limit"] = 2
    ascending = [row["eventType"] for row in reader.rows("/api/v1/logs", **query)]
    assert ascending == ["event.1", "event.2", "event.3"]
    descending = [row["eventType"] for row in reader.rows("/api/v1/logs", **query, sortOrder="DESCENDING")]
    assert descending == ["event.3", "event.2", "event.1"]


def test_events_older_than_90_days_are_silently_absent(reader: Reader, clock: ManualClock) -> None:
    organization = reader.simulator.organization
    organization.add_group("old")
    clock.advance(90 * DAY / 1000 + 1)
    organization.add_group("new")
    since = written(round(clock() * 1000) - 100 * DAY)
    rows = reader.get("/api/v1/logs", since=since).json()
    assert [row["target"][0]["displayName"] for row in rows] == ["new"]
    assert reader.get("/api/v1/logs").json() == rows


def test_without_since_the_last_seven_days_are_shown(reader: Reader, clock: ManualClock) -> None:
    reader.simulator.organization.add_group("old")
    clock.advance(8 * DAY / 1000)
    assert reader.get("/api/v1/logs").json() == []


def test_a_filter_picks_by_type_and_by_targets(reader: Reader) -> None:
    organization = reader.simulator.organization
    hiro, yt = organization.add_user("hiro@enzos-pizza.com"), organization.add_user("y.t@enzos-pizza.com")
    group = organization.add_group("eng", members=[hiro, yt])
    either = 'eventType eq "group.lifecycle.create" or eventType sw "user.lifecycle"'
    assert len(reader.get("/api/v1/logs", filter=either).json()) == 3
    both = f'target.id eq "{group.id}" and target.id eq "{yt.id}"'
    (row,) = reader.get("/api/v1/logs", filter=both).json()
    assert row["eventType"] == "group.user_membership.add"
    assert {target["type"] for target in row["target"]} == {"User", "UserGroup"}
    negated = 'not (eventType eq "group.lifecycle.create")'
    assert len(reader.get("/api/v1/logs", filter=negated).json()) == 4
    assert len(reader.get("/api/v1/logs", q="hiro membership").json()) == 1


REFUSED = {
    "since with after": {"since": written(START * 1000), "after": "1_0"},
    "published in filter": {"filter": f'published gt "{written(START * 1000)}"'},
    "since too long ago": {"since": written(START * 1000 - 181 * DAY)},
    "since not a moment": {"since": "yesterday"},
    "cursor made up": {"after": "abc"},
    "too many keywords": {"q": "a b c d e f g h i j k"},
    "keyword too long": {"q": "a" * 41},
    "filter not readable": {"filter": "eventType"},
}


@pytest.mark.parametrize("query", REFUSED.values(), ids=list(REFUSED))
def test_a_wrong_query_is_refused_with_its_code(reader: Reader, query: dict[str, str]) -> None:
    assert code(reader.get("/api/v1/logs", **query)) == (400, "E0000053")


@pytest.mark.parametrize(("setting", "members"), [("full", True), ("short", False)])
def test_the_error_body_of_the_log_may_lack_members(setting: str, members: bool) -> None:
    organization = Organization(switches=Switches(log_errors=setting))  # type: ignore[arg-type]
    with reading(Simulator(organization)) as reader:
        body = reader.get("/api/v1/logs", after="abc").json()
        assert ("errorLink" in body, "errorCauses" in body) == (members, members)
        assert "errorLink" in reader.get("/api/v1/users/missing").json()


def test_every_change_of_an_organization_is_logged_with_its_event_type(reader: Reader) -> None:
    organization = reader.simulator.organization
    hiro = organization.add_user("hiro@enzos-pizza.com")
    group = organization.add_group("eng")
    app = organization.add_app("Teleport")
    organization.assign_group(app, group)
    organization.assign_group(app, group, priority=3)
    organization.add_member(group, hiro)
    organization.assign_user(app, hiro)
    organization.unassign_group(app, group)
    organization.unassign_user(app, hiro)
    organization.update_group(group, name="engineers")
    organization.remove_member(group, hiro)
    organization.delete_group(group)
    organization.update_app(app, label="Teleporter")
    organization.deactivate_app(app)
    organization.activate_app(app)
    organization.deactivate_app(app)
    organization.delete_app(app)
    organization.update_user(hiro, title="Deliverator")
    organization.lock_out(hiro)
    organization.unlock(hiro)
    assert [row["eventType"] for row in reader.get("/api/v1/logs", limit=1000).json()] == [
        "user.lifecycle.create",
        "group.lifecycle.create",
        "application.lifecycle.create",
        "group.application_assignment.add",
        "group.application_assignment.update",
        "group.user_membership.add",
        "application.user_membership.add",
        "application.user_membership.update",
        "group.application_assignment.remove",
        "application.user_membership.remove",
        "group.profile.update",
        "group.user_membership.remove",
        "group.lifecycle.delete",
        "application.lifecycle.update",
        "application.lifecycle.deactivate",
        "application.lifecycle.activate",
        "application.lifecycle.deactivate",
        "application.lifecycle.delete",
        "user.account.update_profile",
        "user.account.lock",
        "user.account.unlock_by_admin",
    ]


def actors(reader: Reader) -> list[tuple[str, str, str]]:
    """Event type, type of the actor, and who that is, of each event."""
    rows = reader.rows("/api/v1/logs", until=written(round((START + 1) * 1000)))
    return [(row["eventType"], row["actor"]["type"], row["actor"]["alternateId"]) for row in rows]


def test_the_actor_of_a_write_is_the_user_of_its_token(reader: Reader) -> None:
    organization = reader.simulator.organization
    hiro, yt = organization.add_user("hiro@enzos-pizza.com"), organization.add_user("y.t@enzos-pizza.com")
    group, app = organization.add_group("eng"), organization.add_app("Teleport")
    organization.assign_group(app, group)
    organization.events.clear()
    reader.simulator.authority.add_token("hiro's", user=hiro)
    reader.client.headers["authorization"] = "SSWS hiro's"
    member = f"/api/v1/groups/{group.id}/users/{yt.id}"
    assert reader.client.put(member).status_code == 204
    assert reader.client.put(member).status_code == 204
    by_hiro = ("User", "hiro@enzos-pizza.com")
    assert actors(reader) == [
        ("group.user_membership.add", *by_hiro),
        ("application.user_membership.add", *by_hiro),
    ]
    one, other = reader.get("/api/v1/logs").json()
    assert one["transaction"] == other["transaction"]
    assert one["transaction"]["detail"]["requestApiTokenId"].startswith("00T")
    assert one["actor"]["id"] == hiro.id


def test_every_write_to_members_and_assignments_is_logged_with_its_actor(reader: Reader) -> None:
    organization = reader.simulator.organization
    hiro, group = organization.add_user("hiro@enzos-pizza.com"), organization.add_group("eng")
    app = organization.add_app("Teleport")
    organization.events.clear()
    for method, path, body in (
        ("PUT", f"/api/v1/groups/{group.id}/users/{hiro.id}", None),
        ("DELETE", f"/api/v1/groups/{group.id}/users/{hiro.id}", None),
        ("DELETE", f"/api/v1/groups/{group.id}/users/{hiro.id}", None),
        ("POST", f"/api/v1/apps/{app.id}/users", {"id": hiro.id}),
        ("DELETE", f"/api/v1/apps/{app.id}/users/{hiro.id}", None),
        ("PUT", f"/api/v1/apps/{app.id}/groups/{group.id}", {}),
        ("DELETE", f"/api/v1/apps/{app.id}/groups/{group.id}", None),
    ):
        assert reader.client.request(method, path, json=body).status_code < 300
    by_administrator = ("User", "admin@enzos-pizza.com")
    assert actors(reader) == [
        ("group.user_membership.add", *by_administrator),
        ("group.user_membership.remove", *by_administrator),
        ("application.user_membership.add", *by_administrator),
        ("application.user_membership.remove", *by_administrator),
        ("group.application_assignment.add", *by_administrator),
        ("group.application_assignment.remove", *by_administrator),
    ]


def test_a_group_that_brings_an_app_or_takes_it_is_followed_by_the_people_concerned(reader: Reader) -> None:
    organization = reader.simulator.organization
    hiro, yt = organization.add_user("hiro@enzos-pizza.com"), organization.add_user("y.t@enzos-pizza.com")
    group, app = organization.add_group("eng", members=[hiro, yt]), organization.add_app("Teleport")
    organization.assign_user(app, yt)
    organization.events.clear()
    path = f"/api/v1/apps/{app.id}/groups/{group.id}"
    assert [reader.client.request(method, path, json={}).status_code for method in ("PUT", "PUT")] == [200, 200]
    assert reader.client.delete(path).status_code == 204
    seen = [(event.event_type, event.targets[-1].id) for event in organization.events]
    assert seen == [
        ("group.application_assignment.add", group.id),
        ("application.user_membership.add", hiro.id),
        ("group.application_assignment.update", group.id),
        ("group.application_assignment.remove", group.id),
        ("application.user_membership.remove", hiro.id),
    ]


def test_what_a_rule_does_is_done_by_the_system_and_what_a_service_app_does_by_that_app(reader: Reader) -> None:
    organization = reader.simulator.organization
    group = organization.add_group("couriers")
    organization.activate_rule(organization.add_rule("couriers", 'user.department == "Couriers"', [group]))
    organization.events.clear()
    public = [EC.as_dict(private=False)]
    reader.simulator.authority.add_client("0oaService", public, scopes=["okta.users.manage"])
    token = Client(reader).ask(scope="okta.users.manage").json()["access_token"]
    profile = {"login": "y.t@enzos-pizza.com", "department": "Couriers"}
    headers = {"authorization": f"Bearer {token}"}
    created = reader.stranger.post("/api/v1/users", json={"profile": profile}, headers=headers)
    assert created.status_code == 200
    assert actors(reader) == [
        ("user.lifecycle.create", "PublicClientApp", "0oaService"),
        ("group.user_membership.add", "SystemPrincipal", "system@okta.com"),
    ]
    assert reader.get("/api/v1/logs").json()[0]["transaction"]["detail"] == {}


def test_a_token_dies_with_the_deactivation_of_its_maker(reader: Reader) -> None:
    hiro = reader.simulator.organization.add_user("hiro@enzos-pizza.com")
    reader.simulator.authority.add_token("hiro's", user=hiro)
    reader.client.headers["authorization"] = "SSWS hiro's"
    assert reader.get("/api/v1/groups").status_code == 200
    reader.simulator.organization.deactivate(hiro)
    assert code(reader.get("/api/v1/groups")) == (401, "E0000011")
