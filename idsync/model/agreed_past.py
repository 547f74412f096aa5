"""What is agreed on about people beyond what a directory holds: who had a name, which locks a hand lifted, what ended.

It is kept with the agreed state of a target, and goes with `get all`, so that a plan from files knows it too.
"""

from functools import cached_property
from typing import Literal

import msgspec

Event = Literal["suspension", "departure"]


class FormerName(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """Until when somebody had a name here; `by_hand` while a hand took the account and no lock was made since."""

    name: str
    okta_id: str
    until: str
    by_hand: bool = False


class LiftedLock(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """When a hand lifted somebody's lock, and for which event; no time while the lock of a held departure stands."""

    okta_id: str
    event: Event
    at: str | None = None


class EndedMembership(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A membership that is gone from a list and had an end: once that has passed, it is not made again."""

    access_list: str
    okta_id: str
    expires: str


class AgreedPast(msgspec.Struct, frozen=True, dict=True, omit_defaults=True, forbid_unknown_fields=True):
    """All of it, or what of it is about some people and names."""

    former: tuple[FormerName, ...] = ()
    lifted: tuple[LiftedLock, ...] = ()
    ended: tuple[EndedMembership, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.former or self.lifted or self.ended)

    @cached_property
    def last_holders(self) -> dict[str, FormerName]:
        """Who had each name last."""
        return {each.name: each for each in sorted(self.former, key=lambda each: each.until)}

    @cached_property
    def lifted_locks(self) -> dict[str, LiftedLock]:
        """What is known of a person's lock, by Okta id."""
        return {each.okta_id: each for each in self.lifted}

    @cached_property
    def ends(self) -> dict[str, dict[str, str]]:
        """The end of each membership that is gone, by list and Okta id."""
        found: dict[str, dict[str, str]] = {}
        for each in self.ended:
            found.setdefault(each.access_list, {})[each.okta_id] = each.expires
        return found

    def lifted_at(self, okta_id: str, event: Event) -> str | None:
        """When a hand lifted the lock of this person for this event; None where none did."""
        known = self.lifted_locks.get(okta_id)
        return known.at if known is not None and known.event == event else None

    def since(self, name: str, okta_id: str) -> str | None:
        """Since when this person has this name no more; None where that is not known."""
        found = (each.until for each in self.former if each.name == name and each.okta_id == okta_id)
        return next(found, None)


NOTHING_PAST = AgreedPast()
