"""Entries as stores of schema 1 hold them, with whole objects inside: they are read as today's, and never written."""

import msgspec

from idsync.model.addresses import Address
from idsync.model.canonical import fingerprint_bytes
from idsync.model.journal import Action, Entry, EntryBase, LocksSwept, MadeByHand, StepMade
from idsync.model.resources import Membership

NOTHING = msgspec.Raw(b"null")
"""Stands for the body of an object that is not there."""


class OldStepMade(EntryBase, frozen=True, tag="step"):
    """A step, written before it was made."""

    run: int
    phase: int
    address: Address
    action: Action
    reason: str
    before: msgspec.Raw = NOTHING
    members_added: tuple[str, ...] = ()
    members_removed: dict[str, Membership] = {}


class OldLocksSwept(EntryBase, frozen=True, tag="locks_swept"):
    """Locks that were cleared away, as they stood."""

    run: int
    at: str
    locks: dict[str, msgspec.Raw]


class OldMadeByHand(EntryBase, frozen=True, tag="by_hand"):
    """What a person did; the members of a list that was removed are lost."""

    at: str
    actor: str
    action: Action
    address: Address
    before: msgspec.Raw = NOTHING
    after: msgspec.Raw = NOTHING


OldEntry = OldStepMade | OldLocksSwept | OldMadeByHand


def as_today(entry: Entry | OldEntry) -> Entry:
    """The entry as today's; the bodies that stood in it are those that a store keeps under their fingerprints."""
    match entry:
        case OldStepMade():
            return StepMade(
                entry.run,
                entry.phase,
                entry.address,
                entry.action,
                entry.reason,
                before=_named(entry.before),
                members_added=entry.members_added,
                members_removed=entry.members_removed,
            )
        case OldLocksSwept():
            return LocksSwept(
                entry.run, entry.at, {name: fingerprint_bytes(bytes(body)) for name, body in entry.locks.items()}
            )
        case OldMadeByHand():
            before, after = _named(entry.before), _named(entry.after)
            unknown = entry.action == "delete" and entry.address.startswith("access_list/")
            return MadeByHand(
                entry.at, entry.actor, entry.action, entry.address, before, after, members_unknown=unknown
            )
        case _:
            return entry


def _named(body: msgspec.Raw) -> str | None:
    return None if body == NOTHING else fingerprint_bytes(bytes(body))
