"""Explanations: every path from an Okta user to each role and list, or what is missing on the way."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, cast

import msgspec

from idsync.model.addresses import Address, access_list_address
from idsync.model.directory import Cause, GivenRoles, Why
from idsync.model.findings import MissingEdge
from idsync.model.resources import Membership, User
from idsync.plan.effective import OWN, Key, Lists, effective_routes


class Path(msgspec.Struct, frozen=True):
    """One way to something: `via` is `user` for a role of one's own, else a list; causes run from Okta downwards."""

    via: str
    title: str
    causes: tuple[Cause, ...]


class HeldBy(msgspec.Struct, frozen=True):
    """A guard that holds something back until a person releases it, and since when; empty where that is not known."""

    guard: str
    since: str = ""


class HeldStep(msgspec.Struct, frozen=True):
    """What is held back of a person's account itself, and what holds it."""

    step: Literal["lock", "deletion", "change"]
    by: tuple[HeldBy, ...]


class ExplainedAccess(msgspec.Struct, frozen=True):
    """A role, list or trait: whether it is in force now, is as the configuration asks, by which paths, and what holds
    its coming or going.
    """

    kind: Literal["role", "access_list", "trait", "app"]
    name: str
    title: str
    now: bool
    desired: bool
    paths: tuple[Path, ...]
    held: tuple[HeldBy, ...] = ()


class Explanation(msgspec.Struct, frozen=True):
    """All that is known of one person's access; `missing` answers for what was asked and is not there.

    Where no status of theirs is known, `unknown` says of what: they are not in the last reading; or, where pushes alone
    tell of people, no push told of them, or the last one said that they are inactive.
    """

    person: str
    okta_id: str
    okta_status: str
    standing: Literal["present", "suspended", "held", "leaving", "absent"]
    locked: bool
    resource: str | None
    access: tuple[ExplainedAccess, ...]
    missing: tuple[MissingEdge, ...]
    held: tuple[HeldStep, ...] = ()
    unknown: Literal["", "unread", "unpushed", "inactive"] = ""


class Standpoint(msgspec.Struct, frozen=True):
    """One person in one state: the user, memberships by list, and the lists."""

    user: User | None
    memberships: Mapping[str, Membership]
    lists: Lists


def explained_access(
    now_state: Standpoint,
    desired: Standpoint,
    given: GivenRoles,
    why: Mapping[Address, Why],
    now: datetime,
) -> tuple[ExplainedAccess, ...]:
    """Everything the person can use now or is to, sorted by kind and name."""
    before, after = _routes(now_state, now), _routes(desired, now)
    lists = {**now_state.lists.access_lists, **desired.lists.access_lists}

    def explained(key: Key) -> ExplainedAccess:
        kind, name = cast(Literal["role", "access_list", "trait", "app"], key[0]), key[1]
        title = lists[name].spec.title if kind == "access_list" else ""
        if kind == "app":
            title = desired.lists.reach.title(name) or now_state.lists.reach.title(name)
        paths = tuple(path(name, via) for via in after.get(key) or before[key])
        return ExplainedAccess(kind, name, title, key in before, key in after, paths)

    def path(name: str, via: str) -> Path:
        if (via,) == OWN:
            return Path(via, "", given.causes_of(name))
        reason = why.get(access_list_address(via))
        return Path(via, lists[via].spec.title, reason.causes if reason else ())

    return tuple(explained(key) for key in sorted(before.keys() | after.keys()))


def _routes(standpoint: Standpoint, now: datetime) -> dict[Key, tuple[str, ...]]:
    if standpoint.user is None:
        return {}
    return effective_routes(standpoint.user, standpoint.memberships, standpoint.lists, now)


def matches(access: ExplainedAccess, resource: str) -> bool:
    """Whether something is what was asked about: by name, title, or `kind/name`."""
    return resource in (access.name, access.title, f"{access.kind}/{access.name}")
