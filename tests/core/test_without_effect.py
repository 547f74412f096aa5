"""Configuration that fits nothing of a whole reading: told at its place, with what may be meant, memo or none."""

import pytest

from idsync.compiler.memo import Memo
from idsync.config.settings import Settings
from idsync.model.directory import ConfigCause, DirectoryState
from idsync.model.extent import Reading
from idsync.model.findings import Finding
from idsync.model.identity import Snapshot
from idsync.plan.changes import Plan
from idsync.reconcile.plan_options import PlanOptions
from idsync.reconcile.planned import Planned, Remembering
from idsync.reconcile.planning import make_plan
from tests.core.replay import applied, settled
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
    plan,
    replace,
    with_user,
)

OKTA = okta(
    person("ann", department="Engineering", title="lead"),
    person("bob", department="Sales", title="lead"),
    person("olga", department="Sales", title="cook"),
    group("eng-web", "ann"),
    group("ops", "bob"),
    app("Salesforce", "bob"),
)


def told(made: Plan) -> list[str]:
    """Severity and message of what fits nothing, in the plan's order."""
    return [f"{finding.severity}: {finding.message}" for finding in found(made)]


def found(made: Plan) -> list[Finding]:
    return [finding for finding in made.findings if finding.code == "matches_nothing"]


def of(document: str, state: DirectoryState = NOTHING, snapshot: Snapshot = OKTA, spec: str = "") -> list[str]:
    return told(plan(snapshot, state, config(document, spec=spec) if document else config(spec=spec)))


def roles(rule: str) -> str:
    return f"RoleMapping: {{rules: [{{{rule}, roles: [dev]}}]}}"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("trait: okta/departmnt, value: Sales", 'Nobody has the trait "okta/departmnt", so this rule'),
        ("trait: okta/department, value: Engneering", 'matches "Engneering"'),
        ("trait: okta/title, value: 'chef*'", 'matches "chef*"'),
        ("group: opps", 'No group matches "opps"'),
        ("group: '^eng$'", 'No group matches "^eng$"'),
    ],
)
def test_a_role_rule_that_fits_nobody_is_a_warning_at_its_line(rule: str, expected: str) -> None:
    (finding,) = found(plan(OKTA, NOTHING, config(roles(rule))))
    assert finding.severity == "warning"
    assert expected in finding.message
    (cause,) = finding.causes
    assert isinstance(cause, ConfigCause)
    assert (cause.file, cause.line > 0, cause.column > 0) == ("idsync.yaml", True, True)


@pytest.mark.parametrize(
    ("document", "meant"),
    [
        (roles("trait: okta/departmnt, value: Sales"), "okta/department"),
        (roles("trait: okta/department, value: Engneering"), "Engineering"),
        (roles("group: eng-wb"), "eng-web"),
        ("ImportFilters: {groups: {include: [ops, eng-wbe]}}", "eng-web"),
        ("ImportFilters: {groups: {exclude: [oops]}}", "ops"),
        ("ImportFilters: {apps: {include: [Salesfroce]}}", "Salesforce"),
        ("AccessListRules: {rules: [{app: Salesforc, title: x}]}", "Salesforce"),
        ("AccessListRules: {rules: [{group: eng-web, title: x, owners: [olgo]}]}", "olga"),
        ("Guards: {protected_users: [bobb]}", "bob"),
    ],
)
def test_what_may_be_meant_is_named(document: str, meant: str) -> None:
    assert any(line.endswith(f'Did you mean "{meant}"?') for line in of(document))


@pytest.mark.parametrize(
    "document",
    [
        roles("trait: okta/department, value: Sales"),
        roles("trait: okta/department, value: '*'"),
        roles("trait: okta/title, value: '^(lead|cook)$'"),
        roles("group: ops"),
        roles("group: 'eng-*'"),
        "ImportFilters: {groups: {include: ['eng-*', ops], exclude: [bots]}, apps: {include: ['*']}}",
        "AccessListRules: {rules: [{group: 'eng-*', title: x}, {group: '*', title: y}, {app: '*', title: z}]}",
        "Guards: {protected_users: [bob, ANN]}",
        "",
    ],
)
def test_what_fits_somebody_is_not_told(document: str) -> None:
    assert of(document) == []


def test_a_protected_name_that_is_nobodys_is_an_error() -> None:
    assert of("Guards: {protected_users: ['*@enzos-pizza.com', zoe]}") == [
        'error: protected_users: no user is called "*@enzos-pizza.com", so nobody is protected by it.',
        'error: protected_users: no user is called "zoe", so nobody is protected by it.',
    ]


def test_a_protected_name_that_only_the_directory_knows_is_somebodys() -> None:
    assert of("Guards: {protected_users: [root]}", with_user(NOTHING, foreign_user("root"))) == []


def test_an_adopted_name_that_is_nobodys_is_a_warning() -> None:
    state = with_user(NOTHING, foreign_user("legacy"))
    assert of("", state, spec="users: {adopt: [legacy, legazy]}") == [
        'warning: users.adopt: no user is called "legazy", so nobody is taken over. Did you mean "legacy"?'
    ]


def test_an_owner_who_is_nobody_may_come_later() -> None:
    without = okta(person("ann"), group("ops", "ann"))
    assert of("", snapshot=without) == ['info: The owner "olga" is not a user yet.']


def test_a_rule_that_others_shadow_and_a_filter_that_others_undo_are_told() -> None:
    shadowed = "AccessListRules: {rules: [{group: '*s', title: a}, {group: 'o*', title: b}]}"
    assert "Rules before this one take every group" in of(shadowed)[0]
    undone = "ImportFilters: {groups: {include: ['e*', ops], exclude: ['eng-*']}}"
    assert "takes nothing" in of(undone)[0]


def test_names_of_a_sanitized_reading_are_not_looked_for() -> None:
    sanitized = replace(OKTA, sanitized=True)
    assert of("Guards: {protected_users: [zoe]}", snapshot=sanitized) == []


def test_a_kind_that_is_switched_off_is_not_looked_at() -> None:
    document = "ImportFilters: {groups: {include: [nobody]}}"
    assert of(document, spec="sync: {access_lists: false}") == []
    assert of(roles("group: nobody"), spec="sync: {users: false}") == []


RULES = config(
    """RoleMapping: {rules: [
      {trait: okta/department, value: Engineering, roles: [dev]}, {trait: okta/department, value: Legal, roles: [law]},
      {trait: okta/title, value: Lead, roles: [lead]}, {trait: okta/title, value: cook, roles: [cook]}]}"""
)
STEPS = [
    OKTA,
    okta(person("ann", department="Sales", title="lead"), person("bob", department="Sales"), person("olga")),
    okta(person("ann", department="Legal"), person("bob", department="Sales", title="lead"), person("olga")),
    okta(person("bob", department="legal", title="cook"), person("olga", department="Engineering")),
    okta(person("bob", department="legal", title="cook"), person("olga", department="Engineering", title="Leader")),
    okta(person("bob"), person("olga")),
    okta(person("bob", department="Legaly"), person("olga")),
]


def with_memo(snapshot: Snapshot, state: DirectoryState, settings: Settings, memo: Memo | None) -> Planned:
    return make_plan(settings, Reading(snapshot), Directory(state), PlanOptions(now=NOW), remembering=Remembering(memo))


def test_a_plan_that_uses_a_memo_tells_the_same() -> None:
    state, memo = NOTHING, None
    for snapshot in STEPS:
        for _ in range(2):
            remembered = with_memo(snapshot, state, RULES, memo)
            assert told(remembered.plan) == told(plan(snapshot, state, RULES))
            state = applied(state, remembered.plan)
            memo = remembered.memo_after_apply(Directory(state).index(RULES.integration.org_url))


def test_a_plan_without_changes_reads_nobodys_profile_again(monkeypatch: pytest.MonkeyPatch) -> None:
    state = settled(OKTA, RULES)
    first = with_memo(OKTA, state, RULES, None)
    memo = first.memo_before_apply()

    def refuse(people: object) -> None:
        pytest.fail("everybody's profile was read")

    monkeypatch.setattr("idsync.compiler.trait_rules.attributes_of", refuse)
    assert told(with_memo(OKTA, state, RULES, memo).plan) == told(first.plan) != []
