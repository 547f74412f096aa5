"""A change made on an object that moved meanwhile: fields that the change touches must be as before, others are kept.

A change touches the fields in which its `before` and `after` differ; a deletion touches every field that is ours.
Owners are people's own, and a rename touches one of them: the others are kept.
"""

from collections.abc import Iterable
from typing import TypeVar

from msgspec.structs import replace

from idsync.model.plain_resources import Role
from idsync.model.resources import AccessList, Lock, Owner, User

Body = TypeVar("Body", User, Lock, AccessList, Role)
Owners = tuple[Owner, ...]
_ABSENT = object()
_OWNERS = "owners"


def has_moved(before: Body, after: Body, current: Body) -> bool:
    """Whether a field that the change touches is not as it was before."""
    old, new, now = _fields(before), _fields(after), _fields(current)
    touched = {field for field in old.keys() | new.keys() if old.get(field, _ABSENT) != new.get(field, _ABSENT)}
    return any(now.get(field, _ABSENT) != old.get(field, _ABSENT) for field in touched - {f"spec {_OWNERS}"})


def merged(before: Body, after: Body, current: Body) -> Body:
    """`current` with what the change makes of the fields that it touches; all else stays as it is now."""
    if current == before:
        return after
    spec = {
        field: getattr(after.spec, field)
        for field in after.spec.__struct_fields__
        if getattr(after.spec, field) != getattr(before.spec, field)
    }
    if _OWNERS in spec:
        spec[_OWNERS] = _merged_owners(getattr(before.spec, _OWNERS), spec[_OWNERS], getattr(current.spec, _OWNERS))
    metadata = {
        field: getattr(after.metadata, field)
        for field in ("description", "expires")
        if getattr(after.metadata, field) != getattr(before.metadata, field)
    }
    gone = before.metadata.labels.keys() - after.metadata.labels.keys()
    labels = {key: value for key, value in current.metadata.labels.items() if key not in gone}
    labels.update(item for item in after.metadata.labels.items() if item not in before.metadata.labels.items())
    return replace(
        current, metadata=replace(current.metadata, labels=labels, **metadata), spec=replace(current.spec, **spec)
    )


def _merged_owners(before: Owners, after: Owners, current: Owners) -> Owners:
    """The present owners without those that the change takes away, and with those that it brings."""
    gone, brought = _named(before) - _named(after), _named(after) - _named(before)
    kept = [owner for owner in current if _key(owner) not in gone]
    return (*kept, *(owner for owner in after if _key(owner) in brought - _named(kept)))


def _named(owners: Iterable[Owner]) -> set[tuple[str, str]]:
    return set(map(_key, owners))


def _key(owner: Owner) -> tuple[str, str]:
    return owner.name, owner.membership_kind


def _fields(body: User | Lock | AccessList | Role) -> dict[str, object]:
    metadata, spec = body.metadata, body.spec
    fields: dict[str, object] = {f"label {key}": value for key, value in metadata.labels.items()}
    fields |= {f"spec {field}": getattr(spec, field) for field in spec.__struct_fields__}
    return fields | {"description": metadata.description, "expires": metadata.expires}
