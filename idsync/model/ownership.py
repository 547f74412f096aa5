"""Whose an object is, by its labels, and which of its fields are ours.

An object is ours only when it carries our origin and our org, both: what these labels are in another target is that
target's to say. Of an object of ours the fields named here are ours too; all else on it is people's to edit and keep.
"""

import uuid
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from hashlib import sha1
from typing import Any, TypeVar

from msgspec.structs import replace

from idsync.model.plain_resources import App, Plain, Role, UserGroup
from idsync.model.resources import NO_GRANTS, AccessList, AccessListMember, Grants, Lock, Metadata, User
from idsync.model.revisions import AnyResource
from idsync.model.times import is_past

ORIGIN_LABEL = "teleport.dev/origin"
ORIGIN = "okta"
ORG_LABEL = "okta/org"
USER_ID_LABEL = "okta/user-id"
UNKNOWN_PERSON = "unknown"
"""The id on a lock of an earlier version once its name has passed on: it is nobody's who is here."""
_URL_NAMESPACE = uuid.NAMESPACE_URL.bytes
OWNED_LABELS = (ORIGIN_LABEL, ORG_LABEL, USER_ID_LABEL)

OWNED_USER_FIELDS = ("roles", "traits")
OWNED_LIST_FIELDS = ("title", "description", "grants")
OWNED_LOCK_FIELDS = ("target", "message", "expires", "created_at", "created_by")
OWNED_FIELDS: Mapping[type, tuple[str, ...]] = {
    User: OWNED_USER_FIELDS,
    Lock: OWNED_LOCK_FIELDS,
    AccessList: OWNED_LIST_FIELDS,
    Role: ("allow",),
    App: ("uri", "public_addr", "user_groups"),
    UserGroup: ("applications",),
}
"""Fields of `spec`, by kind. Of a membership its kind is ours: which people and lists are members at all."""
WHOLLY_LABELLED = (Role, App, UserGroup)
"""Kinds of which every label is ours, and the description: roles give resources by their labels."""

Resource = User | Lock | AccessList | Role | App | UserGroup
"""An object of a directory; memberships go with their list."""
Body = TypeVar("Body", User, Lock, AccessList, Role, App, UserGroup)
Ours = Callable[[Resource], bool]
"""Whether an object is ours, as its target says."""


def is_ours(labels: Mapping[str, str], org_url: str, former: Collection[str] = ()) -> bool:
    """Whether we may change or delete an object with these labels on behalf of `org_url`, or of an address that its
    organization had before.
    """
    org = labels.get(ORG_LABEL)
    return labels.get(ORIGIN_LABEL) == ORIGIN and (org == org_url or org in former)


def labelled_by(org_url: str, former: Collection[str] = ()) -> Ours:
    """What says of an object whether it carries these labels: the local directory's say, and that of files of it."""
    return lambda resource: is_ours(resource.metadata.labels, org_url, former)


def org_of(labels: Mapping[str, str]) -> str:
    """The organization by which an object with these labels is ours; empty for a foreign one."""
    return labels.get(ORG_LABEL, "") if labels.get(ORIGIN_LABEL) == ORIGIN else ""


def okta_id_of(labels: Mapping[str, str]) -> str:
    """The Okta id that an object with these labels stands for; empty for a foreign one."""
    return labels.get(USER_ID_LABEL, "") if org_of(labels) else ""


def our_labels(org_url: str) -> dict[str, str]:
    """The labels that make an object ours."""
    return {ORIGIN_LABEL: ORIGIN, ORG_LABEL: org_url}


def lock_name(org_url: str, user_name: str, okta_id: str = "") -> str:
    """The name of our lock on a user: UUIDv5 in the URL namespace, so that making it twice makes it once.

    With `okta_id` it is that of a lock for this person where a lock for another one has the plain name.
    """
    place = f"{org_url}/{user_name}" + (f"/{okta_id}" if okta_id else "")
    return _uuid5(place)


def _uuid5(place: str) -> str:
    """RFC 9562 §5.5 as `uuid.uuid5` has it, which takes ten times as long by way of its numbers: for each push the
    names of all locks that there may be are made.
    """
    digits = sha1(_URL_NAMESPACE + place.encode(), usedforsecurity=False).hexdigest()
    variant = "89ab"[int(digits[16], 16) % 4]
    return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"


def ended_locks(locks: Mapping[str, Lock], ours: Ours, now: datetime) -> frozenset[str]:
    """Names of the locks of ours whose time has passed: they count as absent, and the next apply sweeps them."""
    return frozenset(name for name, lock in locks.items() if is_past(lock.spec.expires, now) and ours(lock))


def list_roles(access_list: str) -> tuple[str, str]:
    """The names of the roles that members and owners of a list get, by which they may use its app or group."""
    return f"okta-member-{access_list}", f"okta-owner-{access_list}"


def list_of_role(role: str) -> str | None:
    """The list whose members or owners get a role of this name; None for any other role."""
    for prefix in ("okta-member-", "okta-owner-"):
        if role.startswith(prefix):
            return role[len(prefix) :]
    return None


def owned(resource: AnyResource | None) -> dict[str, object]:
    """The owned fields of an object with their values; none of an object that is not there.

    Of what a list gives to its owners one role is ours, the one that is named after it.
    """
    if resource is None:
        return {}
    if isinstance(resource, AccessListMember):
        return {"membership": resource.spec.membership_kind}
    fields = {**_fields(resource.spec, OWNED_FIELDS[type(resource)]), **_labels(resource)}
    if isinstance(resource, AccessList):
        fields["owner role"] = _owner_role(resource) in resource.spec.owner_grants.roles
    return fields


def differing(before: AnyResource | None, after: AnyResource | None) -> list[str]:
    """The owned fields in which two states of one object differ, sorted."""
    old, new = owned(before), owned(after)
    return sorted(field for field in old.keys() | new.keys() if old.get(field) != new.get(field))


def with_owned(found: Body, wanted: Body) -> Body:
    """`found` with the name and the owned fields of `wanted`; what people own stays as it is there."""
    if isinstance(wanted, WHOLLY_LABELLED):
        metadata = replace(found.metadata, description=wanted.metadata.description, labels=wanted.metadata.labels)
    else:
        theirs = {name: value for name, value in found.metadata.labels.items() if name not in OWNED_LABELS}
        metadata = replace(found.metadata, labels={**theirs, **wanted.metadata.labels})
    spec: Any = replace(found.spec, **_fields(wanted.spec, OWNED_FIELDS[type(wanted)]))
    if isinstance(wanted, AccessList):
        spec = replace(spec, owner_grants=_with_owner_role(spec.owner_grants, wanted))
    return replace(found, metadata=replace(metadata, name=wanted.metadata.name), spec=spec)


def plain_with_owned(found: Plain, wanted: Plain) -> Plain:
    """`with_owned` of two plain resources at one address, which are of one kind."""
    match found, wanted:
        case (Role() as old, Role() as new):
            return with_owned(old, new)
        case (App() as old_app, App() as new_app):
            return with_owned(old_app, new_app)
        case (UserGroup() as old_group, UserGroup() as new_group):
            return with_owned(old_group, new_group)
        case _:
            return wanted


def _with_owner_role(there: Grants, wanted: AccessList) -> Grants:
    """What owners get, with or without the role that is ours, as is wanted."""
    role = _owner_role(wanted)
    if (role in wanted.spec.owner_grants.roles) == (role in there.roles):
        return there
    others = tuple(name for name in there.roles if name != role)
    if role not in there.roles:
        return replace(there, roles=(*others, role))
    return replace(there, roles=others) if others or there.traits else NO_GRANTS


def _owner_role(access_list: AccessList) -> str:
    return list_roles(access_list.metadata.name)[1]


def same_owned(wanted: Resource | None, found: Resource | None) -> bool:
    """Whether what is found has the owned fields of what is wanted, or neither is there.

    The times of a lock may be others, since they count from when it was made: it has an end or none, as is wanted.
    """
    if wanted is None or found is None:
        return wanted is found
    fields = differing(wanted, found)
    if not (isinstance(wanted, Lock) and isinstance(found, Lock)):
        return not fields
    endless = (wanted.spec.expires is None, found.spec.expires is None)
    return endless[0] == endless[1] and set(fields) <= {"expires", "created_at"}


def _fields(spec: object, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(spec, name) for name in names}


def _labels(resource: Resource) -> dict[str, object]:
    metadata: Metadata = resource.metadata
    if isinstance(resource, WHOLLY_LABELLED):
        return {"description": metadata.description, **{f"label {name}": v for name, v in metadata.labels.items()}}
    return {f"label {name}": metadata.labels.get(name) for name in OWNED_LABELS}
