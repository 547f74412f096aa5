"""What Okta refuses, and what cannot be read, ends with its number and leaves the directory as it is."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.acceptance.okta_world import Place, afresh, served
from tests.acceptance.programs import Ended, wait
from tests.okta_simulator import (
    Empty,
    Fail,
    Fault,
    HtmlPage,
    Organization,
    OtherOrganization,
    Simulator,
    Truncate,
)
from tests.sources.okta.private_keys import CURVES, RSA, pem

SCOPES = ("okta.users.read", "okta.groups.read", "okta.apps.read")
OAUTH = "{oauth: {client_id: 0oaclient, private_key: {file: okta.pem}}}"
POOL = "/api/v1/apps/*/users"


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Simulator, Place]]:
    """Forty people and their lists, applied."""
    organization = Organization.generate(4, users=40, groups=6, apps=1, members_per_group=12)
    with served(organization, tmp_path_factory.mktemp("applied")) as (simulator, place):
        place.apply()
        yield simulator, place


@pytest.fixture
def world(applied: tuple[Simulator, Place], tmp_path: Path) -> tuple[Simulator, Place]:
    """The same people in a folder of this test's own, and nothing amiss yet."""
    return afresh(applied, tmp_path)


def both(place: Place) -> tuple[Ended, Ended]:
    """A plan and an apply; neither may change anything."""
    before = place.directory
    ended = place.run("plan"), place.run("apply", "--auto-approve")
    assert place.directory == before
    return ended


def revoke(simulator: Simulator, place: Place) -> None:
    simulator.authority.revoke_token(simulator.token)


def forget_the_groups_scope(simulator: Simulator, place: Place) -> None:
    simulator.authority.add_client("0oaclient", [RSA.as_dict(private=False)], scopes=[SCOPES[0], SCOPES[2]])
    (place.folder / "okta.pem").write_text(pem(RSA))
    place.configure(auth=OAUTH)


def sign_with_another_key(simulator: Simulator, place: Place) -> None:
    simulator.authority.add_client("0oaclient", [RSA.as_dict(private=False)], scopes=SCOPES)
    (place.folder / "okta.pem").write_text(pem(CURVES["P-256"]))
    place.configure(auth=OAUTH)


def fault(path: str, effect: object) -> Callable[[Simulator, Place], None]:
    def inject(simulator: Simulator, place: Place) -> None:
        simulator.faults.add(Fault(path, effect, times=None))  # type: ignore[arg-type]

    return inject


@pytest.mark.parametrize(
    ("upset", "said"),
    [
        (revoke, "E0000011"),
        (fault("/api/v1/groups", Fail(403)), "okta.groups.read"),
        (fault("/api/v1/groups/*/users", Fail(403)), "okta.groups.read"),
        (fault("/api/v1/apps", Fail(403)), "okta.apps.read"),
        (fault(POOL, Fail(401)), "credential"),
        (forget_the_groups_scope, "okta.groups.read"),
        (sign_with_another_key, "invalid_client"),
    ],
    ids=["revoked", "no groups", "no members", "no apps", "401 midway", "scope not granted", "another key"],
)
def test_r25_what_okta_does_not_allow_ends_with_4_and_names_what_is_missing(
    upset: Callable[[Simulator, Place], None], said: str, world: tuple[Simulator, Place]
) -> None:
    upset(*world)
    for ended in both(world[1]):
        assert ended.code == 4, ended.err
        assert said in ended.err
        assert "fix:" in ended.err
        assert ended.out == ""


def go_nowhere(simulator: Simulator, place: Place) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        # The same organization to idsync, so that only the way to it is at fault.
        place.configure(url=f"http://127.0.0.1:{free.getsockname()[1]}")


@pytest.mark.parametrize(
    ("upset", "said"),
    [
        (go_nowhere, "connection"),
        (fault("/api/v1/groups", Fail(404)), "groups"),
        (fault(POOL, Fail(404)), "app"),
        (fault("/api/v1/groups", HtmlPage()), "web page"),
        (fault("/api/v1/**", OtherOrganization(Organization.generate(9, users=30))), "app"),
        (fault("/api/v1/groups", Fail(400)), "E0000001"),
    ],
    ids=["unreachable", "no such groups", "no such app", "web page", "another organization", "400"],
)
def test_what_cannot_be_read_ends_with_7_and_changes_nothing(
    upset: Callable[[Simulator, Place], None], said: str, world: tuple[Simulator, Place]
) -> None:
    upset(*world)
    for ended in both(world[1]):
        assert ended.code == 7, ended.err
        assert said in ended.err
        assert ended.out == ""


def test_what_fails_for_good_is_given_up_after_a_bounded_number_of_tries(world: tuple[Simulator, Place]) -> None:
    simulator, place = world
    simulator.faults.add(Fault("/api/v1/groups/*/users", Truncate(), times=None))
    simulator.requests.clear()
    hasty = "from idsync.okta import request; request.TRIES = 3; from idsync.__main__ import main; main()"
    ended = wait(place.start("apply", "--auto-approve", script=hasty), 60)
    assert ended.code == 7
    assert "members of group" in ended.err
    assert simulator.requests.by_route["GET /api/v1/groups/{group}/users"] <= 4 * 3


def empty_the_groups(simulator: Simulator) -> None:
    simulator.faults.add(Fault("/api/v1/groups/*/users", Empty(), times=None))


def shrink(simulator: Simulator) -> None:
    organization = simulator.organization
    organization.unassign_group(organization.sso_app, organization.everyone)
    for user in [user for user in organization.users.values() if user.status == "ACTIVE"][:5]:
        organization.assign_user(organization.sso_app, user)


def empty_the_app(simulator: Simulator) -> None:
    organization = simulator.organization
    organization.unassign_group(organization.sso_app, organization.everyone)


@pytest.mark.parametrize(
    ("upset", "finding"),
    [(shrink, "source_shrink"), (empty_the_groups, "groups_empty"), (empty_the_app, "source_empty")],
)
def test_a_reading_that_lost_most_still_plans_and_takes_nothing_from_anyone(
    upset: Callable[[Simulator], None], finding: str, tmp_path: Path
) -> None:
    organization = Organization.generate(5, users=40, groups=6, apps=3, members_per_group=12)
    with served(organization, tmp_path) as (simulator, place):
        place.apply()
        before = place.directory
        upset(simulator)
        plan = place.run("plan", "--format", "json", "--detailed-exitcode", "-o", place.folder / "a.plan")
        assert plan.code == 2, plan.err
        assert plan.json["health"]["verdict"] == "suspect"
        assert finding in {found["code"] for found in plan.json["health"]["findings"]}
        for argument in ("--auto-approve", place.folder / "a.plan"):
            ended = place.run("apply", argument)
            assert ended.code == 7, ended.err
            assert finding in ended.err
        assert place.directory == before


def test_a_listing_that_passes_known_people_over_takes_nothing_from_them(world: tuple[Simulator, Place]) -> None:
    simulator, place = world
    simulator.faults.add(Fault(f"/api/v1/apps/{place.app}/users", Empty(), times=None))
    place.plans_nothing()


def test_a_snapshot_of_another_organization_ends_with_7(world: tuple[Simulator, Place], tmp_path: Path) -> None:
    _, place = world
    place.run("snapshot", "-o", tmp_path / "s.json")
    with served(Organization.generate(8, users=20), tmp_path) as (_, other):
        ended = other.run("plan", "--snapshot", tmp_path / "s.json")
        assert ended.code == 7
        assert other.run("apply", "--auto-approve", "--snapshot", tmp_path / "s.json").code == 7


@pytest.mark.parametrize("missing", ["the variable", "the file"])
def test_a_secret_that_is_not_there_ends_with_3_at_its_line(missing: str, world: tuple[Simulator, Place]) -> None:
    _, place = world
    if missing == "the variable":
        place = replace(place, more={})
    else:
        place.configure(auth=OAUTH)
    for command in (("plan",), ("apply", "--auto-approve"), ("snapshot",)):
        ended = place.run(*command)
        assert ended.code == 3, ended.err
        assert "idsync.yaml:7:" in ended.err
