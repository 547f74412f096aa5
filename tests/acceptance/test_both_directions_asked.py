"""An apply that waits for its answer: what must be so of Okta is looked at once the answer is given."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.acceptance.both_ways_world import World, agreed_world
from tests.acceptance.terminal import sitting
from tests.okta_simulator import Change, Fail, Fault, Organization, Role

QUESTION = "Apply this plan? [yes/no]"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with agreed_world(tmp_path) as made:
        yield made


def answered(world: World, meanwhile: Callable[[], None], *more: str) -> tuple[int, str]:
    """The exit code of an apply that somebody says yes to, after what happens meanwhile; and what it said then."""
    with sitting("apply", "-c", world.place.folder, *more) as seat:
        seat.until(QUESTION)
        meanwhile()
        seat.answer(QUESTION, "yes")
        return seat.end(), seat.said


def gets_a_role(world: World) -> None:
    world.organization.grant_role(world.group, Role.APP_ADMIN)


def gets_a_rule(world: World) -> None:
    rule = world.organization.add_rule("later", 'user.department=="Nobody"', [world.group])
    world.organization.activate_rule(rule)


@pytest.mark.parametrize("joins", [True, False])
@pytest.mark.parametrize("closes", [gets_a_role, gets_a_rule])
def test_r50_a_group_that_was_closed_while_the_question_waited_is_not_written(
    world: World, closes: Callable[[World], None], *, joins: bool
) -> None:
    world.edit(world.group.id, "dan" if joins else "ann", joins=joins)
    code, said = answered(world, lambda: closes(world))
    assert (code, world.wrote()) == (6, []), said
    assert world.group.id in said
    assert world.there(world.group) == {"ann", "bob"}


def test_r50_a_question_that_is_answered_with_nothing_moved_sends_what_it_showed(world: World) -> None:
    world.edit(world.group.id, "dan", joins=True)
    code, said = answered(world, lambda: None)
    assert code == 0, said
    assert world.there(world.group) == {"ann", "bob", "dan"}
    assert len(world.wrote()) == 1


@pytest.mark.parametrize("joins", [True, False])
def test_r38_what_was_edited_back_while_the_question_waited_is_not_sent(world: World, *, joins: bool) -> None:
    person = "dan" if joins else "ann"
    world.edit(world.group.id, person, joins=joins)
    code, said = answered(world, lambda: world.edit(world.group.id, person, joins=not joins))
    assert (code, world.wrote()) == (6, []), said
    assert world.there(world.group) == world.here(world.group.id) == {"ann", "bob"}


@pytest.mark.parametrize("joins", [True, False])
def test_r38_what_was_edited_back_since_a_plan_was_made_is_not_sent(
    world: World, tmp_path: Path, *, joins: bool
) -> None:
    person = "dan" if joins else "ann"
    world.edit(world.group.id, person, joins=joins)
    assert world.place.run("plan", "-o", tmp_path / "plan.json").code == 0
    world.edit(world.group.id, person, joins=not joins)
    ended = world.place.run("apply", tmp_path / "plan.json")
    assert (ended.code, world.wrote()) == (6, []), ended.out + ended.err
    world.place.plans_nothing()


def test_r38_what_is_edited_back_while_others_are_sent_is_not_sent(world: World) -> None:
    for person in ("cat", "dan"):
        world.edit(world.group.id, person, joins=True)

    def edited_back(_: Organization) -> None:
        world.edit(world.group.id, "dan", joins=False)

    world.simulator.faults.add(Fault("/api/v1/**", Change(edited_back), first=1, times=1, writes=True))
    ended = world.place.run("apply", "--auto-approve")
    assert ended.code == 8, ended.out + ended.err
    assert "edited back" in ended.err
    assert world.there(world.group) == world.here(world.group.id) == {"ann", "bob", "cat"}
    assert len(world.wrote()) == 1
    world.place.apply()
    world.place.plans_nothing()
    assert world.wrote() == []


def test_r38_applies_within_one_second_of_okta_s_are_told_apart(world: World) -> None:
    """Nothing but the time of the reading tells some of them apart, and that is of whole seconds."""
    moment = float(int(time.time()) + 300)
    world.organization.clock = lambda: moment
    for person in ("cat", "dan"):
        world.edit(world.group.id, person, joins=True)
        world.simulator.faults.add(Fault("/api/v1/**", Fail(403), writes=True))
        assert world.place.run("apply", "--auto-approve").code == 4
        world.place.apply()
        world.place.apply()
    assert world.there(world.group) == world.here(world.group.id) == {"ann", "bob", "cat", "dan"}
    assert len(world.wrote()) == 4
