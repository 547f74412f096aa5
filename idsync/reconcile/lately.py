"""What unattended runs counted within the last hour, kept up to date by what the journal got since the last look.

A service looks at it for every push, and must not read the journal of an hour each time.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from idsync.apply.unattended import HOUR, taken_of
from idsync.model.journal import Entry, RunFinished, RunStarted, RunStopped
from idsync.model.times import parse_time
from idsync.stores.protocol import Journal


class Lately:
    """The counts of one store's journal; `forget` is to be called after a transaction was undone that was looked at."""

    def __init__(self) -> None:
        self._seen = 0
        self._runs: dict[int, tuple[datetime, Mapping[str, int]]] = {}
        self._kept: dict[int, int] = {}
        self._over: set[int] = set()

    @property
    def seen(self) -> int:
        """Up to this place the journal was read; 0 before the first look."""
        return self._seen

    def forget(self) -> None:
        """Read the journal again at the next look."""
        self._seen = 0
        self._runs.clear()
        self._kept.clear()
        self._over.clear()

    def counted(self, journal: Journal, now: datetime) -> Mapping[str, int]:
        """What guards counted in the runs that began within the hour before `now`, by guard."""
        if self._seen:
            for numbered in journal.headlines_after(self._seen):
                self._note(numbered.entry)
                self._seen = numbered.sequence
        else:
            self._read_hour(journal, now)
        for run in [run for run, (began, _) in self._runs.items() if began <= now - HOUR]:
            del self._runs[run]
            self._over.discard(run)
            self._kept.pop(run, None)
        counts: Counter[str] = Counter()
        for run, (_, counted) in self._runs.items():
            counts.update(taken_of(counted, self._kept.get(run)))
        return counts

    def _read_hour(self, journal: Journal, now: datetime) -> None:
        entries = []
        for numbered in journal.latest():
            self._seen = max(self._seen, numbered.sequence)
            if isinstance(numbered.entry, RunStarted) and parse_time(numbered.entry.at) <= now - HOUR:
                break
            entries.append(numbered.entry)
        for entry in reversed(entries):
            self._note(entry)

    def _note(self, entry: Entry) -> None:
        """Take up an entry. A run that broke off and kept nothing took nothing; one that is not over may have."""
        match entry:
            case RunStarted(unattended=True) if entry.counted:
                self._runs[entry.run] = parse_time(entry.at), entry.counted
            case RunFinished(run=run) if run in self._runs:
                self._over.add(run)
                self._kept.pop(run, None)
            case RunStopped(run=run, done=done) if run in self._runs and run not in self._over:
                self._kept[run] = done
            case _:
                pass
