"""One list of members that two sides edit: what it is to be, and what one of them has to be told.

Both sides are compared with what they last agreed on. What one side changed wins. Somebody whom one side removed and
the other changed is removed.
"""

from collections.abc import Mapping

import msgspec

from idsync.model.agreed_lists import Sent

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


def agreed_after(
    before: frozenset[str] | None,
    directory: frozenset[str],
    *,
    apart: frozenset[str] = NOBODY,
    told: Mapping[str, bool] = {},
) -> frozenset[str]:
    """What both sides agree on once a plan is made: what the `directory` has, which is what Okta has.

    Of people who are `apart` on the two sides what was agreed on `before` stays; `told` says of whom Okta was told, and
    whether they are in.
    """
    had = before or NOBODY
    same = (directory - apart) | (had & apart)
    return (same - {person for person, joins in told.items() if not joins}) | {
        person for person, joins in told.items() if joins
    }


LAG = 120.0
"""Seconds for which Okta's copies may show a list as it was before a request."""


def as_told(upstream: frozenset[str], sent: Mapping[str, Sent], read_at: float) -> frozenset[str]:
    """Who is in a list by a reading of `read_at`, where what was sent shortly before counts for more."""
    lately = {person: each.joins for person, each in sent.items() if each.at + LAG > read_at}
    out = {person for person, joins in lately.items() if not joins}
    return (upstream - out) | {person for person, joins in lately.items() if joins}
