"""What passes that nobody attends have applied within the last hour.

A limit holds over all of it, however it is sliced.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from idsync.model.journal import RunFinished, RunStarted, RunStopped
from idsync.model.times import parse_time
from idsync.plan.changes import GuardResult
from idsync.plan.guards import UPSTREAM
from idsync.stores.protocol import Journal

HOUR = timedelta(hours=1)


def counted_lately(journal: Journal, now: datetime) -> Mapping[str, int]:
    """What guards counted in the unattended runs that began within the hour before `now`, by guard.

    A run that broke off and kept nothing took nothing. One that is not over may have.
    """
    counts: Counter[str] = Counter()
    kept: dict[int, int] = {}
    over: set[int] = set()
    for numbered in journal.latest():
        entry = numbered.entry
        match entry:
            case RunFinished(run=run):
                over.add(run)
            case RunStopped(run=run, done=done) if run not in over:
                kept.setdefault(run, done)
            case RunStarted() if parse_time(entry.at) <= now - HOUR:
                break
            case RunStarted(unattended=True):
                counts.update(taken_of(entry.counted, kept.get(entry.run)))
            case _:
                continue
    return counts


def taken_of(counted: Mapping[str, int], kept: int | None) -> Mapping[str, int]:
    """What a run took that counted so much, and broke off when so many steps were `kept`; None where it did not.

    In Okta each membership is a step: what it refused was not taken, and is counted when it is sent again.
    """
    if kept is None:
        return counted
    if not kept:
        return {}
    return {guard: min(count, kept) if guard in UPSTREAM else count for guard, count in counted.items()}


def own_counts(results: Iterable[GuardResult], lately: Mapping[str, int]) -> dict[str, int]:
    """What guards count in one run alone, where `results` count the last hour with it."""
    counts: Counter[str] = Counter()
    for result in results:
        counts[result.guard] += result.count - lately.get(result.guard, 0)
    return {guard: count for guard, count in counts.items() if count > 0}
