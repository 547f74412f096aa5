"""Groups and apps that moved, read beside ticks: a large one takes minutes, and nobody who left is to wait for it.

Which ones are to be read stands in the store from the moment at which the place in the log goes past what told of them.
What was read, a tick takes up: it judges each list whole, stores it and makes it so.
"""

import threading
from collections.abc import Collection, Iterator, Mapping
from functools import partial

import msgspec

from idsync.model.canonical import canonical_bytes
from idsync.model.extent import Extent, Reading
from idsync.reconcile.continuous.parts_made import Began
from idsync.reconcile.continuous.reconciling import Place, Reconciling
from idsync.reconcile.continuous.watching import MOST_ASKED
from idsync.sources.protocol import Source
from idsync.stores.protocol import Facts, Store

LONG = 5_000
"""A list that is known to have more members is read apart from others, which need not wait for it."""
_TOLD = msgspec.json.Decoder(dict[str, int])
_NOBODY: frozenset[str] = frozenset()


class ListsToRead:
    """The lists of an integration that moved and were not read since, each with the number of what told of it last."""

    def __init__(self, facts: Facts, integration: str) -> None:
        self._facts = facts
        self._key = f"lists_to_read/{integration}"

    def waiting(self) -> dict[str, int]:
        """All of them, by id."""
        known = self._facts.get(self._key)
        return {} if known is None else _TOLD.decode(known)

    def add(self, lists: Collection[str]) -> None:
        """Let these be read, in the transaction that is open."""
        if lists:
            waiting = self.waiting()
            self._keep(waiting | dict.fromkeys(lists, max(waiting.values(), default=0) + 1))

    def done(self, told: Mapping[str, int]) -> None:
        """These were read, in the transaction that is open; one that was told of since then is to be read once more."""
        self._keep(dict(self.waiting().items() - told.items()))

    def _keep(self, waiting: dict[str, int]) -> None:
        if waiting:
            self._facts.put({self._key: canonical_bytes(waiting)})
        else:
            self._facts.delete(self._key)


class ReadingBeside:
    """One reading of lists, `told` with the numbers of what told of them."""

    def __init__(self, told: Mapping[str, int], began: Began) -> None:
        self.told = told
        self.began = began
        self.over = threading.Event()
        self._reading: Reading | None = None
        self._error: BaseException | None = None

    @property
    def extent(self) -> Extent:
        """What is read."""
        return Extent(_NOBODY, frozenset(self.told))

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


class ListsBeside:
    """The readings of lists that one process has under way: one, and beside it one of lists known to be long."""

    def __init__(self, store: Store, reconciling: Reconciling, integration: str) -> None:
        self.to_read = ListsToRead(store.facts, integration)
        self.undecided: set[str] = set()
        """Lists that a pass left undecided: to be made so also where they are read as they are known."""
        self._upstream = store.upstream
        self._reconciling = reconciling
        self._under_way: dict[bool, ReadingBeside] = {}
        """By whether the lists are long."""
        self._long: dict[str, bool] = {}
        """Whether those are that wait: to count a hundred thousand members takes a sixth of a second, each tick."""

    def begin(self, place: Place, began: Began, but: Collection[str]) -> bool:
        """Begin to read what waits `but` these, where nothing of its kind is read already; whether anything began."""
        waiting = self.to_read.waiting()
        free = waiting.keys() - set(but) - {name for each in self._under_way.values() for name in each.told}
        self._long = {name: self._is_long(name) for name in free}
        long = {name for name, is_long in self._long.items() if is_long}
        begins = False
        for is_long, lists in ((False, free - long), (True, long)):
            if lists and is_long not in self._under_way:
                oldest = sorted(lists, key=lambda name: (waiting[name], name))[:MOST_ASKED]
                reading = ReadingBeside({name: waiting[name] for name in oldest}, began)
                source = self._reconciling.source(place, lambda *_: self._reconciling.check_stop())
                self._under_way[is_long] = reading
                self._reconciling.beside(partial(reading.read, source))
                begins = True
        return begins

    def _is_long(self, name: str) -> bool:
        known = self._long.get(name)
        return len(self._upstream.members([name])) > LONG if known is None else known

    def over(self, seconds: float = 0.0) -> Iterator[ReadingBeside]:
        """The readings that are over, each once; for one of lists that are not known to be long it waits so long."""
        for is_long, reading in list(self._under_way.items()):
            if reading.over.wait(0.0 if is_long else seconds):
                del self._under_way[is_long]
                yield reading

    def has_any_over(self) -> bool:
        """Whether a reading is over and was not taken up."""
        return any(reading.over.is_set() for reading in self._under_way.values())
