"""Directory objects in Teleport's shapes: user v2, lock v2, access_list v1, access_list_member v1.

The structs are the wire form of `get`, `create`, plans and the store. Unknown fields are refused.
Mappings inside them are never changed in place; fingerprints stand for whole values.
"""

from typing import Literal

import msgspec

Strings = tuple[str, ...]
Traits = dict[str, Strings]


class Part(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """A piece of a resource: immutable, absent when default, closed to unknown fields."""


class Metadata(Part, frozen=True):
    """Name and labels; `expires` marks a temporary user; `revision` is set only on what `get` prints."""

    name: str
    description: str = ""
    labels: dict[str, str] = {}
    expires: str | None = None
    revision: str | None = None


class UserReference(Part, frozen=True):
    """The person or system account behind `created_by`."""

    name: str = ""


class ConnectorReference(Part, frozen=True):
    """The SSO connector that made a user."""

    type: str = ""
    id: str = ""
    identity: str = ""


class CreatedBy(Part, frozen=True):
    """Who or what made a user, and when."""

    time: str | None = None
    user: UserReference | None = None
    connector: ConnectorReference | None = None


class ExternalIdentity(Part, frozen=True):
    """A login of the user at an SSO connector."""

    connector_id: str = ""
    username: str = ""


class LoginStatus(Part, frozen=True):
    """The login-failure lock that the directory itself keeps; not a lock resource."""

    is_locked: bool = False
    locked_message: str = ""
    locked_time: str | None = None
    lock_expires: str | None = None


class UserSpec(Part, frozen=True):
    """What a user may do (`roles`) and is (`traits`)."""

    roles: Strings = ()
    traits: Traits = {}
    status: LoginStatus | None = None
    expires: str | None = None
    created_by: CreatedBy | None = None
    saml_identities: tuple[ExternalIdentity, ...] = ()
    oidc_identities: tuple[ExternalIdentity, ...] = ()
    github_identities: tuple[ExternalIdentity, ...] = ()


class User(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A directory user."""

    kind: Literal["user"]
    version: Literal["v2"]
    metadata: Metadata
    spec: UserSpec


class LockTarget(Part, frozen=True):
    """What a lock stops; normally one attribute is set."""

    user: str | None = None
    role: str | None = None
    login: str | None = None
    mfa_device: str | None = None
    windows_desktop: str | None = None
    access_request: str | None = None
    device: str | None = None
    server_id: str | None = None
    bot_instance_id: str | None = None
    join_token: str | None = None
    node: str | None = None


class LockSpec(Part, frozen=True):
    """Target, message and lifetime; without `expires` a lock is permanent."""

    target: LockTarget
    message: str = ""
    expires: str | None = None
    created_at: str | None = None
    created_by: str = ""


class Lock(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A lock: ends sessions and refuses new ones while in force."""

    kind: Literal["lock"]
    version: Literal["v2"]
    metadata: Metadata
    spec: LockSpec


class Owner(Part, frozen=True):
    """An owner of a list: a user by name, or every member of another list."""

    name: str
    description: str = ""
    membership_kind: str = "MEMBERSHIP_KIND_USER"


class Recurrence(Part, frozen=True, omit_defaults=False):
    """How often a list is reviewed."""

    frequency: str = "6months"
    day_of_month: str = "1"


class Notifications(Part, frozen=True, omit_defaults=False):
    """How long before a review its owners hear of it."""

    start: str = "336h"


class Audit(Part, frozen=True, omit_defaults=False):
    """When a list's members are reviewed."""

    recurrence: Recurrence = Recurrence()
    next_audit_date: str | None = None
    notifications: Notifications = Notifications()


class Grants(Part, frozen=True):
    """Roles and traits: what members get, or what members and owners must have."""

    roles: Strings = ()
    traits: Traits = {}


NO_GRANTS = Grants()
"""Nothing given: this one value is left out where it is written, and another one of no roles and traits is not."""


class AccessListSpec(Part, frozen=True):
    """Title, people in charge, requirements and grants of a list."""

    title: str
    type: str = ""
    description: str = ""
    owners: tuple[Owner, ...] = ()
    audit: Audit | None = None
    membership_requires: Grants = Grants()
    ownership_requires: Grants = Grants()
    grants: Grants = Grants()
    owner_grants: Grants = NO_GRANTS


class AccessList(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """An access list, without its members."""

    kind: Literal["access_list"]
    version: Literal["v1"]
    metadata: Metadata
    spec: AccessListSpec


class Membership(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """The details of one membership, shared by all members who have the same; `joined` is set when it is created."""

    joined: str | None = None
    expires: str | None = None
    reason: str = ""
    added_by: str = "idsync"
    membership_kind: str = "MEMBERSHIP_KIND_USER"


class MemberSpec(Part, frozen=True):
    """A membership with its two ends, as `get access_list_members` prints it."""

    access_list: str
    name: str
    joined: str | None = None
    expires: str | None = None
    reason: str = ""
    added_by: str = "idsync"
    ineligible_status: str = ""
    membership_kind: str = "MEMBERSHIP_KIND_USER"


class AccessListMember(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A membership as a resource; its key is the pair of list and member."""

    kind: Literal["access_list_member"]
    version: Literal["v1"]
    metadata: Metadata
    spec: MemberSpec


NESTED_LIST = "MEMBERSHIP_KIND_LIST"
NEW_MEMBERSHIP = Membership()


def user(metadata: Metadata, spec: UserSpec) -> User:
    """A user of the shape's one version."""
    return User("user", "v2", metadata, spec)


def lock(metadata: Metadata, spec: LockSpec) -> Lock:
    """A lock of the shape's one version."""
    return Lock("lock", "v2", metadata, spec)


def access_list(metadata: Metadata, spec: AccessListSpec) -> AccessList:
    """An access list of the shape's one version."""
    return AccessList("access_list", "v1", metadata, spec)


def member(list_name: str, name: str, membership: Membership, revision: str | None = None) -> AccessListMember:
    """The resource form of one membership."""
    return AccessListMember(
        "access_list_member",
        "v1",
        Metadata(name, revision=revision),
        MemberSpec(
            list_name,
            name,
            membership.joined,
            membership.expires,
            membership.reason,
            membership.added_by,
            "",
            membership.membership_kind,
        ),
    )


def membership_of(resource: AccessListMember) -> Membership:
    """The details of a membership resource, without its two ends."""
    spec = resource.spec
    return Membership(spec.joined, spec.expires, spec.reason, spec.added_by, spec.membership_kind)
