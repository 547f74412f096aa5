"""Opens the store that a configuration names, by its scheme: the one place that knows the implementations.

They are imported when they are asked for, so that a command pays only for the one it uses.
"""

from pathlib import Path

from idsync.errors import StoreError
from idsync.stores.protocol import Access, Store

_SQLITE = "sqlite:///"


def open_store(url: str, base: Path, access: Access) -> Store:
    """Open the store at `url`, whose relative path begins at `base`; raises StoreError.

    Raises SchemaTooOld where the store would first have to be brought to today's schema, and `access` may not do that.
    """
    from idsync.stores.sqlite.store import open_sqlite

    return open_sqlite(_path(url, base), access)


def store_exists(url: str, base: Path) -> bool:
    """Whether there is a store at `url`, or what looks like one; a file without a byte is none."""
    path = _path(url, base)
    return path.exists() and (not path.is_file() or path.stat().st_size > 0)


def store_folder(url: str, base: Path) -> Path:
    """The folder in which the store at `url` lies, or is to lie."""
    return _path(url, base).parent


def _path(url: str, base: Path) -> Path:
    if not url.startswith(_SQLITE):
        raise StoreError(
            f"The store {url} is of a kind that this version does not know.",
            why="It knows stores in one file.",
            fix="Write `store` like sqlite:///idsync.db.",
        )
    return base / url.removeprefix(_SQLITE)
