"""What an apply that runs to its end makes of a directory."""

import datetime as dt

import msgspec

from idsync.config.settings import Settings
from idsync.model.directory import DirectoryState
from idsync.model.identity import Snapshot
from idsync.model.ownership import ended_locks, labelled_by
from idsync.plan.changes import AccessListChange, Plan
from idsync.plan.replay import replay
from tests.core.world import NOTHING, NOW, PLAIN, plan


def applied(state: DirectoryState, made: Plan, now: dt.datetime = NOW) -> DirectoryState:
    """The directory after a plan, with expired locks of ours swept away."""
    ended = ended_locks(state.locks, labelled_by(made.inputs.org_url), now)
    locks = {name: lock for name, lock in state.locks.items() if name not in ended}
    for change in made.changes:
        if isinstance(change, AccessListChange) and change.before is not None:
            name = change.before.metadata.name
            assert set(change.members_removed) <= state.members[name].keys()
            assert change.after is not None or set(change.members_removed) == state.members[name].keys()
    return replay(msgspec.structs.replace(state, locks=locks), made.changes, now)


def settled(snapshot: Snapshot, settings: Settings = PLAIN, state: DirectoryState = NOTHING) -> DirectoryState:
    """The directory after planning and applying a snapshot."""
    return applied(state, plan(snapshot, state, settings))
