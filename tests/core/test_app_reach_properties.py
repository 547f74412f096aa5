"""Who gains and loses which app, held against an oracle that asks everybody before and after: nobody is forgotten."""

from fnmatch import fnmatchcase
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from idsync.config.settings import Settings
from idsync.model.directory import DirectoryState
from idsync.model.identity import Snapshot
from idsync.model.plain_resources import App, Labels, Role, RoleConditions, RoleSpec, UserGroup
from idsync.model.plain_resources import role as role_resource
from idsync.model.resources import Grants, Metadata, Owner
from tests.core.replay import applied, settled
from tests.core.test_app_groups import with_plain
from tests.core.world import app, config, foreign_list, foreign_user, group, okta, person, plan, with_list, with_user

PEOPLE = ("ann", "bob", "cat", "dan")
GROUPS = ("eng", "ops", "sec")
APPS = ("aws-1", "aws-2", "wiki")
ON = "sync: {app_groups: true}"
RULES: list[Settings] = [
    config(spec=ON),
    config('ImportRules: {rules: [{apps: ["aws-*"], labels: {env: prod}}]}', spec=ON),
    config('ImportRules: {rules: [{apps: ["wiki"], groups: ["ops"], labels: {env: prod, team: x}}]}', spec=ON),
    config('ImportRules: {rules: [{apps: ["*"], groups: ["*"], labels: {team: x}}]}', spec=ON),
]
LABELS: list[Labels] = [
    {"env": "prod"},
    {"env": ("pr*", "other")},
    {"team": "x", "env": "prod"},
    {"teleport.internal/okta-app-id": ("0oa-wiki",)},
    {"teleport.internal/okta-group-id": ("00g-eng",)},
    {"teleport.internal/okta-app-name": "aws-*"},
]


@st.composite
def organizations(draw: st.DrawFn) -> Snapshot:
    """Some people in some groups, which convey some apps."""
    some = st.lists(st.sampled_from(PEOPLE), unique=True, max_size=3)
    groups = [group(name, *draw(some)) for name in GROUPS if draw(st.booleans())]
    conveying = st.lists(st.sampled_from([f"00g-{name}" for name in GROUPS]), unique=True, max_size=2)
    apps = [app(name, *draw(some), groups=draw(conveying)) for name in APPS if draw(st.integers(0, 3))]
    return okta(*(person(name) for name in PEOPLE), *groups, *apps)


@st.composite
def hands(draw: st.DrawFn, state: DirectoryState) -> DirectoryState:
    """Roles that people made, with those who hold them: of their own, by a list, or as its owners."""
    for name in ("one", "two"):
        spec = RoleSpec(
            allow=RoleConditions(
                app_labels=draw(st.sampled_from([{}, *LABELS])), group_labels=draw(st.sampled_from([{}, *LABELS]))
            ),
            deny=RoleConditions(app_labels=draw(st.sampled_from([{}, {}, {}, *LABELS]))),
        )
        state = with_plain(state, role_resource(Metadata(name), spec))
    state = with_user(state, foreign_user("visitor", roles=tuple(draw(st.sampled_from([(), ("one",), ("two",)])))))
    given_away = st.sampled_from([Grants(), Grants(("one",)), Grants(("two",))])
    members_get, owners_get = draw(given_away), draw(given_away)
    members = draw(st.lists(st.sampled_from((*PEOPLE, "visitor")), unique=True, min_size=1, max_size=3))
    owner = draw(st.sampled_from((*PEOPLE, "visitor")))
    return with_list(
        state, foreign_list("theirs", owners=(Owner(owner),), grants=members_get, owner_grants=owners_get), *members
    )


def _fit(wanted: Labels, labels: dict[str, str]) -> bool:
    def one(value: str | tuple[str, ...], there: str) -> bool:
        return any(fnmatchcase(there, each) for each in ((value,) if isinstance(value, str) else value))

    return bool(wanted) and all(key in labels and one(value, labels[key]) for key, value in wanted.items())


def _given(conditions: RoleConditions, plain: dict[Any, Any]) -> set[str]:
    apps = {
        item.metadata.name
        for item in plain.values()
        if isinstance(item, App) and _fit(conditions.app_labels, item.metadata.labels)
    }
    for item in plain.values():
        if isinstance(item, UserGroup) and _fit(conditions.group_labels, item.metadata.labels):
            apps |= set(item.spec.applications)
    return apps


def reach(state: DirectoryState) -> set[tuple[str, str]]:
    """Everybody with each app that a role gives them."""
    found: set[tuple[str, str]] = set()
    for name, user in state.users.items():
        roles = {*user.spec.roles}
        for title, item in state.access_lists.items():
            roles.update(item.spec.grants.roles if name in state.members[title] else ())
            roles.update(item.spec.owner_grants.roles if name in {owner.name for owner in item.spec.owners} else ())
        for role in roles:
            there = state.plain.get(f"role/{role}")  # type: ignore[call-overload]
            if isinstance(there, Role):
                gives = _given(there.spec.allow, state.plain) - _given(there.spec.deny, state.plain)
                found.update((name, each) for each in gives)
    return found


@given(st.data(), organizations(), organizations(), st.sampled_from(RULES), st.sampled_from(RULES))
def test_a_plan_tells_everybody_who_gains_or_loses_an_app(
    data: st.DataObject, before: Snapshot, now: Snapshot, rules: Settings, edited: Settings
) -> None:
    state = data.draw(hands(settled(before, rules)))
    made = plan(now, state, edited)
    after = applied(state, made)
    told: dict[str, set[tuple[str, str]]] = {"gains": set(), "loses": set()}
    for delta in made.access_delta:
        for side, pairs in told.items():
            pairs.update((delta.person, each.name) for each in getattr(delta, side) if each.kind == "app")
    had, have = reach(state), reach(after)
    assert told == {"gains": have - had, "loses": had - have}
