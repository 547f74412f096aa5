"""Where the process that reconciles stands: what it may still ask of the source, and what it owes. Kept in the store.

The web part and every other replica read it there.
"""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

import msgspec

from idsync.model.canonical import canonical_bytes
from idsync.model.okta_access import Allowance
from idsync.stores.protocol import Facts

_KEY = "service/standing"


@runtime_checkable
class MeteredSource(Protocol):
    """A source that limits how much it may be asked."""

    def budget(self) -> Mapping[str, Allowance]:
        """What may be asked of each bucket, by name."""


class Standing(msgspec.Struct, frozen=True):
    """At a time: what is left of each bucket of the source, and how many people and lists wait for another look."""

    at: str
    budget: Mapping[str, Allowance] = {}
    looks: int = 0
    by_log: bool = True
    """Whether the log of the source is followed, and not its listings."""


_STANDING = msgspec.json.Decoder(Standing)


def put_standing(facts: Facts, standing: Standing) -> None:
    """Keep it, in place of what was kept before."""
    facts.put({_KEY: canonical_bytes(standing)})


def last_standing(facts: Facts) -> Standing | None:
    """What was kept last; None before the first tick."""
    known = facts.get(_KEY)
    return None if known is None else _STANDING.decode(known)
