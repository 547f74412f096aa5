"""Inference of a configuration: under what it infers, what is there is as desired, or it is said what is not."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idsync.config.loader import load
from idsync.config.patterns import NameFilter, NamePattern
from idsync.config.settings import (
    AccessListRule,
    AppById,
    DefaultRole,
    EmptyLists,
    GroupRule,
    Integration,
    ListSubject,
    LockSettings,
    Owner,
    Settings,
    SnapshotSource,
    SuspendedPeople,
    TraitGrant,
    TraitRule,
    TraitSettings,
    UserSettings,
)
from idsync.config.templates import Template
from idsync.diagnostics import Position
from idsync.infer.access_lists import literal_filter
from idsync.infer.config_text import Connection, config_text
from idsync.infer.configuration import Inferred, infer_from, preventions
from idsync.infer.roles import MAX_RULES, Person, infer_roles
from idsync.model.directory import DirectoryState
from idsync.model.extent import Reading
from idsync.model.identity import IdentityApp, IdentityGroup, IdentityUser, Snapshot, raw_json
from idsync.plan.changes import Plan
from idsync.reconcile.plan_options import PlanOptions
from idsync.reconcile.planning import make_plan
from idsync.targets.given import GivenDirectory
from tests.effort import examples

ORG = "https://enzos-pizza.okta.com"
NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
HERE = Position("test.yaml", 1, 1)
replace = msgspec.structs.replace


def _person(number: int, department: str = "", title: str = "", status: str = "ACTIVE") -> IdentityUser:
    name = f"p{number}@example.com"
    profile = raw_json({"email": name, "department": department, "title": title})
    return IdentityUser(f"00u{number}", name, status, profile)


def _snapshot(users: list[IdentityUser], groups: dict[str, list[int]], apps: dict[str, list[int]]) -> Snapshot:
    def ids(members: list[int]) -> msgspec.Raw:
        return raw_json([f"00u{number}" for number in members])

    return Snapshot(
        "1.0",
        ORG,
        "0oa1",
        "2026-11-02T08:00:00Z",
        complete=True,
        users=users,
        groups=[IdentityGroup(f"00g{n}", name, ids(members)) for n, (name, members) in enumerate(groups.items())],
        apps=[IdentityApp(f"0oa{n}", label, ids(members)) for n, (label, members) in enumerate(apps.items(), 2)],
    )


def _settings(**choices: object) -> Settings:
    users = UserSettings((DefaultRole("okta-requester", HERE),))
    integration = Integration("okta", ORG, AppById("0oa1"), users, HERE, source=SnapshotSource("snapshot.json"))
    return Settings(integration, (Owner("boss", HERE),), **choices)  # type: ignore[arg-type]


def _role_rule(value: str, *roles: str, trait: str = "okta/department") -> TraitRule:
    pattern = NamePattern(value)
    return TraitRule(trait, pattern, tuple(Template(role, pattern.captures) for role in roles), HERE)


def _group_rule(value: str, *roles: str) -> GroupRule:
    pattern = NamePattern(value)
    return GroupRule(pattern, tuple(Template(role, pattern.captures) for role in roles), HERE)


def _list_rule(value: str, title: str, *roles: str, subject: ListSubject = ListSubject.GROUP) -> AccessListRule:
    pattern = NamePattern(value)
    templates = tuple(Template(role, pattern.captures) for role in roles)
    grants = (TraitGrant(Template("granted", 0), (Template("by $$", 0),)),)
    return AccessListRule(
        subject, pattern, HERE, title=Template(title, pattern.captures), roles=templates, traits=grants
    )


def _directory(settings: Settings, snapshot: Snapshot) -> DirectoryState:
    """The directory that follows `settings` already."""
    return make_plan(
        settings, Reading(snapshot), GivenDirectory(DirectoryState()), PlanOptions(now=NOW)
    ).compilation.desired


def _imported(snapshot: Snapshot, state: DirectoryState) -> tuple[Inferred, Plan]:
    """What is inferred, and the plan with it, by way of its text."""
    inferred = infer_from(snapshot, state, ORG, "okta/", NOW)
    connection = Connection("okta", ORG, AppById("0oa1"), "sqlite:///idsync.db", None, "snapshot.json")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "idsync.yaml"
        file.write_text(config_text(connection, inferred), "utf-8")
        loaded = load(file)
    assert loaded.settings is not None, [str(found) for found in loaded.diagnostics]
    return inferred, make_plan(loaded.settings, Reading(snapshot), GivenDirectory(state), PlanOptions(now=NOW)).plan


PEOPLE = 8
members = st.lists(st.integers(1, PEOPLE), unique=True, max_size=PEOPLE)
kindred = st.builds("team-{}{}".format, st.sampled_from(["a-", "b-", ""]), st.sampled_from("abcdefgh"))
printable = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="\\"), min_size=1, max_size=8)
departments = st.sampled_from(["Engineering", "Sales", "$ales*", ""])
titles = st.sampled_from(["web lead", "data lead", "Agent", "yes", "12"])


@settings(deadline=None, max_examples=examples(200), suppress_health_check=[HealthCheck.too_slow])
@given(
    people=st.lists(st.tuples(departments, titles), min_size=PEOPLE, max_size=PEOPLE),
    groups=st.dictionaries(
        printable | st.sampled_from(["team-a", "team-b", "team-c", "x*", "^x$"]), members, max_size=5
    ),
    apps=st.dictionaries(printable, members, max_size=3),
    order=st.permutations(range(5)),
)
def test_whatever_follows_rules_can_be_imported(
    people: list[tuple[str, str]], groups: dict[str, list[int]], apps: dict[str, list[int]], order: list[int]
) -> None:
    users = [_person(number, *each) for number, each in enumerate(people, 1)]
    rules = [
        _role_rule("Engineering", "dev", "on-call"),
        _role_rule("* lead", "lead-$1", trait="okta/title"),
        _group_rule("team-*", "team-$1"),
        _role_rule("*", "everybody"),
        _group_rule("*", "${1}s"),
    ]
    configured = _settings(
        role_rules=tuple(rules[place] for place in order),
        access_list_rules=(
            _list_rule("team-a-*", "A $1", "a-$1"),
            AccessListRule(ListSubject.GROUP, NamePattern("*-c"), HERE),
            _list_rule("team-*", "Team $1", "${1}_members", "$1"),
            _list_rule("*", "App $1", "app-$1", subject=ListSubject.APP),
        ),
    )
    snapshot = _snapshot(users, groups, apps)
    state = _directory(configured, snapshot)
    _, plan = _imported(snapshot, state)
    assert preventions(plan) == ()


def test_neighbouring_lists_share_a_rule_and_exceptions_stand_before_it() -> None:
    groups = {name: [1] for name in ("team-a", "team-b", "team-c", "team-d", "team-plain", "other")}
    configured = _settings(
        access_list_rules=(
            AccessListRule(ListSubject.GROUP, NamePattern("team-plain"), HERE),
            _list_rule("team-*", "Team $1", "team-$1"),
        )
    )
    snapshot = _snapshot([_person(1)], groups, {})
    inferred, plan = _imported(snapshot, _directory(configured, snapshot))
    assert plan.is_empty
    assert [(rule.pattern, rule.title, rule.lists) for rule in inferred.list_rules] == [
        ("team-plain", None, 1),
        ("team-*", "Team $1", 4),
    ]


def test_roles_are_explained_by_what_is_named_alike_and_shared_widest() -> None:
    people = [
        Person("a", ("base", "dev"), (("okta/department", "Engineering"),), ("dev", "floor-2")),
        Person("b", ("base", "dev"), (("okta/department", "Engineering"),), ("dev", "floor-2")),
        Person("c", ("base",), (("okta/department", "Sales"),), ("floor-3",)),
    ]
    found = infer_roles(people)
    assert found.default == ("base",)
    assert [(rule.mark.trait, rule.mark.value, rule.roles) for rule in found.rules] == [("", "dev", ("dev",))]


def test_a_role_that_nothing_explains_is_named_with_its_holders() -> None:
    people = [Person("a", ("odd",), (), ("x",)), Person("b", (), (), ("x",))]
    found = infer_roles(people)
    assert found.rules == ()
    assert found.unexplained == (("odd", ("a",)),)


def test_a_role_that_would_need_a_rule_for_each_person_is_not_explained_by_them() -> None:
    people = [
        Person(str(number), ("odd",) if number % 2 else (), (("okta/email", str(number)),), ())
        for number in range(2 * MAX_RULES + 2)
    ]
    assert infer_roles(people).unexplained[0][0] == "odd"
    assert infer_roles(people[: 2 * MAX_RULES]).unexplained == ()


def test_nobody_has_no_roles() -> None:
    assert infer_roles([]) == infer_roles([Person("a", (), (), ())])


def test_people_whose_roles_stand_in_an_order_of_their_own_prevent_an_import() -> None:
    snapshot = _snapshot([_person(number, str(number)) for number in (1, 2, 3)], {}, {})
    configured = _settings(role_rules=(_role_rule("1", "a", "b"), _role_rule("2", "b", "a")))
    state = _directory(configured, snapshot)
    _, plan = _imported(snapshot, state)
    assert [(each.address, each.action) for each in preventions(plan)] in (
        [("user/p1@example.com", "update")],
        [("user/p2@example.com", "update")],
    )


@pytest.mark.parametrize("choice", SuspendedPeople)
def test_what_was_done_with_suspended_people_is_seen(choice: SuspendedPeople) -> None:
    users = [_person(1), _person(2, status="SUSPENDED"), _person(3, status="SUSPENDED")]
    snapshot = _snapshot(users, {}, {})
    base = _settings()
    integration = replace(base.integration, users=replace(base.integration.users, suspended=choice))
    inferred, plan = _imported(snapshot, _directory(replace(base, integration=integration), snapshot))
    assert inferred.suspended is choice
    assert plan.is_empty


def test_hidden_attributes_stay_hidden() -> None:
    snapshot = _snapshot([_person(1, "Sales", "Agent"), _person(2, "Sales")], {}, {})
    base = _settings()
    traits = TraitSettings(attributes=NameFilter(exclude=(NamePattern("title"),)))
    integration = replace(base.integration, users=replace(base.integration.users, traits=traits))
    inferred, plan = _imported(snapshot, _directory(replace(base, integration=integration), snapshot))
    assert inferred.hidden_attributes == ("title",)
    assert plan.is_empty


def test_lists_that_are_kept_without_members_stay() -> None:
    base = _settings()
    keeping = replace(base, integration=replace(base.integration, empty_lists=EmptyLists.KEEP))
    filled = _snapshot([_person(1)], {"g": [1]}, {})
    emptied = _snapshot([_person(1)], {"g": []}, {})
    state = _directory(keeping, filled)
    after = make_plan(keeping, Reading(emptied), GivenDirectory(state), PlanOptions(now=NOW)).compilation.desired
    inferred, plan = _imported(emptied, after)
    assert inferred.empty_lists is EmptyLists.KEEP
    assert plan.is_empty


def test_locks_without_end_on_people_who_left_stay() -> None:
    base = _settings()
    lasting = replace(base, integration=replace(base.integration, locks=LockSettings(ttl=None)))
    both, one = _snapshot([_person(1), _person(2)], {}, {}), _snapshot([_person(1)], {}, {})
    state = _directory(lasting, both)
    after = make_plan(lasting, Reading(one), GivenDirectory(state), PlanOptions(now=NOW)).compilation.desired
    inferred, plan = _imported(one, after)
    assert inferred.locks_for_ever
    assert plan.is_empty


def test_what_is_not_ours_is_not_evidence() -> None:
    snapshot = _snapshot([_person(1)], {"g": [1]}, {})
    state = _directory(_settings(), snapshot)
    foreign = {name: replace(user, metadata=replace(user.metadata, labels={})) for name, user in state.users.items()}
    inferred = infer_from(snapshot, replace(state, users=foreign), ORG, "okta/", NOW)
    assert inferred.roles.default == ("okta-requester",)


@pytest.mark.parametrize("name", ["a", "a*b", "^a$", "^", "$", "a$", "*", "^*$", "é.+"])
def test_a_literal_filter_matches_one_name(name: str) -> None:
    pattern = NamePattern(literal_filter(name))
    assert pattern.match(name) is not None
    assert all(pattern.match(other) is None for other in ("x", name + "x", "x" + name, "^ab$", "axb") if other != name)
