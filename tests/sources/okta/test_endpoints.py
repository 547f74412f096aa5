"""What a reading asks for: the fewest requests, and only what filters and rules want."""

import math
from collections import Counter
from collections.abc import Sequence
from urllib.parse import unquote

import httpx
import pytest

from idsync.config.patterns import NameFilter, NamePattern
from idsync.config.settings import ImportFilters
from idsync.model.identity import IdentityGroup, Snapshot
from idsync.okta.endpoints import Endpoints
from idsync.sources.okta.selection import Selection
from tests.okta_simulator import Organization
from tests.sources.okta.organizations import served, small


def by_name(snapshot: Snapshot) -> dict[str, IdentityGroup]:
    return {group.name: group for group in snapshot.groups}


def patterns(*sources: str) -> tuple[NamePattern, ...]:
    return tuple(NamePattern(source) for source in sources)


def groups_only(
    include: Sequence[str] | None, exclude: Sequence[str] = (), *, roles: Sequence[str] = (), lists: bool = True
) -> Selection:
    chosen = NameFilter(None if include is None else patterns(*include), patterns(*exclude))
    return Selection(ImportFilters(groups=chosen), patterns(*roles), lists)


@pytest.mark.parametrize(
    ("users", "groups", "apps", "members", "assigned"),
    [
        (3, 2, 1, 2, 0),
        (450, 30, 12, 150, 90),
        pytest.param(1300, 230, 25, 260, 620, marks=pytest.mark.long),
        (2100, 4, 2, 2050, 40),
    ],
)
def test_the_requests_are_the_fewest_that_the_api_allows(
    users: int, groups: int, apps: int, members: int, assigned: int
) -> None:
    organization = Organization.generate(
        7, users=users, groups=groups, apps=apps, members_per_group=members, users_per_app=assigned
    )
    with served(organization) as reader:
        reader.source().read()
        counted = reader.simulator.requests.by_bucket
    others = [app for app in organization.apps.values() if app.label != "Teleport"]
    read = [group for group in organization.groups.values() if not group.everyone]
    assert counted == Counter(
        groups=pages(len(organization.groups), 200) + sum(pages(len(group.members), 1000) for group in read),
        apps=pages(len(organization.assigned_ids(organization.sso_app)), 500)
        + pages(len(organization.apps), 200)
        + sum(pages(len(organization.assigned_ids(app)), 500) + pages(len(app.groups), 200) for app in others),
    )


def pages(rows: int, size: int) -> int:
    return max(1, math.ceil(rows / size))


def test_without_lists_only_the_app_its_users_and_groups_of_rules_are_read() -> None:
    with served(small()) as reader:
        nothing = reader.source(selection=Selection(lists=False)).read().snapshot
        assert reader.simulator.requests.by_route == {"GET /api/v1/apps/{app}": 1, "GET /api/v1/apps/{app}/users": 1}
        reader.simulator.requests.clear()
        ruled = reader.source(selection=groups_only(None, roles=["eng"], lists=False)).read().snapshot
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
        (groups_only([], roles=["*"]), ["Everyone", "empty", "eng", "staff"]),
        (groups_only([], roles=["Everyone"]), ["Everyone"]),
    ],
)
def test_r17_only_groups_that_filters_or_rules_ask_for_are_read_and_everyone_never(
    selection: Selection, expected: list[str]
) -> None:
    with served(small()) as reader:
        snapshot = reader.source(selection=selection).read().snapshot
        read = reader.simulator.requests.by_route["GET /api/v1/groups/{group}/users"]
    assert sorted(by_name(snapshot)) == expected
    assert read == len({*expected} - {"Everyone"})


def test_a_built_in_group_is_read_for_a_rule_and_for_its_own_name_but_not_for_a_wildcard() -> None:
    organization = small()
    organization.add_group("Okta Administrators", type="BUILT_IN")
    with served(organization) as reader:
        listed = reader.source(selection=groups_only(["*"])).read().snapshot
        named = reader.source(selection=groups_only(["Okta Administrators"])).read().snapshot
        ruled = reader.source(selection=groups_only([], roles=["Okta *"])).read().snapshot
    assert "Okta Administrators" not in by_name(listed)
    assert list(by_name(named)) == list(by_name(ruled)) == ["Okta Administrators"]


def test_inactive_and_excluded_apps_are_not_read() -> None:
    organization = small()
    organization.deactivate_app(organization.add_app("Old"))
    organization.add_app("Secret")
    chosen = ImportFilters(apps=NameFilter(exclude=patterns("Sec*")))
    with served(organization) as reader:
        snapshot = reader.source(selection=Selection(chosen)).read().snapshot
        read = reader.simulator.requests.by_route["GET /api/v1/apps/{app}/users"]
    assert [app.label for app in snapshot.apps] == ["Salesforce"]
    assert read == 2


def test_only_direct_assignments_count_for_an_app_and_groups_that_convey_it_are_named() -> None:
    organization = small()
    with served(organization) as reader:
        (sales,) = reader.source().read().snapshot.apps
    assert sales.user_ids() == [organization.user("chloe@enzos-pizza.com").id]
    assert sales.groups == [organization.group("staff").id]


def test_no_more_than_eight_requests_fly_at_once() -> None:
    organization = Organization.generate(5, users=200, groups=40, apps=10)
    with served(organization, latency=0.01) as reader:
        reader.source().read()
        assert 3 < reader.simulator.requests.maximum_in_flight <= 8


@pytest.mark.parametrize("identifier", ["..", ".", "a/b", "../users", "a?b#c", "%2e%2e", "\u202e"])
def test_no_id_leads_a_request_elsewhere(identifier: str) -> None:
    endpoints = Endpoints("https://enzos-pizza.okta.com")
    for request in (
        endpoints.members(identifier),
        endpoints.app_users(identifier),
        endpoints.assignment("0oa1", identifier),
    ):
        *_, sent = httpx.URL(request.url).raw_path.decode().partition("?")[0].removesuffix("/users").split("/")
        assert unquote(sent) == identifier
