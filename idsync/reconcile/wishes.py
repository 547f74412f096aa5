"""What people ask of a service: a full pass now, and the release of what guards hold back, with their reasons.

It waits in the store, so that whichever replica leads sees it.
"""

from collections.abc import Mapping

import msgspec

from idsync.model.canonical import canonical_bytes
from idsync.stores.protocol import Facts

_KEY = "service/wish"


class Wish(msgspec.Struct, frozen=True, omit_defaults=True):
    """A full pass, soon; `by` says who asks, `releases` the reason for each guard that they release in it.

    `shown` is how much of each guard they saw held: a release lets go of that much and no more.
    """

    by: str
    releases: Mapping[str, str] = {}
    shown: Mapping[str, int] = {}

    def up_to(self, held: Mapping[str, int]) -> "Wish":
        """The wish without releases of guards that hold more by now than was shown."""
        left = {guard: why for guard, why in self.releases.items() if held.get(guard, 0) <= self.shown.get(guard, 0)}
        return msgspec.structs.replace(self, releases=left)


_WISH = msgspec.json.Decoder(Wish)


def wish_for_pass(facts: Facts, wish: Wish) -> None:
    """Leave a wish; what another one releases that waits already is released with it."""
    waiting = _waiting(facts)
    if waiting is not None:
        by = wish.by if wish.by == waiting.by else f"{waiting.by}, {wish.by}"
        wish = Wish(by, {**waiting.releases, **wish.releases}, {**waiting.shown, **wish.shown})
    facts.put({_KEY: canonical_bytes(wish)})


def take_wish(facts: Facts) -> Wish | None:
    """The wish that waits, if any; the process that takes it grants it."""
    waiting = _waiting(facts)
    if waiting is not None:
        facts.delete(_KEY)
    return waiting


def _waiting(facts: Facts) -> Wish | None:
    known = facts.get(_KEY)
    return None if known is None else _WISH.decode(known)
