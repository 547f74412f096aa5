"""Role mappings, filters, captures and near misses: what a configuration makes of names and profiles."""

import pytest

from idsync.model.directory import ConfigCause, UpstreamCause
from idsync.model.identity import Snapshot
from tests.core.replay import settled
from tests.core.world import codes, config, delta_of, group, lines, okta, person, plan, user_change


def roles(snapshot: Snapshot, *documents: str, spec: str = "", name: str = "alice") -> tuple[str, ...]:
    after = user_change(plan(snapshot, settings=config(*documents, spec=spec)), name).after
    assert after is not None
    return after.spec.roles


def test_r05_roles_are_the_default_ones_then_the_rules_in_order_without_repeats() -> None:
    rules = """RoleMapping:
  rules:
    - {group: "eng", roles: [two, one]}
    - {trait: okta/title, value: chef, roles: [three, two]}
    - {group: "*", roles: [base, "in-$1"]}"""
    second = "RoleMapping: {rules: [{group: eng, roles: [four, three]}]}"
    snapshot = okta(person("alice", title="chef"), group("zz", "alice", id="00g-1"), group("eng", "alice"))
    found = roles(snapshot, rules, second, spec="users: {default_roles: [base, base, other]}")
    assert found == ("base", "other", "two", "one", "three", "in-eng", "in-zz", "four")


def test_a_group_rule_looks_at_groups_by_name_then_id() -> None:
    rule = 'RoleMapping: {rules: [{group: "^(.)(.*)$", roles: ["$1$2"]}]}'
    snapshot = okta(
        person("alice"),
        group("b", "alice", id="00g-1"),
        group("a", "alice", id="00g-9"),
        group("c", "alice", id="00g-0"),
    )
    assert roles(snapshot, rule, spec="users: {default_roles: []}") == ("a", "b", "c")


def test_a_trait_rule_tries_every_value_in_order() -> None:
    rule = 'RoleMapping: {rules: [{trait: okta/teams, value: "t-*", roles: ["$1"]}]}'
    snapshot = okta(person("alice", teams=["t-z", "x", "t-a", "t-z"]))
    assert roles(snapshot, rule, spec="users: {default_roles: []}") == ("z", "a")


def test_a_trait_rule_sees_booleans_and_numbers_as_json_writes_them() -> None:
    rule = """RoleMapping:
  rules: [{trait: okta/admin, value: "true", roles: [admin]}, {trait: okta/level, value: "7", roles: [seven]}]"""
    snapshot = okta(person("alice", admin=True, level=7))
    assert roles(snapshot, rule) == ("okta-requester", "admin", "seven")


def test_rules_see_attributes_that_the_directory_does_not_get() -> None:
    rule = "RoleMapping: {rules: [{trait: okta/secret, value: x, roles: [spy]}]}"
    made = plan(
        okta(person("alice", secret="x", title="y")), settings=config(rule, spec="users: {traits: {exclude: [secret]}}")
    )
    after = user_change(made, "alice").after
    assert after is not None
    assert after.spec.roles == ("okta-requester", "spy")
    assert after.spec.traits == {"okta/title": ("y",)}


def test_rules_see_groups_that_are_not_imported() -> None:
    documents = ("RoleMapping: {rules: [{group: ops, roles: [operator]}]}", "ImportFilters: {groups: {include: [eng]}}")
    snapshot = okta(person("alice"), group("ops", "alice"))
    assert roles(snapshot, *documents) == ("okta-requester", "operator")
    assert lines(plan(snapshot, settings=config(*documents))) == ["create user alice: assigned"]


def test_traits_have_the_configured_prefix_and_filter() -> None:
    made = plan(
        okta(person("alice", a="1", ab="2", c="3")),
        settings=config(spec='users: {traits: {prefix: "x-", include: ["a*"], exclude: [ab]}}'),
    )
    after = user_change(made, "alice").after
    assert after is not None
    assert after.spec.traits == {"x-a": ("1",)}


@pytest.mark.parametrize(
    ("pattern", "template", "name", "role"),
    [
        ("aws-*", "aws-$1", "aws-prod", "aws-prod"),
        ("aws-*", "${1}-aws", "aws-prod", "prod-aws"),
        ("*-*", "$2-$1", "a-b-c", "c-a-b"),
        ("^(.*) (lead)$", "$2 $1", "team lead", "lead team"),
        ("a.b*", "x$1", "a.bc", "xc"),
        ("* x*", "$2", "two\nlines xy", "y"),
        ("*", "a$$1", "x", "a$1"),
        ("^(a)|b$", "r$1", "b", "r"),
        ("ren\u00e9-*", "$1", "rene\u0301-x", "x"),
    ],
)
def test_captures_are_what_stars_and_groups_matched(pattern: str, template: str, name: str, role: str) -> None:
    rule = f'RoleMapping: {{rules: [{{group: "{pattern}", roles: ["{template}"]}}]}}'
    assert roles(okta(person("alice"), group(name, "alice")), rule, spec="users: {default_roles: []}") == (role,)


@pytest.mark.parametrize(("pattern", "name"), [("a.b", "axb"), ("eng", "engine"), ("^eng$", "engine"), ("^a|b$", "ac")])
def test_a_pattern_matches_the_whole_name_or_not_at_all(pattern: str, name: str) -> None:
    rule = f'RoleMapping: {{rules: [{{group: "{pattern}", roles: [x]}}]}}'
    assert roles(okta(person("alice"), group(name, "alice")), rule, spec="users: {default_roles: []}") == ()


def test_an_expansion_to_nothing_drops_that_role_only() -> None:
    rule = 'RoleMapping: {rules: [{group: "aws-*", roles: ["$1", "x$1"]}]}'
    assert roles(okta(person("alice"), group("aws-", "alice")), rule, spec="users: {default_roles: []}") == ("x",)


def test_filters_take_what_any_include_names_and_exclude_wins() -> None:
    settings = config('ImportFilters: {groups: {include: ["eng-*", "^prod-(db|k8s)$"], exclude: ["eng-bots"]}}')
    names = ["eng-a", "eng-bots", "prod-db", "prod-web", "other"]
    made = plan(okta(person("alice"), *(group(name, "alice") for name in names)), settings=settings)
    assert [line.split()[2] for line in lines(made)[1:]] == ["eng-a:", "prod-db:"]


def test_no_include_takes_everything() -> None:
    settings = config("ImportFilters: {groups: {exclude: [b]}}")
    made = plan(okta(person("alice"), group("a", "alice"), group("b", "alice")), settings=settings)
    assert lines(made)[1:] == ["create access_list a: imported +alice"]


NEAR = {
    "role mapping by group": (
        "RoleMapping: {rules: [{group: ENG, roles: [x]}]}",
        okta(person("alice"), group("eng", "alice")),
    ),
    "role mapping by trait": (
        "RoleMapping: {rules: [{trait: okta/team, value: Red, roles: [x]}]}",
        okta(person("alice", team="red")),
    ),
    "include": ("ImportFilters: {groups: {include: [ENG]}}", okta(person("alice"), group("eng", "alice"))),
    "exclude": ("ImportFilters: {groups: {exclude: [ENG]}}", okta(person("alice"), group("eng", "alice"))),
    "access list rule": (
        "AccessListRules: {rules: [{group: ENG, grants: {roles: [x]}}, {group: '*'}]}",
        okta(person("alice"), group("eng", "alice")),
    ),
}


@pytest.mark.parametrize("where", NEAR)
def test_a_match_that_fails_only_by_letter_case_is_a_warning(where: str) -> None:
    document, snapshot = NEAR[where]
    made = plan(snapshot, settings=config(document))
    assert codes(made) == ["case_mismatch"]
    assert made.findings[0].severity == "warning"
    assert "x" not in {
        role for change in made.changes for role in getattr(getattr(change.after, "spec", None), "roles", ())
    }


def test_warnings_about_groups_of_one_name_stand_in_the_order_of_their_ids() -> None:
    groups = [group("eng", "alice", id=f"00g-{number}") for number in range(8)]
    made = plan(okta(person("alice"), *groups), settings=config("ImportFilters: {groups: {include: [ENG]}}"))
    assert [finding.causes for finding in made.findings if finding.severity != "info"] == [
        (UpstreamCause("group", item.id, "eng"),) for item in groups
    ]


def test_a_match_is_not_a_near_miss() -> None:
    document = "RoleMapping: {rules: [{group: eng, roles: [x]}, {trait: okta/team, value: red, roles: [x]}]}"
    rules = "AccessListRules: {rules: [{group: eng}, {group: ENG}]}"
    made = plan(okta(person("alice", team="red"), group("eng", "alice")), settings=config(document, rules))
    assert codes(made) == []


def test_every_role_says_which_rule_and_group_gave_it() -> None:
    rule = "RoleMapping: {rules: [{group: eng, roles: [dev]}]}"
    made = plan(okta(person("alice"), group("eng", "alice")), settings=config(rule))
    gained = {gain.name: gain.causes for gain in delta_of(made, "alice").gains}
    upstream, place = gained["dev"]
    assert upstream == UpstreamCause("group", "00g-eng", "eng")
    assert isinstance(place, ConfigCause)
    assert (place.file, place.rule) == ("idsync.yaml", "group is eng")
    (given,) = gained["okta-requester"]
    assert isinstance(given, ConfigCause)
    assert given.rule == "default role"


def test_r23_a_changed_role_mapping_is_the_reason_of_what_it_changes() -> None:
    snapshot = okta(person("alice"), group("eng", "alice"))
    made = plan(snapshot, settled(snapshot), config("RoleMapping: {rules: [{group: eng, roles: [dev]}]}"))
    assert lines(made) == ["update user alice: role_mapping_changed"]
    assert delta_of(made, "alice").gains[0].origin == "direct"
