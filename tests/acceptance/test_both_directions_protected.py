"""Protected people whose role hangs on a membership that a hand edits: nothing is taken from them in Okta either."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.both_ways_world import World, agreed_world, login
from tests.acceptance.serving import serving
from tests.okta_simulator import Group

MORE = f"""---
apiVersion: idsync/v1
kind: Guards
spec: {{protected_users: [{login("bob")}], access_losses: {{floor: 50}}}}
---
apiVersion: idsync/v1
kind: Service
spec: {{tick: 1s}}
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with agreed_world(tmp_path) as made:
        yield made


@pytest.fixture
def sales(world: World) -> Group:
    """A group from which ann and bob have their only role, and which cat is in, too."""
    group = world.organization.add_group("sales-x", members=[world.people[name] for name in ("ann", "bob", "cat")])
    world.switch(both=True, more=MORE)
    path = world.place.folder / "idsync.yaml"
    path.write_text(path.read_text().replace("default_roles: [okta-requester]", "default_roles: []"))
    world.place.apply()
    world.place.plans_nothing()
    return group


def test_r49_what_is_held_of_a_protected_person_is_not_taken_from_them_in_okta(world: World, sales: Group) -> None:
    world.edit(sales.id, "bob", joins=False)
    world.edit(world.group.id, "cat", joins=True)
    assert world.place.run("apply", "--auto-approve").code == 5
    for _ in range(2):
        ended = world.place.run("apply", "--auto-approve", "--split")
        assert ended.code == 5
        assert "protected_users" in ended.err
        assert world.there(sales) == {"ann", "bob", "cat"}
        assert world.there(world.group) == {"ann", "bob", "cat"}, "the rest goes ahead"
    world.place.apply("--allow", "protected_users=bob moves on")
    assert world.there(sales) == {"ann", "cat"}
    assert len(world.wrote()) == 2
    world.place.plans_nothing()


def test_r49_who_is_not_left_without_a_role_is_taken_out_as_people_edited_it(world: World, sales: Group) -> None:
    world.edit(world.group.id, "bob", joins=False)
    world.edit(sales.id, "ann", joins=False)
    world.place.apply("--split")
    assert world.there(world.group) == {"ann"}
    assert world.there(sales) == {"bob", "cat"}


def test_r49_a_service_takes_nothing_from_a_protected_person_in_okta(world: World, sales: Group) -> None:
    with serving(world.place) as service:
        service.until(lambda: "full pass" in service.log, what="the first full pass")
        world.edit(sales.id, "bob", joins=False)
        world.edit(world.app.id, "cat", joins=True)
        service.until(lambda: world.assigned() == {"ann", "bob", "cat"}, what="the other edit in Okta")
        assert service.end() == 0
    with serving(world.place) as service:
        service.until(lambda: "full pass" in service.log, what="a full pass after it")
        assert service.end() == 0
    assert world.there(sales) == {"ann", "bob", "cat"}
