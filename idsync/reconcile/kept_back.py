"""What a guard held back in a pass that nobody attends, kept until a person releases it or it is asked for no more.

A count that falls under its limit, because time passed or others were released, releases nothing.
"""

from collections import Counter
from collections.abc import Iterator, Mapping

import msgspec

from idsync.errors import StoreError
from idsync.model.addresses import Address, split_address
from idsync.model.canonical import canonical_bytes
from idsync.model.directory import Names
from idsync.model.identified import OktaIds
from idsync.model.ownership import okta_id_of
from idsync.plan.changes import AccessListChange, Change, LockChange, Plan, UserChange, newly_locks
from idsync.plan.guards import ALL_GUARDS
from idsync.plan.same_person import okta_id
from idsync.plan.touched import locked_person
from idsync.stores.protocol import Facts

_KEY = "kept_back/{}"


class KeptBack(msgspec.Struct, frozen=True, omit_defaults=True):
    """Of one address, what would be done and which guards hold that.

    `user` and `access_list` say what it is about; `okta_id` whose account it takes, or whom it locks.
    """

    action: str
    guards: tuple[str, ...]
    user: str = ""
    access_list: str = ""
    okta_id: str = ""
    member: str = ""

    def is_inside(self, looked_at: Names) -> bool:
        """Whether a plan that covers these names would have told of it again."""
        if self.user or self.member:
            return (self.user or self.member) in looked_at.users
        return self.access_list in looked_at.access_lists


Kept = Mapping[Address, tuple[KeptBack, ...]]
_KEPT = msgspec.json.Decoder(dict[Address, tuple[KeptBack, ...]])


def kept_back(facts: Facts, target: str) -> Kept:
    """What is kept back of a target. Raises StoreError."""
    known = facts.get(_KEY.format(target))
    if known is None:
        return {}
    try:
        return _KEPT.decode(known)
    except msgspec.DecodeError as error:
        raise StoreError(
            "What the store says of changes that are held back cannot be read.",
            why=f"{error}.",
            fix="Restore the store from a backup.",
        ) from error


def kept_of(held: Plan) -> Kept:
    """What is held of a plan, as it is kept back."""
    found = {change.address: tuple(_entries(change)) for change in held.changes}
    return {address: entries for address, entries in found.items() if entries}


def with_marks_kept(plan: Plan, kept: Kept) -> Plan:
    """The plan with the marks of what is kept back already, beside those that it bears."""
    if not kept:
        return plan
    return msgspec.structs.replace(plan, changes=tuple(_marked(change, kept) for change in plan.changes))


def numbers_held(plan: Plan) -> Mapping[str, int]:
    """How much each guard holds of a plan, counted as what is kept back is counted."""
    entries = (entry for change in plan.changes for entry in _entries(change))
    return Counter(guard for entry in entries for guard in entry.guards)


def to_keep_back(held: Plan, looked_at: Names | None, facts: Facts, target: str) -> Mapping[str, bytes]:
    """The facts that an apply keeps of what is held; what was kept of names that were not looked at stays."""
    before = kept_back(facts, target)
    found: dict[Address, list[KeptBack]] = {}
    if looked_at is not None:
        for address, each in before.items():
            if outside := [one for one in each if not one.is_inside(looked_at)]:
                found[address] = outside
    for change in held.changes:
        if entries := list(_entries(change)):
            found.setdefault(change.address, []).extend(entries)
    now = {address: tuple(each) for address, each in sorted(found.items())}
    return {} if now == before else {_KEY.format(target): canonical_bytes(now)}


def identify_kept(facts: Facts, target: str, okta_ids: OktaIds) -> None:
    """Keep held under Okta ids what was held of the same people under the ids that stood for them."""
    kept = kept_back(facts, target)
    if not any(entry.okta_id in okta_ids for each in kept.values() for entry in each):
        return
    now = {address: tuple(_identified(entry, okta_ids) for entry in each) for address, each in kept.items()}
    facts.put({_KEY.format(target): canonical_bytes(now)})


def _identified(entry: KeptBack, okta_ids: OktaIds) -> KeptBack:
    okta_id = okta_ids.get(entry.okta_id)
    return entry if okta_id is None else msgspec.structs.replace(entry, okta_id=okta_id)


def withdraw(plan: Plan, looked_at: Names | None, facts: Facts, target: str) -> None:
    """Forget what was kept back of the names that an empty plan covers: nobody asks for it any more."""
    if changed := to_keep_back(plan, looked_at, facts, target):
        facts.put(changed)


def _marked(change: Change, kept: Kept) -> Change:
    entries = kept.get(change.address, ())
    marks = [guard for entry in entries if _applies(entry, change) for guard in entry.guards]
    new = tuple(dict.fromkeys(mark for mark in marks if mark not in change.blocked_by))
    return msgspec.structs.replace(change, blocked_by=(*change.blocked_by, *new)) if new else change


def _applies(entry: KeptBack, change: Change) -> bool:
    """Whether a change does what is kept back, to the same person or list."""
    match change:
        case UserChange(before=before):
            return change.action == entry.action and before is not None and okta_id(before) == entry.okta_id
        case LockChange():
            # The lock of a later holder of the name has the same address.
            return change.action == entry.action and _locked_id(change) == entry.okta_id
        case AccessListChange():
            return entry.member in change.members_removed if entry.member else change.action == entry.action


def _locked_id(change: LockChange) -> str:
    """The Okta id of the person whom a lock is made for."""
    return "" if change.after is None else okta_id_of(change.after.metadata.labels)


def _entries(change: Change) -> Iterator[KeptBack]:
    guards = tuple(mark for mark in change.blocked_by if mark in ALL_GUARDS)
    if not guards:
        return
    name = split_address(change.address)[1]
    match change:
        case UserChange(before=before):
            yield KeptBack(change.action, guards, user=name, okta_id="" if before is None else okta_id(before))
        case LockChange():
            # The end of a lock, and its lifting, wait for the account, which is kept back by itself.
            if newly_locks(change):
                yield KeptBack(change.action, guards, user=locked_person(change), okta_id=_locked_id(change))
        case AccessListChange(members_removed=removed) if removed and change.action != "delete":
            for member in removed:
                yield KeptBack(change.action, guards, access_list=name, member=member)
        case AccessListChange():
            yield KeptBack(change.action, guards, access_list=name)
