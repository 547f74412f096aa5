"""Whom and what pushes deleted lately: of a resource that is gone nothing else says when it went."""

from datetime import datetime, timedelta

import msgspec

from idsync.model.canonical import canonical_bytes
from idsync.model.extent import Extent
from idsync.model.times import format_time
from idsync.stores.protocol import Facts

_KEY = "pushed/gone"
_KEPT = timedelta(days=1)
"""Longer than a whole reading takes."""


class _Gone(msgspec.Struct, frozen=True):
    """When people, by Okta id, and lists went."""

    users: dict[str, str] = {}
    lists: dict[str, str] = {}


def note_gone(facts: Facts, now: datetime, *, user: str | None = None, access_list: str | None = None) -> None:
    """Remember, in the transaction that is open, that a push deleted somebody, by Okta id, or a list."""
    known, oldest, at = _known(facts), format_time(now - _KEPT), format_time(now)
    users, lists = (
        {name: went for name, went in each.items() if went >= oldest} for each in (known.users, known.lists)
    )
    if user is not None:
        users[user] = at
    if access_list is not None:
        lists[access_list] = at
    facts.put({_KEY: canonical_bytes(_Gone(users, lists))})


def gone_since(facts: Facts, users_since: str, lists_since: str) -> Extent:
    """The people and lists that pushes deleted at these times or later."""
    known = _known(facts)
    return Extent(
        frozenset(user for user, at in known.users.items() if at >= users_since),
        frozenset(name for name, at in known.lists.items() if at >= lists_since),
    )


def _known(facts: Facts) -> _Gone:
    known = facts.get(_KEY)
    return _Gone() if known is None else msgspec.json.decode(known, type=_Gone)
