"""What a plan is made with besides a configuration, a reading and a directory."""

from datetime import datetime

import msgspec

from idsync.config.settings import Settings
from idsync.model.agreed_past import NOTHING_PAST, AgreedPast
from idsync.model.directory import LastApply
from idsync.model.findings import Finding
from idsync.reconcile.merged_lists import BothWays
from idsync.reconcile.people_known import PeopleKnown
from idsync.stores.protocol import Pushed


class PlanOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What is known besides what Okta and the directory hold, and what is asked of the plan.

    `last` is what the last apply was made from, `past` what is agreed on of people who are not in the directory.
    `earlier` are the settings applied before, where they are known and others: by them an edit is told from Okta's
    changes. `people` knows whose Okta id was learned after they were pushed. With `both`, memberships go to Okta as
    well. `pushed` says who is pushed, where pushes alone tell of people. `noticed` are findings that the plan is to
    have besides its own; with `described`, the number of newcomers to describe, it is a `BriefPlan`.
    """

    now: datetime
    here: datetime | None = None
    """The time on this machine at `now`, where that is by the store's clock: a source compares Okta's clock with it."""
    last: LastApply | None = None
    past: AgreedPast = NOTHING_PAST
    earlier: Settings | None = None
    people: PeopleKnown | None = None
    both: BothWays | None = None
    pushed: Pushed | None = None
    noticed: tuple[Finding, ...] = ()
    described: int | None = None
