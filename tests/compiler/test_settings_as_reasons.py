"""People who come, go, are locked or unlocked because a setting became another one: not told as Okta's change."""

import msgspec
import pytest

from idsync.config.settings import Settings
from idsync.model.directory import ConfigCause
from idsync.model.extent import Reading
from idsync.model.identity import IdentityUser
from idsync.plan.changes import Plan
from idsync.reconcile.plan_options import PlanOptions
from idsync.reconcile.planning import make_plan
from idsync.render.text import render_plan
from tests.core.replay import applied
from tests.core.world import (
    NOTHING,
    NOW,
    Directory,
    app,
    config,
    foreign_user,
    group,
    okta,
    person,
    planned,
    with_user,
)

LOCK, IGNORE, DELETE = (config(spec=f"users: {{suspended: {value}}}") for value in ("lock", "ignore", "delete"))
ALICE, BOB = person("alice", team="red"), person("bob", team="red")
AWAY = person("alice", team="red", status="SUSPENDED")


def edited(before: Settings, after: Settings, *people: IdentityUser, then: tuple[IdentityUser, ...] = ()) -> Plan:
    """The plan of an edit of a company to which the settings before were applied."""
    first = planned(okta(*people), settings=before)
    state = applied(NOTHING, first.plan)
    snapshot = okta(*(then or people))
    return make_plan(
        after, Reading(snapshot), Directory(state), PlanOptions(now=NOW, last=first.last_apply, earlier=before)
    ).plan


def reasons(made: Plan) -> dict[str, str]:
    return {change.address.partition("/")[0]: change.reason for change in made.changes}


@pytest.mark.parametrize(
    ("before", "after", "kinds", "outcome"),
    [
        (LOCK, IGNORE, {"lock"}, "Are unlocked"),
        (IGNORE, LOCK, {"lock"}, "Are locked"),
        (LOCK, DELETE, {"lock", "user"}, "Lose all access"),
        (IGNORE, DELETE, {"lock", "user"}, "Lose all access"),
        (DELETE, LOCK, {"lock", "user"}, "Are locked"),
        (DELETE, IGNORE, {"user"}, "Gain access"),
    ],
)
def test_r23_what_becomes_of_the_suspended_by_an_edit_is_the_edits(
    before: Settings, after: Settings, kinds: set[str], outcome: str
) -> None:
    made = edited(before, after, AWAY, BOB)
    assert reasons(made) == dict.fromkeys(kinds, "suspension_changed")
    causes = made.changes[0].causes
    assert isinstance(causes[0], ConfigCause)
    assert causes[0].rule == "users.suspended"
    text = render_plan(made)
    _, _, mine = text.partition("By your edit")
    assert outcome in mine
    assert "users.suspended changed in the configuration" in mine
    assert "no longer suspended in Okta" not in text
    assert "By Okta's changes" not in text


@pytest.mark.parametrize("settings", [LOCK, IGNORE, DELETE])
def test_r23_what_okta_suspends_is_oktas_also_beside_another_edit(settings: Settings) -> None:
    after = config("ImportFilters: {groups: {exclude: [x]}}", spec="users: {suspended: lock}")
    made = edited(LOCK, after, ALICE, BOB, then=(AWAY, BOB))
    assert reasons(made) == {"lock": "suspended"}
    made = edited(settings, settings, AWAY, BOB, then=(ALICE, BOB))
    assert "suspension_changed" not in reasons(made).values()


def test_r23_who_is_unsuspended_in_okta_is_told_so_though_the_setting_changed_too() -> None:
    made = edited(LOCK, IGNORE, AWAY, BOB, then=(ALICE, BOB))
    assert reasons(made) == {"lock": "unsuspended"}


def test_r23_who_is_still_suspended_is_never_told_as_unsuspended_in_okta() -> None:
    """Also where the configuration before is not known."""
    first = planned(okta(AWAY, BOB), settings=LOCK)
    state = applied(NOTHING, first.plan)
    made = make_plan(
        IGNORE, Reading(okta(AWAY, BOB)), Directory(state), PlanOptions(now=NOW, last=first.last_apply)
    ).plan
    assert reasons(made) == {"lock": "suspension_changed"}


def test_r23_people_of_another_app_come_and_go_by_the_edit() -> None:
    before = config()
    after = msgspec.structs.replace(
        before, integration=msgspec.structs.replace(before.integration, app=type(before.integration.app)("0oa7"))
    )
    first = planned(okta(ALICE, BOB), settings=before)
    state = applied(NOTHING, first.plan)
    snapshot = okta(BOB, person("carl"), app_id="0oa7")
    made = make_plan(
        after, Reading(snapshot), Directory(state), PlanOptions(now=NOW, last=first.last_apply, earlier=before)
    ).plan
    users = {change.address: change.reason for change in made.changes if change.address.startswith("user/")}
    assert users == {"user/alice": "app_changed", "user/carl": "app_changed"}
    assert "assigned in Okta" not in render_plan(made)


def test_r23_people_and_lists_that_a_switch_brings_are_the_edits() -> None:
    before, after = config(spec="sync: {users: false, access_lists: false}"), config()
    snapshot = okta(ALICE, group("eng", "alice", id="00g1"))
    first = planned(snapshot, settings=before)
    made = make_plan(
        after, Reading(snapshot), Directory(NOTHING), PlanOptions(now=NOW, last=first.last_apply, earlier=before)
    ).plan
    assert reasons(made) == {"user": "sync_changed", "access_list": "sync_changed"}


@pytest.mark.parametrize("kind", ["group", "app"])
def test_r23_a_list_that_a_wider_filter_takes_is_the_edits(kind: str) -> None:
    narrow = config("ImportFilters: {groups: {include: [none]}, apps: {include: [none]}}")
    listed = group("eng", "alice", id="00g1") if kind == "group" else app("CRM", "alice", id="0oa9")
    snapshot = okta(ALICE, listed)
    first = planned(snapshot, settings=narrow)
    state = applied(NOTHING, first.plan)
    made = make_plan(
        config(), Reading(snapshot), Directory(state), PlanOptions(now=NOW, last=first.last_apply, earlier=narrow)
    ).plan
    assert reasons(made) == {"access_list": "filter_changed"}
    made = make_plan(narrow, Reading(snapshot), Directory(state), PlanOptions(now=NOW, last=first.last_apply)).plan
    assert made.is_empty


@pytest.mark.parametrize("gone", [True, False])
def test_r23_a_list_that_was_kept_empty_goes_by_the_edit(gone: bool) -> None:
    keep, delete = (config(spec=f"access_lists: {{when_empty: {value}}}") for value in ("keep", "delete"))
    full, empty = (okta(ALICE, group("eng", *members, id="00g1")) for members in (("alice",), ()))
    state = applied(NOTHING, planned(full, settings=keep).plan)
    second = planned(empty, state, settings=keep)
    kept = applied(state, second.plan)
    now = okta(ALICE) if gone else empty
    made = make_plan(
        delete, Reading(now), Directory(kept), PlanOptions(now=NOW, last=second.last_apply, earlier=keep)
    ).plan
    assert reasons(made) == {"access_list": "when_empty_changed"}
    made = make_plan(
        delete, Reading(now), Directory(state), PlanOptions(now=NOW, last=second.last_apply, earlier=keep)
    ).plan
    assert reasons(made)["access_list"] != "when_empty_changed", "this one emptied in Okta"


def test_r23_a_user_whom_the_configuration_names_is_not_told_as_made_by_a_login() -> None:
    names = config(spec="users: {adopt: [alice]}")
    state = with_user(NOTHING, foreign_user("alice"))
    made = make_plan(names, Reading(okta(ALICE)), Directory(state), PlanOptions(now=NOW)).plan
    (change,) = made.changes
    assert change.reason == "adopted_by_name"
    assert "SSO login" not in render_plan(made)
