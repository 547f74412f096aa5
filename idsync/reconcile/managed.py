"""What of a directory is managed: without the kinds that `sync` switches off, and without locks that have ended."""

from datetime import datetime

from idsync.config.settings import Settings
from idsync.model.directory import DirectoryState
from idsync.model.directory_index import DirectoryIndex
from idsync.model.ownership import Ours, ended_locks, labelled_by
from idsync.model.resources import Lock


def managed_index(settings: Settings, index: DirectoryIndex) -> DirectoryIndex:
    """The index without the kinds that `sync` switches off: those are neither read nor changed."""
    sync = settings.integration.sync
    return DirectoryIndex(
        users=index.users if sync.users else {},
        access_lists=index.access_lists if sync.access_lists else {},
        edited=index.edited,
        serial=index.serial,
        plain=index.plain if sync.app_groups else {},
    )


def ours_of(settings: Settings) -> Ours:
    """What says whose an object is: it carries the organization's address, or one that it had before."""
    return labelled_by(settings.integration.org_url, settings.integration.former_addresses)


def in_force(settings: Settings, locks: dict[str, Lock], now: datetime) -> dict[str, Lock]:
    """The locks without our expired ones, which count as absent; none where users are switched off."""
    if not settings.integration.sync.users:
        return {}
    ended = ended_locks(locks, ours_of(settings), now)
    return {name: lock for name, lock in locks.items() if name not in ended}


def managed_state(settings: Settings, state: DirectoryState, locks: dict[str, Lock]) -> DirectoryState:
    """The state with these locks, without the kinds that are switched off."""
    sync = settings.integration.sync
    users, lists = sync.users, sync.access_lists
    return DirectoryState(
        users=state.users if users else {},
        locks=locks,
        access_lists=state.access_lists if lists else {},
        members=state.members if lists else {},
        plain=state.plain if sync.app_groups else {},
    )
