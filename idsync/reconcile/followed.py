"""What ticks read and stored, so that a full pass whose reading is older takes nothing of it back.

A whole reading takes minutes or an hour. Of those whom a tick read since it began, the tick knows better. Whom one
read as out shortly before stands in the store, since the next process, or another one that leads by then, may read a
listing that lags.
"""

import math
import threading
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from datetime import timedelta

import msgspec

from idsync.model.extent import Extent
from idsync.reconcile.dated import Dated
from idsync.stores.protocol import Facts

LAG = timedelta(minutes=2)
"""So long Okta's listings may still show what was before a push, or before what was read by id."""
_OUT = Dated("followed/out")
_NOBODY: frozenset[str] = frozenset()
NOTHING = Extent(_NOBODY, _NOBODY)


class _Read(msgspec.Struct, frozen=True):
    """When the last tick began that read somebody or something, and when what it read was stored."""

    began: float
    stored: float


class Stored(msgspec.Struct, frozen=True):
    """What ticks stored since a time: people by Okta id, every name that these have or had, and lists."""

    people: AbstractSet[str] = _NOBODY
    names: AbstractSet[str] = _NOBODY
    lists: AbstractSet[str] = _NOBODY


class Followed:
    """What ticks of this process read, by time of its clock. Kept as long as a reading may be older."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._people: dict[str, _Read] = {}
        self._lists: dict[str, _Read] = {}
        self._names: dict[str, float] = {}
        self._reading_since: float | None = None
        self._stored_since = -math.inf
        self.ahead_of_directory = False
        """Whether a full pass has stored what it read, and has not applied all of it yet."""

    def begin(self, now: float) -> None:
        """A whole reading begins: all that ticks read from now on is kept until `end`."""
        with self._lock:
            self._reading_since = now

    def store(self) -> None:
        """The reading is stored from now on."""
        with self._lock:
            if self._reading_since is not None:
                self._stored_since = self._reading_since
            self.ahead_of_directory = True

    def overtook(self, began: float) -> bool:
        """Whether a whole reading that is newer than one that began then is stored, or being stored."""
        with self._lock:
            return self._stored_since > began

    def end(self) -> None:
        """The reading, and what was made of it, is over."""
        with self._lock:
            self._reading_since = None
            self.ahead_of_directory = False

    def note(self, extent: Extent, names: Iterable[str], *, began: float, stored: float) -> None:
        """A tick that began then read an extent; `names` are those of its people.

        To be called in the transaction that stores it, so that a full pass sees both or neither.
        """
        with self._lock:
            self._forget(stored)
            for user in extent.users or ():
                self._people[user] = _Read(began, stored)
            for name in extent.lists or ():
                self._lists[name] = _Read(began, stored)
            self._names.update(dict.fromkeys(names, stored))

    def newer_than(self, began: float) -> Extent:
        """The people and lists of whom ticks know better than a whole reading that began then."""
        with self._lock:
            return Extent(
                frozenset(user for user, read in self._people.items() if read.began >= began),
                frozenset(name for name, read in self._lists.items() if read.began >= began),
            )

    def stored_since(self, time: float) -> Stored:
        """What was stored at that time or later."""
        with self._lock:
            return Stored(
                frozenset(user for user, read in self._people.items() if read.stored >= time),
                frozenset(name for name, stored in self._names.items() if stored >= time),
                frozenset(name for name, read in self._lists.items() if read.stored >= time),
            )

    def _forget(self, now: float) -> None:
        oldest = now if self._reading_since is None else self._reading_since
        self._people = {user: read for user, read in self._people.items() if read.stored >= oldest}
        self._lists = {name: read for name, read in self._lists.items() if read.stored >= oldest}
        self._names = {name: stored for name, stored in self._names.items() if stored >= oldest}


def note_out(facts: Facts, users: Iterable[str], at: int) -> None:
    """Remember, in the transaction that stores it, who has no access, asked about by id at this moment."""
    _OUT.note(facts, users, at)


def out_lately(facts: Facts, lagging: int) -> Extent:
    """Who was out after the moment from which on listings may lag: none is believed to have them back."""
    return Extent(_OUT.after(facts, lagging), _NOBODY)


class LookAgain:
    """People and lists that the next ticks are to ask about by themselves: what a full pass left undecided."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._extent = NOTHING

    def add(self, extent: Extent) -> None:
        """Let ticks look at an extent, too."""
        with self._lock:
            self._extent |= extent

    def waiting(self) -> int:
        """How many people and lists wait."""
        with self._lock:
            return len(self._extent.users or ()) + len(self._extent.lists or ())

    def take(self, most: int) -> Extent:
        """A part of what is to be looked at, which waits no more: that many people and lists at most."""
        with self._lock:
            users, lists = sorted(self._extent.users or ()), sorted(self._extent.lists or ())
            taken = Extent(frozenset(users[:most]), frozenset(lists[: max(0, most - len(users))]))
            left = frozenset(users) - (taken.users or _NOBODY), frozenset(lists) - (taken.lists or _NOBODY)
            self._extent = Extent(*left)
            return taken
