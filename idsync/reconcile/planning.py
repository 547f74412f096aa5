"""One planning pass: read the target in brief, compile, compare, judge and explain."""

from datetime import datetime

import msgspec

from idsync import __version__
from idsync.compiler.compile import Compilation, compile_state, decide_locks, prepare
from idsync.compiler.compile import Inputs as CompilerInputs
from idsync.compiler.locks import expired_locks
from idsync.compiler.measures import asked_of_both, count_attributes, measures_of_directory, seen_in
from idsync.compiler.memo import Bases, Memo, attributes_now, bases_of, context_of, narrowed, remembered
from idsync.compiler.pool import Pool, foreign_in_the_way, resolve_pool
from idsync.compiler.users import may_adopt
from idsync.config.settings import Settings
from idsync.errors import SourceUnhealthy
from idsync.model.addresses import Address
from idsync.model.directory import DirectoryState, LastApply, Names
from idsync.model.directory_index import DirectoryIndex
from idsync.model.identity import Snapshot
from idsync.model.measures import Measures, Seen
from idsync.model.resources import Lock
from idsync.plan.assemble import Comparison, assemble, compare, in_brief
from idsync.plan.changes import Inputs, PersonDelta, Plan
from idsync.plan.health import Judgement, judge, older_than_last, wrong_source
from idsync.plan.newcomers import plain_newcomers
from idsync.plan.seal import ready_at_once
from idsync.reconcile.context import delta_of
from idsync.targets.protocol import DirectoryReader


def last_apply_of(plan: Plan) -> LastApply:
    """What becomes "the last apply" once a plan is applied, whether it was made now or lay in a file."""
    made_from = plan.inputs
    return LastApply(
        made_from.config_digest, made_from.snapshot_digest, made_from.snapshot_taken_at, made_from.measures
    )


class Remembering(msgspec.Struct, frozen=True):
    """That a plan may use, and will later leave, a memo of what was compiled."""

    memo: Memo | None

    def of_use_for(self, settings: Settings) -> Memo | None:
        """The memo, when it was made under these settings by this compiler."""
        return self.memo if self.memo is not None and self.memo.context == context_of(settings) else None


class Planned(msgspec.Struct, frozen=True):
    """A plan, with what an apply records beside it."""

    plan: Plan
    compilation: Compilation
    inputs: CompilerInputs
    within: Names | None
    remembering: Remembering | None
    bases: Bases | None
    seen: Seen

    @property
    def looked_at_everything(self) -> bool:
        """Whether no memo of use was there, so that leaving one will spare the next plan work."""
        return self.within is None

    def executable(self) -> "Planned":
        """The same with a plan to apply at once; nothing executes the delta, which people were shown."""
        snapshot_digest = self.plan.inputs.snapshot_digest or self.inputs.snapshot.digest()
        return msgspec.structs.replace(self, plan=ready_at_once(self.plan, snapshot_digest))

    @property
    def last_apply(self) -> LastApply:
        """What becomes "the last apply" once this plan is applied."""
        return last_apply_of(self.plan)

    def memo_before_apply(self) -> Memo | None:
        """The memo of the directory as it is: what this plan changes is not as desired yet."""
        pending = frozenset(change.address for change in self.plan.changes)
        return self._memo(self.inputs.index, pending)

    def memo_after_apply(self, index: DirectoryIndex) -> Memo | None:
        """The memo of the directory once the plan is applied whole; `index` is its brief then."""
        return self._memo(index, frozenset())

    def _memo(self, index: DirectoryIndex, pending: frozenset[Address]) -> Memo | None:
        if self.remembering is None:
            return None
        return remembered(
            self.inputs,
            self.bases or bases_of(self.inputs),
            self.compilation,
            managed_index(self.inputs.settings, index),
            pending=pending,
            before=self.remembering.memo,
            within=self.within,
            attributes=self.seen.measures.attributes,
        )


def make_plan(
    settings: Settings,
    snapshot: Snapshot,
    target: DirectoryReader,
    *,
    last: LastApply | None,
    now: datetime,
    remembering: Remembering | None = None,
    described: int | None = None,
) -> Planned:
    """Plan from one snapshot and one state of the target.

    `remembering` lets the plan look only at what moved. With `described`, the number of newcomers to describe, the plan
    is a `BriefPlan`. Raises SourceUnhealthy when the snapshot is of another org or app: then there is nothing to plan.
    """
    wrong = wrong_source(settings, snapshot)
    if wrong is not None:
        raise SourceUnhealthy(
            wrong.message,
            codes=[wrong.code],
            why="A plan from another organization would take everybody's access.",
            fix="Check org_url and app in the Integration document, or use the snapshot that belongs to them.",
        )
    with target.reading():
        memo = remembering.of_use_for(settings) if remembering else None
        # Edits that a memo knows of may have been settled since, which changes no object.
        if memo is not None and memo.index.serial == target.serial() and not memo.index.edited:
            index = memo.index
        else:
            index = managed_index(settings, target.index(settings.integration.org_url))
        pool = pool_of(settings, snapshot, index, target)
        inputs = prepare(settings, snapshot, index, pool, last, now)
        return _plan(inputs, target, remembering, memo, described)


def pool_of(settings: Settings, snapshot: Snapshot, index: DirectoryIndex, target: DirectoryReader) -> Pool:
    """Who has the app, and under which name; the few foreign users in the way of a rename are read whole."""
    in_the_way = foreign_in_the_way(snapshot, index)
    users = target.state(Names(in_the_way, frozenset())).users if in_the_way else {}
    adopt = settings.integration.users.adopt
    adoptable = frozenset(name for name, user in users.items() if may_adopt(user, adopt))
    return resolve_pool(settings, snapshot, index, adoptable)


def _plan(
    inputs: CompilerInputs,
    target: DirectoryReader,
    remembering: Remembering | None,
    memo: Memo | None,
    described: int | None,
) -> Planned:
    settings = inputs.settings
    locks_in_force = in_force(settings, target.locks(), inputs.now)
    locks = decide_locks(inputs, locks_in_force)
    bases = within = None
    if memo is not None:
        bases = bases_of(inputs)
        within = narrowed(memo, inputs, bases, inputs.pool.held | locks.unlockable, _owned_by_renamed(inputs, target))
    current = managed_state(settings, target.state(within), locks_in_force)
    compilation = compile_state(inputs, locks, current, within)
    seen = _seen(inputs, compilation, memo)
    judgement = judge(settings, seen, _before(inputs, target))
    comparison = compare(
        current,
        compilation.desired,
        why=compilation.why,
        kept=compilation.kept,
        adopted=compilation.adopted,
        org_url=settings.integration.org_url,
        lifetimes=compilation.lifetimes,
    )
    renamed = _renamed(inputs, compilation)
    brief = described is not None
    counted = plain_newcomers(comparison.changes, renamed)[described:] if brief else []
    delta = delta_of(inputs, compilation, comparison.changes, current, target, renamed, frozenset(counted))
    digest = "" if brief else inputs.snapshot.digest()
    plan = _assembled(inputs, compilation, comparison, delta, seen, judgement, snapshot_digest=digest)
    shown = in_brief(plan, len(counted)) if brief else plan
    return Planned(shown, compilation, inputs, within, remembering, bases, seen)


def _seen(inputs: CompilerInputs, compilation: Compilation, memo: Memo | None) -> Seen:
    """What the reading shows. People whom nobody looked at have the attributes that they had when they were."""
    if memo is None:
        attributes = count_attributes(compilation.shapes.values())
    else:
        attributes = attributes_now(memo, compilation.shapes, inputs.pool.names)
    watched = inputs.roles.watched_groups if inputs.settings.integration.sync.users else frozenset()
    return seen_in(inputs.snapshot, inputs.pool.size, inputs.subjects, watched, attributes)


def _before(inputs: CompilerInputs, target: DirectoryReader) -> Measures:
    """What the reading is held against: the last good one or, where none is known, the directory itself."""
    settings, index = inputs.settings, inputs.index
    if inputs.last is not None and inputs.last.good is not None:
        return asked_of_both(settings, inputs.last.good)
    has_ours = any(entry.okta_id is not None for entry in index.users.values())
    has_ours = has_ours or any(entry.ours for entry in index.access_lists.values())
    current = managed_state(settings, target.state(), {}) if has_ours else DirectoryState()
    return asked_of_both(settings, measures_of_directory(settings, index, current))


def _renamed(inputs: CompilerInputs, compilation: Compilation) -> dict[str, str]:
    """The old name by the new one of everyone whom this plan renames; who is held keeps the old one."""
    desired, held = compilation.desired.users, compilation.held
    return {new: old for new, old in inputs.pool.renamed.items() if new in desired and new not in held}


def _owned_by_renamed(inputs: CompilerInputs, target: DirectoryReader) -> frozenset[str]:
    """Lists that name a renamed person as an owner; few plans rename anyone."""
    old_names = frozenset(inputs.pool.renamed.values())
    if not old_names:
        return frozenset()
    return target.owned_by(old_names)


def managed_index(settings: Settings, index: DirectoryIndex) -> DirectoryIndex:
    """The index without the kinds that `sync` switches off: those are neither read nor changed."""
    sync = settings.integration.sync
    return DirectoryIndex(
        users=index.users if sync.users else {},
        access_lists=index.access_lists if sync.access_lists else {},
        edited=index.edited,
        serial=index.serial,
    )


def in_force(settings: Settings, locks: dict[str, Lock], now: datetime) -> dict[str, Lock]:
    """The locks without our expired ones, which count as absent; none where users are switched off."""
    if not settings.integration.sync.users:
        return {}
    expired = expired_locks(locks, settings.integration.org_url, now)
    return {name: lock for name, lock in locks.items() if name not in expired}


def managed_state(settings: Settings, state: DirectoryState, locks: dict[str, Lock]) -> DirectoryState:
    """The state with these locks, without the kinds that are switched off."""
    users, lists = settings.integration.sync.users, settings.integration.sync.access_lists
    return DirectoryState(
        users=state.users if users else {},
        locks=locks,
        access_lists=state.access_lists if lists else {},
        members=state.members if lists else {},
    )


def _assembled(
    inputs: CompilerInputs,
    compilation: Compilation,
    comparison: Comparison,
    delta: tuple[PersonDelta, ...],
    seen: Seen,
    judgement: Judgement,
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
        index=inputs.index,
        leaving=frozenset(inputs.pool.leaving),
        findings=[*older_than_last(snapshot, inputs.last), *compilation.findings, *comparison.findings],
    )
