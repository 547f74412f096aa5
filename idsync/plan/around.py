"""The state around some people: the little of a directory that tells what they can use."""

from collections.abc import Mapping

import msgspec

from idsync.model.addresses import Address
from idsync.model.directory import Members
from idsync.model.nesting import Parents
from idsync.model.plain_resources import Plain
from idsync.model.resources import AccessList, Lock, Membership, User

Memberships = Mapping[str, Membership]
NO_MEMBERSHIPS: Memberships = {}


class Around(msgspec.Struct, frozen=True):
    """What there is around the people whom changes touch, before these are made.

    `users` holds them and `memberships` theirs, by person and list; `access_lists` every list named there; `parents`
    the nesting of those lists; `locks` those on them. `members` are those of the lists that change, and of lists nested
    in these. `plain` are the roles that matter to them, with the apps and groups that these give. Without `users_known`
    the target's users were not read, and everyone counts as existing.
    """

    users: Mapping[str, User] = {}
    access_lists: Mapping[str, AccessList] = {}
    memberships: Mapping[str, Memberships] = {}
    parents: Parents = {}
    users_known: bool = True
    locks: Mapping[str, Lock] = {}
    members: Mapping[str, Members] = {}
    plain: Mapping[Address, Plain] = {}
