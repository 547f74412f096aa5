"""`idsync reconcile`: one pass that nobody attends, and what it must not get past by slices."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from idsync.bootstrap.workspace import Workspace
from idsync.reconcile.planned import Planned
from idsync.reconcile.single_pass import plan_once
from tests.cli.running import Ended, Idsync

START = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
CONFIG = """\
apiVersion: idsync/v1
kind: Integration
metadata: {name: okta}
spec:
  org_url: https://enzos-pizza.okta.com
  app: {id: 0oa1}
  source: {snapshot: {path: now.json}}
---
apiVersion: idsync/v1
kind: DefaultOwners
spec: {owners: [olga]}
---
apiVersion: idsync/v1
kind: RoleMapping
spec: {rules: [{trait: okta/team, value: "*", roles: ["team-$1"]}]}
---
apiVersion: idsync/v1
kind: Guards
spec: {GUARDS}
"""


class Company:
    """A company of forty people whose Okta changes, and a scheduler whose clock a test moves."""

    def __init__(self, folder: Path, idsync: Idsync, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.now = START
        self._idsync = idsync
        monkeypatch.setattr(Workspace, "clock", lambda _: self.now.timestamp())
        self.people = {f"p{number:02}": {"team": "red"} for number in range(40)}
        self.status: dict[str, str] = {}
        self.groups: dict[str, list[str]] = {}
        folder.mkdir()

    def configure(self, guards: str = "", more: str = "") -> None:
        """Write the configuration."""
        (self.folder / "idsync.yaml").write_text(CONFIG.replace("{GUARDS}", f"{{{guards}}}") + more)

    def reads(self) -> None:
        """Let the next reading show the company as it is."""
        users = [
            {"id": f"00u{name}", "username": name, "status": self.status.get(name, "ACTIVE"), "profile": profile}
            for name, profile in self.people.items()
        ]
        groups = [
            {"id": f"00g{name}", "name": name, "type": "OKTA_GROUP", "members": [f"00u{who}" for who in members]}
            for name, members in self.groups.items()
        ]
        snapshot = {
            "format_version": "1.0",
            "org_url": "https://enzos-pizza.okta.com",
            "app_id": "0oa1",
            "taken_at": self.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "complete": True,
            "users": users,
            "groups": groups,
            "apps": [],
        }
        (self.folder / "now.json").write_text(json.dumps(snapshot))

    def __call__(self, *arguments: str) -> Ended:
        """Run one command on it."""
        return self._idsync(arguments[0], "-c", self.folder, *arguments[1:])

    def passes(self, minutes: float = 1) -> Any:
        """Let time go by, and one pass run; what it said, with its code."""
        self.now += timedelta(minutes=minutes)
        self.reads()
        ended = self("reconcile", "--format", "json")
        return {"code": ended.code, "err": ended.err, **json.loads(ended.out)}

    def named(self, kind: str) -> set[str]:
        """Names in the directory: of users, or of people who are locked."""
        found: Any = self("get", kind, "--format", "json").json
        return {each["metadata"]["name"] if kind == "users" else each["spec"]["target"]["user"] for each in found}

    def roles(self, name: str) -> list[str]:
        """Somebody's own roles."""
        found: Any = self("get", f"user/{name}", "--format", "json").json
        return list(found[0]["spec"]["roles"])

    def leave(self, *names: str) -> None:
        """Let people be deactivated."""
        self.status.update(dict.fromkeys(names, "DEPROVISIONED"))


@pytest.fixture
def company(tmp_path: Path, idsync: Idsync, monkeypatch: pytest.MonkeyPatch) -> Company:
    """The company after its first apply."""
    made = Company(tmp_path / "org", idsync, monkeypatch)
    made.configure()
    made.reads()
    assert made("apply", "--auto-approve").code == 0
    return made


def names(numbers: Iterable[int]) -> list[str]:
    return [f"p{number:02}" for number in numbers]


def test_r35_a_pass_applies_what_may_go_ahead_and_asks_nobody(company: Company) -> None:
    company.people["new"] = {"team": "blue"}
    company.leave("p00")
    done = company.passes()
    assert done["code"] == 0
    assert done["whole"]
    assert "new" in company.named("users")
    assert company.named("locks") == {"p00"}
    assert company.passes()["run"] is None


def test_r35_deletions_by_slices_stop_at_the_limit_of_the_hour(company: Company) -> None:
    """One a minute, each within every limit: the sixth within an hour is held, and locked all the same."""
    for number in range(5):
        company.leave(f"p{number:02}")
        assert company.passes()["code"] == 0
    company.leave("p05")
    held = company.passes()
    assert held["code"] == 5
    assert [change["address"] for change in held["held"] if change["address"] == "user/p05"]
    assert {"p05", "p06"} <= company.named("users")
    assert "p05" in company.named("locks")
    assert company.passes(30)["code"] == 5
    assert company.passes(31)["code"] == 0
    assert "p05" not in company.named("users")


def test_r35_people_who_lose_a_role_by_slices_are_counted_over_the_hour(company: Company) -> None:
    for number in range(5):
        company.people[f"p{number:02}"] = {}
        assert company.passes()["code"] == 0
    company.people["p05"] = {"city": "Rome"}
    held = company.passes()
    assert held["code"] == 5
    assert "team-red" in company.roles("p05")
    assert {by for change in held["held"] for by in change["blocked_by"]} == {"access_losses"}
    assert company.passes(61)["code"] == 0
    assert "team-red" not in company.roles("p05")


def test_r35_locks_are_made_up_to_the_limit_by_address_and_the_rest_waits(company: Company) -> None:
    company.configure(
        "user_deletes: {percent: 100, floor: 0}, user_locks: {percent: 100, floor: 0}, "
        "access_losses: {percent: 100, floor: 0}, lock_burst: {percent: 0, floor: 3}, "
        "source_shrink: {percent: 100, floor: 0}"
    )
    company.now += timedelta(minutes=1)
    company.reads()
    assert company("apply", "--auto-approve").code == 0
    company.leave(*names(range(5)))
    held = company.passes()
    assert held["code"] == 5
    assert len(company.named("locks")) == 3
    assert len(company.named("users")) == 37
    assert company.named("locks").isdisjoint(company.named("users"))
    assert {by for change in held["held"] for by in change["blocked_by"]} == {"lock_burst"}
    assert company.passes(10)["code"] == 5
    assert len(company.named("locks")) == 3
    assert company.passes(61)["code"] == 0
    assert len(company.named("locks")) == 5


def test_r35_nobody_who_is_protected_is_locked(company: Company) -> None:
    company.configure("protected_users: [P07]")
    company.now += timedelta(minutes=1)
    company.reads()
    assert company("apply", "--auto-approve").code == 0
    company.leave("p07", "p08")
    assert company.passes()["code"] == 5
    assert company.named("locks") == {"p08"}
    assert "p07" in company.named("users")


def test_r35_gains_over_the_limit_are_held_and_what_is_taken_goes_ahead(company: Company) -> None:
    company.groups = {"eng": ["p30", "p31"]}
    more = (
        '---\napiVersion: idsync/v1\nkind: AccessListRules\nspec: {rules: [{group: "*", grants: {roles: ["of-$1"]}}]}\n'
    )
    company.configure("access_gains: {percent: 0, floor: 2}", more)
    company.now += timedelta(minutes=1)
    company.reads()
    assert company("apply", "--auto-approve").code == 0
    company.groups = {"eng": ["p31", "p32", "new"]}
    company.people["new"] = {}
    company.people["p01"] = {"team": "blue"}
    company.people["p02"] = {"team": "blue"}
    held = company.passes()
    assert held["code"] == 5
    assert {by for change in held["held"] for by in change["blocked_by"]} == {"access_gains"}
    found: Any = company("get", "access_list_members", "00geng", "--format", "json").json
    assert {each["spec"]["name"] for each in found} == {"p31", "new"}
    assert company.roles("p01") == ["okta-requester"]
    assert "new" in company.named("users")
    assert company.passes(10)["code"] == 5
    assert company("apply", "--auto-approve").code == 0
    assert company.roles("p01") == ["okta-requester", "team-blue"]


def test_r36_a_newer_configuration_waits_until_it_is_applied(company: Company) -> None:
    text = (company.folder / "idsync.yaml").read_text()
    (company.folder / "idsync.yaml").write_text(text.replace("team-$1", "squad-$1"))
    company.people["new"] = {"team": "blue"}
    done = company.passes()
    assert done["code"] == 0
    assert "config_waiting" in done["err"]
    assert company.roles("new") == ["okta-requester", "team-blue"]
    company.now += timedelta(minutes=1)
    company.reads()
    assert company("apply", "--auto-approve", "--allow", "access_losses=renamed").code == 0
    again = company.passes()
    assert "config_waiting" not in again["err"]
    assert company.roles("new") == ["okta-requester", "squad-blue"]


def test_r36_with_follow_config_the_files_are_used_as_they_are(company: Company) -> None:
    service = "---\napiVersion: idsync/v1\nkind: Service\nspec: {follow_config: true}\n"
    file = company.folder / "idsync.yaml"
    file.write_text(file.read_text().replace("okta/team, value", "okta/city, value") + service)
    company.people = {name: {"team": "red"} for name in company.people}
    company.people["new"] = {"city": "Rome"}
    done = company.passes()
    assert "config_waiting" not in done["err"]
    assert company.roles("new") == ["okta-requester", "team-Rome"]
    assert done["code"] == 5  # forty people lose a role by it


def test_r36_the_first_pass_makes_its_own_configuration_the_applied_one(
    tmp_path: Path, idsync: Idsync, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = Company(tmp_path / "org", idsync, monkeypatch)
    company.configure()
    assert company.passes()["code"] == 0
    company.configure("user_deletes: {percent: 1, floor: 1}")
    assert "config_waiting" in company.passes()["err"]


def test_an_older_reading_is_refused_and_nothing_is_done(company: Company) -> None:
    company.leave("p00")
    company.now -= timedelta(hours=3)
    company.reads()
    ended = company("reconcile")
    assert ended.code == 6
    assert company.named("locks") == set()


def test_a_doubtful_reading_gives_and_locks_whom_okta_shows_as_gone_and_exits_7(company: Company) -> None:
    for name in names(range(20, 40)):
        del company.people[name]
    company.people["new"] = {}
    done = company.passes()
    assert done["code"] == 7
    assert "new" in company.named("users")
    assert len(company.named("users")) == 41


def test_the_history_tells_that_nobody_attended(company: Company) -> None:
    company.leave("p00")
    company.passes()
    told: Any = company("history", "--format", "json").json
    assert json.dumps(told).count("unattended") >= 1


def test_for_people_it_says_what_was_done_what_is_held_and_what_to_do(company: Company) -> None:
    company.configure("user_deletes: {percent: 0, floor: 0}")
    company.now += timedelta(minutes=1)
    company.reads()
    assert company("apply", "--auto-approve").code == 0
    company.leave("p00")
    company.now += timedelta(minutes=1)
    company.reads()
    ended = company("reconcile")
    assert ended.code == 5
    assert ended.out.startswith("Plan: 1 person loses all access.")
    assert company.named("locks") == {"p00"}
    assert "held back, by user_deletes" in ended.out
    assert "--allow user_deletes=REASON" in ended.out
    assert "Applied in part: run" in ended.out


def test_r36_a_scheduled_pass_does_not_put_back_what_was_in_force_as_it_began(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, approved = company.folder / "idsync.yaml", str(company.folder / "approved.json")
    file.write_text(file.read_text().replace('["team-$1"]', '["team-$1", all]'))
    assert company("plan", "-o", approved).code == 0
    company.now += timedelta(minutes=5)
    company.reads()
    waiting = [approved]

    def planned_once(*arguments: Any, **more: Any) -> Planned:
        while waiting:  # a person applies the older plan while this pass reads
            assert company("apply", "--auto-approve", waiting.pop()).code == 0
        return plan_once(*arguments, **more)

    monkeypatch.setattr("idsync.cli.applying.plan_once", planned_once)
    ended = company("reconcile")
    assert ended.code == 6
    assert "Another configuration was applied while this pass was under way." in ended.err
    assert company("reconcile").code == 0
    assert "all" in company.roles("p01")
