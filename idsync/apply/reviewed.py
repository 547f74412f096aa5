"""Which reviewed plans were applied already: what one released, it released once."""

from idsync.stores.protocol import Facts

_KEY = "reviewed/{}"


def is_used(facts: Facts, digest: str) -> bool:
    """Whether the edit of the reviewed plan of this digest was applied."""
    return facts.get(_KEY.format(digest)) is not None


def to_remember_used(digest: str, at: str) -> dict[str, bytes]:
    """The facts that the apply of a reviewed plan's edit keeps, with the time."""
    return {_KEY.format(digest): at.encode()}
