"""Whom and what pushes deleted lately: of a resource that is gone nothing else says when it went."""

from datetime import datetime

from idsync.model.extent import Extent
from idsync.reconcile.dated import Dated
from idsync.stores.protocol import Facts

_USERS, _LISTS = Dated("pushed/gone/users"), Dated("pushed/gone/lists")


def note_gone(facts: Facts, now: datetime, *, user: str | None = None, access_list: str | None = None) -> None:
    """Remember, in the transaction that is open, that a push deleted somebody, by Okta id, or a list."""
    _USERS.note(facts, [] if user is None else [user], now)
    _LISTS.note(facts, [] if access_list is None else [access_list], now)


def gone_since(facts: Facts, users_since: str, lists_since: str) -> Extent:
    """The people and lists that pushes deleted at these times or later."""
    return Extent(_USERS.since(facts, users_since), _LISTS.since(facts, lists_since))
