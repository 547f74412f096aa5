"""What is held back of a plan: how much, by what, how it is released, and every change."""

from msgspec.structs import replace

from idsync.model.directory import Reason
from idsync.plan.changes import GuardResult
from idsync.plan.split import split
from idsync.render.held import held_by, held_headline, render_held
from idsync.render.style import COLOUR
from idsync.render.text import render_plan
from tests.render import plans
from tests.render.plans import HOSTILE, make_plan, user_change


def test_nothing_is_said_where_nothing_is_held() -> None:
    assert render_held(split(plans.a_week(), ())[1]) == ""


def test_it_says_how_much_is_held_by_what_and_how_it_is_released() -> None:
    held = split(plans.bad_read(), ())[1]
    text = render_held(held, options=["-c", "the org"])
    assert text.startswith("! 3 changes are held back, by source_shrink.\n")
    assert "If this is right, and the source whole: idsync apply -c 'the org' --allow source_shrink=REASON" in text
    assert "- user raven@enzos-pizza.com" in text
    assert "hiro@enzos-pizza.com" not in text
    assert "removals held back" not in text


def test_of_a_guard_it_says_the_numbers() -> None:
    people = plans.mass_leaving()
    changes = tuple(
        replace(change, blocked_by=("user_deletes",)) if change.address.startswith("user/") else change
        for change in people.changes
    )
    held = split(replace(people, changes=changes), ())[1]
    assert held_by(held) == ("user_deletes",)
    assert held_headline(held) == "25 changes are held back, by user_deletes (12, limit 5)."
    assert "If this is meant: idsync apply --allow user_deletes=REASON" in render_held(held)
    unattended = replace(held, guards=(*held.guards, GuardResult("lock_burst", 0, 25, "ok")))
    assert held_headline(unattended) == "25 changes are held back, by user_deletes (12 within an hour, limit 5)."


def test_nothing_is_offered_where_nothing_releases_it() -> None:
    change = user_change(plans.make_user("a"), None, Reason.UNASSIGNED, blocked_by=("incomplete",))
    finding = replace(plans.bad_read().health.findings[0], code="incomplete")
    held = replace(make_plan((change,)), health=replace(plans.bad_read().health, findings=(finding,)))
    text = render_held(held)
    assert "! 1 change is held back, by incomplete." in text
    assert "Nothing releases this" in text
    assert "--allow" not in text


def test_marks_that_somebody_made_up_are_harmless() -> None:
    change = user_change(plans.make_user("a"), None, Reason.UNASSIGNED, blocked_by=(HOSTILE,))
    text = render_held(make_plan((change,)))
    assert text.isascii() or all(line.isprintable() for line in text.splitlines())
    assert "\x1b" not in text


def test_it_stands_out_in_colour() -> None:
    assert render_held(split(plans.bad_read(), ())[1], COLOUR).startswith("\x1b[")


def test_of_a_plan_that_is_split_it_is_not_said_that_an_apply_refuses_it() -> None:
    for made in (plans.mass_leaving(), plans.bad_read()):
        text = render_plan(made, split=True)
        assert "refuses" not in text
        assert "held back" in text
    assert "(12, limit 5): what they count is held back (exit 5)" in render_plan(plans.mass_leaving(), split=True)
