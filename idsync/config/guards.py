"""Guards as a configuration sets them: the limits on what one plan may take, and the people who are protected."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from idsync.diagnostics import Position
from idsync.model.names import twin_key

replace = msgspec.structs.replace
Bounds = tuple[Decimal, int]
"""Percent of what is managed, and the floor."""


class NamedPerson(msgspec.Struct, frozen=True):
    """A person whom the configuration names, as it is written there."""

    name: str
    position: Position


class Guard(msgspec.Struct, frozen=True, omit_defaults=True):
    """A limit on one kind of change: `percent` of what is managed, or `floor` where that is more.

    `besides` are limits that hold as well: the lowest of all counts.
    """

    percent: Decimal
    floor: int
    position: Position | None = None
    besides: tuple[Bounds, ...] = ()

    def limit(self, managed: int) -> int:
        """Return the greatest count that passes while `managed` objects are ours."""
        return min(max(int(percent * managed // 100), floor) for percent, floor in self._bounds)

    def own_limit(self, managed: int) -> int:
        """The same without what holds besides."""
        return replace(self, besides=()).limit(managed)

    @property
    def _bounds(self) -> tuple[Bounds, ...]:
        return ((self.percent, self.floor), *self.besides)

    def and_also(self, other: Guard) -> Guard:
        """The guard whose limit is the lower one of both, however much is managed."""
        binding = dict.fromkeys(each for each in other._bounds if each[0] < self.percent or each[1] < self.floor)
        return replace(self, besides=tuple(dict.fromkeys((*self.besides, *binding)))) if binding else self


class Guards(msgspec.Struct, frozen=True):
    """The built-in limits. Protected users are never locked, deleted or left without a role."""

    user_deletes: Guard = Guard(Decimal(10), 5)
    user_locks: Guard = Guard(Decimal(10), 5)
    member_removals: Guard = Guard(Decimal(25), 10)
    access_list_deletes: Guard = Guard(Decimal(25), 3)
    app_group_deletes: Guard = Guard(Decimal(25), 3)
    access_losses: Guard = Guard(Decimal(10), 5)
    lock_burst: Guard = Guard(Decimal(30), 25)
    access_gains: Guard = Guard(Decimal(25), 25)
    upstream_removals: Guard = Guard(Decimal(10), 5)
    upstream_additions: Guard = Guard(Decimal(10), 5)
    source_shrink: Guard = Guard(Decimal(30), 10)
    protected_users: frozenset[str] = frozenset()
    protected_users_written: tuple[NamedPerson, ...] = ()

    def without_places(self) -> Guards:
        """The same limits and people, wherever they were written."""
        limits = {name: replace(getattr(self, name), position=None) for name in LIMITS}
        return replace(self, protected_users_written=(), **limits)


LIMITS = tuple(name for name in Guards.__struct_fields__ if not name.startswith("protected_users"))
"""The guards that have a limit, by their names."""


def stricter(earlier: Guards | None, guards: Guards) -> Guards:
    """Guards of which each limit is the lower one of two, and which protect everybody whom either protects."""
    if earlier is None:
        return guards
    limits = {name: getattr(guards, name).and_also(getattr(earlier, name)) for name in LIMITS}
    named = {twin_key(name) for name in guards.protected_users}
    protected = guards.protected_users | {name for name in earlier.protected_users if twin_key(name) not in named}
    return replace(guards, protected_users=protected, **limits)
