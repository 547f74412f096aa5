"""One plan, from what was prepared to what an apply needs: compile, compare, judge and explain."""

from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from idsync import __version__
from idsync.compiler.compile import Compilation, compile_state
from idsync.compiler.inputs import Inputs as CompilerInputs
from idsync.compiler.inputs import decide_locks
from idsync.compiler.locks import DesiredLocks, events_over
from idsync.compiler.measures import asked_of_both, measures_of_directory
from idsync.compiler.memo import Bases, Checked, Memo, bases_of, narrowed
from idsync.compiler.sanitized_rules import sanitized_rules
from idsync.compiler.trait_rules import check_trait_rules
from idsync.compiler.without_effect import without_effect
from idsync.model.directory import DirectoryState, Names
from idsync.model.extent import Reading
from idsync.model.findings import Finding, Health
from idsync.model.identified import NOBODY, OktaIds, identified_objects, identified_state
from idsync.model.measures import Measures, Seen
from idsync.model.resources import Lock
from idsync.plan.around import Around
from idsync.plan.assemble import Comparison, assemble, compare, in_brief
from idsync.plan.changes import Inputs, PersonDelta, Plan
from idsync.plan.guards import standing_of
from idsync.plan.health import Judgement, judge, older_than_last
from idsync.plan.newcomers import plain_newcomers
from idsync.plan.reach import Reach
from idsync.plan.same_person import identified
from idsync.reconcile.both_ways import merged_lists, with_lists
from idsync.reconcile.clocks import clock_findings
from idsync.reconcile.context import delta_of
from idsync.reconcile.foreign_entries import foreign_entries
from idsync.reconcile.managed import in_force, managed_state, ours_of
from idsync.reconcile.merged_lists import BothWays, Lists
from idsync.reconcile.moved_organization import orphaned_findings, present_locks, present_state, why_relabelled
from idsync.reconcile.planned import Planned, Remembering
from idsync.reconcile.seen import seen_by
from idsync.reconcile.upstream_section import with_upstream_section
from idsync.reconcile.wildcard_roles import wildcard_findings
from idsync.targets.protocol import DirectoryReader


class Basis(msgspec.Struct, frozen=True):
    """What a plan stands on beside what is compiled.

    `locks` are all that the target has, `okta_ids` those that became known for people who were pushed, and `both` is
    what memberships that go both ways are merged by. A part is not `judged`: its readings were, before they became
    facts. `memo` is of use, out of `remembering`; `described` is the number of newcomers to describe, if not all.
    """

    target: DirectoryReader
    locks: dict[str, Lock]
    reading: Reading
    okta_ids: OktaIds = NOBODY
    both: BothWays | None = None
    judged: bool = True
    remembering: Remembering | None = None
    memo: Memo | None = None
    described: int | None = None
    noticed: tuple[Finding, ...] = ()


def planned_by(inputs: CompilerInputs, basis: Basis) -> Planned:
    """The plan that `inputs` lead to."""
    made = _compiled(inputs, basis)
    inputs = made.inputs
    seen, judgement = _judged(made, basis)
    comparison = _compared(made, basis)
    renamed = _renamed(inputs, made.compilation)
    counted = frozenset[str]()
    if basis.described is not None:
        counted = frozenset(plain_newcomers(comparison.changes, renamed)[basis.described :])
    delta, around = delta_of(inputs, made.compilation, comparison.changes, made.current, basis.target, renamed, counted)
    checked, told = _told(
        made, basis, seen, comparison, Reach(comparison.changes, delta, around, inputs.index.users, inputs.now)
    )
    plan = _assembled(made, basis, comparison, delta, around, seen, judgement, told)
    if basis.both is not None:
        plan = with_upstream_section(plan, made.lists, inputs, judgement, basis.both)
    return Planned(
        plan if basis.described is None else in_brief(plan, len(counted)),
        made.compilation,
        inputs,
        made.within,
        basis.remembering,
        made.bases,
        seen,
        judgement,
        checked=checked,
    )


class _Compiled(msgspec.Struct, frozen=True):
    """What was compiled, for the names `within` (None: for all); the objects that were found, and as they count."""

    inputs: CompilerInputs
    compilation: Compilation
    found: DirectoryState
    current: DirectoryState
    lists: Lists
    within: Names | None
    bases: Bases | None


def _compiled(inputs: CompilerInputs, basis: Basis) -> _Compiled:
    """Compile for everybody or, with a memo, for those about whom something moved."""
    settings, target = inputs.settings, basis.target
    locks_in_force = in_force(settings, basis.locks, inputs.clocks.earlier)
    locks = decide_locks(inputs, identified_objects(present_locks(settings, locks_in_force), basis.okta_ids))
    bases = within = None
    if basis.memo is not None:
        bases = bases_of(inputs)
        apart = inputs.pool.held | locks.unlockable
        within = narrowed(basis.memo, inputs, bases, apart, _owned_by_others(inputs, locks, target))
    found = managed_state(settings, target.state(within), locks_in_force)
    current = identified_state(present_state(settings, found, target), basis.okta_ids)
    lists = Lists()
    if basis.both is not None:
        lists = merged_lists(inputs, current, basis.both, basis.target, within)
        merged = with_lists(inputs, lists)
        if merged.roles is not inputs.roles and basis.memo is not None:
            # Roles move of people about whom nothing was read: everybody is looked at.
            return _compiled(merged, replace(basis, memo=None))
        inputs = merged
    compilation = compile_state(inputs, locks, current, within)
    lists = lists.as_compiled(compilation.desired.members)
    if lists.unsettled:
        compilation = replace(compilation, noticed_lists=compilation.noticed_lists | lists.unsettled)
    return _Compiled(inputs, compilation, found, current, lists, within, bases)


def _judged(made: _Compiled, basis: Basis) -> tuple[Seen, Judgement]:
    """What the reading shows, held against what is known of those before it."""
    settings = made.inputs.settings
    known = _known(made, basis.target) if basis.judged else Measures()
    before = asked_of_both(settings, known)
    seen = seen_by(made.inputs, made.compilation, basis.memo, basis.reading, known, before)
    if not basis.judged:
        return seen, Judgement(Health())
    # What was pushed is not a reading: nobody who is absent from it was overlooked.
    return seen, judge(settings, seen, before if settings.integration.pulls else Measures())


def _compared(made: _Compiled, basis: Basis) -> Comparison:
    """What differs between what is there and what is to be."""
    compilation, settings = made.compilation, made.inputs.settings
    comparison = compare(
        made.found,
        compilation.desired,
        why=why_relabelled(made.found, made.current, compilation, basis.okta_ids),
        kept=compilation.kept,
        adopted=compilation.adopted,
        ours=ours_of(settings),
        lifetimes=compilation.lifetimes,
        passed=compilation.strangers,
        lent=made.inputs.pool.lent,
    )
    if basis.okta_ids:
        comparison = replace(comparison, changes=identified(comparison.changes, basis.okta_ids))
    return comparison


def _told(
    made: _Compiled, basis: Basis, seen: Seen, comparison: Comparison, reach: Reach
) -> tuple[Checked, list[Finding]]:
    """Every finding in the order in which it is read, and what the trait rules are known to find."""
    inputs, compilation, target = made.inputs, made.compilation, basis.target
    settings = inputs.settings
    noticed = [*basis.noticed, *foreign_entries(inputs, compilation.strangers - compilation.held, target)]
    checked, circumstances, remarks = Checked(), list[Finding](), list[Finding]()
    if basis.judged:
        checked, remarks = _checked_rules(made, basis.memo, seen)
        circumstances += clock_findings(inputs.clocks)
        circumstances += wildcard_findings(inputs, compilation, target)
        circumstances += orphaned_findings(settings, target, basis.locks, inputs.pool.names)
        remarks += reach.findings(settings.limits.protected_users)
    return checked, [
        *noticed,
        *circumstances,
        *sanitized_rules(settings, inputs.snapshot),
        *older_than_last(inputs.snapshot, inputs.last),
        *compilation.findings,
        *comparison.findings,
        *remarks,
    ]


def _checked_rules(made: _Compiled, memo: Memo | None, seen: Seen) -> tuple[Checked, list[Finding]]:
    """What each trait rule is known to find, and the findings of what in the configuration has no effect."""
    inputs, attributes = made.inputs, seen.measures.attributes
    before = None if memo is None else memo.checked
    held = made.compilation.held if made.within is None else None  # None: not everybody was looked at
    checked = check_trait_rules(inputs, attributes, before, lambda: made.bases or bases_of(inputs), held)
    return checked, without_effect(inputs, attributes, checked)


def _known(made: _Compiled, target: DirectoryReader) -> Measures:
    """What is known of readings before: by the last good one or, where none was, by the directory itself.

    The directory is read whole only where what was compiled is not for all of it.
    """
    inputs = made.inputs
    settings = inputs.settings
    if inputs.last is not None and inputs.last.good is not None:
        return inputs.last.good
    sync = settings.integration.sync
    if sync.users and sync.access_lists:
        whole = made.current if made.within is None else managed_state(settings, target.state(), {})
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
    made: _Compiled,
    basis: Basis,
    comparison: Comparison,
    delta: tuple[PersonDelta, ...],
    around: Around,
    seen: Seen,
    judgement: Judgement,
    findings: Iterable[Finding],
) -> Plan:
    inputs = made.inputs
    settings, snapshot = inputs.settings, inputs.snapshot
    return assemble(
        settings,
        comparison.changes,
        delta,
        inputs=Inputs(
            config_digest=settings.digest,
            snapshot_digest=snapshot.digest() if basis.described is None else "",
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
        managed=basis.target.counts(settings.integration.org_url),
        findings=findings,
        forgets=events_over(inputs.pool, inputs.past),
    )
