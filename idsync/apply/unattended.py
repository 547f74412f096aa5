"""What passes that nobody attends have applied within the last hour.

A limit holds over all of it, however it is sliced.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from idsync.model.journal import RunFinished, RunStarted, RunStopped
from idsync.model.times import parse_time
from idsync.plan.changes import GuardResult
from idsync.stores.protocol import Journal

HOUR = timedelta(hours=1)


def counted_lately(journal: Journal, now: datetime) -> Mapping[str, int]:
    """What guards counted in the unattended runs that began within the hour before `now`, by guard.

    A run that broke off and kept nothing took nothing. One that is not over may have.
    """
    counts: Counter[str] = Counter()
    undone: set[int] = set()
    over: set[int] = set()
    for numbered in journal.latest():
        entry = numbered.entry
        match entry:
            case RunFinished(run=run):
                over.add(run)
            case RunStopped(run=run, done=0) if run not in over:
                undone.add(run)
            case RunStarted() if parse_time(entry.at) <= now - HOUR:
                break
            case RunStarted(unattended=True) if entry.run not in undone:
                counts.update(entry.counted)
            case _:
                continue
    return counts


def own_counts(results: Iterable[GuardResult], lately: Mapping[str, int]) -> dict[str, int]:
    """What guards count in one run alone, where `results` count the last hour with it."""
    counts: Counter[str] = Counter()
    for result in results:
        counts[result.guard] += result.count - lately.get(result.guard, 0)
    return {guard: count for guard, count in counts.items() if count > 0}
