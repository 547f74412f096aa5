"""The whole way against an Okta organization on a socket: plan, apply, an empty plan; and every way to be refused."""

import math
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.acceptance.programs import Ended, idsync
from tests.okta_simulator import (
    Drop,
    Empty,
    Fail,
    Fault,
    Limits,
    Omit,
    Organization,
    Overlap,
    RateLimit,
    Simulator,
    Truncate,
    running,
)

CONFIG = """
apiVersion: idsync/v1
kind: Integration
spec:
  org_url: {url}
  app: {{label: Teleport}}
  auth: {{api_token: {{env: OKTA_API_TOKEN}}}}
  users: {{default_roles: [okta-requester]}}
  rate_limit_share: 100
---
apiVersion: idsync/v1
kind: DefaultOwners
spec: {{owners: [owner@enzos-pizza.com]}}
---
apiVersion: idsync/v1
kind: RoleMapping
spec: {{rules: [{{trait: okta/department, value: "*", roles: ["dept-$1"]}}]}}
---
apiVersion: idsync/v1
kind: AccessListRules
spec: {{rules: [{{group: "*", grants: {{roles: ["$1"]}}}}]}}
"""


class Office:
    """A configuration for a simulated organization, and the program run on it."""

    def __init__(self, folder: Path, simulator: Simulator, url: str) -> None:
        self.folder = folder
        self.simulator = simulator
        self.organization = simulator.organization
        self.token = simulator.token
        (folder / "idsync.yaml").write_text(CONFIG.format(url=url))

    def run(self, *arguments: str | Path) -> Ended:
        ended = idsync(*arguments, "-c", self.folder, environment={"OKTA_API_TOKEN": self.token})
        assert self.token not in ended.out + ended.err
        return ended


@contextmanager
def office(folder: Path, organization: Organization, *, limited: bool = False) -> Iterator[Office]:
    """Serve an organization and be ready to run the program on it."""
    limits = Limits(organization.clock, organization.switches, window_seconds=1.0, enabled=limited)
    simulator = Simulator(organization, limits=limits)
    with running(simulator) as url:
        yield Office(folder, simulator, url)


def _small() -> Organization:
    return Organization.generate(1, users=30, groups=4, apps=3, members_per_group=8, users_per_app=4)


def _fewest_requests(organization: Organization) -> Counter[str]:
    """What the API allows at the least: pages of 500 app users, 200 groups, 200 members and 200 apps."""
    others = [app for app in organization.apps.values() if app.label != "Teleport"]
    read = [group for group in organization.groups.values() if not group.everyone]
    return Counter(
        groups=_pages(len(organization.groups), 200) + sum(_pages(len(group.members), 200) for group in read),
        apps=_pages(len(organization.assigned_ids(organization.sso_app)), 500)
        + _pages(len(organization.apps), 200)
        + sum(_pages(len(organization.assigned_ids(app)), 500) + _pages(len(app.groups), 200) for app in others),
    )


def _pages(rows: int, size: int) -> int:
    return max(1, math.ceil(rows / size))


SIZES = {"a team": (40, 6, 3), "a company": (700, 25, 8), "a corporation": (2_500, 220, 12)}


@pytest.mark.parametrize("size", SIZES)
def test_plan_apply_and_an_empty_plan(size: str, tmp_path: Path) -> None:
    users, groups, apps = SIZES[size]
    organization = Organization.generate(7, users=users, groups=groups, apps=apps)
    with office(tmp_path, organization) as place:
        faults = place.simulator.faults
        faults.add(Fault("/api/v1/groups/*/users", Fail(500), first=2, times=1))
        faults.add(Fault("/api/v1/groups/*/users", Drop(), first=4, times=1))
        faults.add(Fault("/api/v1/apps/*/users", Truncate(), first=1, times=1))
        faults.add(Fault("/api/v1/groups", Overlap(1), times=None))
        planned = place.run("plan", "--detailed-exitcode", "-o", tmp_path / "a.plan")
        assert planned.code == 2, planned.err
        assert place.run("apply", tmp_path / "a.plan").code == 0
        place.simulator.faults.clear()
        place.simulator.requests.clear()
        after = place.run("plan", "--detailed-exitcode")
        assert (after.code, after.err) == (0, "")
        assert place.simulator.requests.by_bucket == _fewest_requests(organization)
        people = place.run("get", "users", "--format", "json").json
        assert len(people) == len(_pool(organization))


def _pool(organization: Organization) -> set[str]:
    """Who has the app and whose status lets them have access, suspended people among them."""
    out = {"STAGED", "DEPROVISIONED"}
    return {user.id for user in organization.users.values() if user.status not in out}


def test_limits_are_kept_and_waited_for(tmp_path: Path) -> None:
    with office(tmp_path, _small(), limited=True) as place:
        place.simulator.faults.add(Fault("/api/v1/groups/*/users", RateLimit(), first=1, times=1))
        ended = place.run("plan", "--detailed-exitcode")
        assert ended.code == 2, ended.err


def test_a_week_in_okta_is_a_plan_with_reasons(tmp_path: Path) -> None:
    organization = Organization()
    names = ("ada", "boris", "chloe", "dmitri", "elif", "farid")
    people = {name: organization.add_user(f"{name}@enzos-pizza.com", profile={"department": "IT"}) for name in names}
    staff = organization.add_group("staff", members=list(people.values()))
    app = organization.add_app("Teleport")
    organization.assign_group(app, staff)
    with office(tmp_path, organization) as place:
        assert place.run("apply", "--auto-approve").code == 0
        organization.suspend(people["ada"])
        organization.deactivate(people["boris"])
        organization.remove_member(staff, people["chloe"])
        organization.deactivate(people["dmitri"])
        organization.delete_user(people["dmitri"])
        organization.update_user(people["elif"], login="elif.demir@enzos-pizza.com")
        organization.update_user(people["farid"], department="Ovens")
        plan = place.run("plan", "--format", "json").json
        reasons = {change["address"]: change["reason"] for change in plan["changes"] if change["kind"] == "user"}
        assert reasons == {
            "user/boris@enzos-pizza.com": "deactivated",
            "user/chloe@enzos-pizza.com": "unassigned",
            "user/dmitri@enzos-pizza.com": "deleted_upstream",
            "user/elif@enzos-pizza.com": "renamed",
            "user/elif.demir@enzos-pizza.com": "renamed",
            "user/farid@enzos-pizza.com": "profile_changed",
        }
        assert place.run("apply", "--auto-approve").code == 0
        assert place.run("plan", "--detailed-exitcode").code == 0
        organization.unsuspend(people["ada"])
        lifted = place.run("plan", "--format", "json").json
        assert [(change["kind"], change["action"], change["reason"]) for change in lifted["changes"]] == [
            ("lock", "delete", "unsuspended")
        ]


def test_a_wrong_token_exits_4_and_stays_secret(tmp_path: Path) -> None:
    with office(tmp_path, _small()) as place:
        place.token = "00not-the-token-that-okta-knows"
        assert place.run("plan").code == 4


def test_a_listing_that_is_forbidden_exits_4(tmp_path: Path) -> None:
    with office(tmp_path, _small()) as place:
        place.simulator.faults.add(Fault("/api/v1/groups", Fail(403), times=None))
        assert place.run("plan").code == 4


def test_an_app_that_is_not_there_exits_7(tmp_path: Path) -> None:
    with office(tmp_path, _small()) as place:
        config = tmp_path / "idsync.yaml"
        config.write_text(config.read_text().replace("label: Teleport", "id: 0oa0nowhere"))
        assert place.run("plan").code == 7


def test_an_organization_that_does_not_answer_exits_7(tmp_path: Path) -> None:
    with office(tmp_path, _small()) as place:
        pass
    assert place.run("plan").code == 7


def test_a_credential_without_an_admin_role_takes_nothing_from_anyone(tmp_path: Path) -> None:
    with office(tmp_path, _small()) as place:
        assert place.run("apply", "--auto-approve").code == 0
        before = place.run("get", "all", "--format", "json").out
        for path in ("/api/v1/apps/*/users", "/api/v1/groups", "/api/v1/groups/*/users", "/api/v1/users"):
            place.simulator.faults.add(Fault(path, Empty(), times=None))
        place.simulator.faults.add(Fault("/api/v1/apps/*/users/*", Fail(404), times=None))
        assert place.run("plan").code == 0
        refused = place.run("apply", "--auto-approve")
        assert refused.code == 7
        assert "source_empty" in refused.err
        assert place.run("get", "all", "--format", "json").out == before


def test_a_server_that_leaves_optional_fields_out_is_understood(tmp_path: Path) -> None:
    with office(tmp_path, _small()) as place:
        assert place.run("apply", "--auto-approve").code == 0
        place.simulator.faults.add(Fault("/api/v1/apps/*/users", Omit(("scope", "statusChanged")), times=None))
        assert place.run("plan", "--detailed-exitcode").code == 0


def test_a_recording_of_okta_plans_the_same_without_it(tmp_path: Path) -> None:
    with office(tmp_path, _small()) as place:
        recorded = place.run("snapshot", "--everything", "-o", tmp_path / "s.json")
        assert recorded.code == 0
        live = place.run("plan", "--format", "json").json
    offline = place.run("plan", "--snapshot", tmp_path / "s.json", "--format", "json").json
    assert offline["changes"] == live["changes"]


def test_what_a_live_organization_and_its_directory_say_can_be_imported(tmp_path: Path) -> None:
    with office(tmp_path, _small()) as place:
        assert place.run("apply", "--auto-approve").code == 0
        written = place.run("import", "-o", tmp_path / "found.txt", "--detailed-exitcode")
        assert written.code == 0, written.err
        (tmp_path / "idsync.yaml").write_text((tmp_path / "found.txt").read_text())
        assert place.run("plan", "--detailed-exitcode").code == 0
