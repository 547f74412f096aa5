"""One step of a plan as writes of whole objects: what a target makes of it that can put and delete these."""

from typing import assert_never

from idsync.model.addresses import split_address
from idsync.model.resources import User
from idsync.plan.apply_times import Moment, stamped_access_list, stamped_alike, stamped_lock
from idsync.plan.changes import (
    AccessListChange,
    LockChange,
    PlainChange,
    UserChange,
)
from idsync.plan.steps import Phase, Step
from idsync.targets.protocol import DirectoryWriter, Resource


def write_step(step: Step, directory: DirectoryWriter, at: Moment) -> Resource | None:
    """Write one step; doing it twice does it once. The object that is there then, without its members."""
    change = step.change
    match change:
        case UserChange(after=User() as user):
            directory.put_user(user)
        case UserChange():
            directory.delete_user(split_address(change.address)[1])
        case LockChange(after=None):
            directory.delete_lock(split_address(change.address)[1])
        case LockChange():
            lock = stamped_lock(change, at.now)
            directory.put_lock(lock)
            return lock
        case PlainChange(after=None):
            directory.delete_plain(change.address)
        case PlainChange():
            if change.after is not None:
                directory.put_plain(change.after)
        case AccessListChange():
            return _write_list_step(step.phase, change, directory, at)
        case _:
            assert_never(change)
    return change.after


def _write_list_step(phase: Phase, change: AccessListChange, directory: DirectoryWriter, at: Moment) -> Resource | None:
    name = split_address(change.address)[1]
    match phase:
        case Phase.ACCESS_LIST_DELETE:
            directory.delete_access_list(name)
            return None
        case Phase.MEMBER_REMOVAL:
            directory.remove_members(name, change.members_gone)
            return change.after
        case _:
            access_list = stamped_access_list(change, at.stamp)
            if change.action == "create" or change.before != change.after:
                directory.put_access_list(access_list)
            for details, members in stamped_alike(change, at.stamp):
                directory.add_alike(name, details, members)
            return access_list
