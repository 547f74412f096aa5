"""The objects that entries of the journal name."""

from idsync.model.revisions import AnyResource, resource_of
from idsync.stores.sqlite.store import SqliteStore


def resource_in(store: SqliteStore, fingerprint: str | None) -> AnyResource | None:
    """The object that an entry names, `before` or `after`; None when it was not there."""
    return None if fingerprint is None else resource_of(store.bodies.find([fingerprint])[fingerprint])
