"""What an apply is asked for, and what it answers."""

from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec

from idsync.apply.admission import Expected
from idsync.model.addresses import Address, member_address, split_address
from idsync.model.times import Clocks
from idsync.plan.changes import AccessListChange, BothSides, Change, Plan, Summary
from idsync.plan.sections import sections
from idsync.stores.protocol import Holder

NOTHING_LEFT: frozenset[Address] = frozenset()


class Judged(msgspec.Struct, frozen=True):
    """That a plan is a part of one that was judged whole: what guards count of this part, and which releases count."""

    counted: Mapping[str, int]
    releases: Mapping[str, str]


class Request(msgspec.Struct, frozen=True):
    """Who applies, when, and what they release: `releases` holds the reason for each guard or health finding.

    Expired locks of ours are swept, unless users and their locks are none of this configuration's business. A plan that
    is not `whole` looked at a part of the directory, and says nothing of edits elsewhere. A `split` run makes the part
    of a plan that may go ahead; `pending` are the addresses of what it leaves for later, by target as plans name them.
    `circumstances` say who and what stands behind the actor: person, repository, commit, run.
    `forgets` are the people of whom the plan says so, and `both_ways` what the plan says that both sides agree on.
    Okta's clock is so many seconds `ahead` of this machine's, which says `now`.
    """

    actor: str
    now: datetime
    holder: Holder
    expected: Expected
    releases: Mapping[str, str] = {}
    lock_timeout: float = 0.0
    sweep_locks: bool = True
    whole: bool = True
    facts: Mapping[str, bytes] = {}
    cache: Mapping[str, bytes] = {}
    split: bool = False
    pending: Mapping[str, frozenset[Address]] = {}
    unattended: bool = False
    """Whether nobody attends the run: guards then count what such runs took within the last hour."""
    goes_by: Mapping[str, bytes | None] = {}
    """The facts that say which configuration an unattended run goes by, as it read them: others there refuse it."""
    lately: Mapping[str, int] | None = None
    """What guards counted in such runs within the last hour, where the caller knows; else the journal is read."""
    forgets: tuple[str, ...] = ()
    both_ways: Mapping[str, BothSides | None] = {}
    read_at: str = ""
    """When the reading was taken that the plan was made from, as the plan says."""
    circumstances: Mapping[str, str] = {}
    ahead: int = 0
    judged: Judged | None = None
    """Set where the whole of which the plan is a part was admitted already."""

    @property
    def clocks(self) -> Clocks:
        """Both clocks: ends are written by the later one."""
        return Clocks(self.now, self.ahead)

    @property
    def locks_ended_at(self) -> datetime | None:
        """The time at which locks must have ended to be swept; None where none is swept."""
        return self.clocks.earlier if self.sweep_locks and self.clocks.may_sweep else None


class Applied(msgspec.Struct, frozen=True):
    """What an apply did; `run` is None when the plan was empty, and `serial` is that of the first target."""

    run: int | None
    serial: int
    summary: Summary
    steps: int
    resumed: bool
    locks_swept: int
    notes: tuple[str, ...] = ()
    releases: dict[str, str] = {}
    """What was released that would have refused it or held something, with the reasons."""


def left_for_later(held: Plan) -> dict[str, frozenset[Address]]:
    """What the held part of a plan is about, by target: the `pending` of a run that makes the other part."""
    return {
        section.target: frozenset(address for change in section.changes for address in addresses_in(change))
        for section in sections(held)
        if section.changes
    }


def addresses_in(change: Change) -> Iterator[Address]:
    """The addresses of what a change is about: of its object, and of the members that it names."""
    yield change.address
    if isinstance(change, AccessListChange):
        name = split_address(change.address)[1]
        yield from (member_address(name, member) for member in (*change.members_added, *change.members_removed))
