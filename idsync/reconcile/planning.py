"""Planning the whole of a directory or a part of it: the target is read in brief, and what is compiled is prepared."""

from datetime import datetime

import msgspec

from idsync.compiler.earlier import earlier_rules
from idsync.compiler.inputs import prepare
from idsync.compiler.pool import Pool, foreign_in_the_way, resolve_pool
from idsync.compiler.users import may_adopt
from idsync.config.settings import Settings
from idsync.errors import SnapshotError, SourceUnhealthy
from idsync.model.agreed_past import NOTHING_PAST, AgreedPast
from idsync.model.directory import LastApply, Names
from idsync.model.directory_index import DirectoryIndex
from idsync.model.extent import Extent, Reading
from idsync.model.identified import (
    NOBODY,
    identified_index,
    identified_past,
)
from idsync.model.identity import Snapshot
from idsync.model.odd_rows import set_aside
from idsync.model.times import Clocks
from idsync.plan.guards_changed import config_changed, guards_changed
from idsync.plan.health import wrong_source
from idsync.reconcile.clocks import clocks_of
from idsync.reconcile.managed import managed_index
from idsync.reconcile.merged_lists import BothWays
from idsync.reconcile.one_plan import Basis, planned_by
from idsync.reconcile.part import PartOfDirectory, closed, holders
from idsync.reconcile.people_known import PeopleKnown
from idsync.reconcile.plan_options import PlanOptions
from idsync.reconcile.planned import Planned, Remembering
from idsync.stores.protocol import AgreedState, Upstream
from idsync.targets.protocol import DirectoryReader


def make_plan(
    settings: Settings,
    reading: Reading,
    target: DirectoryReader,
    options: PlanOptions,
    remembering: Remembering | None = None,
) -> Planned:
    """Plan from one reading and one state of the target; `remembering` lets the plan look only at what moved.

    Raises SourceUnhealthy when the reading is of another org or app: then there is nothing to plan.
    """
    snapshot = reading.snapshot
    _check_source(settings, snapshot, options.last)
    with target.reading():
        memo = remembering.of_use_for(settings) if remembering else None
        # Edits that a memo knows of may have been settled since, which changes no object.
        if memo is not None and memo.index.serial == target.serial() and not memo.index.edited:
            index = memo.index
        else:
            index = managed_index(settings, target.index(settings.integration.org_url))
        locks = target.locks()
        okta_ids = NOBODY if options.people is None else options.people.learned(index, locks, snapshot)
        if okta_ids:
            memo, index = None, identified_index(index, okta_ids)
        basis = Basis(
            target,
            locks,
            reading,
            okta_ids,
            options.both,
            remembering=remembering,
            memo=memo,
            described=options.described,
            noticed=(*options.noticed, *guards_changed(settings, options.earlier)),
        )
        try:
            return _planned(settings, snapshot, index, basis, options)
        except SnapshotError:
            # Profiles and member lists are opened late, and few of them; one that cannot be read is set aside.
            readable = set_aside(snapshot)
            if readable is snapshot:
                raise
            return _planned(settings, readable, index, basis, options)


def _planned(
    settings: Settings, snapshot: Snapshot, index: DirectoryIndex, basis: Basis, options: PlanOptions
) -> Planned:
    """The plan of what can be read of a snapshot."""
    past, reading = identified_past(options.past, basis.okta_ids), basis.reading
    pool = pool_of(settings, snapshot, index, basis.target, past)
    clocks = clocks_of(options.now, reading.snapshot.taken_at, reading, options.here)
    inputs = prepare(settings, snapshot, index, pool, options.last, clocks, past=past)
    inputs = msgspec.structs.replace(inputs, others=reading.others)
    earlier = options.earlier
    if earlier is None or earlier.digest == settings.digest:  # the same is asked for: the rules are the same
        return planned_by(inputs, basis)
    rules = earlier_rules(earlier, snapshot, whole=not reading.others)
    return _with_edit_told(planned_by(msgspec.structs.replace(inputs, earlier=rules), basis))


def _check_source(settings: Settings, snapshot: Snapshot, last: LastApply | None) -> None:
    """Raise SourceUnhealthy for a snapshot of another org or app."""
    wrong = wrong_source(settings, snapshot, last)
    if wrong is not None:
        raise SourceUnhealthy(
            wrong.message,
            codes=[wrong.code],
            why="A plan from another organization would take everybody's access.",
            fix="Check org_url and app in the Integration document, or use the snapshot that belongs to them.",
        )


def _with_edit_told(planned: Planned) -> Planned:
    """The same, saying of an edit that it is one also where it changes nothing for anybody."""
    plan = planned.plan
    if not plan.is_empty:
        return planned
    findings = (*plan.findings, config_changed())
    return msgspec.structs.replace(planned, plan=msgspec.structs.replace(plan, findings=findings))


def plan_part(
    settings: Settings,
    upstream: Upstream,
    target: DirectoryReader,
    extent: Extent,
    *,
    last: LastApply | None,
    now: datetime,
    agreed: AgreedState | None = None,
    people: PeopleKnown | None = None,
    both: BothWays | None = None,
) -> Planned:
    """Plan for the people and lists of an extent, from upstream facts; nobody else is looked at.

    The health of a reading is judged before it becomes facts, so that there is none to judge here.
    """
    with target.reading():
        org_url = settings.integration.org_url
        part = closed(settings, upstream, target, extent)
        app_groups = settings.integration.sync.app_groups
        shown = PartOfDirectory(target, part, org_url, managed_resources=app_groups)
        index = managed_index(settings, shown.index(org_url))
        names = part.names.union(user.username for user in part.snapshot.users)
        past = NOTHING_PAST if agreed is None else agreed.past(part.users, names)
        shown = shown.with_locks_of(holders(index, part.snapshot, past))
        locks = shown.locks()
        okta_ids = NOBODY if people is None else people.learned(index, locks, part.snapshot)
        if okta_ids:
            index, past = identified_index(index, okta_ids), identified_past(past, okta_ids)
            shown = shown.with_locks_of(holders(index, part.snapshot, past))
            locks = shown.locks()
        pool = pool_of(settings, part.snapshot, index, target, past)
        inputs = prepare(settings, part.snapshot, index, pool, last, Clocks(now), part.shared_lists, past)
        inputs = msgspec.structs.replace(inputs, resources_of=part.resources)
        reading = Reading(part.snapshot, extent)
        planned = planned_by(inputs, Basis(shown, locks, reading, okta_ids, both, judged=False))
        looked_at = Names(frozenset(names), part.lists, part.plain)
        return msgspec.structs.replace(planned, extent=Extent(part.users, part.whole_lists), looked_at=looked_at)


def pool_of(
    settings: Settings,
    snapshot: Snapshot,
    index: DirectoryIndex,
    target: DirectoryReader,
    past: AgreedPast = NOTHING_PAST,
) -> Pool:
    """Who has the app, and under which name; the few foreign users in the way of a rename are read whole."""
    in_the_way = foreign_in_the_way(snapshot, index)
    users = target.state(Names(in_the_way, frozenset())).users if in_the_way else {}
    adopt = settings.integration.users.adopt
    adoptable = frozenset(name for name, user in users.items() if may_adopt(user, adopt))
    return resolve_pool(settings, snapshot, index, adoptable, past)
