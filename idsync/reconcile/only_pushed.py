"""Pushed groups that stand for no group of Okta's: pushes alone tell of them, and no reading does.

They count while the service is pushed to. Where SCIM is switched off nobody tells of them any more, and they are gone.
"""

from idsync.config.settings import Settings
from idsync.model.extent import Extent
from idsync.reconcile.followed import NOTHING
from idsync.stores.protocol import Pushed

_NOBODY: frozenset[str] = frozenset()


def only_pushed(pushed: Pushed) -> Extent:
    """All of them, whether they count or not."""
    return Extent(_NOBODY, frozenset(group.id for group in pushed.own_groups()))


def counting(pushed: Pushed, settings: Settings) -> Extent:
    """Those that count, as they were pushed."""
    return only_pushed(pushed) if settings.integration.sync.scim else NOTHING


def gone(pushed: Pushed, settings: Settings) -> Extent:
    """Those that are gone, though they may still be known."""
    return NOTHING if settings.integration.sync.scim else only_pushed(pushed)
