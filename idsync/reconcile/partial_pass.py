"""One pass over a part: what changed upstream is planned and applied, and nothing else is looked at."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Protocol

from msgspec.structs import replace

from idsync.apply.kept_back import withdraw
from idsync.apply.request import Applied, Request
from idsync.config.settings import Settings
from idsync.model.directory import LastApply
from idsync.model.extent import Extent
from idsync.plan.changes import AccessListChange, Change, LockChange, PlainChange, UserChange, passes_on
from idsync.plan.sections import FIRST
from idsync.plan.split import with_locks_alone
from idsync.reconcile.applying import Applier
from idsync.reconcile.merged_lists import by_what_is_known
from idsync.reconcile.people_known import PeopleKnown
from idsync.reconcile.planning import plan_part
from idsync.stores.protocol import Records, Upstream
from idsync.targets.protocol import Target

MOST_PLANS = 4
"""So many plans one part may take: a name that passes from one person to another settles in several."""


class UpstreamRecords(Records, Protocol):
    """What such a pass needs of the store: upstream facts besides the records of an apply."""

    @property
    def upstream(self) -> Upstream: ...


def apply_part(
    settings: Settings,
    moved: Extent,
    *,
    store: UpstreamRecords,
    target: Target,
    last: LastApply | None,
    now: datetime,
    request: Request,
    lately: Callable[[], Mapping[str, int]] | None = None,
    people: PeopleKnown | None = None,
    locks_alone: bool = False,
) -> Iterator[Applied]:
    """Plan and apply what upstream facts changed in `moved`, plan by plan, until nothing is left to do.

    Where nobody attends, the part that guards hold waits until a person releases it, or it is asked for no more;
    `lately` says what such runs counted within the last hour. `people` knows whose Okta id was learned late.
    With `locks_alone` nothing but locks is made, by one plan, and the rest waits for the next one.
    Raises what an apply raises; the facts stay, so that the next pass takes up what is left.
    """
    of_a_part = replace(request, whole=False, sweep_locks=False)
    unattended = request.unattended
    for _ in range(MOST_PLANS):
        asked = of_a_part if lately is None else replace(of_a_part, lately=lately())
        applier = Applier(settings, store, {FIRST: target}, asked, lambda: now, until_released=unattended)
        agreed = store.agreed(target.name)
        both = by_what_is_known(settings, store)
        planned = plan_part(
            settings, store.upstream, target, moved, last=last, now=now, agreed=agreed, people=people, both=both
        )
        if planned.plan.is_empty and not planned.plan.forgets and not planned.plan.both_ways:
            if unattended:
                withdraw(planned.plan, planned.looked_at, store.facts, target.name, now)
            return
        ready = planned.executable(store.runs.next_number()).plan
        store.runs.is_next(ready.digest)
        if locks_alone and (ready := with_locks_alone(ready)).is_empty:
            return
        parts, applied = applier.make(applier.parts(ready), planned.inputs.clocks, planned.looked_at)
        yield applied
        if locks_alone:
            return
        if parts.going.is_empty and not planned.plan.forgets:
            return
        if not any(map(_frees_a_name, planned.plan.changes)) and not planned.plan.findings:
            return
        moved = planned.extent


def _frees_a_name(change: Change) -> bool:
    """Whether somebody else may get a name by a change, which a plan after it then does."""
    match change:
        case UserChange(after=None) | LockChange():
            return True
        case UserChange():
            return passes_on(change)
        case AccessListChange() | PlainChange():
            return False
