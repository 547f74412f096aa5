"""The door for resources that people give: a mapping becomes a resource, or an error that explains."""

from typing import assert_never

import msgspec

from idsync.diagnostics import Position
from idsync.errors import ResourceError
from idsync.model.canonical import canonical_bytes
from idsync.model.plain_resources import App, Role, UserGroup
from idsync.model.resources import NESTED_LIST, NEW_MEMBERSHIP, AccessList, AccessListMember, Lock, User
from idsync.model.revisions import SHAPES, AnyResource, address_of
from idsync.model.suggestions import nearest
from idsync.model.times import parse_time

_MEMBERSHIP_KINDS = (NEW_MEMBERSHIP.membership_kind, NESTED_LIST)
_GET_ONE = "`idsync get` prints resources in the shape that is wanted."


def parse_resource(document: object, *, position: Position | None = None) -> AnyResource:
    """The resource that a document describes; raises ResourceError, pointing at `position` when it is known."""
    try:
        resource = _converted(document)
        check_resource(resource)
    except ResourceError as error:
        error.position = position
        raise
    return resource


def check_resource(resource: AnyResource) -> None:
    """Raise ResourceError when a value in a resource makes no sense, whatever the directory holds."""
    _check_text(resource)
    if not resource.metadata.name:
        raise _senseless(resource, "metadata.name is empty")
    match resource:
        case User():
            _check_times(resource, resource.metadata.expires, resource.spec.expires)
        case Lock():
            _check_times(resource, resource.metadata.expires, resource.spec.expires, resource.spec.created_at)
            if not any(msgspec.structs.astuple(resource.spec.target)):
                raise _senseless(resource, "spec.target names nothing to lock")
        case AccessList():
            _check_access_list(resource)
        case AccessListMember():
            _check_member(resource)
        case Role() | App() | UserGroup():
            if "/" in resource.metadata.name:
                raise _senseless(resource, "metadata.name holds a slash")
        case _:
            assert_never(resource)


def _converted(document: object) -> AnyResource:
    if not isinstance(document, dict):
        raise ResourceError(
            "This is not a resource.", why="A resource is a mapping with kind, version, metadata, spec.", fix=_GET_ONE
        )
    kind = document.get("kind")
    shape = SHAPES.get(kind) if isinstance(kind, str) else None
    if shape is None:
        near = nearest(str(kind), SHAPES)
        raise ResourceError(
            "This resource has no kind." if kind is None else f"{kind!r:.80} is not a kind of resource.",
            why=f"The kinds are {', '.join(SHAPES)}.",
            fix=f"Did you mean {near[0]}?" if near else "Set kind to one of them.",
        )
    try:
        return msgspec.convert(document, shape)
    except (msgspec.ValidationError, RecursionError) as error:
        raise ResourceError(f"This {kind} is not valid.", why=f"{error}."[:500], fix=_GET_ONE) from error


def _check_text(resource: AnyResource) -> None:
    try:
        hostile = b"\\u0000" in canonical_bytes(resource)
    except UnicodeEncodeError:
        hostile = True
    if hostile:
        raise ResourceError(
            f"This {resource.kind} holds characters that are not text.",
            why="NUL and halves of surrogate pairs cannot be kept.",
            fix="Remove them.",
        )


def _check_access_list(resource: AccessList) -> None:
    if "/" in resource.metadata.name:
        raise _senseless(resource, "The name of an access list holds no slash")
    if not resource.spec.title:
        raise _senseless(resource, "spec.title is empty")
    audit = resource.spec.audit
    _check_times(resource, resource.metadata.expires, None if audit is None else audit.next_audit_date)
    owners = [(owner.membership_kind, owner.name) for owner in resource.spec.owners]
    if len(set(owners)) < len(owners):
        raise _senseless(resource, "spec.owners names someone twice")
    for kind, name in owners:
        _check_membership_kind(resource, kind)
        if not name:
            raise _senseless(resource, "spec.owners holds an owner without a name")


def _check_member(resource: AccessListMember) -> None:
    if resource.metadata.name != resource.spec.name:
        raise _senseless(resource, "metadata.name and spec.name differ; both are the member's name")
    if not resource.spec.access_list or "/" in resource.spec.access_list:
        raise _senseless(resource, "spec.access_list is not the name of an access list")
    _check_times(resource, resource.spec.joined, resource.spec.expires)
    _check_membership_kind(resource, resource.spec.membership_kind)


def _check_membership_kind(resource: AnyResource, kind: str) -> None:
    if kind not in _MEMBERSHIP_KINDS:
        raise _senseless(resource, f"membership_kind {kind!r:.80} is none of {', '.join(_MEMBERSHIP_KINDS)}")


def _check_times(resource: AnyResource, *times: str | None) -> None:
    for text in times:
        try:
            if text is not None:
                parse_time(text)
        except ValueError:
            raise _senseless(
                resource, f"{text!r:.80} is not a time with an offset, such as 2027-01-31T09:00:00Z"
            ) from None


def _senseless(resource: AnyResource, why: str) -> ResourceError:
    return ResourceError(f"{address_of(resource)} makes no sense.", why=f"{why}.", fix=_GET_ONE)
