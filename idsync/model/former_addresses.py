"""Objects that carry a former address of the organization: ours all the same, and what carries an address nobody knows.

An organization moves when its address changes and its Okta ids stay. What was labelled with the old address is then
labelled with the new one, and keeps its name.
"""

from collections.abc import Collection, Mapping
from typing import TypeVar

import msgspec

from idsync.model.addresses import Address
from idsync.model.directory import DirectoryState
from idsync.model.ownership import ORG_LABEL, okta_id_of, org_of
from idsync.model.plain_resources import Plain
from idsync.model.resources import AccessList, Lock, User

Key = TypeVar("Key", bound=str)
Labelled = TypeVar("Labelled", bound=User | Lock | AccessList | Plain)
replace = msgspec.structs.replace


class Orphans(msgspec.Struct, frozen=True):
    """What carries our origin and the address `org_url`: users with Okta ids, lists, and locks with their users; and
    roles, apps and groups.
    """

    org_url: str
    users: Mapping[str, str] = {}
    access_lists: tuple[str, ...] = ()
    locks: Mapping[str, str] = {}
    plain: tuple[Address, ...] = ()


def orphans_of(state: DirectoryState, known: Collection[str]) -> tuple[Orphans, ...]:
    """What of a state carries our origin and an address that is not `known`, by address."""
    users: dict[str, dict[str, str]] = {}
    lists: dict[str, list[str]] = {}
    locks: dict[str, dict[str, str]] = {}
    for name, user in state.users.items():
        users.setdefault(org_of(user.metadata.labels), {})[name] = okta_id_of(user.metadata.labels)
    for name, item in state.access_lists.items():
        lists.setdefault(org_of(item.metadata.labels), []).append(name)
    for name, lock in state.locks.items():
        locks.setdefault(org_of(lock.metadata.labels), {})[name] = lock.spec.target.user or ""
    plain: dict[str, list[Address]] = {}
    for address, resource in state.plain.items():
        plain.setdefault(org_of(resource.metadata.labels), []).append(address)
    strangers = sorted((users.keys() | lists.keys() | locks.keys() | plain.keys()) - {"", *known})
    return tuple(
        Orphans(
            org,
            users.get(org, {}),
            tuple(sorted(lists.get(org, ()))),
            locks.get(org, {}),
            tuple(sorted(plain.get(org, ()))),
        )
        for org in strangers
    )


def taken_over(state: DirectoryState, org_url: str, former: Collection[str]) -> DirectoryState:
    """The state with every object that carries one of the `former` addresses labelled with `org_url`."""
    return DirectoryState(
        users=relabelled(state.users, org_url, former),
        locks=relabelled(state.locks, org_url, former),
        access_lists=relabelled(state.access_lists, org_url, former),
        members=state.members,
        plain=relabelled(state.plain, org_url, former),
    )


def relabelled(objects: dict[Key, Labelled], org_url: str, former: Collection[str]) -> dict[Key, Labelled]:
    """These objects, each that carries a former address labelled with `org_url`; the same ones where none does."""
    moved = {name: item for name, item in objects.items() if org_of(item.metadata.labels) in former}
    if not moved:
        return objects
    return {**objects, **{name: _relabelled(item, org_url) for name, item in moved.items()}}


def _relabelled(item: Labelled, org_url: str) -> Labelled:
    labels = {**item.metadata.labels, ORG_LABEL: org_url}
    return replace(item, metadata=replace(item.metadata, labels=labels))
