"""What guards hold back of one person is told of each role and list, and of nobody else."""

from typing import Any

from msgspec.structs import replace

from idsync.apply.kept_entries import KeptBack
from idsync.model.addresses import Address
from idsync.model.directory import DirectoryState
from idsync.model.identity import Snapshot
from idsync.model.resources import Grants, Membership
from idsync.plan.explain import Explanation, HeldBy
from idsync.reconcile.explaining import explain
from tests.core.replay import settled
from tests.core.world import NOW, Directory, config, foreign_list, group, okta, person, with_list, with_member

SETTINGS = config(
    'RoleMapping: {rules: [{group: "aws-*", roles: ["aws-$1"]}]}',
    'AccessListRules: {rules: [{group: "team-*", grants: {roles: ["team-$1"]}}]}',
)
BEFORE = okta(person("ann"), person("bob"), group("aws-prod", "ann", "bob"), group("team-red", "ann", "bob"))
STATE = settled(BEFORE, SETTINGS)
SINCE = "2026-11-22T12:00:00Z"
RED, PROD = Address("access_list/00g-team-red"), Address("access_list/00g-aws-prod")


def told(
    who: str, after: Snapshot, address: str, *entries: KeptBack, state: DirectoryState = STATE
) -> tuple[dict[str, tuple[HeldBy, ...]], Explanation]:
    """What holds each thing that comes or goes, by its name."""
    found = explain(SETTINGS, after, Directory(state), who, None, NOW, kept={Address(address): entries})
    return {each.name: each.held for each in found.access if each.now != each.desired}, found


def entry(guard: str, **more: Any) -> KeptBack:
    return KeptBack("update", (guard,), since=SINCE, **more)


def test_r43_a_membership_that_is_held_holds_what_comes_by_its_list_alone() -> None:
    after = okta(person("ann"), person("bob"), group("aws-prod", "bob"), group("team-red", "bob"))
    held = entry("member_removals", access_list="00g-team-red", member="ann", okta_id="00u-ann")
    by = (HeldBy("member_removals", SINCE),)
    things, explanation = told("ann", after, RED, held)
    assert things == {"00g-team-red": by, "team-red": by, "00g-aws-prod": (), "aws-prod": ()}
    assert explanation.held == ()
    of_another = entry("member_removals", access_list="00g-team-red", member="ann", okta_id="00u-other")
    assert set(told("ann", after, RED, of_another)[0].values()) == {()}


def test_r43_a_list_around_the_held_one_gives_its_access_for_as_long() -> None:
    nested = Membership(membership_kind="MEMBERSHIP_KIND_LIST")
    state = with_list(STATE, foreign_list("prod", title="Production", grants=Grants(("root",))), "zoe")
    state = with_member(state, "prod", "00g-team-red", nested)
    after = okta(person("ann"), person("bob"), group("aws-prod", "ann", "bob"), group("team-red", "bob"))
    held = entry("member_removals", access_list="00g-team-red", member="ann", okta_id="00u-ann")
    assert told("ann", after, RED, held, state=state)[0]["root"] == (HeldBy("member_removals", SINCE),)


def test_r43_roles_of_the_account_wait_for_its_change() -> None:
    after = okta(person("ann"), person("bob"), group("aws-prod", "bob"), group("team-red", "bob"))
    things, explanation = told("ann", after, "user/ann", entry("access_losses", user="ann", okta_id="00u-ann"))
    by = (HeldBy("access_losses", SINCE),)
    assert things == {"00g-team-red": (), "team-red": (), "00g-aws-prod": (), "aws-prod": by}
    assert [(each.step, each.by) for each in explanation.held] == [("change", by)]


def test_r43_what_a_list_gives_waits_for_people_who_are_there_and_not_for_newcomers() -> None:
    after = okta(
        *(person(name) for name in ("ann", "bob", "new")), group("aws-prod", "bob"), group("team-blue", "ann", "new")
    )
    held = entry("access_gains", access_list="00g-team-blue")
    things, _ = told("ann", after, "access_list/00g-team-blue", held)
    assert things["team-blue"] == (HeldBy("access_gains", SINCE),)
    assert things["aws-prod"] == ()
    assert set(told("new", after, "access_list/00g-team-blue", held)[0].values()) == {()}
    joins = replace(held, member="ann", okta_id="00u-ann", joins=True)
    assert told("ann", after, "access_list/00g-team-blue", joins)[0]["team-blue"] == (HeldBy("access_gains", SINCE),)
    of_another = replace(joins, okta_id="00u-other")
    assert told("ann", after, "access_list/00g-team-blue", of_another)[0]["team-blue"] == ()


def test_r43_guards_are_told_each_since_it_held_the_first() -> None:
    after = okta(person("bob"), group("aws-prod", "bob"), group("team-red", "bob"))
    held = [
        KeptBack("delete", ("user_deletes", "protected_users"), user="ann", okta_id="00u-ann", since=SINCE),
        KeptBack("delete", ("user_deletes",), user="ann", okta_id="00u-ann", since="2026-11-21T12:00:00Z"),
        KeptBack("delete", ("user_locks",), user="ann", okta_id="00u-ann"),
    ]
    things, _ = told("ann", after, "user/ann", *held)
    by = (HeldBy("protected_users", SINCE), HeldBy("user_deletes", "2026-11-21T12:00:00Z"), HeldBy("user_locks"))
    assert things["00g-team-red"] == by
