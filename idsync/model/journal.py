"""The journal's entries: what every run and every hand did to the directory, in the order in which it was done.

A run starts, may be resumed, makes steps, may sweep locks, and stops or finishes; a person's own hand stands alone.
Each entry is written before, or together with, what it tells of; a run without `RunFinished` was broken off.
"""

from collections.abc import Iterable
from typing import Literal

import msgspec

from idsync.model.addresses import Address
from idsync.model.resources import Membership

Action = Literal["create", "update", "delete"]
Counts = dict[str, dict[str, int]]
"""How many objects a run creates, updates, deletes, adds or removes, by kind and then by action."""

NOTHING = msgspec.Raw(b"null")
"""Stands for the body of an object that is not there."""


class _Entry(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, tag_field="entry", forbid_unknown_fields=True):
    """An entry in canonical JSON; `entry` says which."""


class RunStarted(_Entry, frozen=True, tag="run_started"):
    """A run of a plan begins; `overrides` are the guards that a person released, with the reason given for each."""

    run: int
    at: str
    actor: str
    plan: str
    integration: str
    steps: int
    counts: Counts = {}
    overrides: dict[str, str] = {}


class RunResumed(_Entry, frozen=True, tag="run_resumed"):
    """A run that was broken off goes on."""

    run: int
    at: str
    actor: str


class StepMade(_Entry, frozen=True, tag="step"):
    """One step of a run: what the object was `before` (none when it is created) and whose memberships came and went."""

    run: int
    phase: int
    address: Address
    action: Action
    reason: str
    before: msgspec.Raw = NOTHING
    members_added: tuple[str, ...] = ()
    members_removed: dict[str, Membership] = {}


class LocksSwept(_Entry, frozen=True, tag="locks_swept"):
    """Locks of ours whose time had passed were cleared away, as they stood; `run` is 0 when nothing else was done."""

    run: int
    at: str
    locks: dict[str, msgspec.Raw]


class RunStopped(_Entry, frozen=True, tag="run_stopped"):
    """A run broke off for a reason that it could still write down."""

    run: int
    at: str
    done: int
    why: str


class RunFinished(_Entry, frozen=True, tag="run_finished"):
    """A run is whole; `serial` is the directory's after it."""

    run: int
    at: str
    serial: int


class MadeByHand(_Entry, frozen=True, tag="by_hand"):
    """A person created, replaced or removed one object."""

    at: str
    actor: str
    action: Action
    address: Address
    before: msgspec.Raw = NOTHING
    after: msgspec.Raw = NOTHING


Entry = RunStarted | RunResumed | StepMade | LocksSwept | RunStopped | RunFinished | MadeByHand
ENTRY_DECODER = msgspec.json.Decoder(Entry)


class Numbered(msgspec.Struct, frozen=True, gc=False):
    """An entry with its place in the journal, counted from 1."""

    sequence: int
    entry: Entry


class RunSummary(msgspec.Struct, frozen=True):
    """One run in brief; `state` is `unfinished` when it was killed and nothing could be written down.

    `counts` are what its plan holds; of the `steps` of a stopped run `kept` are in effect.
    """

    run: int
    actor: str
    started_at: str
    plan: str
    integration: str
    counts: Counts
    overrides: dict[str, str]
    steps: int = 0
    state: Literal["finished", "stopped", "unfinished"] = "unfinished"
    finished_at: str | None = None
    serial: int | None = None
    kept: int = 0
    why: str = ""


class Verification(msgspec.Struct, frozen=True):
    """The verdict on the chain: how many entries hold, and the first that does not, if any."""

    entries: int
    broken_at: int | None = None
    why: str = ""


def run_of(entry: Entry) -> int | None:
    """The run that an entry belongs to; None for a person's own hand and for a sweep on its own."""
    return None if isinstance(entry, MadeByHand) else entry.run or None


def event_of(entry: Entry) -> str:
    """The entry's kind, as its `entry` field says it."""
    return str(entry.__struct_config__.tag)


def summarise_runs(entries: Iterable[Entry]) -> list[RunSummary]:
    """The runs that these entries tell of, oldest first; steps may be left out."""
    runs: dict[int, RunSummary] = {}
    for entry in entries:
        match entry:
            case RunStarted():
                runs[entry.run] = RunSummary(
                    entry.run,
                    entry.actor,
                    entry.at,
                    entry.plan,
                    entry.integration,
                    entry.counts,
                    entry.overrides,
                    entry.steps,
                )
            case RunResumed() if entry.run in runs:
                runs[entry.run] = msgspec.structs.replace(runs[entry.run], state="unfinished", why="")
            case RunStopped() if entry.run in runs:
                runs[entry.run] = msgspec.structs.replace(
                    runs[entry.run], state="stopped", kept=entry.done, why=entry.why
                )
            case RunFinished() if entry.run in runs:
                runs[entry.run] = msgspec.structs.replace(
                    runs[entry.run], state="finished", finished_at=entry.at, serial=entry.serial, why=""
                )
            case _:
                continue
    return list(runs.values())
