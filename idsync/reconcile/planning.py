"""One planning pass: read the target in brief, compile, compare, judge and explain."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from idsync import __version__
from idsync.compiler.compile import Compilation, compile_state
from idsync.compiler.earlier import earlier_rules
from idsync.compiler.inputs import Inputs as CompilerInputs
from idsync.compiler.inputs import decide_locks, prepare
from idsync.compiler.locks import DesiredLocks, events_over
from idsync.compiler.measures import asked_of_both, measures_of_directory
from idsync.compiler.memo import Bases, Checked, Memo, bases_of, narrowed
from idsync.compiler.pool import Pool, foreign_in_the_way, resolve_pool
from idsync.compiler.sanitized_rules import sanitized_rules
from idsync.compiler.trait_rules import check_trait_rules
from idsync.compiler.users import may_adopt
from idsync.compiler.without_effect import without_effect
from idsync.config.settings import Settings
from idsync.errors import SnapshotError, SourceUnhealthy
from idsync.model.agreed_past import NOTHING_PAST, AgreedPast
from idsync.model.directory import DirectoryState, LastApply, Names
from idsync.model.directory_index import DirectoryIndex, Managed
from idsync.model.extent import Extent, Reading
from idsync.model.findings import Finding, Health
from idsync.model.identified import (
    NOBODY,
    OktaIds,
    identified_index,
    identified_objects,
    identified_past,
    identified_state,
)
from idsync.model.identity import Snapshot
from idsync.model.measures import Measures, Seen
from idsync.model.odd_rows import set_aside
from idsync.model.resources import Lock
from idsync.model.times import Clocks
from idsync.plan.around import Around
from idsync.plan.assemble import Comparison, assemble, compare, in_brief
from idsync.plan.changes import Inputs, PersonDelta, Plan
from idsync.plan.guards import standing_of
from idsync.plan.guards_changed import config_changed, guards_changed
from idsync.plan.health import Judgement, judge, older_than_last, wrong_source
from idsync.plan.newcomers import plain_newcomers
from idsync.plan.reach import Reach
from idsync.plan.same_person import identified
from idsync.reconcile.both_ways import BothWays, Lists, merged_lists
from idsync.reconcile.clocks import clock_findings, clocks_of
from idsync.reconcile.context import delta_of
from idsync.reconcile.foreign_entries import foreign_entries
from idsync.reconcile.managed import in_force, managed_index, managed_state, ours_of
from idsync.reconcile.moved_organization import orphaned_findings, present_locks, present_state, why_relabelled
from idsync.reconcile.part import PartOfDirectory, closed
from idsync.reconcile.people_known import PeopleKnown
from idsync.reconcile.planned import Planned, Remembering
from idsync.reconcile.seen import seen_by
from idsync.reconcile.upstream_section import with_upstream_section
from idsync.reconcile.wildcard_roles import wildcard_findings
from idsync.stores.protocol import AgreedState, Upstream
from idsync.targets.protocol import DirectoryReader


def make_plan(
    settings: Settings,
    snapshot: Snapshot,
    target: DirectoryReader,
    *,
    last: LastApply | None,
    now: datetime,
    remembering: Remembering | None = None,
    described: int | None = None,
    noticed: Iterable[Finding] = (),
    reading: Reading | None = None,
    past: AgreedPast = NOTHING_PAST,
    earlier: Settings | None = None,
    people: PeopleKnown | None = None,
    both: BothWays | None = None,
) -> Planned:
    """Plan from one snapshot and one state of the target.

    `remembering` lets the plan look only at what moved. With `described`, the number of newcomers to describe, the plan
    is a `BriefPlan`. `reading` is the one that the snapshot is of, with what it says beyond that. `earlier`
    are the settings applied before, where they are known and others. `people` knows whose Okta id was learned after
    they were pushed. With `both`, memberships go to Okta as well. Raises SourceUnhealthy when the snapshot is of
    another org or app: then there is nothing to plan.
    """
    reading = Reading(snapshot) if reading is None else reading
    clocks = clocks_of(now, snapshot.taken_at, reading)
    _check_source(settings, snapshot, last)
    with target.reading():
        memo = remembering.of_use_for(settings) if remembering else None
        # Edits that a memo knows of may have been settled since, which changes no object.
        if memo is not None and memo.index.serial == target.serial() and not memo.index.edited:
            index = memo.index
        else:
            index = managed_index(settings, target.index(settings.integration.org_url))
        locks = target.locks()
        okta_ids = NOBODY if people is None else people.learned(index, locks, snapshot)
        if okta_ids:
            memo, index = None, identified_index(index, okta_ids)
        past = identified_past(past, okta_ids)
        noticed = (*noticed, *guards_changed(settings, earlier))
        if earlier is not None and earlier.digest == settings.digest:
            earlier = None  # the same is asked for: the rules are the same

        def planned_from(readable: Snapshot) -> Planned:
            pool = pool_of(settings, readable, index, target, past)
            inputs = prepare(settings, readable, index, pool, last, clocks, past=past)
            inputs = msgspec.structs.replace(inputs, others=reading.others)
            if earlier is not None:
                rules = earlier_rules(earlier, readable, whole=not reading.others)
                inputs = msgspec.structs.replace(inputs, earlier=rules)
            planned = _plan(
                inputs,
                target,
                locks,
                reading,
                remembering,
                memo,
                described,
                noticed=noticed,
                okta_ids=okta_ids,
                both=both,
            )
            return planned if earlier is None else _with_edit_told(planned)

        try:
            return planned_from(snapshot)
        except SnapshotError:
            # Profiles and member lists are opened late, and few of them; one that cannot be read is set aside.
            readable = set_aside(snapshot)
            if readable is snapshot:
                raise
            return planned_from(readable)


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
        locks = shown.locks()
        okta_ids = NOBODY if people is None else people.learned(index, locks, part.snapshot)
        index = identified_index(index, okta_ids)
        names = part.names.union(user.username for user in part.snapshot.users)
        past = NOTHING_PAST if agreed is None else identified_past(agreed.past(part.users, names), okta_ids)
        pool = pool_of(settings, part.snapshot, index, target, past)
        inputs = prepare(settings, part.snapshot, index, pool, last, Clocks(now), part.shared_lists, past)
        inputs = msgspec.structs.replace(inputs, resources_of=part.resources)
        reading = Reading(part.snapshot, extent)
        planned = _plan(inputs, shown, locks, reading, None, None, None, judged=False, okta_ids=okta_ids, both=both)
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


def _plan(
    inputs: CompilerInputs,
    target: DirectoryReader,
    all_locks: dict[str, Lock],
    reading: Reading,
    remembering: Remembering | None,
    memo: Memo | None,
    described: int | None,
    *,
    judged: bool = True,
    noticed: Iterable[Finding] = (),
    okta_ids: OktaIds = NOBODY,
    both: BothWays | None = None,
) -> Planned:
    settings = inputs.settings
    locks_in_force = in_force(settings, all_locks, inputs.clocks.earlier)
    locks = decide_locks(inputs, identified_objects(present_locks(settings, locks_in_force), okta_ids))
    bases = within = None
    if memo is not None:
        bases = bases_of(inputs)
        within = narrowed(
            memo, inputs, bases, inputs.pool.held | locks.unlockable, _owned_by_others(inputs, locks, target)
        )
    found = managed_state(settings, target.state(within), locks_in_force)
    current = identified_state(present_state(settings, found, target), okta_ids)
    lists = Lists()
    if both is not None:
        lists = merged_lists(inputs, current, both)
        inputs = msgspec.structs.replace(inputs, merged=lists.merged, staying=lists.kept)
    compilation = compile_state(inputs, locks, current, within)
    known = _known(inputs, target, current, within) if judged else Measures()
    before = asked_of_both(settings, known)
    seen = seen_by(inputs, compilation, memo, reading, known, before)
    # What was pushed is not a reading: nobody who is absent from it was overlooked.
    held_against = before if settings.integration.pulls else Measures()
    judgement = judge(settings, seen, held_against) if judged else Judgement(Health())
    comparison = compare(
        found,
        compilation.desired,
        why=why_relabelled(found, current, compilation, okta_ids),
        kept=compilation.kept,
        adopted=compilation.adopted,
        ours=ours_of(settings),
        lifetimes=compilation.lifetimes,
        passed=compilation.strangers,
    )
    if okta_ids:
        comparison = msgspec.structs.replace(comparison, changes=identified(comparison.changes, okta_ids))
    renamed = _renamed(inputs, compilation)
    brief = described is not None
    counted = plain_newcomers(comparison.changes, renamed)[described:] if brief else []
    delta, around = delta_of(inputs, compilation, comparison.changes, current, target, renamed, frozenset(counted))
    managed = target.counts(settings.integration.org_url)
    noticed = [*noticed, *foreign_entries(inputs, compilation.strangers - compilation.held, target)]
    checked, remarks = Checked(), list[Finding]()
    circumstances = list[Finding]()
    if judged:
        held = compilation.held if within is None else None
        checked, remarks = _checked_rules(inputs, seen, memo, bases, held)
        circumstances += clock_findings(inputs.clocks)
        circumstances += wildcard_findings(inputs, compilation, target)
        circumstances += orphaned_findings(settings, target, all_locks, inputs.pool.names)
        reach = Reach(comparison.changes, delta, around, inputs.index.users, inputs.now)
        remarks += reach.findings(settings.limits.protected_users)
    digest = "" if brief else inputs.snapshot.digest()
    told = [
        *noticed,
        *circumstances,
        *sanitized_rules(settings, inputs.snapshot),
        *older_than_last(inputs.snapshot, inputs.last),
        *compilation.findings,
        *comparison.findings,
        *remarks,
    ]
    plan = _assembled(inputs, comparison, delta, around, seen, judgement, managed, told, snapshot_digest=digest)
    if both is not None and both.upstream is not None:
        plan = with_upstream_section(plan, lists, inputs, judgement, both.agreed.values())
    shown = in_brief(plan, len(counted)) if brief else plan
    return Planned(shown, compilation, inputs, within, remembering, bases, seen, judgement, checked=checked)


def _checked_rules(
    inputs: CompilerInputs, seen: Seen, memo: Memo | None, bases: Bases | None, held: frozenset[str] | None
) -> tuple[Checked, list[Finding]]:
    """What each trait rule is known to find, and the findings of what in the configuration has no effect.

    `held` are names that were left as they are; None where not everybody was looked at.
    """
    attributes = seen.measures.attributes
    before = None if memo is None else memo.checked
    checked = check_trait_rules(inputs, attributes, before, lambda: bases or bases_of(inputs), held)
    return checked, without_effect(inputs, attributes, checked)


def _known(inputs: CompilerInputs, target: DirectoryReader, current: DirectoryState, within: Names | None) -> Measures:
    """What is known of readings before: by the last good one or, where there is none, by the directory itself.

    `current` is the part `within` of the directory, which is read whole only where that is not all of it.
    """
    settings = inputs.settings
    if inputs.last is not None and inputs.last.good is not None:
        return inputs.last.good
    sync = settings.integration.sync
    if sync.users and sync.access_lists:
        whole = current if within is None else managed_state(settings, target.state(), {})
        return measures_of_directory(settings, inputs.index, whole)
    # What is switched off is not managed, and is still what a reading is held against once it is switched on again.
    return measures_of_directory(settings, target.index(settings.integration.org_url), target.state())


def _renamed(inputs: CompilerInputs, compilation: Compilation) -> dict[str, str]:
    """The old name by the new one of everyone whom this plan renames; who is held keeps the old one."""
    desired, held = compilation.desired.users, compilation.held
    return {new: old for new, old in inputs.pool.renamed.items() if new in desired and new not in held}


def _owned_by_others(inputs: CompilerInputs, locks: DesiredLocks, target: DirectoryReader) -> frozenset[str]:
    """Lists of which an owner is renamed, or has a name that passes to another person; few plans have any."""
    old_names = locks.strangers.union(inputs.pool.renamed.values())
    if not old_names:
        return frozenset()
    return target.owned_by(old_names)


def _assembled(
    inputs: CompilerInputs,
    comparison: Comparison,
    delta: tuple[PersonDelta, ...],
    around: Around,
    seen: Seen,
    judgement: Judgement,
    managed: Managed,
    findings: Iterable[Finding],
    *,
    snapshot_digest: str,
) -> Plan:
    settings, snapshot = inputs.settings, inputs.snapshot
    return assemble(
        settings,
        comparison.changes,
        delta,
        inputs=Inputs(
            config_digest=settings.digest,
            snapshot_digest=snapshot_digest,
            snapshot_taken_at=snapshot.taken_at,
            target_serial=inputs.index.serial,
            org_url=settings.integration.org_url,
            tool_version=__version__,
            sanitized=snapshot.sanitized,
            measures=seen.measures,
        ),
        judgement=judgement,
        shown_out=inputs.pool.shown_out,
        standing=standing_of(settings, comparison.changes, inputs.index, around, inputs.now),
        managed=managed,
        findings=findings,
        forgets=events_over(inputs.pool, inputs.past),
    )
