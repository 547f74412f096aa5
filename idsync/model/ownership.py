"""Whose an object is, by its labels, and which of its fields are ours.

An object is ours only when it carries our origin and our org, both: what these labels are in another target is that
target's to say. Of an object of ours the fields named here are ours too; all else on it is people's to edit and keep.
"""

import uuid
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any, TypeVar, assert_never

from msgspec.structs import replace

from idsync.model.resources import AccessList, AccessListMember, Lock, Metadata, User
from idsync.model.revisions import AnyResource
from idsync.model.times import is_past

ORIGIN_LABEL = "teleport.dev/origin"
ORIGIN = "okta"
ORG_LABEL = "okta/org"
USER_ID_LABEL = "okta/user-id"
UNKNOWN_PERSON = "unknown"
"""The id on a lock of an earlier version once its name has passed on: it is nobody's who is here."""
OWNED_LABELS = (ORIGIN_LABEL, ORG_LABEL, USER_ID_LABEL)

OWNED_USER_FIELDS = ("roles", "traits")
OWNED_LIST_FIELDS = ("title", "description", "grants")
OWNED_LOCK_FIELDS = ("target", "message", "expires", "created_at", "created_by")
"""Fields of `spec`, by kind. Of a membership its kind is ours: which people and lists are members at all."""

Body = TypeVar("Body", User, Lock, AccessList)
Ours = Callable[[User | Lock | AccessList], bool]
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
    return str(uuid.uuid5(uuid.NAMESPACE_URL, place))


def ended_locks(locks: Mapping[str, Lock], ours: Ours, now: datetime) -> frozenset[str]:
    """Names of the locks of ours whose time has passed: they count as absent, and the next apply sweeps them."""
    return frozenset(name for name, lock in locks.items() if is_past(lock.spec.expires, now) and ours(lock))


def owned(resource: AnyResource | None) -> dict[str, object]:
    """The owned fields of an object with their values; none of an object that is not there."""
    match resource:
        case None:
            return {}
        case User(metadata=metadata, spec=spec):
            return {**_fields(spec, OWNED_USER_FIELDS), **_labels(metadata)}
        case Lock(metadata=metadata, spec=spec):
            return {**_fields(spec, OWNED_LOCK_FIELDS), **_labels(metadata)}
        case AccessList(metadata=metadata, spec=spec):
            return {**_fields(spec, OWNED_LIST_FIELDS), **_labels(metadata)}
        case AccessListMember(spec=member):
            return {"membership": member.membership_kind}
        case _:
            assert_never(resource)


def differing(before: AnyResource | None, after: AnyResource | None) -> list[str]:
    """The owned fields in which two states of one object differ, sorted."""
    old, new = owned(before), owned(after)
    return sorted(field for field in old.keys() | new.keys() if old.get(field) != new.get(field))


def with_owned(found: Body, wanted: Body) -> Body:
    """`found` with the name and the owned fields of `wanted`; what people own stays as it is there."""
    theirs = {name: value for name, value in found.metadata.labels.items() if name not in OWNED_LABELS}
    labels = {**theirs, **wanted.metadata.labels}
    metadata = replace(found.metadata, name=wanted.metadata.name, labels=labels)
    match wanted:
        case User():
            spec: Any = replace(found.spec, **_fields(wanted.spec, OWNED_USER_FIELDS))
        case Lock():
            spec = replace(found.spec, **_fields(wanted.spec, OWNED_LOCK_FIELDS))
        case AccessList():
            spec = replace(found.spec, **_fields(wanted.spec, OWNED_LIST_FIELDS))
        case _:
            assert_never(wanted)
    return replace(found, metadata=metadata, spec=spec)


def same_owned(wanted: User | Lock | AccessList | None, found: User | Lock | AccessList | None) -> bool:
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


def _labels(metadata: Metadata) -> dict[str, object]:
    return {f"label {name}": metadata.labels.get(name) for name in OWNED_LABELS}
