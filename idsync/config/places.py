"""Where the settings stand that decide what is safe: of one that is not written, what it belongs to."""

from __future__ import annotations

from collections.abc import Mapping

from idsync.config.guards import LIMITS
from idsync.config.nodes import Node, find, key_position
from idsync.diagnostics import Position

_PATHS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    **{name: ("Guards", (name,)) for name in (*LIMITS, "protected_users")},
    **{
        name: ("Integration", tuple(name.split(".")))
        for name in (
            "app",
            "org_url",
            "former_org_urls",
            "source",
            "interval",
            "locks.ttl",
            "locks.margin",
            "users.adopt",
            "users.suspended",
            "access_lists.when_empty",
            "sync.users",
            "sync.access_lists",
            "sync.scim",
            "sync.pull",
            "sync.app_groups",
            "sync.bidirectional",
            "store",
        )
    },
    "default_owners": ("DefaultOwners", ("owners",)),
    "follow_config": ("Service", ("follow_config",)),
    "tick": ("Service", ("tick",)),
}


def places_in(documents: Mapping[str, Node]) -> tuple[tuple[str, Position], ...]:
    """The place of each setting among the first documents of each kind; the Integration's for a kind without any."""
    found: dict[str, Position] = {}
    for name, (kind, path) in _PATHS.items():
        document = documents.get(kind) or documents.get("Integration")
        if document is not None:
            found[name] = _nearest(document, path if kind in documents else ())
    return tuple(found.items())


def _nearest(document: Node, path: tuple[str, ...]) -> Position:
    """Where the last key of a path is that is written."""
    place = key_position(document, "kind") or document.position
    node = find(document, "spec")
    for key in path:
        position = key_position(node, key)
        if position is None:
            return place
        place, node = position, find(node, key)
    return place
