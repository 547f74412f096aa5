"""Random small organizations, hand edits and foreign objects: few names, so that everything collides."""

import random
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from hypothesis import strategies as st

from idsync.config.settings import Settings
from idsync.model.addresses import Address
from idsync.model.directory import DirectoryState
from idsync.model.identity import IdentityApp, IdentityGroup, IdentityUser, Snapshot, raw_json
from idsync.model.resources import ConnectorReference, CreatedBy, Grants, Membership, Owner
from tests.core.world import (
    NOTHING,
    app,
    config,
    edited_list,
    edited_user,
    foreign_list,
    foreign_user,
    group,
    lock_on,
    okta,
    person,
    replace,
    with_list,
    with_lock,
    with_member,
    with_user,
    without_user,
)

IDS = [str(number) for number in range(6)]
STATUSES = ["ACTIVE"] * 6 + ["SUSPENDED", "SUSPENDED", "DEPROVISIONED", "STAGED", "HIBERNATED", "LOCKED_OUT"]
NAMES = {identifier: [f"p{identifier}"] * 6 + [f"P{identifier}", f"q{identifier}", "shared"] for identifier in IDS}
GROUPS = ["eng", "ops", "Eng", "aws-prod", "team/é"]
RULES = (
    """RoleMapping:
  rules:
    - {group: "aws-*", roles: ["aws-$1"]}
    - {trait: okta/team, value: "*", roles: ["team-$1", shared]}
    - {group: eng, roles: [shared, dev]}""",
    """AccessListRules:
  rules:
    - {group: "team/*", title: "Team $1", grants: {roles: ["t-$1"], traits: {logins: ["$1"]}}}
    - {app: "*", grants: {roles: [shared]}}""",
)
LABELS = (
    """ImportRules:
  rules:
    - {groups: ["aws-*"], labels: {account: "$1", env: any}}
    - {priority: 3, apps: [CRM], group_ids: [00g-1], labels: {env: prod}}""",
)
CONFIGS: list[Settings] = [
    config(*RULES),
    config(*RULES, spec="users: {suspended: delete, adopt: [p1, shared]}\naccess_lists: {when_empty: keep}"),
    config(*RULES, spec="users: {suspended: ignore, default_roles: []}\nlocks: {ttl: never}"),
    config(*RULES, *LABELS, spec="sync: {app_groups: true}"),
    config("ImportFilters: {groups: {include: [eng, 'team*'], exclude: [ops]}}", spec="locks: {ttl: 1h}"),
]


PROFILES: list[dict[str, Any]] = [{}, {}, {"team": "red"}, {"team": ["red", "Blue"], "level": 3}]
_Item = TypeVar("_Item")


@st.composite
def people(draw: st.DrawFn) -> list[IdentityUser]:
    """Some people, mostly active and mostly under names of their own."""
    return [
        person(
            draw(st.sampled_from(NAMES[identifier])),
            draw(st.sampled_from(STATUSES)),
            id=f"00u-{identifier}",
            **draw(st.sampled_from(PROFILES)),
        )
        for identifier in IDS
        if draw(st.integers(0, 9)) < 8
    ]


def _members(draw: st.DrawFn) -> list[str]:
    return draw(st.lists(st.sampled_from([*IDS, "outsider"]), unique=True, max_size=7))


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    """An organization as one reading of it."""
    groups: list[IdentityGroup] = []
    for place, name in enumerate(GROUPS):
        if draw(st.integers(0, 9)) < 7:
            shown = draw(st.sampled_from([name, name, name, f"{name}2"]))
            groups.append(group(shown, *_members(draw), id=f"00g-{place}"))
    conveying = st.lists(st.sampled_from(["00g-0", "00g-3", "00g-9"]), unique=True)
    apps: list[IdentityApp] = [
        app(label, *_members(draw), groups=sorted(draw(conveying))) for label in ("CRM", "Wiki") if draw(st.booleans())
    ]
    gone = draw(st.dictionaries(st.sampled_from(IDS), st.sampled_from(["ACTIVE", "DEPROVISIONED", "DELETED"])))
    return okta(*draw(people()), *groups, *apps, unassigned=gone, complete=draw(st.integers(0, 9)) > 0)


FOREIGN = (
    foreign_user("p0", roles=("admin",)),
    foreign_user("p1", expires="2026-12-01T00:00:00Z"),
    foreign_user("shared", {"teleport.dev/origin": "okta", "okta/org": "https://other.okta.com"}),
    foreign_user(
        "q2", expires="2026-12-01T00:00:00Z", created_by=CreatedBy(connector=ConnectorReference("saml", "okta", "q2"))
    ),
)
FOREIGN_LOCKS = (lock_on("p0"), lock_on("p1", ours=False, called=lock_on("p1", ours=True).metadata.name))


@st.composite
def others(draw: st.DrawFn) -> DirectoryState:
    """What other people have in the directory, under names that collide with ours."""
    state = NOTHING
    for user in draw(st.lists(st.sampled_from(FOREIGN), unique_by=lambda user: user.metadata.name, max_size=2)):
        state = with_user(state, user)
    for lock in draw(st.lists(st.sampled_from(FOREIGN_LOCKS), unique_by=lambda lock: lock.metadata.name, max_size=1)):
        state = with_lock(state, lock)
    if draw(st.booleans()):
        state = with_list(state, foreign_list("00g-1", grants=Grants(("x",))), "p0", "p3")
    if draw(st.booleans()):
        state = with_list(state, foreign_list("parent", grants=Grants(("up",))), "p2")
        nested = Membership(membership_kind="MEMBERSHIP_KIND_LIST")
        state = with_member(state, "parent", draw(st.sampled_from(["00g-0", "00g-3"])), nested)
    return state


Hand = Callable[[DirectoryState], DirectoryState]


def _on_user(edit: Callable[[DirectoryState, str], DirectoryState]) -> Callable[[DirectoryState, int], DirectoryState]:
    def hand(state: DirectoryState, place: int) -> DirectoryState:
        names = sorted(state.users)
        return edit(state, names[place % len(names)]) if names else state

    return hand


def _on_list(edit: Callable[[DirectoryState, str], DirectoryState]) -> Callable[[DirectoryState, int], DirectoryState]:
    def hand(state: DirectoryState, place: int) -> DirectoryState:
        names = sorted(state.access_lists)
        return edit(state, names[place % len(names)]) if names else state

    return hand


def _every_member(state: DirectoryState, name: str, membership: Membership) -> DirectoryState:
    for member in state.members[name]:
        state = with_member(state, name, member, membership)
    return state


def _plain_at(state: DirectoryState, place: int) -> Address | None:
    addresses = sorted(state.plain)
    return addresses[place % len(addresses)] if addresses else None


def without_plain(state: DirectoryState, place: int) -> DirectoryState:
    """The state without one role, app or group, if there is any."""
    gone = _plain_at(state, place)
    return replace(state, plain={address: item for address, item in state.plain.items() if address != gone})


def relabelled_plain(state: DirectoryState, place: int) -> DirectoryState:
    """The state in which somebody gave a label to a role, an app or a group, if there is any."""
    chosen = _plain_at(state, place)
    if chosen is None:
        return state
    item = state.plain[chosen]
    labels = {**item.metadata.labels, "mine": "x"}
    return replace(state, plain={**state.plain, chosen: replace(item, metadata=replace(item.metadata, labels=labels))})


def foreign_plain(state: DirectoryState, place: int) -> DirectoryState:
    """The state in which a role, an app or a group, if there is any, is somebody's own."""
    chosen = _plain_at(state, place)
    if chosen is None:
        return state
    item = state.plain[chosen]
    return replace(state, plain={**state.plain, chosen: replace(item, metadata=replace(item.metadata, labels={}))})


EXPIRED = Membership("2020-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "was here")
HANDS = [
    _on_user(without_user),
    _on_user(lambda state, name: edited_user(state, name, roles=("mine",))),
    _on_user(lambda state, name: edited_user(state, name, traits={"mine": ("x",)})),
    _on_list(lambda state, name: edited_list(state, name, title="mine", grants=Grants(("mine",)))),
    _on_list(lambda state, name: edited_list(state, name, owners=(Owner("p0"), Owner("p1", "x"), Owner("zoe")))),
    _on_list(lambda state, name: edited_list(state, name, membership_requires=Grants(("dev",)))),
    _on_list(lambda state, name: with_member(state, name, "p4", Membership(reason="mine"))),
    _on_list(lambda state, name: _every_member(state, name, EXPIRED)),
    _on_list(
        lambda state, name: with_member(state, name, "parent", Membership(membership_kind="MEMBERSHIP_KIND_LIST"))
    ),
    lambda state, place: replace(state, locks={}),
    lambda state, place: without_plain(state, place),
    lambda state, place: relabelled_plain(state, place),
    lambda state, place: foreign_plain(state, place),
]


@st.composite
def hands(draw: st.DrawFn) -> Hand:
    """A few edits by people, on whatever there is."""
    edits = draw(st.lists(st.tuples(st.sampled_from(HANDS), st.integers(0, 20)), max_size=3))

    def edited(state: DirectoryState) -> DirectoryState:
        for edit, place in edits:
            state = edit(state, place)
        return state

    return edited


def shuffled(snapshot: Snapshot, seed: int) -> Snapshot:
    """The same facts, listed in another order."""
    dice = random.Random(seed)

    def mixed(items: list[_Item]) -> list[_Item]:
        return dice.sample(items, len(items))

    return replace(
        snapshot,
        users=[
            replace(user, profile=raw_json(dict(mixed(list(user.attributes().items())))))
            for user in mixed(snapshot.users)
        ],
        groups=[replace(item, members=raw_json(mixed(item.member_ids()))) for item in mixed(snapshot.groups)],
        apps=[replace(item, users=raw_json(mixed(item.user_ids()))) for item in mixed(snapshot.apps)],
        unassigned=dict(mixed(list(snapshot.unassigned.items()))),
    )


def shuffled_state(state: DirectoryState, seed: int) -> DirectoryState:
    """The same directory, listed in another order."""
    dice = random.Random(seed)

    def mixed(items: Mapping[str, _Item]) -> dict[str, _Item]:
        return dict(dice.sample(list(items.items()), len(items)))

    return DirectoryState(
        users=mixed(state.users),
        locks=mixed(state.locks),
        access_lists=mixed(state.access_lists),
        members={name: mixed(dict(entries)) for name, entries in mixed(state.members).items()},
        plain=dict(dice.sample(list(state.plain.items()), len(state.plain))),
    )
