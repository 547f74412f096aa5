"""What a reading finds in a simulated organization, and what it asks for."""

import math
from collections import Counter

import pytest

from idsync.config.patterns import NameFilter, NamePattern
from idsync.config.settings import AppById, AppByLabel, ImportFilters
from idsync.errors import AuthorizationError, SourceError, SourceUnreachable
from idsync.model.identity import DELETED
from idsync.sources.okta.auth import ApiTokenCredential
from idsync.sources.okta.reading import MOST_CONFIRMATIONS, MOST_LOOKUPS
from idsync.sources.okta.selection import Selection
from tests.okta_simulator import Change, Fault, IgnoreExpand, Omit, Organization, Role, Switches
from tests.sources.okta.organizations import Clock, served, small

NAMES = ("ada", "boris", "chloe", "dmitri", "elif")


def by_name(snapshot):
    return {group.name: group for group in snapshot.groups}


def patterns(*sources: str):
    return tuple(NamePattern(source) for source in sources)


def groups_only(include, exclude=(), *, roles=(), lists=True):
    chosen = NameFilter(None if include is None else patterns(*include), patterns(*exclude))
    return Selection(ImportFilters(groups=chosen), patterns(*roles), lists)


# -- what is found


def test_a_reading_holds_the_pool_groups_and_apps():
    with served(small()) as reader:
        snapshot = reader.source().fetch()
    assert sorted(user.username for user in snapshot.users) == [f"{name}@enzos-pizza.com" for name in NAMES]
    assert {user.scope for user in snapshot.users} == {"GROUP"}
    assert sorted(by_name(snapshot)) == ["empty", "eng", "staff"]
    assert len(by_name(snapshot)["staff"].member_ids()) == 5
    assert [(app.label, len(app.user_ids()), len(app.groups)) for app in snapshot.apps] == [("Salesforce", 1, 1)]
    assert (snapshot.app_label, snapshot.complete, snapshot.sanitized) == ("Teleport", True, False)


def test_everything_is_sorted_and_the_same_however_threads_run():
    organization = Organization.generate(3, users=300, groups=30, apps=5, members_per_group=40)
    with served(organization) as reader:
        snapshots = [reader.source().fetch() for _ in range(3)]
    assert len({snapshot.digest() for snapshot in snapshots}) == 1
    for rows in (snapshots[0].users, snapshots[0].groups, snapshots[0].apps):
        assert [row.id for row in rows] == sorted(row.id for row in rows)
    members = [group.member_ids() for group in snapshots[0].groups]
    assert members == [sorted(set(some)) for some in members]


def test_the_time_is_that_of_the_server_and_not_of_this_machine():
    with served(small(clock=Clock(1_795_334_400))) as reader:
        snapshot = reader.source(timing=Clock(1).timing).fetch()
    assert snapshot.taken_at == "2026-11-22T08:00:00Z"


def test_the_app_users_name_and_values_win_where_they_are_not_empty():
    organization = small()
    ada = organization.user("ada@enzos-pizza.com")
    boris = organization.user("boris@enzos-pizza.com")
    organization.update_user(ada, title="Engineer", city="Graz", nickName="Ada")
    profile = {"title": "Lead", "city": "", "nickName": None, "team": ["eng"], "tags": []}
    organization.assign_user(organization.app("Teleport"), ada, user_name="ada", profile=profile)
    with served(organization) as reader:
        users = {user.id: user for user in reader.source().fetch().users}
    attributes = users[ada.id].attributes()
    assert users[ada.id].username == "ada"
    assert users[ada.id].scope == "USER"
    assert (attributes["title"], attributes["city"], attributes["team"]) == ("Lead", "Graz", ["eng"])
    assert attributes["nickName"] == "Ada"
    assert attributes.get("tags") is None
    assert users[boris.id].username == "boris@enzos-pizza.com"


def test_the_status_is_that_of_the_okta_user():
    organization = small()
    organization.suspend(organization.user("ada@enzos-pizza.com"))
    organization.lock_out(organization.user("boris@enzos-pizza.com"))
    with served(organization) as reader:
        statuses = {user.username[:3]: user.status for user in reader.source().fetch().users}
    assert (statuses["ada"], statuses["bor"], statuses["chl"]) == ("SUSPENDED", "LOCKED_OUT", "ACTIVE")


def test_deactivated_people_and_people_without_the_app_stay_members_and_their_status_is_told():
    organization = small()
    ada, zoe = (organization.user(f"{name}@enzos-pizza.com") for name in ("ada", "zoe"))
    organization.deactivate(ada)
    with served(organization) as reader:
        snapshot = reader.source().fetch()
    assert {ada.id, zoe.id} < set(by_name(snapshot)["eng"].member_ids())
    assert snapshot.unassigned == {ada.id: "DEPROVISIONED", zoe.id: "ACTIVE"}
    assert ada.id not in {user.id for user in snapshot.users}


def test_known_people_without_the_app_are_asked_about_together():
    organization = small()
    gone = organization.add_user("gone@enzos-pizza.com")
    off = organization.add_user("off@enzos-pizza.com")
    known = [organization.user(f"{name}@enzos-pizza.com").id for name in NAMES]
    organization.deactivate(off)
    organization.deactivate(gone)
    organization.delete_user(gone)
    with served(organization) as reader:
        snapshot = reader.source().fetch([*known, gone.id, off.id, 'no" or id eq "id', ""])
        asked = reader.simulator.requests.by_route["GET /api/v1/users"]
    assert snapshot.unassigned[gone.id] == DELETED
    assert snapshot.unassigned[off.id] == "DEPROVISIONED"
    assert asked == 1
    assert len(snapshot.unassigned) == 3


def test_known_people_are_asked_about_in_batches_and_only_so_many():
    with served(small()) as reader:
        reader.source().fetch([f"00u{number}" for number in range(MOST_LOOKUPS + 500)])
        assert reader.simulator.requests.by_route["GET /api/v1/users"] == MOST_LOOKUPS // 100


def test_nobody_is_asked_about_when_everybody_known_is_assigned():
    organization = small()
    with served(organization) as reader:
        reader.source().fetch([organization.user("ada@enzos-pizza.com").id])
        assert reader.simulator.requests.by_bucket["users"] == 0


def test_a_known_person_whom_a_moving_listing_passed_over_is_no_leaver():
    organization = Organization.generate(
        5, users=1200, groups=1, apps=1, statuses={"ACTIVE": 1.0}, switches=Switches(rows="shifting")
    )
    known = sorted(organization.users)
    early = organization.users[known[0]]
    with served(organization) as reader:
        # the first page loses a row, and every later one begins a row too far
        path = f"/api/v1/apps/{organization.sso_app.id}/users"
        reader.simulator.faults.add(Fault(path, Change(lambda changed: changed.deactivate(early)), first=2))
        passed_over = len(known) - len(reader.source().fetch().users)
        reader.simulator.faults.clear()
        organization.activate(early)
        reader.simulator.faults.add(Fault(path, Change(lambda changed: changed.deactivate(early)), first=2))
        snapshot = reader.source().fetch(known)
    assert passed_over == 1
    assert {user.id for user in snapshot.users} == set(known)


@pytest.mark.parametrize("described", [True, False])
def test_known_people_who_are_well_but_not_listed_are_looked_at_once_more(described):
    organization = small()
    zoe, ada = (organization.user(f"{name}@enzos-pizza.com") for name in ("zoe", "ada"))
    with served(organization) as reader:
        joined = Change(lambda changed: changed.assign_user(changed.app("Teleport"), zoe))
        reader.simulator.faults.add(Fault("/api/v1/apps/*/users/*", joined))
        if not described:
            reader.simulator.faults.add(Fault("/api/v1/apps/*/users/*", IgnoreExpand(), times=None))
        snapshot = reader.source().fetch([zoe.id, ada.id])
        asked = reader.simulator.requests.by_route["GET /api/v1/apps/{app}/users/{user}"]
    assert asked == 1
    assert zoe.id in {user.id for user in snapshot.users}
    assert zoe.id not in snapshot.unassigned


def test_a_leaver_is_confirmed_and_many_leavers_are_not_asked_about_one_by_one():
    organization = Organization.generate(5, users=200, groups=1, apps=2, users_per_app=100, statuses={"ACTIVE": 1.0})
    with served(organization) as reader:
        source = reader.source(app=AppById(organization.app("App 1").id), selection=Selection(lists=False))
        snapshot = source.fetch(sorted(organization.users))
        asked = reader.simulator.requests.by_route["GET /api/v1/apps/{app}/users/{user}"]
    assert asked == MOST_CONFIRMATIONS
    assert len(snapshot.unassigned) == 200 - len(snapshot.users)


# -- what is asked for


@pytest.mark.parametrize(
    ("users", "groups", "apps", "members", "assigned"),
    [(3, 2, 1, 2, 0), (450, 30, 12, 150, 90), (1300, 230, 25, 260, 620)],
)
def test_the_requests_are_the_fewest_that_the_api_allows(users, groups, apps, members, assigned):
    organization = Organization.generate(
        7, users=users, groups=groups, apps=apps, members_per_group=members, users_per_app=assigned
    )
    with served(organization) as reader:
        reader.source().fetch()
        counted = reader.simulator.requests.by_bucket
    others = [app for app in organization.apps.values() if app.label != "Teleport"]
    read = [group for group in organization.groups.values() if not group.everyone]
    assert counted == Counter(
        groups=pages(len(organization.groups), 200) + sum(pages(len(group.members), 200) for group in read),
        apps=pages(len(organization.assigned_ids(organization.sso_app)), 500)
        + pages(len(organization.apps), 200)
        + sum(pages(len(organization.assigned_ids(app)), 500) + pages(len(app.groups), 200) for app in others),
    )


def pages(rows: int, size: int) -> int:
    return max(1, math.ceil(rows / size))


def test_without_lists_only_the_app_its_users_and_groups_of_rules_are_read():
    with served(small()) as reader:
        nothing = reader.source(selection=Selection(lists=False)).fetch()
        assert reader.simulator.requests.by_route == {"GET /api/v1/apps/{app}": 1, "GET /api/v1/apps/{app}/users": 1}
        reader.simulator.requests.clear()
        ruled = reader.source(selection=groups_only(None, roles=["eng"], lists=False)).fetch()
        assert reader.simulator.requests.by_route["GET /api/v1/groups/{group}/users"] == 1
    assert (len(nothing.users), nothing.groups, nothing.apps) == (5, [], [])
    assert list(by_name(ruled)) == ["eng"]


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (groups_only(None), ["empty", "eng", "staff"]),
        (groups_only(["e*"]), ["empty", "eng"]),
        (groups_only(["e*"], ["*ty"]), ["eng"]),
        (groups_only(["^s.*$"], roles=["eng"]), ["eng", "staff"]),
        (groups_only(["eng"], ["eng"], roles=["eng"]), ["eng"]),
        (groups_only([]), []),
        (groups_only(["Everyone"]), ["Everyone"]),
        (groups_only(["Every*"]), []),
        (groups_only([], roles=["*"]), ["empty", "eng", "staff"]),
        (groups_only([], roles=["Everyone"]), ["Everyone"]),
    ],
)
def test_only_groups_that_filters_or_rules_ask_for_are_read(selection, expected):
    with served(small()) as reader:
        snapshot = reader.source(selection=selection).fetch()
        read = reader.simulator.requests.by_route["GET /api/v1/groups/{group}/users"]
    assert sorted(by_name(snapshot)) == expected
    assert read == len(expected)


def test_a_built_in_group_is_read_for_a_rule_and_for_its_own_name_but_not_for_a_wildcard():
    organization = small()
    organization.add_group("Okta Administrators", type="BUILT_IN")
    with served(organization) as reader:
        listed = reader.source(selection=groups_only(["*"])).fetch()
        named = reader.source(selection=groups_only(["Okta Administrators"])).fetch()
        ruled = reader.source(selection=groups_only([], roles=["Okta *"])).fetch()
    assert "Okta Administrators" not in by_name(listed)
    assert list(by_name(named)) == list(by_name(ruled)) == ["Okta Administrators"]


def test_inactive_and_excluded_apps_are_not_read():
    organization = small()
    organization.deactivate_app(organization.add_app("Old"))
    organization.add_app("Secret")
    chosen = ImportFilters(apps=NameFilter(exclude=patterns("Sec*")))
    with served(organization) as reader:
        snapshot = reader.source(selection=Selection(chosen)).fetch()
        read = reader.simulator.requests.by_route["GET /api/v1/apps/{app}/users"]
    assert [app.label for app in snapshot.apps] == ["Salesforce"]
    assert read == 2


def test_only_direct_assignments_count_for_an_app_and_groups_that_convey_it_are_named():
    organization = small()
    with served(organization) as reader:
        (sales,) = reader.source().fetch().apps
    assert sales.user_ids() == [organization.user("chloe@enzos-pizza.com").id]
    assert sales.groups == [organization.group("staff").id]


def test_no_more_than_eight_requests_fly_at_once():
    organization = Organization.generate(5, users=200, groups=40, apps=10)
    with served(organization, latency=0.01) as reader:
        reader.source().fetch()
        assert 3 < reader.simulator.requests.maximum_in_flight <= 8


# -- the SSO app


def test_the_app_can_be_named_by_its_label():
    with served(small()) as reader:
        by_label = reader.source(app=AppByLabel("Teleport")).fetch()
        assert by_label.app_id == reader.organization.app("Teleport").id
        assert by_label.digest() == reader.source().fetch().digest()
        without_lists = reader.source(app=AppByLabel("Teleport"), selection=Selection(lists=False)).fetch()
        assert len(without_lists.users) == 5


def test_a_label_that_two_active_apps_have_is_refused():
    organization = small()
    other = organization.add_app("Teleport 2")
    organization.update_app(other, label="Teleport")
    with served(organization) as reader:
        app = AppByLabel("Teleport")
        with pytest.raises(SourceError, match="2 apps are labelled"):
            reader.source(app=app).fetch()
        organization.deactivate_app(other)
        assert len(reader.source(app=app).fetch().users) == 5


@pytest.mark.parametrize("lists", [True, False])
@pytest.mark.parametrize("app", [AppById("0oamissing"), AppByLabel("Missing")])
def test_an_app_that_is_not_there_is_another_organization_or_hidden(app, lists):
    with served(small()) as reader, pytest.raises(SourceUnreachable) as caught:
        reader.source(app=app, selection=Selection(lists=lists)).fetch()
    assert "org_url" in caught.value.fix
    assert "issing" in caught.value.summary


@pytest.mark.parametrize("lists", [True, False])
def test_an_inactive_app_is_refused(lists):
    organization = small()
    organization.deactivate_app(organization.app("Teleport"))
    with served(organization) as reader, pytest.raises(SourceError, match="is INACTIVE"):
        reader.source(selection=Selection(lists=lists)).fetch()


@pytest.mark.parametrize("app", [None, AppByLabel("Teleport")])
def test_a_credential_without_an_admin_role_that_sees_no_app_is_told_about_the_role(app):
    organization = small(switches=Switches(missing_role="fewer_rows"))
    with served(organization) as reader:
        reader.simulator.authority.add_token("00norole", role=Role.NONE)
        choices = {} if app is None else {"app": app}
        with pytest.raises(AuthorizationError) as caught:
            reader.source(ApiTokenCredential("00norole"), **choices).fetch()
    assert "admin role" in caught.value.fix
    assert caught.value.scope == "okta.apps.read"


def test_a_missing_admin_role_that_is_told_as_403_names_scope_and_role():
    with served(small()) as reader:
        reader.simulator.authority.add_token("00norole", role=Role.NONE)
        with pytest.raises(AuthorizationError) as caught:
            reader.source(ApiTokenCredential("00norole")).fetch()
    assert caught.value.scope in ("okta.apps.read", "okta.groups.read")
    assert "E0000006" in caught.value.summary
    assert "Read-only Administrator" in caught.value.fix


def test_a_group_admin_is_told_that_apps_are_closed_to_it():
    with served(small()) as reader:
        reader.simulator.authority.add_token("00groups", role=Role.GROUP_ADMIN)
        with pytest.raises(AuthorizationError) as caught:
            reader.source(ApiTokenCredential("00groups")).fetch()
    assert caught.value.scope == "okta.apps.read"


# -- a server that leaves things out


@pytest.mark.parametrize("people", [0, 150])
def test_a_server_that_ignores_expand_is_read_through_its_users(people):
    organization = small()
    staff = organization.group("staff")
    for number in range(people):
        organization.add_member(staff, organization.add_user(f"person{number}@enzos-pizza.com"))
    with served(organization) as reader:
        expected = reader.source().fetch().digest()
        reader.simulator.faults.add(Fault("/api/v1/apps/*/users", IgnoreExpand(), times=None))
        reader.simulator.requests.clear()
        assert reader.source().fetch().digest() == expected
        assert reader.simulator.requests.by_bucket["users"] == 1


def test_people_whom_the_user_list_leaves_out_are_looked_up_by_id():
    organization = small()
    staff = organization.group("staff")
    for number in range(150):
        organization.add_member(staff, organization.add_user(f"person{number}@enzos-pizza.com"))
    app = organization.app("Teleport")
    ada = organization.user("ada@enzos-pizza.com")
    organization.assign_user(app, ada)
    with served(organization) as reader:
        reader.simulator.faults.add(Fault("/api/v1/apps/*/users", IgnoreExpand(), times=None))
        # a user who is deactivated between the two listings: not in /users, known to its filter
        reader.simulator.faults.add(Fault("/api/v1/users", Change(lambda changed: changed.deactivate(ada))))
        snapshot = reader.source().fetch()
    assert {user.id: user.status for user in snapshot.users}[ada.id] == "DEPROVISIONED"
    assert len(snapshot.users) == 155


def test_people_who_vanish_before_they_are_described_are_deleted():
    organization = small()
    ada = organization.user("ada@enzos-pizza.com")

    def remove(changed):
        changed.deactivate(ada)
        changed.delete_user(ada)

    with served(organization) as reader:
        reader.simulator.faults.add(Fault("/api/v1/apps/*/users", IgnoreExpand(), times=None))
        reader.simulator.faults.add(Fault("/api/v1/users", Change(remove)))
        snapshot = reader.source(selection=Selection(lists=False)).fetch()
    assert snapshot.unassigned == {ada.id: DELETED}
    assert len(snapshot.users) == 4


def test_optional_fields_may_be_left_out():
    omitted = {
        "/api/v1/apps/*/users": ("credentials", "profile", "externalId", "created", "syncState"),
        "/api/v1/groups": ("profile.description", "type", "lastUpdated"),
        "/api/v1/groups/*/users": ("status", "profile"),
        "/api/v1/apps": ("name", "features", "signOnMode"),
    }
    with served(small()) as reader:
        reader.simulator.faults.add(*(Fault(path, Omit(fields), times=None) for path, fields in omitted.items()))
        snapshot = reader.source().fetch()
    assert sorted(user.username for user in snapshot.users) == [f"{name}@enzos-pizza.com" for name in NAMES]
    assert len(by_name(snapshot)["staff"].member_ids()) == 5
    assert snapshot.unassigned == {}


def test_a_scope_that_is_left_out_is_read_from_the_links():
    with served(small()) as reader:
        expected = reader.source().fetch()
        reader.simulator.faults.add(Fault("/api/v1/apps/*/users", Omit(("scope",)), times=None))
        assert reader.source().fetch().digest() == expected.digest()


def test_a_status_that_is_left_out_of_the_embedded_user_is_asked_for():
    with served(small()) as reader:
        expected = reader.source().fetch().digest()
        reader.simulator.faults.add(Fault("/api/v1/apps/*/users", Omit(("_embedded.user.status",)), times=None))
        assert reader.source().fetch().digest() == expected


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/api/v1/apps/*/users", "id"),
        ("/api/v1/groups", "id"),
        ("/api/v1/groups", "profile.name"),
        ("/api/v1/groups/*/users", "id"),
        ("/api/v1/apps", "status"),
        ("/api/v1/apps/*/groups", "id"),
    ],
)
def test_a_needed_field_that_is_missing_is_an_error_and_never_none(path, field):
    with served(small()) as reader:
        reader.simulator.faults.add(Fault(path, Omit((field,)), times=None))
        with pytest.raises(SourceError, match="missing required field"):
            reader.source().fetch()


@pytest.mark.parametrize(
    "switches",
    [
        Switches(excessive_limit="reject"),
        Switches(group_members_maximum=200, group_apps_maximum=20),
        Switches(user_order="other"),
        Switches(rows="shifting"),
        Switches(last_page="empty_extra_page"),
        Switches(last_page="repeating_cursor"),
        Switches(query_link="absent"),
        Switches(rate_limit_headers="several"),
        Switches(everyone_has_deprovisioned=False),
        Switches(stats="stale"),
    ],
    ids=lambda switches: next(str(value) for name, value in vars_of(switches) if value != getattr(Switches(), name)),
)
def test_undocumented_points_make_no_difference(switches):
    def organization(**choices):
        return Organization.generate(11, users=450, groups=12, apps=4, members_per_group=300, **choices)

    with served(organization()) as reader:
        expected = reader.source().fetch()
    with served(organization(switches=switches)) as reader:
        found = reader.source().fetch()
    assert [user.id for user in found.users] == [user.id for user in expected.users]
    assert [group.member_ids() for group in found.groups] == [group.member_ids() for group in expected.groups]
    assert [app.user_ids() for app in found.apps] == [app.user_ids() for app in expected.apps]


def vars_of(switches):
    return [(name, getattr(switches, name)) for name in type(switches).__dataclass_fields__]


# -- catalogue and progress


def test_the_catalogue_lists_names_in_two_requests():
    with served(small()) as reader:
        catalogue = reader.source().catalogue()
        assert reader.simulator.requests.by_route == {"GET /api/v1/groups": 1, "GET /api/v1/apps": 1}
    assert sorted(group.name for group in catalogue.groups) == ["Everyone", "empty", "eng", "staff"]
    assert sorted(app.label for app in catalogue.apps) == ["Salesforce", "Teleport"]


def test_progress_ends_with_everything_read():
    shown = []
    with served(small()) as reader:
        reader.source(progress=lambda *state: shown.append(state)).fetch()
    assert shown[-3:] == [("users", 5, 0), ("groups", 3, 3), ("apps", 1, 1)]
