"""What a guard held back in a pass that nobody attends, kept until a person releases it or it is asked for no more.

A count that falls under its limit, because time passed or others were released, releases nothing.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import cached_property, lru_cache

import msgspec
from msgspec.structs import replace

from idsync.apply.kept_entries import Holders, Kept, KeptBack, kept_of
from idsync.errors import StoreError
from idsync.model.addresses import Address
from idsync.model.canonical import canonical_bytes
from idsync.model.directory import Names
from idsync.model.identified import OktaIds
from idsync.model.names import twin_key
from idsync.model.times import format_time
from idsync.plan.changes import Plan
from idsync.stores.protocol import Facts

_KEY = "kept_back/{}"
_KEPT = msgspec.json.Decoder(dict[Address, tuple[KeptBack, ...]])


class _Known:
    """What is kept back, with what each push looks for found without reading all of it."""

    def __init__(self, kept: Kept) -> None:
        self.kept = kept

    @cached_property
    def of_person(self) -> Mapping[str, tuple[KeptBack, ...]]:
        """What is kept of an account or a lock, by whose it is, and by the folded name that it is under."""
        found: dict[str, list[KeptBack]] = {}
        for each in self.kept.values():
            for entry in each:
                if entry.user and entry.okta_id:
                    for key in (entry.okta_id, _named(entry.user)):
                        found.setdefault(key, []).append(entry)
        return {key: tuple(entries) for key, entries in found.items()}

    def addresses(self, looked_at: Names) -> Iterable[Address]:
        """Where something is kept that a plan of these names would have told of again."""
        told: set[Address] = set()
        for by_name, names in zip(
            self._by_name, (looked_at.users, looked_at.access_lists, looked_at.plain), strict=True
        ):
            for name in names:
                told.update(by_name.get(name, ()))
        return sorted(told)

    @cached_property
    def _by_name(self) -> tuple[dict[str, list[Address]], ...]:
        users, lists, plain = dict[str, list[Address]](), dict[str, list[Address]](), dict[str, list[Address]]()
        for address, each in self.kept.items():
            for entry in each:
                name = entry.user or entry.member
                by_name = users if name else plain if entry.resource else lists
                by_name.setdefault(name or entry.resource or entry.access_list, []).append(address)
        return users, lists, plain


def _named(user: str) -> str:
    return f"named {twin_key(user)}"  # no Okta id has a space


@lru_cache(maxsize=2)
def _known(data: bytes) -> _Known:
    """What a fact says: each push looks at it several times, and most change nothing of it."""
    try:
        return _Known(_KEPT.decode(data))
    except msgspec.DecodeError as error:
        raise StoreError(
            "What the store says of changes that are held back cannot be read.",
            why=f"{error}.",
            fix="Restore the store from a backup.",
        ) from error


def _known_of(facts: Facts, target: str) -> _Known:
    return _known(facts.get(_KEY.format(target)) or b"{}")


def kept_back(facts: Facts, target: str) -> Kept:
    """What is kept back of a target; never to be changed. Raises StoreError."""
    return _known_of(facts, target).kept


def kept_of_person(facts: Facts, target: str, okta_id: str, names: Iterable[str] = ()) -> Collection[KeptBack]:
    """What is kept back of a person's account and locks, and of those of anybody under one of these names."""
    of_person = _known_of(facts, target).of_person
    return dict.fromkeys(entry for key in (okta_id, *map(_named, names)) for entry in of_person.get(key, ()))


def keep(kept: Kept, target: str) -> Mapping[str, bytes]:
    """The fact that says what is kept back of a target."""
    return {_KEY.format(target): canonical_bytes(kept)}


def held_by_guard(kept: Kept) -> Mapping[str, frozenset[str]]:
    """What each guard holds: a text for each thing that would be done."""
    found: dict[str, set[str]] = {}
    for address, each in kept.items():
        for entry in each:
            for guard in entry.guards:
                found.setdefault(guard, set()).update(f"{address} {text}" for text in entry.texts)
    return {guard: frozenset(held) for guard, held in found.items()}


def to_keep_back(
    held: Plan,
    looked_at: Names | None,
    facts: Facts,
    target: str,
    holders: Holders,
    now: datetime,
    known: Kept | None = None,
) -> Mapping[str, bytes]:
    """The facts that an apply keeps of what is held; what was kept of names that were not looked at stays.

    So does what came to be kept since a plan was made, when that much was `known`: the plan tells nothing of it.
    """
    there = _known_of(facts, target)
    before = there.kept
    addresses = before if looked_at is None or known is not None else there.addresses(looked_at)
    found = {
        address: _staying(before[address], looked_at, None if known is None else known.get(address, ()))
        for address in addresses
    }
    for address, entries in kept_of(held, holders).items():
        stays = found.setdefault(address, list(before.get(address, ())))
        told, since = frozenset(stays), {_what(each): each.since for each in before.get(address, ())}
        dated = (replace(each, since=since.get(_what(each), format_time(now))) for each in entries)
        stays += [each for each in dated if each not in told]
    changed = {address: tuple(each) for address, each in found.items() if tuple(each) != before.get(address, ())}
    if not changed:
        return {}
    return keep({address: each for address, each in {**before, **changed}.items() if each}, target)


def _staying(
    entries: Iterable[KeptBack], looked_at: Names | None, known: Collection[KeptBack] | None
) -> list[KeptBack]:
    """Those of an address that a plan tells nothing of: outside of what it looked at, or come since it was made."""
    told = None if known is None else frozenset(known)
    return [
        one
        for one in entries
        if (looked_at is not None and not one.is_inside(looked_at)) or (told is not None and one not in told)
    ]


def _what(entry: KeptBack) -> tuple[str, str, str, bool]:
    """What of an address it is about, whichever guards hold it."""
    return entry.action, entry.okta_id, entry.member, entry.joins


def identify_kept(facts: Facts, target: str, okta_ids: OktaIds) -> None:
    """Keep held under Okta ids what was held of the same people under the ids that stood for them."""
    kept = kept_back(facts, target)
    if not any(entry.okta_id in okta_ids for each in kept.values() for entry in each):
        return
    now = {address: tuple(_identified(entry, okta_ids) for entry in each) for address, each in kept.items()}
    facts.put(keep(now, target))


def _identified(entry: KeptBack, okta_ids: OktaIds) -> KeptBack:
    okta_id = okta_ids.get(entry.okta_id)
    return entry if okta_id is None else replace(entry, okta_id=okta_id)


def withdraw(plan: Plan, looked_at: Names | None, facts: Facts, target: str, now: datetime) -> None:
    """Forget what was kept back of the names that an empty plan covers: nobody asks for it any more."""
    if changed := to_keep_back(plan, looked_at, facts, target, lambda _: {}, now):
        facts.put(changed)
