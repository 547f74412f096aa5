"""What a person's hand makes differ from what was agreed on, and what it brings back to that."""

from collections.abc import Mapping

import msgspec

from idsync.model.addresses import Address, is_plain, split_address
from idsync.model.canonical import Body, body_of
from idsync.model.directory import Names
from idsync.model.journal import LOCAL
from idsync.model.ownership import differing
from idsync.model.resources import AccessListMember, Membership, member, membership_of
from idsync.model.revisions import AnyResource, resource_of
from idsync.stores.protocol import Difference, Records

_DETAILS = msgspec.json.Decoder(Membership)

Changed = Mapping[Address, tuple[AnyResource | None, AnyResource | None]]
"""Objects before and after a hand changed them, by address."""


def note_differences(records: Records, changed: Changed, entry: int) -> None:
    """Remember what was agreed on, of objects whose owned fields differ from it now; forget it where they do not.

    `entry` is the journal's entry that tells of the change. An object that differed already keeps what was agreed then.
    """
    agreed = records.agreed(LOCAL)
    known = agreed.differing(_names(changed))
    bodies = records.bodies.find({known[address].agreed or "" for address in changed.keys() & known.keys()})
    differences: dict[Address, Difference] = {}
    named: list[Body] = []
    for address, (before, after) in changed.items():
        base = before if address not in known else _resource(address, bodies.get(known[address].agreed or ""))
        if differing(base, after):
            body = None if base is None else body_of(_kept(base))
            differences[address] = Difference(None if body is None else body.fingerprint, entry)
            named += [] if body is None else [body]
    agreed.settle(known.keys() & (changed.keys() - differences.keys()))
    agreed.differ(differences, named)


def _names(changed: Changed) -> Names:
    split = [split_address(address) for address in changed]
    users = frozenset(name for kind, name in split if kind == "user")
    plain = frozenset(filter(is_plain, changed))
    lists = (name.partition("/")[0] for kind, name in split if kind.startswith("access_list"))
    return Names(users, frozenset(lists), plain)


def _resource(address: Address, body: bytes | None) -> AnyResource | None:
    """The object that a body is; that of a membership holds its details alone."""
    if body is None:
        return None
    kind, name = split_address(address)
    if kind != "access_list_member":
        return resource_of(body)
    access_list, _, person = name.partition("/")
    return member(access_list, person, _DETAILS.decode(body))


def _kept(resource: AnyResource) -> AnyResource | Membership:
    return membership_of(resource) if isinstance(resource, AccessListMember) else resource
