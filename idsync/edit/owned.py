"""Which parts of an object of ours are ours, and which people may edit and keep."""

from collections.abc import Mapping
from typing import assert_never

from idsync.model.ownership import ORG_LABEL, ORIGIN, ORIGIN_LABEL, USER_ID_LABEL
from idsync.model.resources import AccessList, AccessListMember, Lock, User
from idsync.model.revisions import AnyResource

_OURS = (ORIGIN_LABEL, ORG_LABEL, USER_ID_LABEL)


def carries_our_labels(labels: Mapping[str, str]) -> bool:
    """Whether an object is ours, on behalf of whichever org it names."""
    return labels.get(ORIGIN_LABEL) == ORIGIN and ORG_LABEL in labels


def owned_parts(resource: AnyResource | None) -> dict[str, object]:
    """What an apply puts back when a person changes it, by field; nothing of a resource that is not there."""
    match resource:
        case None:
            return {}
        case User(metadata=metadata, spec=spec):
            return {"roles": spec.roles, "traits": spec.traits, **_labels(metadata.labels)}
        case Lock(metadata=metadata, spec=spec):
            return {"metadata": metadata, "spec": spec}
        case AccessList(metadata=metadata, spec=spec):
            own = {"title": spec.title, "description": spec.description, "grants": spec.grants}
            return {**own, **_labels(metadata.labels)}
        case AccessListMember(spec=member):
            return {"membership": member.membership_kind}
        case _:
            assert_never(resource)


def differing(before: AnyResource | None, after: AnyResource | None) -> list[str]:
    """The owned fields in which two states of one object differ, sorted."""
    old, new = owned_parts(before), owned_parts(after)
    return sorted(field for field in old.keys() | new.keys() if old.get(field) != new.get(field))


def _labels(labels: Mapping[str, str]) -> dict[str, object]:
    return {f"label {name}": labels.get(name) for name in _OURS}
