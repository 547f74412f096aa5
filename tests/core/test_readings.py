"""Reading against reading: what tells a bad reading from a change, whatever else changed in between."""

import pytest

from idsync.config.settings import Settings
from idsync.model.directory import DirectoryState, LastApply
from idsync.model.identity import IdentityGroup, Snapshot
from idsync.plan.changes import Plan
from tests.core.replay import applied, settled
from tests.core.world import (
    APP,
    INTEGRATION,
    PLAIN,
    app,
    blocked,
    codes,
    config,
    foreign_user,
    group,
    lines,
    okta,
    person,
    plan,
    planned,
    replace,
    with_user,
)

NAMES = [f"p{number:02}" for number in range(40)]
PEOPLE = [person(name, title="chef", team="red") for name in NAMES]


def crowd(name: str, people: int, **more: str) -> IdentityGroup:
    return group(name, *NAMES[:people], **more)


def read(snapshot: Snapshot, settings: Settings = PLAIN) -> tuple[DirectoryState, LastApply]:
    """The directory after one good reading was applied whole, and what is remembered of it."""
    made = planned(snapshot, settings=settings)
    return applied(DirectoryState(), made.plan), made.last_apply


@pytest.mark.parametrize("now", [[], [crowd("one", 0)]], ids=["gone", "empty"])
def test_r27_one_group_of_ten_that_emptied_is_named(now: list[IdentityGroup]) -> None:
    others = [crowd(f"other{number}", 30) for number in range(8)]
    state, last = read(okta(*PEOPLE, *others, crowd("one", 10)))
    made = plan(okta(*PEOPLE, *others, *now), state, last=last)
    assert codes(made) == ["group_emptied"]
    assert '"one" (10, now ' in made.health.findings[0].message
    assert set(blocked(made)) == set(lines(made)) != set()


def test_r27_a_group_of_nine_may_go() -> None:
    others = [crowd(f"other{number}", 30) for number in range(8)]
    state, last = read(okta(*PEOPLE, *others, crowd("one", 9)))
    assert plan(okta(*PEOPLE, *others), state, last=last).health.verdict == "ok"


def test_r24_a_filter_that_changed_takes_nothing_from_what_both_were_asked_for() -> None:
    state, last = read(okta(*PEOPLE, crowd("eng-a", 30), crowd("ops-a", 30)))
    narrower = config("ImportFilters: {groups: {include: ['eng-*']}}")
    made = plan(okta(*PEOPLE, crowd("eng-a", 30)), state, narrower, last=last)
    assert made.health.verdict == "ok"
    assert [line.partition(":")[0] for line in lines(made)] == ["delete access_list ops-a"]
    bad = plan(okta(*PEOPLE), state, narrower, last=last)
    assert set(blocked(bad)) == set(lines(bad)) != set()


def test_r24_a_group_that_exists_under_a_name_that_nothing_asks_for_is_not_missing() -> None:
    settings = config("ImportFilters: {groups: {include: ['eng-*']}}")
    state, last = read(okta(*PEOPLE, crowd("eng-a", 30, id="00g1"), crowd("eng-b", 5, id="00g2")), settings)
    made = plan(okta(*PEOPLE, crowd("old-a", 30, id="00g1"), crowd("eng-b", 5, id="00g2")), state, settings, last=last)
    assert made.health.verdict == "ok"


def test_r24_what_hands_took_away_meanwhile_hides_nothing() -> None:
    state, last = read(okta(*PEOPLE, crowd("one", 30)))
    bare = replace(state, users={}, members={name: {} for name in state.members})
    assert codes(plan(okta(crowd("one", 0)), bare, last=last)) == ["source_empty", "groups_empty"]


def test_r24_without_measures_the_directory_itself_is_what_a_reading_is_held_against() -> None:
    state, _ = read(okta(*PEOPLE, crowd("one", 30), app("Wiki", *NAMES[:20], id="0oa1")))
    assert codes(plan(okta(*PEOPLE, crowd("one", 30)), state)) == ["apps_empty"]
    bare = okta(*(person(name) for name in NAMES), crowd("one", 30), app("Wiki", *NAMES[:20], id="0oa1"))
    assert codes(plan(bare, state)) == ["profiles_empty"]


def test_r26_memberships_are_counted_apart_from_groups() -> None:
    first = [crowd(f"g{number}", 20) for number in range(10)]
    state, last = read(okta(*PEOPLE, *first))
    fewer = plan(okta(*PEOPLE, *(crowd(f"g{number}", 14) for number in range(10))), state, last=last)
    assert fewer.health.verdict == "ok"
    cut = plan(okta(*PEOPLE, *(crowd(f"g{number}", 13) for number in range(10))), state, last=last)
    assert [finding.code for finding in cut.health.findings] == ["source_shrink"]
    assert "130 memberships of groups, 70 fewer than the 200" in cut.health.findings[0].message


def test_r26_groups_that_are_new_make_up_for_none_that_is_missing() -> None:
    state, last = read(okta(*PEOPLE, *(crowd(f"old{number}", 1) for number in range(14))))
    made = plan(okta(*PEOPLE, *(crowd(f"new{number}", 1) for number in range(14)), crowd("old0", 1)), state, last=last)
    assert "source_shrink" in codes(made)


def test_r26_a_value_that_most_people_lose_is_a_doubt_and_leavers_take_theirs_along() -> None:
    state, last = read(okta(*PEOPLE, crowd("one", 30)))
    bare = [person(name, team="red") for name in NAMES]
    made = plan(okta(*bare, crowd("one", 30)), state, last=last)
    assert codes(made) == ["source_shrink"]
    assert '"title" (0 of 40)' in made.health.findings[0].message
    assert set(blocked(made)) == set(lines(made)) != set()
    assert plan(okta(*PEOPLE[12:], crowd("one", 30)), state, last=last).health.verdict == "ok"


def test_r29_the_lock_of_somebody_whom_okta_shows_as_out_goes_ahead_where_groups_are_in_doubt() -> None:
    state, last = read(okta(*PEOPLE, crowd("one", 30)))
    away = {"p00": "DEPROVISIONED", "p01": "ACTIVE", "p02": "DELETED"}
    suspended = person("p03", "SUSPENDED", title="chef", team="red")
    made = plan(okta(suspended, *PEOPLE[4:], crowd("one", 0), unassigned=away), state, last=last)
    assert codes(made)[0] == "groups_empty"
    free = [line for line in lines(made) if line not in blocked(made)]
    assert sorted(free) == ["create lock p00: deactivated", "create lock p03: suspended"]


def test_r29_it_does_not_where_the_people_are_in_doubt() -> None:
    state, last = read(okta(*PEOPLE, crowd("one", 30)))
    made = plan(okta(*PEOPLE[20:], crowd("one", 30), unassigned={"p00": "DEPROVISIONED"}), state, last=last)
    assert codes(made)[0] == "source_shrink"
    assert set(lines(made)) == set(blocked(made))


def test_r30_the_measures_of_a_reading_are_the_same_with_a_memo_and_without() -> None:
    assert settled(okta(*PEOPLE)) == read(okta(*PEOPLE))[0]
    assert read(okta(*PEOPLE))[1].good == planned(okta(*PEOPLE)).seen.measures


@pytest.mark.parametrize("twins", [1, 12, 40])
def test_r26_people_who_are_held_still_have_their_values(twins: int) -> None:
    state, last = read(okta(*PEOPLE))
    others = [person(name.upper(), id=f"00u-other-{name}", title="chef", team="red") for name in NAMES[:twins]]
    made = planned(okta(*PEOPLE, *others), state, last=last)
    assert made.plan.health.verdict == "ok"
    assert made.seen.measures.attributes["title"] == made.seen.measures.people == 40 + twins
    bare = [person(name.upper(), id=f"00u-other-{name}") for name in NAMES]
    kept = [person(name) for name in NAMES]
    assert "profiles_empty" in codes(plan(okta(*kept, *bare), state, last=last))


def test_r26_who_is_held_for_a_name_of_somebody_else_still_has_values() -> None:
    people = [person("amy", title="chef"), person("bea", title="chef")]
    state, last = read(okta(*people))
    taken = with_user(state, foreign_user("cem"))
    made = planned(okta(person("cem", id="00u-amy", title="chef"), people[1]), taken, last=last)
    assert made.plan.health.verdict == "ok"
    assert made.seen.measures.attributes["title"] == 2


NO_LISTS = config(spec="sync: {access_lists: false}")
NO_USERS = config(spec="sync: {users: false}")
ENG_ONLY = config("ImportFilters: {groups: {include: ['eng*']}}")
NO_APPS = config("ImportFilters: {apps: {include: []}}")
BY_GROUP = "RoleMapping: {rules: [{group: 'aws-*', roles: ['aws-$1']}]}"


def lives(*readings: tuple[Snapshot, Settings]) -> tuple[DirectoryState, LastApply | None]:
    """The directory after readings that were applied whole, one after another, and what is remembered then."""
    state, last = DirectoryState(), None
    for snapshot, settings in readings:
        made = planned(snapshot, state, settings, last=last)
        assert made.plan.health.verdict == "ok"
        state, last = applied(state, made.plan), made.last_apply
    return state, last


def doubts(made: Plan) -> list[str]:
    """The codes of what is doubted of a plan's reading."""
    return [finding.code for finding in made.health.findings]


@pytest.mark.parametrize("without", [NO_LISTS, ENG_ONLY, NO_APPS], ids=["switched off", "filtered", "apps filtered"])
@pytest.mark.parametrize("pauses", [1, 3])
def test_r24_what_was_not_asked_for_in_between_is_held_against_the_reading_that_was(
    without: Settings, pauses: int
) -> None:
    eng, ops, wiki = crowd("eng", 12), crowd("ops", 30), app("Wiki", *NAMES[:25], id="0oa1")
    good = okta(*PEOPLE, eng, ops, wiki)
    state, last = lives((good, PLAIN), *[(good, without)] * pauses)
    assert plan(good, state, last=last).health.verdict == "ok"
    for bad in (okta(*PEOPLE, eng), okta(*PEOPLE, eng, crowd("ops", 0), app("Wiki", id="0oa1"))):
        made = plan(bad, state, last=last)
        assert made.health.verdict == "suspect"
        assert plan(bad, state, without, last=last).health.verdict == "ok" or without is not NO_LISTS


def test_r24_people_who_were_not_managed_meanwhile_are_held_against_when_they_were() -> None:
    by_group = config(BY_GROUP)
    off = config(BY_GROUP, spec="sync: {users: false}")
    good = okta(*PEOPLE, crowd("aws-prod", 15), app("Wiki", *NAMES[:9], id="0oa1"))
    by_switch = config(BY_GROUP, spec="sync: {users: false, access_lists: false}")
    state, last = lives((good, by_group), (good, off), (good, by_switch))
    assert plan(good, state, by_group, last=last).is_empty
    bare = okta(*(person(name) for name in NAMES), crowd("aws-prod", 15), app("Wiki", *NAMES[:9], id="0oa1"))
    assert doubts(plan(bare, state, by_group, last=last)) == ["profiles_empty"]
    no_groups = okta(*PEOPLE, app("Wiki", *NAMES[:9], id="0oa1"))
    assert doubts(plan(no_groups, state, by_group, last=last)) == ["groups_empty"]


def test_r24_who_left_while_people_were_not_managed_took_their_values_along() -> None:
    few = okta(*PEOPLE[:28])
    fewer = okta(*PEOPLE[:20])
    state, last = lives((okta(*PEOPLE), PLAIN), (few, NO_USERS), (fewer, NO_USERS))
    assert plan(fewer, state, last=last).health.verdict == "ok"
    assert last is not None
    assert last.good is not None
    assert last.good.not_asked.people == 40


def test_r24_what_is_asked_for_again_and_gone_is_forgotten_once_that_was_applied() -> None:
    good, gone = okta(*PEOPLE, crowd("eng", 12), crowd("ops", 5)), okta(*PEOPLE, crowd("eng", 12))
    _, last = lives((good, PLAIN), (good, ENG_ONLY), (gone, ENG_ONLY), (gone, PLAIN))
    assert last is not None
    assert last.good is not None
    assert last.good.known_lists.keys() == {"00g-eng"}


def test_r24_a_group_renamed_out_of_a_filter_and_back_is_held_against_what_it_was() -> None:
    settings = config("ImportFilters: {groups: {include: ['eng*']}}")
    good = okta(*PEOPLE, crowd("eng-a", 12, id="00g1"), crowd("eng-b", 30, id="00g2"))
    away = okta(*PEOPLE, crowd("eng-a", 12, id="00g1"), crowd("old", 30, id="00g2"))
    _, last = lives((good, settings), (away, settings))
    back = okta(*PEOPLE, crowd("eng-a", 12, id="00g1"), crowd("eng-c", 0, id="00g2"))
    made = plan(back, settled(good, settings), settings, last=last)
    assert "group_emptied" in codes(made)


def test_r24_a_directory_without_measures_is_what_counts_until_a_reading_was_asked_for_it() -> None:
    good = okta(*PEOPLE, crowd("eng", 12), crowd("ops", 30))
    state = settled(good)
    last = planned(good, state, NO_LISTS).last_apply
    assert doubts(plan(okta(*PEOPLE), state, last=last)) == ["groups_empty"]


def test_r24_another_app_in_between_hides_no_pool_that_shrank() -> None:
    other = config(integration=INTEGRATION.replace(APP, "0oa-other"))
    good, elsewhere = okta(*PEOPLE), replace(okta(*PEOPLE), app_id="0oa-other")
    state, last = lives((good, PLAIN), (elsewhere, other), (elsewhere, other))
    assert plan(good, state, last=last).health.verdict == "ok"
    assert doubts(plan(okta(*PEOPLE[:20]), state, last=last)) == ["source_shrink"]
    bare = okta(*(person(name) for name in NAMES))
    assert doubts(plan(bare, state, last=last)) == ["profiles_empty"]
    assert plan(replace(okta(*PEOPLE[:29]), app_id="0oa-other"), state, other, last=last).health.verdict == "ok"
