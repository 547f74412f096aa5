"""What is left when everything of ours goes: locks on all who had an account, until no credentials can be alive."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from idsync.compiler.locks import DesiredLocks, desired_locks
from idsync.compiler.pool import Pool
from idsync.config.settings import LockSettings
from idsync.model.agreed_past import AgreedPast
from idsync.model.directory import DirectoryState, Reason, Why
from idsync.model.directory_index import UserEntry
from idsync.model.ownership import Ours
from idsync.model.resources import NESTED_LIST, Lock

CLEARED = Why(Reason.CLEARED)


class Obstacle(msgspec.Struct, frozen=True, order=True):
    """A list of ours that a foreign list needs, by names and titles; `role` is what it is there."""

    name: str
    title: str
    foreign: str
    foreign_title: str
    role: str


def locks_when_cleared(
    settings: LockSettings,
    org_url: str,
    entries: Mapping[str, UserEntry],
    locks: Mapping[str, Lock],
    now: datetime,
    past: AgreedPast,
) -> DesiredLocks:
    """The locks to have once every user of ours in `entries` is gone; `locks` are those in force."""
    ours = (name for name, entry in entries.items() if entry.okta_id is not None)
    nobody = Pool(
        present={},
        names={},
        suspended=frozenset(),
        renamed={},
        leaving=dict.fromkeys(sorted(ours), CLEARED),
        passed={},
        gone=(),
        held=frozenset(),
        shown_out=frozenset(),
        claimed=frozenset(),
        lent=frozenset(),
        size=0,
        findings=(),
    )
    return desired_locks(settings, org_url, nobody, locks, entries, now, past)


def obstacles(state: DirectoryState, ours: Ours) -> tuple[Obstacle, ...]:
    """The lists of ours that are a member or an owner of a foreign list, which would lose it."""
    lists = state.access_lists
    own = {name for name, found in lists.items() if ours(found)}
    found: set[Obstacle] = set()
    for name, foreign in lists.items():
        if name in own:
            continue
        members = (member for member, how in state.members[name].items() if how.membership_kind == NESTED_LIST)
        owners = (owner.name for owner in foreign.spec.owners if owner.membership_kind == NESTED_LIST)
        for role, named in (("member", members), ("owner", owners)):
            found.update(
                Obstacle(each, lists[each].spec.title, name, foreign.spec.title, role)
                for each in own.intersection(named)
            )
    return tuple(sorted(found))
