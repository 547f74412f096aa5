"""Whom and what pushes deleted lately: of a resource that is gone nothing else says when it went."""

from idsync.model.extent import Extent
from idsync.reconcile.dated import Dated
from idsync.stores.protocol import Facts

_USERS, _LISTS = Dated("pushed/gone/users"), Dated("pushed/gone/lists")


def note_gone(facts: Facts, push: int, *, user: str | None = None, access_list: str | None = None) -> None:
    """Remember, in the transaction that is open, that the push of a number deleted somebody, by Okta id, or a list."""
    _USERS.note(facts, [] if user is None else [user], push)
    _LISTS.note(facts, [] if access_list is None else [access_list], push)


def gone_after(facts: Facts, users_after: int, lists_after: int) -> Extent:
    """The people and lists that pushes deleted after those of these numbers."""
    return Extent(_USERS.after(facts, users_after), _LISTS.after(facts, lists_after))
