"""How far a plan reaches: protected people, owners who go, lists left alone or empty, memberships that end soon."""

from idsync.model.directory import DirectoryState
from idsync.model.resources import Membership, Owner
from idsync.plan.changes import Plan
from idsync.plan.reach import CODES
from tests.core.replay import applied
from tests.core.world import NOTHING, config, group, okta, person, plan, replace, with_member

RULES = "AccessListRules: {rules: [{group: '*', grants: {roles: [x]}}]}"
GUARDS = "Guards: {protected_users: [ANN, nobody]}"
GUARDED = config(GUARDS, RULES)
KEEPING = config(GUARDS, RULES, spec="access_lists: {when_empty: keep}")
TEAM = okta(person("ann"), person("bob"), person("olga"), group("eng", "ann", "bob"), group("ops", "bob"))


def reach(made: Plan) -> dict[str, str]:
    return {finding.code: finding.message for finding in made.findings if finding.code in CODES}


def settled() -> DirectoryState:
    return applied(NOTHING, plan(TEAM, NOTHING, GUARDED))


def test_a_first_import_reaches_nobody_who_was_there() -> None:
    assert reach(plan(TEAM, NOTHING, GUARDED)) == {}


def test_protected_people_who_are_touched_are_named_whatever_happens_to_them() -> None:
    more = okta(person("ann"), person("bob"), person("olga"), group("eng", "ann", "bob"), group("ops", "ann", "bob"))
    assert reach(plan(more, settled(), GUARDED)) == {"protected_touched": "1 protected person is touched: ann."}
    assert reach(plan(TEAM, settled(), GUARDED)) == {}


def test_an_owner_who_goes_and_the_lists_that_are_left_without_one() -> None:
    gone = okta(person("ann"), person("bob"), group("eng", "ann", "bob"), group("ops", "bob"))
    told = reach(plan(gone, settled(), GUARDED))
    assert told == {
        "owner_goes": "1 owner of a list goes or is locked: olga.",
        "list_without_owner": "2 lists have no owner left who exists: eng (00g-eng), ops (00g-ops).",
    }
    state = settled()
    eng = state.access_lists["00g-eng"]
    shared = replace(eng, spec=replace(eng.spec, owners=(*eng.spec.owners, Owner("bob"))))
    state = replace(state, access_lists={**state.access_lists, "00g-eng": shared})
    assert reach(plan(gone, state, GUARDED))["list_without_owner"] == (
        "1 list has no owner left who exists: ops (00g-ops)."
    )


def test_an_owner_who_is_renamed_goes_nowhere() -> None:
    renamed = okta(
        person("ann"), person("bob"), person("olga2", id="00u-olga"), group("eng", "ann", "bob"), group("ops", "bob")
    )
    assert reach(plan(renamed, settled(), GUARDED)) == {}


def test_a_list_that_loses_its_last_member() -> None:
    empty = okta(person("ann"), person("bob"), person("olga"), group("eng", "ann", "bob"), group("ops"))
    assert reach(plan(empty, settled(), GUARDED)) == {}, "it goes with its members"
    assert reach(plan(empty, settled(), KEEPING)) == {"list_emptied": "1 list is left without a member: ops (00g-ops)."}


def test_a_membership_that_ends_within_fourteen_days_of_somebody_touched() -> None:
    soon, later = Membership(expires="2026-12-06T12:00:00Z"), Membership(expires="2026-12-06T12:00:01Z")
    more = okta(person("ann"), person("bob"), person("olga"), group("eng", "ann", "bob"), group("ops", "ann", "bob"))
    said = "1 membership of a person touched ends within 14 days: ann in eng (00g-eng) on 2026-12-06T12:00:00Z."
    assert reach(plan(more, with_member(settled(), "00g-eng", "ann", soon), GUARDED))["membership_ends"] == said
    assert "membership_ends" not in reach(plan(more, with_member(settled(), "00g-eng", "ann", later), GUARDED))
    assert reach(plan(TEAM, with_member(settled(), "00g-eng", "ann", soon), GUARDED)) == {}
