"""A plan with what an apply records beside it: what the next reading is compared with, and a memo for the next plan."""

import msgspec

from idsync.compiler.compile import Compilation
from idsync.compiler.inputs import Inputs as CompilerInputs
from idsync.compiler.memo import Bases, Checked, Memo, bases_of, context_of, remembered
from idsync.config.settings import Settings
from idsync.model.addresses import Address
from idsync.model.canonical import digest
from idsync.model.directory import LastApply, Names
from idsync.model.directory_index import DirectoryIndex
from idsync.model.extent import EVERYTHING, Extent
from idsync.model.measures import Seen
from idsync.plan.changes import Plan
from idsync.plan.guards import ALL_GUARDS
from idsync.plan.health import Judgement
from idsync.plan.seal import ready_at_once
from idsync.reconcile.managed import managed_index


def last_apply_of(plan: Plan) -> LastApply:
    """What becomes "the last apply" once a plan is applied, whether it was made now or lay in a file."""
    made_from = plan.inputs
    return LastApply(
        made_from.config_digest, made_from.snapshot_digest, made_from.snapshot_taken_at, made_from.measures
    )


def last_apply_in_part(plan: Plan, held: Plan, before: LastApply | None, *, in_doubt: bool = False) -> LastApply:
    """The same once a plan is applied but for what is `held`.

    Where guards alone hold that, the next reading is compared with this one. Where something else does, or the reading
    is `in_doubt`, it is compared with what this one was compared with.
    """
    if not in_doubt and {mark for change in held.changes for mark in change.blocked_by} <= {*ALL_GUARDS}:
        return last_apply_of(plan)
    return msgspec.structs.replace(last_apply_of(plan), good=None if before is None else before.good)


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
    judgement: Judgement
    checked: Checked = Checked()
    """What was found of trait rules."""
    extent: Extent = EVERYTHING
    """What was looked at; passed-on names settle in several plans, each of the same extent."""
    looked_at: Names | None = None
    """The same as names in the directory; None where that is everything."""

    @property
    def looked_at_everything(self) -> bool:
        """Whether no memo of use was there, so that leaving one will spare the next plan work."""
        return self.within is None

    def executable(self, run: int | None = None) -> "Planned":
        """The same with a plan to apply at once; nothing executes the delta, which people were shown.

        A plan for the `run` of this number is another one than each before it. Within one transaction the directory has
        one serial, and parts of it can look alike: of two people who leave, facts have nothing any more.
        """
        snapshot_digest = self.plan.inputs.snapshot_digest or self.inputs.snapshot.digest_as_listed()
        if run is not None:
            snapshot_digest = digest((snapshot_digest, run))
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
            checked=self.checked,
        )
