"""The journal's entries: what every run and every manual edit did to a target, in order.

A run starts, may be resumed, makes steps, may sweep locks and finish sections, and stops or finishes. A manual edit
stands alone. A run without `RunFinished` was broken off. Objects are named by the fingerprints of their bodies, which a
store keeps.
"""

from collections.abc import Iterable, Iterator
from typing import Literal, assert_never

import msgspec

from idsync.model.addresses import Address
from idsync.model.directory import Cause
from idsync.model.resources import Membership

Action = Literal["create", "update", "delete"]
Counts = dict[str, dict[str, int]]
"""How many objects a run creates, updates, deletes, adds or removes, by kind and then by action."""

LOCAL = "local"
"""The target that entries are about where they name none."""


class EntryBase(
    msgspec.Struct, frozen=True, gc=False, omit_defaults=True, tag_field="entry", forbid_unknown_fields=True
):
    """An entry in canonical JSON; `entry` says which."""


class RunStarted(EntryBase, frozen=True, tag="run_started"):
    """A run of a plan begins, made with the configuration of this digest.

    `releases` are the guards and doubts that a person released, with the reason given for each. A `split` run makes the
    part of its plan that may go ahead. An `unattended` run was started by nobody; `counted` is what guards count in it.
    `circumstances` are those of a CI job: person, repository, commit, run.
    """

    run: int
    at: str
    actor: str
    plan: str
    integration: str
    steps: int
    counts: Counts = {}
    releases: dict[str, str] = msgspec.field(default_factory=dict, name="overrides")
    config: str = ""
    split: bool = False
    unattended: bool = False
    counted: dict[str, int] = {}
    circumstances: dict[str, str] = {}


class RunResumed(EntryBase, frozen=True, tag="run_resumed"):
    """A run that was broken off goes on."""

    run: int
    at: str
    actor: str
    circumstances: dict[str, str] = {}


class StepBegun(EntryBase, frozen=True, tag="begun"):
    """One step is about to be made, in a target that is not atomic: if nothing follows, nobody knows what it did."""

    run: int
    phase: int
    address: Address
    target: str = LOCAL


class StepMade(EntryBase, frozen=True, tag="made"):
    """One step of a run was made: what the object was `before` and is `after`, None where it is not there.

    `details` are those of members added, where they say more than when somebody joined. An entry of schema 1 knows no
    `after`, and no `before` where a step moves members alone.
    """

    run: int
    phase: int
    address: Address
    action: Action
    reason: str
    causes: tuple[Cause, ...] = ()
    before: str | None = None
    after: str | None = None
    members_added: tuple[str, ...] = ()
    members_removed: dict[str, Membership] = {}
    details: dict[str, Membership] = {}
    target: str = LOCAL


class StepFailed(EntryBase, frozen=True, tag="failed"):
    """One step could not be made; what it made of the target, nobody knows."""

    run: int
    phase: int
    address: Address
    why: str
    target: str = LOCAL


class LocksSwept(EntryBase, frozen=True, tag="swept"):
    """Locks of ours whose time had passed were cleared away, by name; `run` is 0 when nothing else was done."""

    run: int
    at: str
    locks: dict[str, str]
    target: str = LOCAL


class SectionFinished(EntryBase, frozen=True, tag="section_finished"):
    """What a run does to one of several targets is whole, and `serial` is that target's; others are still to come."""

    run: int
    at: str
    target: str
    serial: int


class RunStopped(EntryBase, frozen=True, tag="run_stopped"):
    """A run broke off for a reason that it could still write down."""

    run: int
    at: str
    done: int
    why: str


class RunFinished(EntryBase, frozen=True, tag="run_finished"):
    """A run is over; `serial` is the directory's after it. It is `whole` when nothing of its plan was left."""

    run: int
    at: str
    serial: int
    whole: bool = True


class MadeByHand(EntryBase, frozen=True, tag="hand"):
    """A person created, replaced or removed one object; a list that was removed had the members `members_removed`."""

    at: str
    actor: str
    action: Action
    address: Address
    before: str | None = None
    after: str | None = None
    members_removed: dict[str, Membership] = {}
    target: str = LOCAL
    reason: str = ""
    """What the person gave as a reason, where one was asked for."""
    members_unknown: bool = False
    """Set in entries of schema 1 of a list that was removed: which members it had was not written down."""
    circumstances: dict[str, str] = {}


Step = StepBegun | StepMade | StepFailed
Entry = RunStarted | RunResumed | Step | LocksSwept | SectionFinished | RunStopped | RunFinished | MadeByHand


class Numbered(msgspec.Struct, frozen=True, gc=False):
    """An entry with its place in the journal, counted from 1."""

    sequence: int
    entry: Entry


class RunSummary(msgspec.Struct, frozen=True):
    """One run in brief; `state` is `unfinished` when it was killed and nothing could be written down.

    `counts` are what its plan holds; of the `steps` of a stopped run `kept` are in effect. A run is `whole` unless it
    left a part of its plan, held back or failed, for later.
    """

    run: int
    actor: str
    started_at: str
    plan: str
    integration: str
    counts: Counts
    releases: dict[str, str]
    steps: int = 0
    state: Literal["finished", "stopped", "unfinished"] = "unfinished"
    finished_at: str | None = None
    serial: int | None = None
    kept: int = 0
    why: str = ""
    whole: bool = True
    circumstances: dict[str, str] = {}


class Head(msgspec.Struct, frozen=True):
    """Where a journal ends: how many entries it has, and the chain value of the last one, in hexadecimal."""

    entries: int
    chain: str

    def __str__(self) -> str:
        return f"{self.entries}:{self.chain}"


class Verification(msgspec.Struct, frozen=True):
    """The verdict on the chain: how many entries hold, and the first that does not, if any."""

    entries: int
    broken_at: int | None = None
    why: str = ""


def run_of(entry: Entry) -> int | None:
    """The run that an entry belongs to; None for a manual edit and for a sweep on its own."""
    return None if isinstance(entry, MadeByHand) else entry.run or None


def event_of(entry: Entry) -> str:
    """What an entry tells of; the steps of a run are one event."""
    match entry:
        case StepBegun() | StepMade() | StepFailed():
            return "step"
        case LocksSwept():
            return "locks_swept"
        case MadeByHand():
            return "by_hand"
        case RunStarted() | RunResumed() | SectionFinished() | RunStopped() | RunFinished():
            return str(entry.__struct_config__.tag)
        case _:
            assert_never(entry)


def bodies_named(entry: Entry) -> Iterator[str]:
    """The fingerprints of the bodies that an entry names."""
    match entry:
        case StepMade() | MadeByHand():
            yield from (fingerprint for fingerprint in (entry.before, entry.after) if fingerprint is not None)
        case LocksSwept():
            yield from entry.locks.values()
        case (
            StepBegun() | StepFailed() | RunStarted() | RunResumed() | SectionFinished() | RunStopped() | RunFinished()
        ):
            return
        case _:
            assert_never(entry)


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
                    entry.releases,
                    entry.steps,
                    circumstances=entry.circumstances,
                )
            case RunResumed() if entry.run in runs:
                runs[entry.run] = msgspec.structs.replace(runs[entry.run], state="unfinished", why="")
            case RunStopped() if entry.run in runs:
                runs[entry.run] = msgspec.structs.replace(
                    runs[entry.run], state="stopped", kept=entry.done, why=entry.why
                )
            case RunFinished() if entry.run in runs:
                runs[entry.run] = msgspec.structs.replace(
                    runs[entry.run],
                    state="finished",
                    finished_at=entry.at,
                    serial=entry.serial,
                    why="",
                    whole=entry.whole,
                )
            case _:
                continue
    return list(runs.values())
