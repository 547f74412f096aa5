"""A pure replay of a plan: what an apply that runs to its end makes of a directory."""

import datetime as dt

from idsync.compiler.locks import expired_locks
from idsync.config.settings import Settings
from idsync.model.addresses import split_address
from idsync.model.directory import DirectoryState
from idsync.model.identity import Snapshot
from idsync.plan.apply_times import stamped_access_list, stamped_lock, stamped_members
from idsync.plan.changes import AccessListChange, Change, LockChange, Plan, UserChange
from idsync.plan.steps import Phase, steps_of
from tests.core.world import NOTHING, NOW, PLAIN, plan


def applied(state: DirectoryState, made: Plan, now: dt.datetime = NOW) -> DirectoryState:
    """The directory after every step of a plan, with expired locks of ours swept away."""
    after = _Replay(state, made.inputs.org_url, now)
    for step in steps_of(made.changes):
        after.make(step.phase, step.change)
    return after.state()


def settled(snapshot: Snapshot, settings: Settings = PLAIN, state: DirectoryState = NOTHING) -> DirectoryState:
    """The directory after planning and applying a snapshot."""
    return applied(state, plan(snapshot, state, settings))


class _Replay:
    def __init__(self, state: DirectoryState, org_url: str, now: dt.datetime) -> None:
        expired = expired_locks(state.locks, org_url, now)
        self._now = now
        self._users = dict(state.users)
        self._locks = {name: lock for name, lock in state.locks.items() if name not in expired}
        self._lists = dict(state.access_lists)
        self._members = {name: dict(entries) for name, entries in state.members.items()}

    def state(self) -> DirectoryState:
        return DirectoryState(self._users, self._locks, self._lists, dict(self._members))

    def make(self, phase: Phase, change: Change) -> None:
        name = split_address(change.address)[1]
        match change:
            case UserChange():
                self._make_user(name, phase, change)
            case LockChange():
                self._make_lock(name, phase, change)
            case AccessListChange():
                self._make_list(name, phase, change)

    def _make_user(self, name: str, phase: Phase, change: UserChange) -> None:
        if phase is Phase.USER_DELETE:
            del self._users[name]
        else:
            assert change.after is not None
            self._users[name] = change.after

    def _make_lock(self, name: str, phase: Phase, change: LockChange) -> None:
        if phase is Phase.UNLOCK:
            del self._locks[name]
        else:
            self._locks[name] = stamped_lock(change, self._now)

    def _make_list(self, name: str, phase: Phase, change: AccessListChange) -> None:
        if phase is Phase.ACCESS_LIST:
            self._lists[name] = stamped_access_list(change, self._now)
            self._members.setdefault(name, {}).update(stamped_members(change, self._now))
        elif phase is Phase.MEMBER_REMOVAL:
            for member in change.members_removed:
                del self._members[name][member]
        else:
            del self._lists[name]
            assert set(change.members_removed) == set(self._members.pop(name))
