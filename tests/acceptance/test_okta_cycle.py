"""Plan, apply and plan again against an organization on a socket: small, middling and large, well and ailing."""

import math
from collections import Counter
from pathlib import Path

import pytest

from tests.acceptance.okta_world import served
from tests.okta_simulator import (
    Change,
    ConcurrencyLimit,
    Drop,
    Fail,
    FailAbove,
    Fault,
    HtmlPage,
    IgnoreExpand,
    Limits,
    LoseLinks,
    Malformed,
    Omit,
    Organization,
    Overlap,
    RateLimit,
    RepeatCursor,
    Simulator,
    Switches,
    Truncate,
)

SIZES = [(30, 10, 3), (500, 60, 6), (3000, 300, 12)]
"""People, groups, apps."""
EACH_SIZE = [*SIZES[:2], pytest.param(SIZES[2], marks=pytest.mark.long)]


def organization_of(people: int, groups: int, apps: int, switches: Switches | None = None) -> Organization:
    members = min(people // 2, 150)
    return Organization.generate(
        people, users=people, groups=groups, apps=apps, members_per_group=members, switches=switches
    )


def pages(rows: int, size: int) -> int:
    return max(1, math.ceil(rows / size))


def fewest_requests(organization: Organization) -> Counter[str]:
    """N = ceil(U/500) users of the app + ceil(G/200) groups + Σ max(1, ceil(m/1000)) members of each but Everyone
    + ceil(A/200) apps + Σ max(1, ceil(u/500)) users and Σ max(1, ceil(g/200)) groups of each other app.
    """
    groups = [group for group in organization.groups.values() if not group.everyone]
    apps = [app for app in organization.apps.values() if app is not organization.sso_app]
    return Counter(
        groups=pages(len(organization.groups), 200) + sum(pages(len(group.members), 1000) for group in groups),
        apps=pages(len(organization.assigned_ids(organization.sso_app)), 500)
        + pages(len(organization.apps), 200)
        + sum(pages(len(organization.assigned_ids(app)), 500) + pages(len(app.groups), 200) for app in apps),
    )


def test_r53_no_command_sends_okta_a_request_that_writes(tmp_path: Path) -> None:
    organization = organization_of(30, 10, 3)
    somebody = next(iter(organization.assigned_ids(organization.sso_app)))
    with served(organization, tmp_path) as (simulator, place):
        for command in (
            ("validate", "--secrets"),
            ("filters",),
            ("plan",),
            ("apply", "--auto-approve"),
            ("drift",),
            ("snapshot", "-o", tmp_path / "snapshot.json"),
            ("import", "-o", tmp_path / "imported.yaml"),
            ("explain", somebody),
        ):
            ended = place.run(*command)
            assert ended.code == 0, ended.out + ended.err
        assert {entry.method for entry in simulator.requests.entries} == {"GET"}


@pytest.mark.parametrize("size", EACH_SIZE, ids=lambda size: f"{size[0]} people")
def test_plan_says_2_apply_says_0_and_the_next_plan_is_empty_with_the_fewest_requests(
    size: tuple[int, int, int], tmp_path: Path
) -> None:
    organization = organization_of(*size)
    with served(organization, tmp_path) as (simulator, place):
        for command, code in (
            (("plan", "--detailed-exitcode"), 2),
            (("apply", "--auto-approve"), 0),
            (("plan", "--detailed-exitcode"), 0),
        ):
            simulator.requests.clear()
            ended = place.run(*command)
            assert ended.code == code, ended.out[-2000:] + ended.err
            assert simulator.requests.by_bucket == fewest_requests(organization)
        pool = organization.assigned_ids(organization.sso_app)
        users = place.run("get", "users", "--format", "json").json
        alive = [key for key in pool if organization.users[key].status not in ("STAGED", "DEPROVISIONED")]
        assert {user["metadata"]["labels"]["okta/user-id"] for user in users} == set(alive)


def ail(simulator: Simulator, *faults: Fault) -> None:
    """Let these faults, and no others, happen from now on."""
    simulator.faults.clear()
    simulator.faults.add(*faults)


MEMBERS, GROUPS, APPS, POOL = "/api/v1/groups/*/users", "/api/v1/groups", "/api/v1/apps", "/api/v1/apps/*/users"

PASSING = (
    Fault(GROUPS, Fail(500)),
    Fault(APPS, Fail(503)),
    Fault(MEMBERS, Drop(), first=2),
    Fault(MEMBERS, Truncate(), first=4),
    Fault(MEMBERS, Malformed(), first=6),
    Fault(MEMBERS, ConcurrencyLimit(), first=8),
    Fault(MEMBERS, RateLimit(), first=10),
    Fault(POOL, Drop()),
    Fault(POOL, RateLimit(), first=3),
    Fault("/api/v1/apps/*/groups", HtmlPage(502)),
)
"""Failures, broken connections, and both refusals for too many requests."""

LASTING = {
    "large pages fail": (Fault(GROUPS, FailAbove(100), times=None), Fault(POOL, FailAbove(250), times=None)),
    "cursors come again": (Fault("/api/v1/**", RepeatCursor(), times=None),),
    "rows come twice": (Fault("/api/v1/**", Overlap(2), times=None),),
    "the expansion is ignored": (Fault(POOL, IgnoreExpand(), times=None),),
    "optional fields are left out": (
        Fault(GROUPS, Omit(("_links", "_embedded", "objectClass", "lastUpdated")), times=None),
        Fault(MEMBERS, Omit(("_links", "credentials", "profile", "type")), times=None),
        Fault(APPS, Omit(("_links", "_embedded", "settings", "features", "accessibility")), times=None),
        Fault("/api/v1/apps/*/groups", Omit(("_links", "profile", "lastUpdated")), times=None),
        Fault(POOL, Omit(("_links", "externalId", "syncState", "passwordChanged")), times=None),
    ),
}


@pytest.mark.parametrize("size", EACH_SIZE, ids=lambda size: f"{size[0]} people")
def test_what_passes_is_overcome_in_one_run(size: tuple[int, int, int], tmp_path: Path) -> None:
    switches = Switches(last_page="empty_extra_page", rate_limit_headers="several")
    organization = organization_of(*size, switches)
    limits = Limits(organization.clock, switches, window_seconds=1.0)
    with served(organization, tmp_path, limits=limits) as (simulator, place):
        ail(simulator, *PASSING)
        place.apply()
        simulator.faults.clear()
        place.plans_nothing()


@pytest.mark.parametrize("ailment", LASTING)
def test_an_okta_that_ails_for_good_is_read_right(ailment: str, tmp_path: Path) -> None:
    with served(organization_of(*SIZES[0]), tmp_path) as (simulator, place):
        ail(simulator, *LASTING[ailment])
        place.apply()
        simulator.faults.clear()
        place.plans_nothing()


def test_groups_that_vanish_while_they_are_read_are_gone_and_nothing_else_is(tmp_path: Path) -> None:
    organization = organization_of(*SIZES[0])
    groups = [group for group in organization.groups.values() if not group.everyone]
    with served(organization, tmp_path) as (simulator, place):
        place.apply()
        gone = groups[3]
        ail(simulator, Fault(f"{GROUPS}/{gone.id}/users", Change(lambda changed: changed.delete_group(gone))))
        place.apply()
        lists = {found["metadata"]["name"] for found in place.run("get", "access_lists", "--format", "json").json}
    assert gone.id not in lists
    assert {group.id for group in groups if group is not gone} <= lists


def test_a_proxy_that_swallows_links_is_an_error_and_never_the_end_of_a_list(tmp_path: Path) -> None:
    organization = organization_of(*SIZES[2])
    with served(organization, tmp_path) as (simulator, place):
        ail(simulator, Fault("/api/v1/**", LoseLinks(), times=None))
        ended = place.run("apply", "--auto-approve")
    assert ended.code == 7
    assert "Link" in ended.err


def test_a_week_of_comings_and_goings_is_applied_and_then_planned_empty(tmp_path: Path) -> None:
    organization = organization_of(*SIZES[1])
    with served(organization, tmp_path, as_process=True) as (_, place):
        place.apply()
        active = [user for user in organization.users.values() if user.status == "ACTIVE"]
        organization.deactivate(active[0])
        organization.suspend(active[1])
        organization.deactivate(active[2])
        organization.delete_user(active[2])
        organization.update_user(active[3], login="renamed@enzos-pizza.com", department="Engineering")
        organization.add_user("joiner@enzos-pizza.com", profile={"department": "Engineering"})
        group = next(group for group in organization.groups.values() if not group.everyone)
        organization.update_group(group, name="renamed")
        plan = place.run("plan", "--format", "json", "--detailed-exitcode")
        assert plan.code == 2
        reasons = {change["address"]: change["reason"] for change in plan.json["changes"]}
        assert reasons[f"user/{active[0].login}"] == "deactivated"
        assert reasons[f"user/{active[2].login}"] == "deleted_upstream"
        assert reasons["user/joiner@enzos-pizza.com"] == "assigned"
        assert reasons["user/renamed@enzos-pizza.com"] == "renamed"
        place.apply()
        place.plans_nothing()
