"""Directory states: what a target holds, and what the config and the snapshot ask for.

A state may cover the whole directory or only a `Names` of it.
"""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from idsync.model.addresses import Address, split_address
from idsync.model.measures import Measures
from idsync.model.plain_resources import Plain
from idsync.model.resources import AccessList, Lock, Membership, User

Members = Mapping[str, Membership]
"""One list's memberships by member name."""


class Reason(StrEnum):
    """Why a change is made: fixed codes that scripts may rely on."""

    ASSIGNED = "assigned"
    UNASSIGNED = "unassigned"
    DEACTIVATED = "deactivated"
    DELETED_UPSTREAM = "deleted_upstream"
    SUSPENDED = "suspended"
    UNSUSPENDED = "unsuspended"
    REPROVISIONED = "reprovisioned"
    RENAMED = "renamed"
    LOGIN_REUSED = "login_reused"
    PROFILE_CHANGED = "profile_changed"
    TRAITS_CHANGED = "traits_changed"
    ROLE_MAPPING_CHANGED = "role_mapping_changed"
    IMPORTED = "imported"
    LABELS_CHANGED = "labels_changed"
    LINKS_CHANGED = "links_changed"
    GROUP_RENAMED = "group_renamed"
    TITLE_CHANGED = "title_changed"
    DESCRIPTION_CHANGED = "description_changed"
    MEMBERSHIP_CHANGED = "membership_changed"
    FILTER_CHANGED = "filter_changed"
    GRANTS_CHANGED = "grants_changed"
    BECAME_EMPTY = "became_empty"
    BECAME_BUILT_IN = "became_built_in"
    DRIFT = "drift"
    ADOPTED = "adopted"
    RELABELLED = "relabelled"
    IDENTIFIED = "identified"
    CLEARED = "cleared"
    SUSPENSION_CHANGED = "suspension_changed"
    APP_CHANGED = "app_changed"
    SYNC_CHANGED = "sync_changed"
    WHEN_EMPTY_CHANGED = "when_empty_changed"
    ADOPTED_BY_NAME = "adopted_by_name"
    MEMBERS_EDITED = "members_edited"


OF_AN_EDIT = frozenset(
    {
        Reason.TRAITS_CHANGED,
        Reason.ROLE_MAPPING_CHANGED,
        Reason.TITLE_CHANGED,
        Reason.FILTER_CHANGED,
        Reason.GRANTS_CHANGED,
        Reason.LABELS_CHANGED,
        Reason.SUSPENSION_CHANGED,
        Reason.APP_CHANGED,
        Reason.SYNC_CHANGED,
        Reason.WHEN_EMPTY_CHANGED,
    }
)
"""Reasons that lie in the configuration, and not in Okta."""
OF_A_SETTING = frozenset({Reason.SUSPENSION_CHANGED, Reason.APP_CHANGED, Reason.SYNC_CHANGED})
"""Those for which people come, go, or are locked."""


class UpstreamCause(msgspec.Struct, frozen=True, gc=False, tag="upstream", tag_field="type"):
    """An Okta object that made a change so; `object` is user, group or app."""

    object: str
    id: str
    name: str = ""


class ConfigCause(msgspec.Struct, frozen=True, gc=False, tag="config", tag_field="type"):
    """A place in the configuration that made a change so; `rule` is how people call it."""

    file: str
    line: int
    column: int
    rule: str = ""


Cause = UpstreamCause | ConfigCause


class Why(msgspec.Struct, frozen=True, gc=False):
    """The reason code and the causes of one object's being as desired."""

    reason: Reason
    causes: tuple[Cause, ...] = ()


class GivenRoles(msgspec.Struct, frozen=True, gc=False):
    """A person's roles in order and, beside each, why they have it; people with the same share one object."""

    names: tuple[str, ...] = ()
    causes: tuple[tuple[Cause, ...], ...] = ()

    def causes_of(self, role: str) -> tuple[Cause, ...]:
        """Why this role is there; empty when it is not."""
        return self.causes[self.names.index(role)] if role in self.names else ()


class DirectoryState(msgspec.Struct, frozen=True):
    """Users, locks, access lists and memberships, each keyed by name; `members` has a key for every list here.

    `plain` are roles, apps and groups, by address.
    """

    users: dict[str, User] = {}
    locks: dict[str, Lock] = {}
    access_lists: dict[str, AccessList] = {}
    members: dict[str, Members] = {}
    plain: dict[Address, Plain] = {}


def object_at(state: DirectoryState, address: Address) -> User | Lock | AccessList | Plain | None:
    """The object at an address, which is not that of a membership."""
    kind, name = split_address(address)
    match kind:
        case "user":
            return state.users.get(name)
        case "lock":
            return state.locks.get(name)
        case "access_list":
            return state.access_lists.get(name)
        case _:
            return state.plain.get(address)


class LastApply(msgspec.Struct, frozen=True):
    """What the last apply was made from. `good` are the measures of the last reading that was applied whole."""

    config_digest: str
    snapshot_digest: str
    snapshot_taken_at: str
    good: Measures | None = None


class Names(msgspec.Struct, frozen=True):
    """The names that a plan must look at, and the addresses of plain resources: all else is known to be as desired."""

    users: frozenset[str]
    access_lists: frozenset[str]
    plain: frozenset[Address] = frozenset()
