"""The objects that entries of the journal keep."""

import msgspec

from idsync.model.journal import NOTHING
from idsync.model.resources import AccessList, AccessListMember, Lock, User


class _Kind(msgspec.Struct):
    kind: str


_RESOURCES = {"user": User, "lock": Lock, "access_list": AccessList, "access_list_member": AccessListMember}


def resource_in(body: msgspec.Raw) -> User | Lock | AccessList | AccessListMember | None:
    """The object that an entry keeps, `before` or `after`; None when it was not there."""
    return (
        None
        if body == NOTHING
        else msgspec.json.decode(body, type=_RESOURCES[msgspec.json.decode(body, type=_Kind).kind])
    )
