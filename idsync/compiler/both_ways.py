"""One list of members that two sides edit: what it is to be, and what one of them has to be told.

Both sides are compared with what they last agreed on. What one side changed wins. Somebody whom one side removed and
the other changed is removed.
"""

from collections.abc import Mapping

import msgspec

from idsync.model.sent import Sent

NOBODY: frozenset[str] = frozenset()


class Merged(msgspec.Struct, frozen=True):
    """The outcome for one list, by Okta id: who is to be in it on both sides, and whom the other side gains and loses.

    `contested` are people whom Okta removed while a person edited their membership in the directory: they go.
    """

    members: frozenset[str]
    add: frozenset[str] = NOBODY
    remove: frozenset[str] = NOBODY
    contested: frozenset[str] = NOBODY

    @property
    def goes_out(self) -> bool:
        """Whether the other side has to be told anything."""
        return bool(self.add or self.remove)


def three_way(
    agreed: frozenset[str] | None,
    upstream: frozenset[str],
    directory: frozenset[str],
    edited: frozenset[str] = NOBODY,
) -> Merged:
    """Merge what Okta (`upstream`) and the directory hold, given what both last `agreed` on; None where they never did.

    `edited` are people whose membership in the directory a person changed without ending it. Where nothing is agreed,
    Okta's side is taken and nothing is sent: nobody can say then whether a difference is an edit.
    """
    if agreed is None:
        return Merged(upstream)
    add = directory - agreed - upstream
    remove = (agreed & upstream) - directory
    members = (upstream - remove) | add
    return Merged(members, add, remove, (agreed & edited & directory) - upstream)


class Agreed(msgspec.Struct, frozen=True):
    """Of whom both sides agree from now on that they are in a list (`joins`), or are not (`leaves`)."""

    joins: frozenset[str] = NOBODY
    leaves: frozenset[str] = NOBODY


def newly_agreed(agreed: frozenset[str] | None, merged: Merged, apart: frozenset[str] = NOBODY) -> Agreed:
    """What both sides agree on once the directory is as `merged`, and did not before.

    Of those of whom Okta is still to be told nothing is: each is agreed on once it was. `apart` are people who are in
    one side alone, and stay so.
    """
    before = agreed or NOBODY
    joins = merged.members - before - merged.add - apart
    return Agreed(joins, before - merged.members - merged.remove)


LAG = 120.0
"""Seconds for which Okta's copies may show a list as it was before a request."""


def may_lag(sent: Sent, read_at: float) -> bool:
    """Whether a reading of then may show a membership as it was before it was sent."""
    return sent.at + LAG > read_at


def as_told(upstream: frozenset[str], sent: Mapping[str, Sent], read_at: float) -> frozenset[str]:
    """Who is in a list by a reading of `read_at`, where what was sent shortly before counts for more."""
    lately = {person: each.joins for person, each in sent.items() if may_lag(each, read_at)}
    out = {person for person, joins in lately.items() if not joins}
    return (upstream - out) | {person for person, joins in lately.items() if joins}
