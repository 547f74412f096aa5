"""One pass over a part: what changed upstream is planned and applied, and nothing else is looked at."""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from msgspec.structs import replace

from idsync.apply.executor import apply_plan
from idsync.apply.request import Applied, Request
from idsync.config.settings import Settings
from idsync.model.directory import LastApply
from idsync.model.extent import Extent
from idsync.plan.sections import FIRST
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
) -> Iterator[Applied]:
    """Plan and apply what upstream facts changed in `moved`, plan by plan, until nothing is left to do.

    Raises what `apply_plan` raises; the facts stay, so that the next pass takes up what is left.
    """
    of_a_part = replace(request, whole=False, sweep_locks=False)
    for _ in range(MOST_PLANS):
        agreed = store.agreed(target.name)
        planned = plan_part(settings, store.upstream, target, moved, last=last, now=now, agreed=agreed)
        if planned.plan.is_empty and not planned.plan.forgets:
            return
        yield apply_plan(planned.executable().plan, of_a_part, targets={FIRST: target}, records=store)
        moved = planned.extent
