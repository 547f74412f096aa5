"""The directory in brief: enough to decide which objects a plan must look at, and how many of them are ours."""

from collections.abc import Collection

import msgspec

from idsync.model.addresses import Address, is_plain, split_address
from idsync.model.canonical import fingerprint
from idsync.model.directory import DirectoryState, Names
from idsync.model.member_fingerprint import fingerprint_members
from idsync.model.ownership import USER_ID_LABEL, is_ours
from idsync.model.plain_resources import Role
from idsync.model.resources import User


class UserEntry(msgspec.Struct, frozen=True, gc=False):
    """A user in brief: its fingerprint, and its Okta id: None for a foreign user, empty where ours lacks the label."""

    okta_id: str | None
    fingerprint: str


class AccessListEntry(msgspec.Struct, frozen=True, gc=False):
    """A list in brief: whose it is, its fingerprint, that of its members, and how many there are."""

    ours: bool
    fingerprint: str
    members_fingerprint: str
    member_count: int


class PlainEntry(msgspec.Struct, frozen=True, gc=False):
    """A plain resource in brief: whose it is, and its fingerprint."""

    ours: bool
    fingerprint: str


class DirectoryIndex(msgspec.Struct, frozen=True):
    """What a target holds, in brief: enough to decide which objects a plan must look at, and how many are ours."""

    users: dict[str, UserEntry] = {}
    access_lists: dict[str, AccessListEntry] = {}
    edited: frozenset[Address] = frozenset()
    """Objects of ours whose owned fields a person changed, or that a person removed, since the last apply."""
    serial: int = 0
    plain: dict[Address, PlainEntry] = {}


class Managed(msgspec.Struct, frozen=True, gc=False):
    """How many users, memberships of lists, lists, and apps with groups are ours: of what guards take percentages."""

    people: int = 0
    memberships: int = 0
    access_lists: int = 0
    app_groups: int = 0
    agreed: int | None = None
    """Of Okta: how many memberships both sides agreed on. Of every other target None."""


def index_of(state: DirectoryState, org_url: str) -> DirectoryIndex:
    """A state in brief, on behalf of one organization."""
    return DirectoryIndex(
        users={name: _user_entry(user, org_url) for name, user in state.users.items()},
        access_lists={
            name: AccessListEntry(
                is_ours(item.metadata.labels, org_url),
                fingerprint(item),
                fingerprint_members(name, state.members[name]),
                len(state.members[name]),
            )
            for name, item in state.access_lists.items()
        },
        plain={
            address: PlainEntry(is_ours(item.metadata.labels, org_url), fingerprint(item))
            for address, item in state.plain.items()
        },
    )


def managed_of(state: DirectoryState, org_url: str) -> Managed:
    """How much of a state is ours, on behalf of one organization."""
    lists = [name for name, item in state.access_lists.items() if is_ours(item.metadata.labels, org_url)]
    return Managed(
        people=sum(is_ours(user.metadata.labels, org_url) for user in state.users.values()),
        memberships=sum(len(state.members[name]) for name in lists),
        access_lists=len(lists),
        app_groups=sum(
            is_ours(item.metadata.labels, org_url) for item in state.plain.values() if not isinstance(item, Role)
        ),
    )


def edited_within(edited: Collection[Address], within: Names) -> frozenset[Address]:
    """The addresses of these users, lists with their members, and plain resources, and of every lock."""
    return frozenset(address for address in edited if _is_within(address, within))


def _is_within(address: Address, within: Names) -> bool:
    kind, name = split_address(address)
    if kind == "user":
        return name in within.users
    if is_plain(address):
        return address in within.plain
    return kind == "lock" or name.partition("/")[0] in within.access_lists


def _user_entry(user: User, org_url: str) -> UserEntry:
    labels = user.metadata.labels
    ours = is_ours(labels, org_url)
    return UserEntry(labels.get(USER_ID_LABEL, "") if ours else None, fingerprint(user))
