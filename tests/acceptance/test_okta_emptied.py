"""What empties, is odd, or is told by another clock in Okta, with the real program: who keeps and who loses access."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.okta_world import Place, served
from tests.acceptance.programs import Ended
from tests.okta_simulator import Empty, Fault, Organization, Simulator
from tests.okta_simulator.objects import Group, User

DAY = 86400


class World:
    """Fourteen people in the group crowd, three of them in few, twelve directly assigned to Wiki; applied once."""

    def __init__(self, simulator: Simulator, place: Place) -> None:
        self.simulator, self.place = simulator, place
        self.organization = simulator.organization
        place.apply()
        simulator.requests.clear()

    @property
    def crowd(self) -> Group:
        return self.organization.group("crowd")

    def person(self, number: int) -> User:
        return self.organization.user(f"p{number:02}@enzos-pizza.com")

    def apply(self, *arguments: str) -> Ended:
        return self.place.run("apply", "--auto-approve", *arguments)

    def titles(self) -> set[str]:
        return {item["spec"]["title"] for item in self.place.run("get", "access_lists", "--format", "json").json}

    def members(self, name: str) -> int:
        return len(self.place.run("get", "access_list_members", name, "--format", "json").json)

    def locks(self) -> list[dict[str, Any]]:
        return [item["spec"] for item in self.place.run("get", "locks", "--format", "json").json]

    def locked(self) -> list[str]:
        return [lock["target"]["user"] for lock in self.locks()]


@contextmanager
def world(folder: Path, ahead: float = 0.0) -> Iterator[World]:
    """The same organization, with a clock that is so many seconds ahead of this machine's."""
    organization = Organization(clock=lambda: time.time() + ahead)
    people = [organization.add_user(f"p{number:02}@enzos-pizza.com") for number in range(14)]
    organization.add_group("crowd", members=people)
    organization.add_group("few", members=people[:3])
    teleport, wiki = organization.add_app("Teleport"), organization.add_app("Wiki")
    for user in people:
        organization.assign_user(teleport, user)
    for user in people[:12]:
        organization.assign_user(wiki, user)
    with served(organization, folder) as (simulator, place):
        yield World(simulator, place)


def test_r27_a_group_really_deleted_goes_in_one_pass_at_two_requests_more(tmp_path: Path) -> None:
    with world(tmp_path) as it:
        it.organization.delete_group(it.crowd)
        ended = it.apply()
        assert ended.code == 0, ended.out + ended.err
        assert it.titles() == {"few", "Wiki"}
        assert it.simulator.requests.by_route["GET /api/v1/groups/{group}"] == 1
        assert it.simulator.requests.by_bucket["logs"] == 1
        it.place.plans_nothing()


def test_r27_an_app_that_everybody_lost_and_a_small_group_emptied_go_unhindered(tmp_path: Path) -> None:
    with world(tmp_path) as it:
        for number in range(12):
            it.organization.unassign_user(it.organization.app("Wiki"), it.person(number))
        for number in range(3):
            it.organization.remove_member(it.organization.group("few"), it.person(number))
        ended = it.apply()
        assert ended.code == 0, ended.out + ended.err
        assert it.titles() == {"crowd"}


def test_r27_a_filter_that_really_changed_costs_no_question(tmp_path: Path) -> None:
    with world(tmp_path) as it:
        filters = "---\napiVersion: idsync/v1\nkind: ImportFilters\nspec: {groups: {include: [few]}}\n"
        it.place.configure(more=filters)
        ended = it.apply()
        assert ended.code == 0, ended.out + ended.err
        assert it.titles() == {"few", "Wiki"}
        assert it.simulator.requests.by_route["GET /api/v1/groups/{group}"] == 0
        assert it.simulator.requests.by_bucket["logs"] == 0


def test_r27_read_empty_though_its_stamp_stands_it_keeps_everybody_and_a_leaver_is_locked(tmp_path: Path) -> None:
    with world(tmp_path) as it:
        it.simulator.faults.add(Fault(f"/api/v1/groups/{it.crowd.id}/users", Empty(), times=None))
        it.organization.deactivate(it.person(13))
        ended = it.apply()
        assert ended.code == 0, ended.out + ended.err
        assert "passed_over" in ended.out
        assert it.members(it.crowd.id) == 13
        assert it.locked() == ["p13@enzos-pizza.com"]
        it.simulator.faults.clear()
        it.place.plans_nothing()


def test_r27_what_a_resource_set_hides_is_a_doubt_until_somebody_releases_it(tmp_path: Path) -> None:
    with world(tmp_path) as it:
        it.organization.hidden.add(it.crowd.id)
        ended = it.apply()
        assert ended.code == 7, ended.out + ended.err
        assert "group_emptied" in ended.out
        assert it.members(it.crowd.id) == 14
        reason = "the group is not ours any more"
        assert it.apply("--allow", f"group_emptied={reason}", "--allow", f"source_shrink={reason}").code == 0
        assert it.titles() == {"few", "Wiki"}


def test_r13_one_odd_person_keeps_what_they_have_and_a_leaver_is_locked(tmp_path: Path) -> None:
    with world(tmp_path) as it:
        odd, leaver = it.person(1), it.person(2)
        it.organization.deactivate(leaver)
        odd.profile = odd.profile | {"login": "\u200b"}
        ended = it.apply()
        assert ended.code == 0, ended.out + ended.err
        assert f"unreadable: Okta user {odd.id} has a name of blanks or invisible characters only" in ended.out
        assert it.members(it.crowd.id) == 13
        assert it.place.run("get", "user/p01@enzos-pizza.com").code == 0
        assert it.locked() == ["p02@enzos-pizza.com"]


@pytest.mark.parametrize("ahead", [2 * DAY, -2 * DAY, 600])
def test_r20_the_lock_of_a_leaver_outlasts_the_credentials_by_either_clock(tmp_path: Path, ahead: int) -> None:
    with world(tmp_path, ahead) as it:
        it.organization.deactivate(it.person(4))
        ended = it.apply()
        assert ended.code == 0, ended.out + ended.err
        assert "clock_skew" in ended.out
        (lock,) = it.locks()
        later = datetime.now(UTC) + timedelta(seconds=max(ahead, 0))
        ends = datetime.fromisoformat(lock["expires"])
        assert later + timedelta(hours=30) < ends <= later + timedelta(hours=31)
        it.place.plans_nothing()


@pytest.mark.parametrize(("ahead", "swept"), [(-3600, False), (0, True), (3600, True), (2 * DAY, False)])
def test_r20_a_lock_is_swept_when_both_clocks_say_that_it_ended_and_agree_within_a_day(
    tmp_path: Path, ahead: int, swept: bool
) -> None:
    with world(tmp_path, ahead) as it:
        name = "p05@enzos-pizza.com"
        it.organization.deactivate(it.person(5))
        it.apply()
        (lock,) = it.place.run("get", "locks", "--format", "json").json
        lock["spec"]["expires"] = (datetime.now(UTC) - timedelta(minutes=20)).isoformat()
        lock["metadata"].pop("revision")
        file = tmp_path / "lock.json"
        file.write_text(json.dumps(lock))
        assert it.place.run("create", "-f", file).code == 0
        ended = it.apply()
        assert ended.code == 0, ended.out + ended.err
        assert it.locked() == ([] if swept else [name])
