"""Storing a whole reading in slices, so that pushes and ticks go between: only what differs from what is known.

A first reading is stored at once: until all of it is known, people who are not stored yet would look gone.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

import msgspec

from idsync.model.extent import Extent, Reading
from idsync.model.identity import IdentityApp, IdentityGroup, IdentityUser
from idsync.reconcile.continuous.pace import Pace
from idsync.stores.protocol import Upstream

FIRST_SLICE = 500
"""People that the first slice has; a list counts as one, and as one more for each ten members."""
_NOBODY: frozenset[str] = frozenset()
Writing = Callable[[], AbstractContextManager[None]]
replace = msgspec.structs.replace


@dataclass(frozen=True)
class Storing:
    """`writing` is a transaction that nobody else writes in, `newer` what is known better than the reading by then.

    `told` gives a part of the reading as what was sent by then says it; `check` raises where this is to end.
    """

    upstream: Upstream
    writing: Writing
    newer: Callable[[], Extent]
    told: Callable[[Reading], Reading]
    check: Callable[[], None]
    pace: Pace

    def store(self, reading: Reading) -> None:
        """Let a whole reading replace what is known, but for what is known better."""
        if not self.upstream.is_known():
            with self.writing():
                self.upstream.take(self.told(reading))
            return
        parts = _Parts(reading)
        items = list(parts.items(self.upstream.differing(reading)))
        while True:
            self.check()
            some, weight = _first_of(items, self.pace.amount)
            with self.writing():
                begun = self.pace.clock()
                self.upstream.take(self.told(parts.of(some, self.newer())))
            self.pace.took(weight, begun)
            items = items[len(some) :]
            if not items:
                return


class _Item(msgspec.Struct, frozen=True, gc=False):
    okta_id: str
    is_list: bool
    weight: int = 1


class _Parts:
    """Parts of one reading, each found without looking at the others."""

    def __init__(self, reading: Reading) -> None:
        snapshot = reading.snapshot
        self._reading = reading
        self._users: dict[str, IdentityUser] = {user.id: user for user in snapshot.users}
        self._groups: dict[str, IdentityGroup] = {group.id: group for group in snapshot.groups}
        self._apps: dict[str, IdentityApp] = {app.id: app for app in snapshot.apps}

    def items(self, extent: Extent) -> Iterator[_Item]:
        """The people and lists of an extent, with what each weighs."""
        for user in sorted(extent.users or ()):
            yield _Item(user, False)
        for name in sorted(extent.lists or ()):
            yield _Item(name, True, 1 + self._members(name) // 10)

    def of(self, items: list[_Item], newer: Extent) -> Reading:
        """The reading of these alone, without those that are known better."""
        users = frozenset(item.okta_id for item in items if not item.is_list) - (newer.users or _NOBODY)
        lists = frozenset(item.okta_id for item in items if item.is_list) - (newer.lists or _NOBODY)
        away = self._reading.snapshot.unassigned
        part = replace(
            self._reading.snapshot,
            users=[self._users[user] for user in sorted(users) if user in self._users],
            groups=[self._groups[name] for name in sorted(lists) if name in self._groups],
            apps=[self._apps[name] for name in sorted(lists) if name in self._apps],
            unassigned={user: away[user] for user in sorted(users) if user in away},
        )
        return replace(self._reading, snapshot=part, extent=Extent(users, lists))

    def _members(self, name: str) -> int:
        if name in self._groups:
            return len(self._groups[name].member_ids())
        return len(self._apps[name].user_ids()) if name in self._apps else 0


def _first_of(items: list[_Item], amount: int) -> tuple[list[_Item], int]:
    taken: list[_Item] = []
    weight = 0
    for item in items:
        if taken and weight + item.weight > amount:
            break
        taken.append(item)
        weight += item.weight
    return taken, weight
