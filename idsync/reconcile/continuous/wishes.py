"""What people ask of a service: a full pass now, and the release of what guards hold back, with their reasons.

It waits in the store, so that whichever replica leads sees it, and stays there until a full pass has granted it.
"""

from collections.abc import Collection, Mapping

import msgspec

from idsync.model.canonical import canonical_bytes
from idsync.plan.releases import RELEASED_ANYWHERE
from idsync.stores.protocol import Facts

_KEY = "service/wish"
_TAKEN = "service/wish_taken"
"""What full passes took, until one has granted it: who takes it may be killed."""


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


def take_wish(facts: Facts, *, any_wish: bool) -> Wish | None:
    """All that the full pass which takes it is to grant: what waits (with `any_wish`, or where it releases something),
    beside what was taken before and not granted, also by a process that ended. It stays taken until it is granted.
    """
    taken, waiting = _kept(facts, _TAKEN), waiting_wish(facts)
    if waiting is None or not (any_wish or waiting.releases):
        return taken
    taken = waiting if taken is None else taken.joined_with(waiting)
    facts.put({_TAKEN: canonical_bytes(taken)})
    facts.delete(_KEY)
    return taken


def give_up_wish(facts: Facts) -> None:
    """What was taken is granted, or waits again."""
    facts.delete(_TAKEN)


def waiting_wish(facts: Facts) -> Wish | None:
    """The wish that waits, if any; it goes on waiting."""
    return _kept(facts, _KEY)


def wish_not_granted(facts: Facts) -> Wish | None:
    """The wish that waits, or that a full pass took and has not granted yet."""
    waiting, taken = waiting_wish(facts), _kept(facts, _TAKEN)
    return taken.joined_with(waiting) if taken and waiting else waiting or taken


def _kept(facts: Facts, key: str) -> Wish | None:
    known = facts.get(key)
    return None if known is None else _WISH.decode(known)
