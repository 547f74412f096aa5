"""What a reading finds in a simulated organization."""

from idsync.model.identity import IdentityGroup, Snapshot
from tests.okta_simulator import Organization
from tests.sources.okta.organizations import Clock, served, small

NAMES = ("ada", "boris", "chloe", "dmitri", "elif")


def by_name(snapshot: Snapshot) -> dict[str, IdentityGroup]:
    return {group.name: group for group in snapshot.groups}


def test_a_reading_holds_the_pool_groups_and_apps() -> None:
    with served(small()) as reader:
        snapshot = reader.source().read().snapshot
    assert sorted(user.username for user in snapshot.users) == [f"{name}@enzos-pizza.com" for name in NAMES]
    assert {user.scope for user in snapshot.users} == {"GROUP"}
    assert sorted(by_name(snapshot)) == ["empty", "eng", "staff"]
    assert len(by_name(snapshot)["staff"].member_ids()) == 5
    assert [(app.label, len(app.user_ids()), len(app.groups)) for app in snapshot.apps] == [("Salesforce", 1, 1)]
    assert (snapshot.app_label, snapshot.complete, snapshot.sanitized) == ("Teleport", True, False)


def test_everything_is_sorted_and_the_same_however_threads_run() -> None:
    organization = Organization.generate(3, users=300, groups=30, apps=5, members_per_group=40)
    with served(organization) as reader:
        snapshots = [reader.source().read().snapshot for _ in range(3)]
    assert len({snapshot.digest() for snapshot in snapshots}) == 1
    for rows in (snapshots[0].users, snapshots[0].groups, snapshots[0].apps):
        assert [row.id for row in rows] == sorted(row.id for row in rows)
    members = [group.member_ids() for group in snapshots[0].groups]
    assert members == [sorted(set(some)) for some in members]


def test_the_time_is_that_of_the_server_and_not_of_this_machine() -> None:
    with served(small(clock=Clock(1_795_334_400))) as reader:
        snapshot = reader.source(timing=Clock(1).timing).read().snapshot
    assert snapshot.taken_at == "2026-11-22T08:00:00Z"


def test_the_app_users_name_and_values_win_where_they_are_not_empty() -> None:
    organization = small()
    ada = organization.user("ada@enzos-pizza.com")
    boris = organization.user("boris@enzos-pizza.com")
    organization.update_user(ada, title="Engineer", city="Graz", nickName="Ada")
    profile = {"title": "Lead", "city": "", "nickName": None, "team": ["eng"], "tags": []}
    organization.assign_user(organization.app("Teleport"), ada, user_name="ada", profile=profile)
    with served(organization) as reader:
        users = {user.id: user for user in reader.source().read().snapshot.users}
    attributes = users[ada.id].attributes()
    assert users[ada.id].username == "ada"
    assert users[ada.id].scope == "USER"
    assert (attributes["title"], attributes["city"], attributes["team"]) == ("Lead", "Graz", ["eng"])
    assert attributes["nickName"] == "Ada"
    assert attributes.get("tags") is None
    assert users[boris.id].username == "boris@enzos-pizza.com"


def test_the_status_is_that_of_the_okta_user() -> None:
    organization = small()
    organization.suspend(organization.user("ada@enzos-pizza.com"))
    organization.lock_out(organization.user("boris@enzos-pizza.com"))
    with served(organization) as reader:
        statuses = {user.username[:3]: user.status for user in reader.source().read().snapshot.users}
    assert (statuses["ada"], statuses["bor"], statuses["chl"]) == ("SUSPENDED", "LOCKED_OUT", "ACTIVE")


def test_deactivated_people_and_people_without_the_app_stay_members_and_their_status_is_told() -> None:
    organization = small()
    ada, zoe = (organization.user(f"{name}@enzos-pizza.com") for name in ("ada", "zoe"))
    organization.deactivate(ada)
    with served(organization) as reader:
        snapshot = reader.source().read().snapshot
    assert {ada.id, zoe.id} < set(by_name(snapshot)["eng"].member_ids())
    assert snapshot.unassigned == {ada.id: "DEPROVISIONED", zoe.id: "ACTIVE"}
    assert ada.id not in {user.id for user in snapshot.users}


def test_the_catalogue_lists_names_in_two_requests() -> None:
    with served(small()) as reader:
        catalogue = reader.source().catalogue()
        assert reader.simulator.requests.by_route == {"GET /api/v1/groups": 1, "GET /api/v1/apps": 1}
    assert sorted(group.name for group in catalogue.groups) == ["Everyone", "empty", "eng", "staff"]
    assert sorted(app.label for app in catalogue.apps) == ["Salesforce", "Teleport"]


def test_progress_ends_with_everything_read() -> None:
    shown = []
    with served(small()) as reader:
        reader.source(progress=lambda *state: shown.append(state)).read()
    assert shown[-3:] == [("users", 5, 0), ("groups", 3, 3), ("apps", 1, 1)]
