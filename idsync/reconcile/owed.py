"""What pushes changed in the upstream facts and nobody has applied yet.

A replica that does not go by the applied configuration stores what is pushed; the one that leads applies it.
"""

import msgspec

from idsync.model.canonical import canonical_bytes
from idsync.model.extent import Extent
from idsync.stores.protocol import Facts

_KEY = "owed/{}"


class _Owed(msgspec.Struct, frozen=True):
    users: tuple[str, ...]
    lists: tuple[str, ...]


def owe(facts: Facts, target: str, moved: Extent) -> None:
    """Leave it to the process that leads to make so what moved, in the transaction that is open."""
    _keep(facts, target, moved if (before := owed(facts, target)) is None else before | moved)


def owed(facts: Facts, target: str) -> Extent | None:
    """What has still to be applied to a target; None where that is nothing."""
    known = facts.get(_KEY.format(target))
    if known is None:
        return None
    left = msgspec.json.decode(known, type=_Owed)
    return Extent(frozenset(left.users), frozenset(left.lists))


def is_owed(facts: Facts, target: str, okta_id: str) -> bool:
    """Whether something of a person has still to be applied."""
    left = owed(facts, target)
    return left is not None and okta_id in (left.users or ())


def pay(facts: Facts, target: str, made: Extent) -> None:
    """So much was applied, in the transaction that is open; what came since stays."""
    left = owed(facts, target)
    if left is None:
        return
    users = (left.users or frozenset()) - (made.users or frozenset())
    lists = (left.lists or frozenset()) - (made.lists or frozenset())
    if users or lists:
        _keep(facts, target, Extent(users, lists))
    else:
        facts.delete(_KEY.format(target))


def _keep(facts: Facts, target: str, left: Extent) -> None:
    kept = _Owed(tuple(sorted(left.users or ())), tuple(sorted(left.lists or ())))
    facts.put({_KEY.format(target): canonical_bytes(kept)})
