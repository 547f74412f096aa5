"""What is written down of runs and by hand: the journal, the bodies that it names, and which plans were run."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Protocol

import msgspec

from idsync.model.canonical import Body
from idsync.model.journal import Entry, Head, Numbered, Verification


class Bodies(Protocol):
    """The canonical bytes of every object that was ever here, by fingerprint."""

    def find(self, fingerprints: Collection[str]) -> Mapping[str, bytes]:
        """The bodies of these fingerprints, as far as they are kept."""


class Journal(Protocol):
    """The append-only record; raises StoreError for entries that cannot be read."""

    def append(self, entry: Entry, bodies: Iterable[Body] = ()) -> int:
        """Add an entry, and the bodies that it names, at once or with the transaction that is open.

        Its place in the journal, counted from 1.
        """

    def headlines(self) -> Iterator[Numbered]:
        """Every entry but the steps, oldest first."""

    def latest(self) -> Iterator[Numbered]:
        """Every entry but the steps, the newest first, read as far as they are asked for."""

    def entries(self, run: int | None = None) -> Iterator[Numbered]:
        """Every entry, or those of one run, oldest first."""

    def entries_after(self, sequence: int) -> Iterator[Numbered]:
        """Every entry after this place, the newest first."""

    def headlines_after(self, sequence: int) -> list[Numbered]:
        """Every entry but the steps after this place, oldest first; those of many runs are to be held at once."""

    def verify(self, head: Head | None = None) -> Verification:
        """Whether the journal and the bodies that it names are as written, and whether it goes on from `head`."""

    def head(self) -> Head:
        """Where the journal ends."""


class UnfinishedRun(msgspec.Struct, frozen=True):
    """A run that was broken off."""

    run: int
    started_at: str


class Runs(Protocol):
    """Which plans were run."""

    def next_number(self) -> int:
        """The number of the run to come, counted from 1."""

    def is_next(self, plan: str) -> None:
        """Know that the plan of this digest was made for the number of the run to come: no run before was one of it."""

    def finished(self, plan: str) -> int | None:
        """The run that applied the plan of this digest whole, if any."""

    def unfinished(self, plan: str) -> UnfinishedRun | None:
        """The last run of the plan of this digest, when it was broken off."""
