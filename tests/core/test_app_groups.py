"""Apps and groups as resources: what they say, their links and labels, the roles of lists, and who gains an app."""

from collections.abc import Mapping
from typing import Any

import pytest

from idsync.config.settings import Settings
from idsync.model.addresses import Address, plain_address
from idsync.model.directory import ConfigCause, DirectoryState
from idsync.model.extent import Extent, Reading, cut
from idsync.model.identity import Snapshot
from idsync.model.ownership import our_labels
from idsync.model.plain_resources import Labels, Plain, Role, RoleConditions, RoleSpec
from idsync.model.plain_resources import role as role_resource
from idsync.model.resources import NESTED_LIST, Grants, Membership, Metadata, Owner
from idsync.plan.changes import Plan
from idsync.reconcile.planning import plan_part
from tests.core.replay import applied, settled
from tests.core.upstream import MemoryUpstream
from tests.core.world import (
    NOTHING,
    NOW,
    ORG,
    PLAIN,
    Directory,
    app,
    config,
    edited_list,
    foreign_list,
    foreign_user,
    group,
    lines,
    okta,
    person,
    plan,
    replace,
    with_list,
    with_member,
)

ON = config(spec="sync: {app_groups: true}")
RULES = config(
    """ImportRules:
  rules:
    - {priority: 1, apps: ["*"], labels: {env: any, tier: low}}
    - {priority: 5, apps: ["^aws-(.*)$"], groups: ["eng-*"], labels: {env: prod, part: "$1"}}
    - {priority: 5, apps: ["aws-*"], labels: {part: late}}
    - {app_ids: [0oa-Wiki], group_ids: [00g-ops], labels: {owner: wiki team}}
""",
    spec="sync: {app_groups: true}",
)
TOWN = okta(
    person("ann"),
    person("bob"),
    person("olga"),
    group("eng-web", "ann", "bob", description="Web people"),
    group("ops", "bob"),
    group("empty"),
    app("aws-42", "ann", groups=["00g-eng-web", "00g-gone"]),
    app("Wiki", groups=["00g-eng-web", "00g-ops"]),
    app("Teleport", "ann", id="0oa-teleport", groups=["00g-eng-web"]),
)


def labels_of(state: DirectoryState, address: str) -> Mapping[str, str]:
    return state.plain[Address(address)].metadata.labels


def given(state: DirectoryState, role: str) -> RoleConditions:
    found = state.plain[plain_address("role", role)]
    assert isinstance(found, Role)
    return found.spec.allow


def with_plain(state: DirectoryState, item: Plain) -> DirectoryState:
    return replace(state, plain={**state.plain, plain_address(item.kind, item.metadata.name): item})


def hand_made(name: str, labels: Labels, deny: Labels | None = None) -> Role:
    spec = RoleSpec(allow=RoleConditions(app_labels=labels), deny=RoleConditions(app_labels=deny or {}))
    return role_resource(Metadata(name), spec)


def accesses(made: Plan, person_: str, side: str = "gains") -> set[tuple[str, str]]:
    found = next((each for each in made.access_delta if each.person == person_), None)
    return set() if found is None else {(each.kind, each.name) for each in getattr(found, side)}


def test_an_app_and_a_group_say_what_okta_says_and_whose_they_are() -> None:
    state = settled(TOWN, ON)
    assert labels_of(state, "app/0oa-aws-42") == {
        **our_labels(ORG),
        "teleport.internal/okta-app-id": "0oa-aws-42",
        "teleport.internal/okta-app-name": "aws-42",
    }
    assert labels_of(state, "user_group/00g-eng-web") == {
        **our_labels(ORG),
        "teleport.internal/okta-group-id": "00g-eng-web",
        "teleport.internal/okta-group-name": "eng-web",
        "teleport.internal/okta-group-description": "Web people",
    }


def test_links_are_seen_from_both_sides_and_name_what_is_imported() -> None:
    plain = settled(TOWN, ON).plain
    links = {address: item.spec for address, item in plain.items() if not isinstance(item, Role)}
    named = {
        each: getattr(spec, "applications", ()) or getattr(spec, "user_groups", ()) for each, spec in links.items()
    }
    assert named == {
        "app/0oa-aws-42": ("00g-eng-web",),
        "app/0oa-Wiki": ("00g-eng-web", "00g-ops"),
        "user_group/00g-eng-web": ("0oa-Wiki", "0oa-aws-42"),
        "user_group/00g-ops": ("0oa-Wiki",),
        "user_group/00g-empty": (),
    }


def test_a_list_has_a_role_for_its_members_and_one_for_its_owners() -> None:
    state = settled(TOWN, ON)
    assert state.access_lists["00g-ops"].spec.grants.roles == ("okta-member-00g-ops",)
    assert state.access_lists["00g-ops"].spec.owner_grants.roles == ("okta-owner-00g-ops",)
    assert given(state, "okta-member-00g-ops") == RoleConditions(
        group_labels={"teleport.internal/okta-group-id": ("00g-ops",)}
    )
    assert given(state, "okta-member-0oa-aws-42").app_labels == {"teleport.internal/okta-app-id": ("0oa-aws-42",)}
    review = given(state, "okta-owner-00g-ops").review_requests
    assert review is not None
    assert review.roles == ("okta-member-00g-ops",)


def test_r22_a_role_is_made_before_its_list_and_goes_after_it() -> None:
    made = lines(plan(TOWN, NOTHING, ON))
    assert made.index("create role okta-member-00g-ops: imported") < made.index("create access_list ops: imported +bob")
    gone = lines(plan(replace(TOWN, groups=[TOWN.groups[0], TOWN.groups[2]]), settled(TOWN, ON), ON))
    assert gone == [
        "update app 0oa-Wiki: links_changed",
        "delete access_list ops: deleted_upstream -bob",
        "delete role okta-member-00g-ops: deleted_upstream",
        "delete role okta-owner-00g-ops: deleted_upstream",
        "delete user_group 00g-ops: deleted_upstream",
    ]


def test_a_higher_priority_wins_and_of_equals_the_first() -> None:
    state = settled(TOWN, RULES)
    aws = labels_of(state, "app/0oa-aws-42")
    assert (aws["env"], aws["tier"], aws["part"]) == ("prod", "low", "42")
    assert labels_of(state, "user_group/00g-eng-web")["part"] == "web"
    assert labels_of(state, "app/0oa-Wiki")["owner"] == "wiki team"
    assert labels_of(state, "user_group/00g-ops")["owner"] == "wiki team"
    assert "env" not in labels_of(state, "user_group/00g-empty")


def test_labels_by_hand_are_put_back_and_so_is_a_rule_that_is_gone() -> None:
    state = settled(TOWN, RULES)
    address = Address("app/0oa-Wiki")
    item = state.plain[address]
    edited = with_plain(
        state, replace(item, metadata=replace(item.metadata, labels={**item.metadata.labels, "x": "y"}))
    )
    assert lines(plan(TOWN, edited, RULES, edited=[address])) == ["update app 0oa-Wiki: drift"]
    assert {line for line in lines(plan(TOWN, state, ON)) if "Wiki" in line} == {"update app 0oa-Wiki: labels_changed"}


def test_options_of_a_role_are_peoples_and_what_it_allows_is_ours() -> None:
    state = settled(TOWN, ON)
    name = "okta-member-00g-ops"
    item = state.plain[plain_address("role", name)]
    assert isinstance(item, Role)
    theirs = replace(item, spec=replace(item.spec, options={"max_session_ttl": "8h"}))
    assert plan(TOWN, with_plain(state, theirs), ON).is_empty
    wild = replace(theirs, spec=replace(theirs.spec, allow=RoleConditions(app_labels={"*": "*"})))
    made = plan(TOWN, with_plain(state, wild), ON)
    assert lines(made) == [f"update role {name}: grants_changed"]
    assert applied(with_plain(state, wild), made).plain[plain_address("role", name)] == theirs


def test_r19_switched_off_nothing_of_it_is_made_and_later_nothing_is_taken() -> None:
    assert not settled(TOWN, PLAIN).plain
    state = settled(TOWN, ON)
    assert plan(TOWN, state, PLAIN).is_empty
    renamed = replace(TOWN, groups=[replace(item, name=f"{item.name}-2") for item in TOWN.groups])
    after = applied(state, plan(renamed, state, PLAIN))
    assert after.plain == state.plain
    assert after.access_lists["00g-ops"].spec.grants.roles == ("okta-member-00g-ops",)
    assert plan(TOWN, settled(TOWN, PLAIN, state), ON).is_empty


def test_switched_on_later_the_members_of_lists_gain_the_role_and_the_app() -> None:
    made = plan(TOWN, settled(TOWN, PLAIN), ON)
    assert ("role", "okta-member-0oa-aws-42") in accesses(made, "ann")
    assert ("app", "0oa-aws-42") in accesses(made, "ann")
    assert ("app", "0oa-Wiki") in accesses(made, "bob")
    assert ("role", "okta-owner-00g-ops") in accesses(made, "olga")
    assert not any(kind == "app" for kind, _ in accesses(made, "olga"))


def test_who_joins_a_list_gains_the_app_and_who_leaves_loses_it() -> None:
    state = settled(TOWN, ON)
    joined = replace(TOWN, apps=[app("aws-42", "ann", "bob", groups=["00g-eng-web", "00g-gone"]), *TOWN.apps[1:]])
    alone = okta(*TOWN.users, *TOWN.groups, app("aws-42", "ann", "bob"), *TOWN.apps[1:])
    assert accesses(plan(joined, state, ON), "bob") == {
        ("access_list", "0oa-aws-42"),
        ("role", "okta-member-0oa-aws-42"),
    }  # he has the app by his group already
    assert ("app", "0oa-aws-42") in accesses(plan(alone, settled(okta(*TOWN.users), ON), ON), "bob")
    gone = plan(okta(*TOWN.users, *TOWN.groups, *TOWN.apps[1:]), state, ON)
    assert ("app", "0oa-aws-42") in accesses(gone, "ann", "loses")


def test_a_foreign_app_of_that_name_is_left_alone_and_told() -> None:
    state = settled(TOWN, ON)
    address = Address("app/0oa-Wiki")
    foreign = replace(state.plain[address], metadata=Metadata("0oa-Wiki", labels={"mine": "yes"}))
    made = plan(TOWN, with_plain(NOTHING, foreign), ON)
    assert address not in {change.address for change in made.changes}
    assert [finding.message for finding in made.findings if finding.code == "conflict"] == [
        "app/0oa-Wiki exists and is not ours; it is left as it is."
    ]


@pytest.mark.parametrize(("side", "who"), [("member", "bob"), ("owner", "olga")])
def test_a_role_that_somebody_made_under_a_lists_name_is_given_to_nobody(side: str, who: str) -> None:
    everything = RoleSpec(allow=RoleConditions(app_labels={"*": ("*",)}))
    theirs = role_resource(Metadata(f"okta-{side}-00g-ops"), everything)
    made = plan(TOWN, with_plain(settled(TOWN, PLAIN), theirs), ON)
    assert ("role", theirs.metadata.name) not in accesses(made, who)
    grants = applied(with_plain(settled(TOWN, PLAIN), theirs), made).access_lists["00g-ops"].spec
    assert theirs.metadata.name not in (*grants.grants.roles, *grants.owner_grants.roles)
    assert [each.message for each in made.findings if each.code == "conflict"] == [
        f"role/{theirs.metadata.name} exists and is not ours; it is left as it is, and the access list 00g-ops does "
        "not give it."
    ]


def test_a_role_that_was_ours_and_became_somebody_elses_is_taken_from_its_list() -> None:
    state = settled(TOWN, ON)
    theirs = role_resource(Metadata("okta-member-00g-ops"), RoleSpec(allow=RoleConditions(app_labels={"*": ("*",)})))
    made = plan(TOWN, with_plain(state, theirs), ON)
    assert ("role", theirs.metadata.name) in accesses(made, "bob", "loses")
    after = applied(with_plain(state, theirs), made)
    assert after.access_lists["00g-ops"].spec.grants.roles == ()
    gone = replace(after, plain={name: each for name, each in after.plain.items() if each is not theirs})
    again = applied(gone, plan(TOWN, gone, ON))
    assert again.access_lists["00g-ops"].spec.grants.roles == ("okta-member-00g-ops",)


def test_rules_that_take_nothing_are_told() -> None:
    chosen = config(
        """ImportRules:
  rules:
    - {apps: ["awss-*"], groups: [ops], app_ids: [0oa-Wikki], labels: {a: b}}
""",
        spec="sync: {app_groups: true}",
    )
    told = [
        each.message for each in plan(TOWN, settled(TOWN, chosen), chosen).findings if each.code == "matches_nothing"
    ]
    assert any("awss-*" in each for each in told)
    assert any("0oa-Wikki" in each for each in told)
    assert not any("ops" in each for each in told)


LABELLED = config(
    """ImportRules:
  rules:
    - {apps: [Wiki], groups: [ops], labels: {env: prod}}
""",
    spec="sync: {app_groups: true}",
)


def with_role(state: DirectoryState, role: Role) -> DirectoryState:
    """The role, which a user of somebody's own has."""
    state = with_plain(state, role)
    return replace(state, users={**state.users, "visitor": foreign_user("visitor", roles=(role.metadata.name,))})


def with_theirs(state: DirectoryState, *members: str, **spec: Any) -> DirectoryState:
    """The state with a list that somebody made by hand."""
    return with_list(state, foreign_list("theirs", **spec), *members)


def test_a_label_by_a_rule_takes_an_app_that_a_role_allows_by_a_group_and_denies_by_the_label() -> None:
    spec = RoleSpec(
        allow=RoleConditions(group_labels={"teleport.internal/okta-group-id": ("00g-eng-web",)}),
        deny=RoleConditions(app_labels={"env": ("prod",)}),
    )
    state = with_role(settled(TOWN, ON), role_resource(Metadata("theirs"), spec))
    labelled = plan(TOWN, state, LABELLED)
    assert accesses(labelled, "visitor", "loses") == {("app", "0oa-Wiki")}
    assert accesses(plan(TOWN, applied(state, labelled), ON), "visitor") == {("app", "0oa-Wiki")}


def test_a_label_by_a_rule_gives_an_app_to_who_holds_a_role_by_hand_and_the_edit_is_told() -> None:
    state = with_role(settled(TOWN, ON), hand_made("prod", {"env": "prod"}))
    made = plan(TOWN, state, LABELLED)
    assert accesses(made, "visitor") == {("app", "0oa-Wiki")}
    (gained,) = next(each for each in made.access_delta if each.person == "visitor").gains
    assert (gained.origin, gained.via) == ("direct", ("user",))
    assert [cause for cause in gained.causes if isinstance(cause, ConfigCause)]
    after = applied(state, made)
    assert accesses(plan(TOWN, after, ON), "visitor", "loses") == {("app", "0oa-Wiki")}
    assert plan(TOWN, after, LABELLED).is_empty


def test_a_label_gives_an_app_through_foreign_lists_nested_ones_and_to_owners() -> None:
    role = hand_made("prod", {"env": "prod"})
    by_list = with_theirs(settled(TOWN, ON), "ann", grants=Grants(("prod",)))
    assert accesses(plan(TOWN, with_plain(by_list, role), LABELLED), "ann") == set(), "she has it by her group"
    nobody_else = okta(person("ann"), person("olga"), *TOWN.groups[2:], app("Wiki"), TOWN.apps[2])
    by_list = with_theirs(settled(nobody_else, ON), "ann", grants=Grants(("prod",)))
    assert accesses(plan(nobody_else, with_plain(by_list, role), LABELLED), "ann") == {("app", "0oa-Wiki")}
    to_owners = with_theirs(settled(nobody_else, ON), "ann", owners=(Owner("olga"),), owner_grants=Grants(("prod",)))
    made = plan(nobody_else, with_plain(to_owners, role), LABELLED)
    assert accesses(made, "olga") == {("app", "0oa-Wiki")}
    assert accesses(made, "ann") == set()
    grouped = replace(nobody_else, groups=[group("empty", "olga")])
    nesting = with_theirs(settled(grouped, ON), "ann", grants=Grants(("prod",)))
    nesting = with_member(nesting, "theirs", "00g-empty", Membership(membership_kind=NESTED_LIST))
    assert accesses(plan(grouped, with_plain(nesting, role), LABELLED), "olga") == {("app", "0oa-Wiki")}


def test_a_group_that_a_rule_labels_and_one_that_conveys_more_reach_who_holds_a_role_by_hand() -> None:
    spec = RoleSpec(allow=RoleConditions(group_labels={"env": "prod"}))
    state = with_role(settled(TOWN, ON), role_resource(Metadata("by-group"), spec))
    made = plan(TOWN, state, LABELLED)
    assert accesses(made, "visitor") == {("app", "0oa-Wiki")}
    after = applied(state, made)
    more = replace(TOWN, apps=[replace(TOWN.apps[0], groups=["00g-ops"]), *TOWN.apps[1:]])
    gained = plan(more, after, LABELLED)
    assert accesses(gained, "visitor") == {("app", "0oa-aws-42")}
    (one,) = next(each for each in gained.access_delta if each.person == "visitor").gains
    assert one.origin == "consequential"


def test_an_app_that_goes_is_lost_by_who_holds_a_role_by_hand_and_a_denial_counts() -> None:
    state = with_role(settled(TOWN, LABELLED), hand_made("prod", {"env": "prod"}))
    gone = okta(*TOWN.users, *TOWN.groups, TOWN.apps[0], TOWN.apps[2])
    assert accesses(plan(gone, state, LABELLED), "visitor", "loses") == {("app", "0oa-Wiki")}
    denied = with_role(settled(TOWN, ON), hand_made("prod", {"env": "prod"}, {"env": "prod"}))
    assert accesses(plan(TOWN, denied, LABELLED), "visitor") == set()


WILD: list[Labels] = [
    {"*": "*"},
    {"*": ("*",)},
    {"teleport.dev/origin": "okta"},
    {"teleport.dev/origin": ("other", "okta")},
    {"okta/org": "^.*$"},
    {"teleport.internal/okta-app-id": ("^.*$",)},
    {"teleport.internal/okta-app-id": "0oa*"},
    {"*": "*", "teleport.dev/origin": "okta"},
]


@pytest.mark.parametrize("labels", WILD, ids=str)
def test_a_role_that_gives_every_app_is_an_error_with_who_holds_it(labels: Labels) -> None:
    state = with_plain(settled(TOWN, ON), hand_made("boss", labels))
    state = edited_list(state, "00g-ops", grants=Grants(("okta-member-00g-ops", "boss")))
    found = [each for each in plan(TOWN, state, ON).findings if each.code == "wildcard_app_labels"]
    assert [each.severity for each in found] == ["error"]
    assert "role boss" in found[0].message
    assert "bob" in found[0].message
    assert "ann" not in found[0].message


HARMLESS: list[tuple[Labels, Labels]] = [
    ({}, {}),
    ({"env": "prod"}, {}),
    ({"teleport.internal/okta-app-id": ("0oa-Wiki",)}, {}),
    ({"*": "*"}, {"*": "*"}),
    ({"*": "*", "env": "prod"}, {}),
    ({"teleport.dev/origin": "aws"}, {}),
]


@pytest.mark.parametrize(("labels", "deny"), HARMLESS, ids=str)
def test_of_a_role_that_gives_some_apps_nothing_is_said(labels: Labels, deny: Labels) -> None:
    state = with_plain(settled(TOWN, ON), hand_made("some", labels, deny))
    assert "wildcard_app_labels" not in {each.code for each in plan(TOWN, state, ON).findings}


def test_many_apps_that_go_are_held_by_their_own_guard() -> None:
    many = okta(person("ann"), *(app(f"a{number}") for number in range(20)))
    state = settled(many, ON)
    few = okta(person("ann"), *many.apps[:14])
    made = plan(few, state, ON)
    assert [(each.guard, each.count, each.limit, each.verdict) for each in made.guards if each.count] == [
        ("app_group_deletes", 6, 5, "blocked")
    ]
    assert all("app_group_deletes" in change.blocked_by for change in made.changes)


def parts(before: Snapshot, now: Snapshot, lists: set[str], settings: Settings) -> DirectoryState:
    state, upstream = settled(before, settings), MemoryUpstream(before)
    extent = Extent(frozenset(), frozenset(lists))
    moved = upstream.take(Reading(cut(now, extent), extent))
    return applied(state, plan_part(settings, upstream, Directory(state), moved, last=None, now=NOW).plan)


def test_a_reading_of_an_app_changes_the_groups_on_the_other_side_too() -> None:
    now = replace(TOWN, apps=[replace(TOWN.apps[0], groups=["00g-ops"]), *TOWN.apps[1:]])
    assert parts(TOWN, now, {"0oa-aws-42"}, RULES).plain == settled(now, RULES).plain


def test_a_reading_of_a_group_that_is_renamed_changes_its_labels_and_roles() -> None:
    now = replace(TOWN, groups=[replace(TOWN.groups[0], name="eng-net"), *TOWN.groups[1:]])
    assert parts(TOWN, now, {"00g-eng-web"}, RULES).plain == settled(now, RULES).plain


def test_a_reading_of_a_group_that_is_gone_takes_it_from_its_apps() -> None:
    now = replace(TOWN, groups=TOWN.groups[1:])
    assert parts(TOWN, now, {"00g-eng-web"}, RULES).plain == settled(now, RULES).plain
