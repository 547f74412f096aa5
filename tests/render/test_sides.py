"""Whose change is told where: an edit's under the edit, Okta's under Okta's, a hand's apart."""

import pytest

from idsync.config.settings import Settings
from idsync.model.extent import Reading
from idsync.model.identity import IdentityUser
from idsync.plan.changes import Plan
from idsync.reconcile.plan_options import PlanOptions
from idsync.reconcile.planning import make_plan
from idsync.render.html.document import render_plan as render_html
from idsync.render.markdown import render_plan as render_markdown
from idsync.render.text import render_plan
from tests.core.replay import applied
from tests.core.world import NOTHING, NOW, Directory, config, edited_list, group, okta, person, planned

EDIT, OKTA, HAND = "By your edit", "By Okta's changes", "Changed by hand, put back"


def rules(eng: str, more: str = "") -> Settings:
    """Lists of two groups; that of eng says `eng`."""
    return config(
        "AccessListRules: {rules: [{group: eng, " + eng + ", grants: {roles: [dev]}}, "
        "{group: 'ops*', grants: {roles: [op]}}" + more + "]}"
    )


def edit(
    after: Settings, *, ops: str = "ops", hand: bool = False, people: tuple[IdentityUser, ...] = (person("alice"),)
) -> Plan:
    """An edit of what the list of eng says, while Okta and a hand change others."""
    before = rules("title: Engineers")
    groups = (group("eng", "alice", id="00g1"), group("web", "alice", id="00g3"))
    first = planned(okta(person("alice"), *groups, group("ops", "alice", id="00g2")), settings=before)
    state = applied(NOTHING, first.plan)
    if hand:
        state = edited_list(state, "00g3", title="Mine")
    edited = ("access_list/00g3",) if hand else ()
    now = okta(*people, *groups, group(ops, "alice", id="00g2"))
    return make_plan(
        after, Reading(now), Directory(state, edited), PlanOptions(now=NOW, last=first.last_apply, earlier=before)
    ).plan


def parts(text: str) -> dict[str, str]:
    """What stands under each heading, in the order in which they come."""
    found, current = {"": ""}, ""
    for line in text.splitlines():
        bare = line.strip("# *")
        if bare in {EDIT, OKTA, HAND}:
            current = bare
        found[current] = found.get(current, "") + f"{line}\n"
    return found


@pytest.mark.parametrize("render", [render_plan, render_markdown])
@pytest.mark.parametrize("eng", ["title: Builders", "description: Who build", "title: Builders, description: All"])
def test_r23_an_edited_title_or_description_of_a_list_stands_under_your_edit(render: object, eng: str) -> None:
    assert callable(render)
    told = parts(render(edit(rules(eng))))
    assert "Lists" in told[EDIT]
    assert OKTA not in told


@pytest.mark.parametrize("render", [render_plan, render_markdown])
def test_r23_each_list_stands_under_the_side_that_changed_it(render: object) -> None:
    assert callable(render)
    told = parts(render(edit(rules("title: Builders"), ops="ops-all", hand=True)))
    assert [each for each in told if each] == [EDIT, OKTA, HAND]
    assert "Builders" in told[EDIT]
    assert "ops-all" in told[OKTA]
    assert "Builders" not in told[OKTA]
    assert "Mine" in told[HAND]


def test_r23_a_page_says_of_lists_whose_change_they_are() -> None:
    page = render_html(edit(rules("title: Builders"), ops="ops-all", hand=True))
    heads = [part.partition("</h2>")[0] for part in page.split("<h2>") if part.startswith("Lists")]
    assert [head.partition("<small>")[2].partition("</small>")[0].replace("&#x27;", "'") for head in heads] == [
        EDIT,
        OKTA,
        HAND,
    ]


def test_r23_people_of_one_side_and_lists_of_the_other_stand_apart() -> None:
    told = parts(render_plan(edit(rules("title: Builders"), people=(person("alice"), person("new")))))
    assert "Lists" in told[EDIT]
    assert "new" in told[OKTA]
    assert "Lists" not in told[OKTA]


def test_r23_without_an_edit_nothing_is_parted() -> None:
    told = parts(render_plan(edit(rules("title: Engineers"), ops="ops-all", hand=True)))
    assert list(told) == [""]
    assert told[""].count("Lists") == 1
