"""What moved is read beside ticks: Okta may take minutes to tell of it, and nobody who left is to wait for that.

Whom and what is to be read stands in the store (`to_read.py`). People are read in portions, first those of whom the log
says that they leave, and as one reading they are judged. What was read, a tick takes up: it judges that, stores it and
makes it so.
"""

import threading
from collections.abc import Collection, Iterator, Mapping
from enum import Enum
from functools import partial

import msgspec

from idsync.model.extent import Extent, Reading
from idsync.reconcile.continuous.parts_made import Began, Locked, PartRead
from idsync.reconcile.continuous.reconciling import Place, Reconciling
from idsync.reconcile.continuous.to_read import lists_to_read, people_to_read
from idsync.reconcile.continuous.watching import MOST_ASKED
from idsync.sources.protocol import Source
from idsync.stores.protocol import Store

LONG = 5_000
"""A list that is known to have more members is read apart from others, which need not wait for it."""
PORTION = 12
"""People that are read at once, each by a request. Where one takes Okta a second, that is done in some five."""
FIRST_AGAIN, LAST_AGAIN = 5.0, 60.0
"""Seconds after which the source is asked again about people and lists of which it failed to say anything: twice as
many with each failure, up to a minute.
"""
_MOST_DOUBLINGS = 10
_NOBODY: frozenset[str] = frozenset()


class Kind(Enum):
    """What is read apart from the rest. Of each kind there is one reading at a time, and none waits for another."""

    LEAVING = "people of whom the log says that they leave"
    PEOPLE = "other people"
    LISTS = "lists"
    LONG = "lists that are known to be long"
    FAILED = "people and lists of which the source failed to say anything"


_PROMPT = frozenset({Kind.LEAVING, Kind.PEOPLE, Kind.LISTS})
"""What a tick waits for a moment that began to read it: most of it is there by then."""


class ReadingBeside:
    """One reading of people and lists, each told with the number of what told of it."""

    def __init__(self, kind: Kind, people: Mapping[str, int], lists: Mapping[str, int], began: Began) -> None:
        self.kind = kind
        self.people = people
        self.lists = lists
        self.began = began
        self.over = threading.Event()
        self._reading: Reading | None = None
        self._error: BaseException | None = None

    @property
    def extent(self) -> Extent:
        """What is read."""
        return Extent(frozenset(self.people), frozenset(self.lists))

    def read(self, source: Source) -> None:
        """Read, from whichever thread."""
        try:
            self._reading = source.read(self.extent)
        except BaseException as error:  # the tick that takes it up raises it
            self._error = error
        finally:
            self.over.set()

    def result(self) -> Reading:
        """What was read, once that is over. Raises what reading it raised."""
        if self._error is not None:
            raise self._error
        assert self._reading is not None  # noqa: S101 - it is over
        return self._reading


class Portion(msgspec.Struct, frozen=True):
    """A portion of people that was read, with the numbers of what told of them; and who of them was locked at once."""

    told: Mapping[str, int]
    read: PartRead
    locked: Locked = Locked()


class _Failure(msgspec.Struct, frozen=True):
    """How often in a row the source failed to say anything of somebody or something, and when it is asked again."""

    times: int
    again_at: float


class ReadingsBeside:
    """The readings beside ticks of one process."""

    def __init__(self, store: Store, reconciling: Reconciling, integration: str) -> None:
        self.people = people_to_read(store.facts, integration)
        self.lists = lists_to_read(store.facts, integration)
        self.undecided: set[str] = set()
        """People and lists that a pass left undecided: to be made so also where they are read as they are known."""
        self._upstream = store.upstream
        self._reconciling = reconciling
        self._under_way: dict[Kind, ReadingBeside] = {}
        self._portions: dict[Kind, list[Portion]] = {}
        """The portions that were read, while others of their kind wait."""
        self._leaving: set[str] = set()
        self._failed: dict[str, _Failure] = {}
        self._long: dict[str, bool] = {}
        """Whether those are that wait: to count a hundred thousand members takes a sixth of a second, each tick."""

    def waiting(self) -> int:
        """How many people and lists are to be read."""
        return len(self.people.waiting()) + len(self.lists.waiting())

    def add(self, extent: Extent, leaving: Collection[str]) -> None:
        """Let these be read, in the transaction that is open; of some the log says that they are `leaving`."""
        self.people.add(extent.users or _NOBODY)
        self.lists.add(extent.lists or _NOBODY)
        self._leaving.update(leaving)

    def begin(self, place: Place, began: Began) -> bool:
        """Begin to read of each kind what waits, where nothing of it is read already; whether anything began."""
        people, lists = self.people.waiting(), self.lists.waiting()
        self._forget_all_but(people, lists)
        self._read_again_whom_nobody_follows(people)
        begins = False
        for kind, ids in self._waiting_by_kind(people, lists).items():
            if ids and kind not in self._under_way:
                told = people | lists
                most = PORTION if kind in (Kind.LEAVING, Kind.PEOPLE) else MOST_ASKED
                oldest = sorted(ids, key=lambda name: (told[name], name))[:most]
                self._begin(kind, place, began, _of(people, oldest), _of(lists, oldest))
                begins = True
        return begins

    def _forget_all_but(self, people: Collection[str], lists: Collection[str]) -> None:
        """What is known of those who wait no more goes here, and not with their transaction, which may not be kept."""
        self.undecided = {name for name in self.undecided if name in people or name in lists}
        self._leaving.intersection_update(people)
        self._failed = {name: each for name, each in self._failed.items() if name in people or name in lists}

    def _read_again_whom_nobody_follows(self, people: Mapping[str, int]) -> None:
        """Keep no portions after which nobody of their kind is read, since a tick failed: nothing would take them."""
        left = self._people_by_kind(people)
        for kind in self._portions.keys() - self._under_way.keys():
            if not left[kind]:
                self.take(kind)

    def _begin(
        self, kind: Kind, place: Place, began: Began, people: Mapping[str, int], lists: Mapping[str, int]
    ) -> None:
        reading = ReadingBeside(kind, people, lists, began)
        source = self._reconciling.source(place, lambda *_: self._reconciling.check_stop())
        self._under_way[kind] = reading
        self._reconciling.beside(partial(reading.read, source))

    def _waiting_by_kind(self, people: Mapping[str, int], lists: Mapping[str, int]) -> dict[Kind, set[str]]:
        """What of each kind waits to be read, and is not read already."""
        taken = self._under_way_now()
        now = self._reconciling.clock()
        free = lists.keys() - taken - self._failed.keys()
        self._long = {name: self._is_long(name) for name in free}
        long = {name for name, is_long in self._long.items() if is_long}
        again = {name for name, failure in self._failed.items() if failure.again_at <= now} - taken
        return self._people_by_kind(people) | {Kind.LISTS: free - long, Kind.LONG: long, Kind.FAILED: again}

    def _people_by_kind(self, people: Mapping[str, int]) -> dict[Kind, set[str]]:
        """The people of each kind who wait to be read; of whom a portion that was read is as new do not."""
        free = people.keys() - self._under_way_now() - self._failed.keys()
        for portion in (portion for each in self._portions.values() for portion in each):
            free -= {name for name, _ in portion.told.items() & people.items()}
        return {Kind.LEAVING: free & self._leaving, Kind.PEOPLE: free - self._leaving}

    def _under_way_now(self) -> set[str]:
        return {name for each in self._under_way.values() for name in (*each.people, *each.lists)}

    def _is_long(self, name: str) -> bool:
        known = self._long.get(name)
        return len(self._upstream.members([name])) > LONG if known is None else known

    def over(self, seconds: float = 0.0) -> Iterator[ReadingBeside]:
        """The readings that are over, each once; for those that are mostly quick it waits so long."""
        until = self._reconciling.clock() + seconds
        for kind, reading in list(self._under_way.items()):
            left = max(0.0, until - self._reconciling.clock()) if kind in _PROMPT else 0.0
            if reading.over.wait(left):
                del self._under_way[kind]
                yield reading

    def has_any_over(self) -> bool:
        """Whether a reading is over and was not taken up."""
        return any(reading.over.is_set() for reading in self._under_way.values())

    def failed(self) -> list[str]:
        """Of whom and what the source failed to say anything."""
        return sorted(self._failed)

    def fail(self, extent: Extent) -> None:
        """The source failed to say anything of these: they are asked about again after a while, apart from others."""
        for name in (extent.users or _NOBODY) | (extent.lists or _NOBODY):
            times = self._failed[name].times + 1 if name in self._failed else 1
            pause = min(FIRST_AGAIN * 2 ** min(times - 1, _MOST_DOUBLINGS), LAST_AGAIN)
            self._failed[name] = _Failure(times, self._reconciling.clock() + pause)

    def are_more(self, read: ReadingBeside) -> bool:
        """Whether more people of its kind wait than were read, so that these are judged later, with them."""
        if read.kind not in (Kind.LEAVING, Kind.PEOPLE) or self._read(read.kind) >= MOST_ASKED:
            return False
        return bool(self._people_by_kind(self.people.waiting())[read.kind] - read.people.keys())

    def _read(self, kind: Kind) -> int:
        return sum(len(portion.told) for portion in self._portions.get(kind, ()))

    def keep(self, kind: Kind, portion: Portion) -> None:
        """Keep a portion of people until all of their kind are read."""
        self._portions.setdefault(kind, []).append(portion)
        self.undecided |= portion.locked.people

    def take(self, kind: Kind) -> list[Portion]:
        """The portions that were kept, which are kept no more."""
        return self._portions.pop(kind, [])

    def done(self, people: Mapping[str, int], lists: Mapping[str, int]) -> None:
        """These were read and stored, in the transaction that is open."""
        self.people.done(people)
        self.lists.done(lists)
        for name in (*people, *lists):
            self._failed.pop(name, None)


def _of(told: Mapping[str, int], ids: Collection[str]) -> dict[str, int]:
    return {name: told[name] for name in ids if name in told}
