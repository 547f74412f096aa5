"""Addresses and revisions of resources: a revision is the fingerprint of all of a resource but the revision itself."""

from typing import TypeVar, assert_never

import msgspec

from idsync.model.addresses import Address, access_list_address, lock_address, member_address, user_address
from idsync.model.canonical import fingerprint
from idsync.model.plain_resources import App, Role, UserGroup, address_of_plain
from idsync.model.resources import AccessList, AccessListMember, Lock, User

AnyResource = User | Lock | AccessList | AccessListMember | Role | App | UserGroup
Kind = TypeVar("Kind", bound=AnyResource)


def address_of(resource: AnyResource) -> Address:
    """The address of any resource."""
    match resource:
        case User():
            return user_address(resource.metadata.name)
        case Lock():
            return lock_address(resource.metadata.name)
        case AccessList():
            return access_list_address(resource.metadata.name)
        case AccessListMember():
            return member_address(resource.spec.access_list, resource.spec.name)
        case Role() | App() | UserGroup():
            return address_of_plain(resource)
        case _:
            assert_never(resource)


class _Head(msgspec.Struct):
    kind: str


SHAPES: dict[str, type[AnyResource]] = {
    "user": User,
    "lock": Lock,
    "access_list": AccessList,
    "access_list_member": AccessListMember,
    "role": Role,
    "app": App,
    "user_group": UserGroup,
}
"""Each kind of resource, by the name of its kind."""

_HEAD = msgspec.json.Decoder(_Head)
_DECODERS = {kind: msgspec.json.Decoder(shape) for kind, shape in SHAPES.items()}


def resource_of(body: bytes) -> AnyResource:
    """The resource that a body is, whatever its kind; raises msgspec.DecodeError or KeyError for any other bytes."""
    return _DECODERS[_HEAD.decode(body).kind].decode(body)


def revision_of(resource: AnyResource) -> str:
    """The revision of a resource as it stands."""
    return fingerprint(_with(resource, None))


def with_revision(resource: Kind) -> Kind:
    """The resource as people get it: with its revision."""
    return _with(resource, revision_of(resource))


def without_revision(resource: Kind) -> Kind:
    """The resource as it is kept: without its revision."""
    return _with(resource, None)


def _with(resource: Kind, revision: str | None) -> Kind:
    if resource.metadata.revision == revision:
        return resource
    metadata = msgspec.structs.replace(resource.metadata, revision=revision)
    return msgspec.structs.replace(resource, metadata=metadata)
