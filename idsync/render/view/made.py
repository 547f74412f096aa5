"""Entries that are made when they are looked at: a plan may have far more of them than any format shows."""

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar, overload

Source = TypeVar("Source")
Made = TypeVar("Made")


class MadeWhenRead(Sequence[Made], Generic[Source, Made]):
    """What `make` makes of each of `sources`, each time that it is looked at."""

    def __init__(self, sources: Sequence[Source], make: Callable[[Source], Made]) -> None:
        self._sources = sources
        self._make = make

    def __len__(self) -> int:
        return len(self._sources)

    def __iter__(self) -> Iterator[Made]:
        return map(self._make, self._sources)

    @overload
    def __getitem__(self, place: int) -> Made: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Made]: ...

    def __getitem__(self, place: int | slice) -> Made | Sequence[Made]:
        if isinstance(place, slice):
            return MadeWhenRead(self._sources[place], self._make)
        return self._make(self._sources[place])
