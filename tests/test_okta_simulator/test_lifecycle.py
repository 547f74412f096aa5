"""Statuses of users and what a change of status does to lists, groups, apps and the log."""

from collections.abc import Iterator

import pytest

from tests.okta_simulator import App, Group, Organization, Simulator, User
from tests.test_okta_simulator.reader import Reader, code, reading

ALL_STATUSES = (
    "ACTIVE",
    "DEPROVISIONED",
    "LOCKED_OUT",
    "PASSWORD_EXPIRED",
    "PROVISIONED",
    "RECOVERY",
    "STAGED",
    "SUSPENDED",
)


@pytest.fixture
def organization() -> Organization:
    return Organization()


@pytest.fixture
def hiro(organization: Organization) -> User:
    return organization.add_user("hiro@enzos-pizza.com")


@pytest.fixture
def group(organization: Organization, hiro: User) -> Group:
    return organization.add_group("eng", members=[hiro])


@pytest.fixture
def app(organization: Organization, hiro: User, group: Group) -> App:
    app = organization.add_app("Teleport")
    organization.assign_group(app, group)
    return app


@pytest.fixture
def reader(organization: Organization) -> Iterator[Reader]:
    with reading(Simulator(organization)) as reader:
        yield reader


def test_the_unfiltered_list_hides_deactivated_users_and_filter_and_search_show_them(
    organization: Organization, reader: Reader
) -> None:
    for status in ALL_STATUSES:
        organization.add_user(f"{status.lower()}@enzos-pizza.com", status=status)  # type: ignore[arg-type]
    listed = {row["status"] for row in reader.rows("/api/v1/users")}
    assert listed == set(ALL_STATUSES) - {"DEPROVISIONED"}
    for language in ("filter", "search"):
        found = reader.rows("/api/v1/users", **{language: 'status eq "DEPROVISIONED"'})
        assert [row["profile"]["login"] for row in found] == ["deprovisioned@enzos-pizza.com"]
    assert reader.get("/api/v1/users", q="deprov").json() == []
    assert len(reader.get("/api/v1/users", q="staged").json()) == 1


def test_deactivation_takes_apps_away_and_keeps_groups(reader: Reader, hiro: User, group: Group, app: App) -> None:
    direct = reader.simulator.organization.add_app("Direct")
    reader.simulator.organization.assign_user(direct, hiro)
    assert reader.post(f"/api/v1/users/{hiro.id}/lifecycle/deactivate").status_code == 200
    assert reader.ids(f"/api/v1/groups/{group.id}/users") == [hiro.id]
    assert reader.rows(f"/api/v1/groups/{group.id}/users")[0]["status"] == "DEPROVISIONED"
    for held in (app, direct):
        assert reader.rows(f"/api/v1/apps/{held.id}/users") == []
        assert code(reader.get(f"/api/v1/apps/{held.id}/users/{hiro.id}")) == (404, "E0000007")
    events = [event["eventType"] for event in reader.get("/api/v1/logs").json()]
    assert events[-3:] == ["user.lifecycle.deactivate"] + ["application.user_membership.remove"] * 2


def test_reactivation_lets_memberships_take_effect_again_and_direct_assignments_not(
    reader: Reader, organization: Organization, hiro: User, app: App
) -> None:
    direct = organization.add_app("Direct")
    organization.assign_user(direct, hiro)
    organization.deactivate(hiro)
    assert reader.post(f"/api/v1/users/{hiro.id}/lifecycle/activate").status_code == 200
    assert reader.get(f"/api/v1/users/{hiro.id}").json()["status"] == "PROVISIONED"
    assert reader.ids(f"/api/v1/apps/{app.id}/users") == [hiro.id]
    assert reader.rows(f"/api/v1/apps/{direct.id}/users") == []


def test_suspension_keeps_groups_and_apps_and_shows_in_the_embedded_user(
    reader: Reader, hiro: User, group: Group, app: App
) -> None:
    assert reader.post(f"/api/v1/users/{hiro.id}/lifecycle/suspend").status_code == 200
    assert reader.ids(f"/api/v1/groups/{group.id}/users") == [hiro.id]
    (row,) = reader.rows(f"/api/v1/apps/{app.id}/users", expand="user")
    assert row["_embedded"]["user"]["status"] == "SUSPENDED"
    assert reader.post(f"/api/v1/users/{hiro.id}/lifecycle/unsuspend").status_code == 200
    assert reader.get(f"/api/v1/users/{hiro.id}").json()["status"] == "ACTIVE"


def test_the_first_delete_deactivates_and_the_second_removes_for_good(
    reader: Reader, hiro: User, group: Group, app: App
) -> None:
    assert reader.client.delete(f"/api/v1/users/{hiro.id}").status_code == 204
    assert reader.get(f"/api/v1/users/{hiro.id}").json()["status"] == "DEPROVISIONED"
    assert reader.client.delete(f"/api/v1/users/{hiro.id}").status_code == 204
    assert code(reader.get(f"/api/v1/users/{hiro.id}")) == (404, "E0000007")
    assert reader.rows(f"/api/v1/groups/{group.id}/users") == []
    assert reader.rows("/api/v1/users", filter='status eq "DEPROVISIONED"') == []
    events = [event["eventType"] for event in reader.get("/api/v1/logs").json()]
    assert events[-2:] == ["user.lifecycle.delete.initiated", "user.lifecycle.delete.completed"]


@pytest.mark.parametrize(
    ("status", "move", "refusal"),
    [
        ("STAGED", "suspend", (400, "E0000001")),
        ("ACTIVE", "unsuspend", (400, "E0000001")),
        ("ACTIVE", "activate", (403, "E0000016")),
        ("ACTIVE", "reactivate", (403, "E0000038")),
        ("ACTIVE", "unlock", (403, "E0000038")),
        ("DEPROVISIONED", "deactivate", (403, "E0000038")),
    ],
)
def test_a_move_that_the_status_does_not_permit_is_refused(
    reader: Reader, organization: Organization, status: str, move: str, refusal: tuple[int, str]
) -> None:
    user = organization.add_user("y.t@enzos-pizza.com", status=status)  # type: ignore[arg-type]
    assert code(reader.post(f"/api/v1/users/{user.id}/lifecycle/{move}")) == refusal
    assert user.status == status


def test_people_reach_every_status_by_the_moves_that_lead_there(organization: Organization) -> None:
    user = organization.add_user("y.t@enzos-pizza.com", status="STAGED")
    seen: list[str] = [user.status]
    for move in (
        organization.activate,
        organization.reactivate,
        organization.set_password,
        organization.lock_out,
        organization.unlock,
        organization.expire_password,
        organization.set_password,
        organization.reset_password,
        organization.set_password,
        organization.suspend,
        organization.unsuspend,
        organization.deactivate,
    ):
        move(user)
        seen.append(user.status)
    assert set(seen) == set(ALL_STATUSES)


def test_a_single_read_links_the_moves_that_the_status_permits(reader: Reader, hiro: User) -> None:
    links = reader.get(f"/api/v1/users/{hiro.login}").json()["_links"]
    assert {"suspend", "deactivate"} <= set(links)
    assert "unsuspend" not in links
    assert set(reader.rows("/api/v1/users")[0]["_links"]) == {"self"}


@pytest.mark.parametrize(
    ("query", "body", "status"),
    [
        ("?activate=false", {}, "STAGED"),
        ("", {}, "PROVISIONED"),
        ("", {"credentials": {"password": {"value": "correct horse"}}}, "ACTIVE"),
    ],
)
def test_a_created_user_answers_200_with_the_status_of_its_kind_of_creation(
    reader: Reader, query: str, body: dict[str, object], status: str
) -> None:
    profile = {"login": "y.t@enzos-pizza.com", "email": "y.t@enzos-pizza.com", "firstName": "Y", "lastName": "T"}
    response = reader.post(f"/api/v1/users{query}", {"profile": profile, **body})
    assert response.status_code == 200
    assert response.json()["status"] == status
    assert "password" not in response.text.replace("passwordChanged", "")
    assert code(reader.post("/api/v1/users", {"profile": profile})) == (400, "E0000001")


def test_a_profile_is_changed_in_part_by_post_and_whole_by_put(reader: Reader, hiro: User) -> None:
    path = f"/api/v1/users/{hiro.id}"
    assert reader.post(path, {"profile": {"title": "Deliverator"}}).json()["profile"]["firstName"] == "Hiro"
    replaced = {"profile": {"login": "hp@enzos-pizza.com"}}
    assert reader.client.put(path, json=replaced).json()["profile"] == {"login": "hp@enzos-pizza.com"}
    assert reader.get("/api/v1/users/hp@enzos-pizza.com").json()["id"] == hiro.id
    assert reader.get("/api/v1/users/hiro@enzos-pizza.com").status_code == 404
