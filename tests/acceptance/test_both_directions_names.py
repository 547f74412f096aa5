"""What stands in lists under a name whose account is gone, when somebody else gets that name."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.both_ways_world import World, agreed_world, login
from tests.acceptance.serving import serving

SERVICE = """---
apiVersion: idsync/v1
kind: Service
spec: {tick: 1s}
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with agreed_world(tmp_path) as made:
        yield made


def _in_okta(world: World) -> set[str]:
    """The logins of those who are in the group or have the app."""
    organization = world.organization
    return {organization.users[each].login for each in (*organization.member_ids(world.group), *world.app.users)}


def _remove_account(world: World, person: str) -> None:
    """A hand takes an account, and leaves the memberships under its name."""
    ended = world.place.run("rm", f"user/{login(person)}", "--auto-approve")
    assert ended.code == 0, ended.out + ended.err


def test_r50_who_gets_the_name_of_an_account_that_a_hand_took_inherits_no_membership(world: World) -> None:
    organization, bob = world.organization, world.people["bob"]
    _remove_account(world, "bob")
    organization.deactivate(bob)
    organization.delete_user(bob)
    newcomer = organization.add_user(login("bob"))
    organization.assign_user(organization.sso_app, newcomer)
    for _ in range(2):
        world.place.apply()
        assert world.here(world.group.id) == world.here(world.app.id) == {"ann"}
    assert _in_okta(world) == {login("ann")}
    assert world.wrote() == []


def test_r50_who_is_renamed_to_such_a_name_inherits_no_membership(world: World) -> None:
    organization, bob, cat = world.organization, world.people["bob"], world.people["cat"]
    _remove_account(world, "bob")
    organization.deactivate(bob)
    organization.delete_user(bob)
    organization.unassign_user(organization.sso_app, cat)
    organization.update_user(cat, login=login("bob"), email=login("bob"))
    organization.assign_user(organization.sso_app, cat)
    for _ in range(2):
        world.place.apply()
        assert world.here(world.group.id) == world.here(world.app.id) == {"ann"}
    assert _in_okta(world) == {login("ann")}
    assert world.wrote() == []


def test_r48_who_is_removed_in_okta_while_their_account_is_gone_is_out_at_once(world: World) -> None:
    _remove_account(world, "bob")
    world.organization.remove_member(world.group, world.people["bob"])
    world.place.apply()
    assert world.here(world.group.id) == {"ann"}
    assert world.here(world.app.id) == {"ann", "bob"}
    assert world.wrote() == []


def test_r50_who_gets_such_a_name_while_a_service_runs_inherits_no_membership(world: World) -> None:
    organization, bob = world.organization, world.people["bob"]
    world.switch(both=True, more=SERVICE)
    world.place.apply()
    with serving(world.place) as service:
        service.until(lambda: "full pass" in service.log, what="the first full pass")
        _remove_account(world, "bob")
        organization.deactivate(bob)
        organization.delete_user(bob)
        newcomer = organization.add_user(login("bob"))
        organization.assign_user(organization.sso_app, newcomer)
        users = ("get", "users", "--format", "json")
        service.until(lambda: len(world.place.run(*users).json) == 4, what="an account of the newcomer")
        assert world.here(world.group.id) == world.here(world.app.id) == {"ann"}
        assert service.end() == 0
    world.place.apply()
    assert _in_okta(world) == {login("ann")}
    assert world.wrote() == []
