"""What people ask of a service: a full pass now, and the release of what guards hold back, with their reasons.

It waits in the store, so that whichever replica leads sees it.
"""

from collections.abc import Collection, Mapping

import msgspec

from idsync.model.canonical import canonical_bytes
from idsync.plan.releases import RELEASED_ANYWHERE
from idsync.stores.protocol import Facts

_KEY = "service/wish"


class Wish(msgspec.Struct, frozen=True, omit_defaults=True):
    """A full pass, soon; `by` says who asks, `releases` the reason for each guard that they release in it.

    `seen` is what of each guard they saw held: a release lets go of that and of nothing else.
    """

    by: str
    releases: Mapping[str, str] = {}
    seen: Mapping[str, tuple[str, ...]] = {}

    def up_to(self, held: Mapping[str, Collection[str]]) -> "Wish":
        """The wish without releases of guards that hold something by now that was not seen, and of those that are
        released on a command line only.
        """
        left = {
            guard: why
            for guard, why in self.releases.items()
            if guard in RELEASED_ANYWHERE and set(self.seen.get(guard, ())).issuperset(held.get(guard, ()))
        }
        return msgspec.structs.replace(self, releases=left)

    def joined_with(self, other: "Wish") -> "Wish":
        """One wish in which both are granted; what both release, `other` has the last word about."""
        by = other.by if other.by == self.by else f"{self.by}, {other.by}"
        return Wish(by, {**self.releases, **other.releases}, {**self.seen, **other.seen})


_WISH = msgspec.json.Decoder(Wish)


def wish_for_pass(facts: Facts, wish: Wish) -> None:
    """Leave a wish; what another one releases that waits already is released with it."""
    waiting = waiting_wish(facts)
    facts.put({_KEY: canonical_bytes(wish if waiting is None else waiting.joined_with(wish))})


def take_wish(facts: Facts) -> Wish | None:
    """The wish that waits, if any; the process that takes it grants it."""
    waiting = waiting_wish(facts)
    if waiting is not None:
        facts.delete(_KEY)
    return waiting


def waiting_wish(facts: Facts) -> Wish | None:
    """The wish that waits, if any; it goes on waiting."""
    known = facts.get(_KEY)
    return None if known is None else _WISH.decode(known)
