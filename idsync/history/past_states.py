"""The local directory as it was: after a run, or at a time; read backwards from what is there now."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime

import msgspec

from idsync.errors import StoreError, UsageError
from idsync.model.addresses import split_address
from idsync.model.directory import DirectoryState
from idsync.model.journal import LOCAL, Entry, LocksSwept, MadeByHand, Numbered, SectionFinished, StepMade
from idsync.model.revisions import AnyResource, resource_of
from idsync.model.times import parse_time
from idsync.plan.replay import rewind
from idsync.stores.protocol import Bodies, Journal, Records
from idsync.targets.protocol import DirectoryReader


class PastState(msgspec.Struct, frozen=True):
    """The directory as it was. `lists_without_members` were there, and which members they had is not known."""

    state: DirectoryState
    lists_without_members: frozenset[str] = frozenset()


def state_as_of(target: DirectoryReader, records: Records, moment: str) -> PastState:
    """The directory once the run `moment` was over or, of an RFC 3339 time, as it was then.

    Raises UsageError for what is neither, and for a run that never was; StoreError where the journal does not fit.
    """
    with target.reading():
        last = _last_entry(records.journal, moment)
        unknown: set[str] = set()
        entries = _told(records.journal.entries_after(last), unknown)
        state = rewind(target.state(), entries, lambda named: _resources(records.bodies, named))
    return PastState(state, frozenset(unknown & state.access_lists.keys()))


def no_such_run(run: int) -> UsageError:
    """The error of somebody who asks for a run that the journal does not have."""
    return UsageError(f"Run {run} does not exist.", fix="`idsync history` lists every run with its number.")


def _last_entry(journal: Journal, moment: str) -> int:
    """The place of the last entry that counts."""
    if moment.isascii() and moment.isdigit():
        return _end_of_run(journal, int(moment))
    try:
        then = parse_time(moment)
    except ValueError:
        raise UsageError(
            f"{moment!r:.80} is neither a run nor a time.",
            fix="Give a run's number, as `idsync history` shows it, or a time with an offset: 2027-01-31T09:00:00Z.",
        ) from None
    return _end_of_time(journal, then)


def _end_of_run(journal: Journal, run: int) -> int:
    """The place of a run's last entry or, where it went on in other targets, of the last one about the directory."""
    last = 0
    for each in journal.entries(run):
        last = each.sequence
        if isinstance(each.entry, SectionFinished) and each.entry.target == LOCAL:
            break
    if not last:
        raise no_such_run(run)
    return last


def _end_of_time(journal: Journal, then: datetime) -> int:
    """The place before the first entry that is later; the steps of a run follow its beginning."""
    last = None
    for each in journal.headlines():
        if _is_later(each.entry, then):
            return each.sequence - 1
        last = each
    return 0 if last is None else last.sequence + _END


_END = 1 << 62
"""More entries than any journal has: nothing follows the last one."""


def _is_later(entry: Entry, then: datetime) -> bool:
    at = getattr(entry, "at", None)
    return at is not None and parse_time(at) > then


def _told(entries: Iterable[Numbered], unknown: set[str]) -> Iterator[Entry]:
    """What was done to the local directory; notes lists of which the journal does not know the members."""
    for numbered in entries:
        entry = numbered.entry
        if isinstance(entry, StepMade | LocksSwept | MadeByHand) and entry.target != LOCAL:
            continue
        if isinstance(entry, MadeByHand) and entry.members_unknown:
            unknown.add(split_address(entry.address)[1])
        elif isinstance(entry, StepMade | MadeByHand) and entry.action == "create":
            unknown -= {split_address(entry.address)[1]} if entry.address.startswith("access_list/") else set()
        yield entry


def _resources(bodies: Bodies, named: Collection[str]) -> Mapping[str, AnyResource]:
    found = {fingerprint: resource_of(body) for fingerprint, body in bodies.find(named).items()}
    if len(found) < len(named):
        raise StoreError(
            "The journal names an object that the store does not keep.",
            why="Somebody changed the store past idsync, or the file is damaged.",
            fix="`idsync history --verify` says where; compare with a backup of the store.",
        )
    return found
