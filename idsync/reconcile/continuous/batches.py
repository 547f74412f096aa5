"""Applying in batches, each checked, journaled and committed by itself, so that pushes and ticks go between.

What goes ahead was judged whole. A batch is made only while that still holds: nothing of it is known better, nobody
else applied everything, and what others took meanwhile leaves room under each limit. The rest of a pass that breaks off
is what the next one plans.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial

import msgspec

from idsync.apply.admission import check_guards, check_health, releasing
from idsync.apply.kept_marks import marked_as_kept
from idsync.apply.last_apply import last_apply, last_apply_key
from idsync.apply.recount import Counted, counted_in
from idsync.apply.request import Applied, Judged, left_for_later
from idsync.errors import PlanStale
from idsync.model.addresses import Address
from idsync.model.measures import Measures
from idsync.model.times import Clocks
from idsync.plan.assemble import summarise
from idsync.plan.batches import Piece, joined, pieces_of
from idsync.plan.changes import Change, GuardResult, Plan
from idsync.plan.counted_once import CountedOnce
from idsync.plan.guards import ALL_GUARDS, PROTECTED, marked, released
from idsync.plan.holding import LOCKS_GO
from idsync.plan.okta_part import without_okta
from idsync.plan.seal import sealed
from idsync.plan.sections import FIRST, sections
from idsync.plan.split import with_moved
from idsync.plan.steps import in_listing_order
from idsync.reconcile.applying import Applier
from idsync.reconcile.continuous.agreed_in_batches import AgreedInBatches, Sides
from idsync.reconcile.continuous.pace import Pace
from idsync.reconcile.lately import Lately
from idsync.reconcile.merging import Newer
from idsync.reconcile.parts import Parts

replace = msgspec.structs.replace


class Made(msgspec.Struct, frozen=True):
    """What was applied: its parts, the last run, how the last commit ended, and the batches written before that."""

    parts: Parts
    run: int | None
    applied: Applied
    batches: int = 0


class _Whole(msgspec.Struct, frozen=True):
    """What goes ahead of a plan, judged: what guards count, and which releases count; `last` is the apply before."""

    counted: Counted
    once: CountedOnce
    releases: dict[str, str]
    last: bytes | None


@dataclass
class _Progress:
    """What is still to be made, what is held back by now, and what became of the rest."""

    pieces: list[Piece]
    held: list[Change]
    pending: frozenset[Address]
    agreed: AgreedInBatches
    made: dict[tuple[str, Address], Change] = field(default_factory=dict)
    run: int | None = None
    batches: int = 0


@dataclass(frozen=True)
class InBatches:
    """Applies what goes ahead of a plan in the first target, and nothing else. `writing` is a transaction that has it.

    `newer` says what is known better by now than when the plan was made, and `check` raises where this is to end.
    """

    applier: Applier
    writing: Callable[[], AbstractContextManager[None]]
    newer: Callable[[], Newer]
    check: Callable[[], None]
    pace: Pace

    def make(self, parts: Parts, clocks: Clocks) -> Made:
        """Make so what goes ahead; what moved since the plan was made waits, and is held in the parts that come back.

        Raises what an apply raises, and PlanStale where somebody else applied everything meanwhile.
        """
        changes = without_okta(parts.going).changes
        pieces = pieces_of(changes)
        if sum(piece.weight for piece in pieces) <= self.pace.amount:
            return self._at_once(parts, clocks)
        whole = self._judged(parts, clocks)
        agreed = AgreedInBatches(parts.going.both_ways or {}, changes)
        progress = _Progress(pieces, list(parts.held.changes), _addresses(parts.held, parts.held.changes), agreed)
        lately = Lately()
        while progress.pieces:
            self.check()
            self._make_some(parts, clocks, whole, progress, lately)
        return self._close(parts, clocks, whole, progress)

    def _at_once(self, parts: Parts, clocks: Clocks) -> Made:
        with self.writing():
            if moved := self.newer().changes_in(parts.going.changes):
                parts = self.applier.parts(with_moved(parts.whole, moved))
            parts, applied = self.applier.make(parts, clocks)
        return Made(parts, applied.run, applied)

    def _judged(self, parts: Parts, clocks: Clocks) -> _Whole:
        """Admit what goes ahead, as a whole."""
        applier, going, request = self.applier, parts.going, self.applier.request_now(parts, clocks)
        facts, expected = applier.records.facts, request.expected
        section, lately = sections(going)[0], Lately().counted(applier.records.journal, request.now)
        counted = counted_in(section, going.health, expected, applier.first, request.now, lately)
        again = replace(going, changes=counted.changes, guards=counted.results)
        check_health(again, request.releases, split=True)
        check_guards(again, request.releases)
        last, orphans = last_apply(facts, applier.first), applier.first.orphans(expected.known)
        waiting = marked_as_kept(again, facts, applier.first, expected.org_url)
        releases = releasing(waiting, last, orphans, request.releases)
        return _Whole(counted, CountedOnce(counted.taken), releases, facts.get(last_apply_key(applier.first)))

    def _make_some(self, parts: Parts, clocks: Clocks, whole: _Whole, progress: _Progress, lately: Lately) -> None:
        """Make a batch, or part what is left once more where a part of it may not be made any more."""
        batch, weight = _first_of(progress.pieces, self.pace.amount)
        changes, rest = joined(batch), progress.pieces[len(batch) :]
        moved: frozenset[tuple[str, Address]] = frozenset()
        try:
            with self.writing():
                begun = self.pace.clock()
                self._check_last(whole)
                moved, over = self.newer().changes_in(changes), self._is_over(whole, lately)
                if not moved and not over:
                    pending = progress.pending.union(piece.whole.address for piece in rest)
                    progress.run = self._apply(parts, clocks, whole, progress, changes, pending).run
            self.pace.took(weight, begun)
        except PlanStale as stale:
            moved, over = frozenset((stale.target, Address(address)) for address in stale.addresses), False
            if moved.isdisjoint((change.target, change.address) for change in changes):
                raise
        if moved or over:
            self._part_again(parts, whole, progress, lately, moved)
            return
        whole.once.made(changes)
        progress.agreed.made(progress.agreed.of(changes))
        progress.pieces, progress.batches = rest, progress.batches + 1
        progress.made.update(((piece.whole.target, piece.whole.address), piece.whole) for piece in batch)

    def _apply(
        self,
        parts: Parts,
        clocks: Clocks,
        whole: _Whole,
        progress: _Progress,
        changes: tuple[Change, ...],
        pending: frozenset[Address],
    ) -> Applied:
        request = replace(
            self.applier.request_now(parts, clocks),
            whole=False,
            sweep_locks=False,
            pending={FIRST: pending} if pending else {},
            judged=Judged(whole.once.of(changes), whole.releases),
        )
        plan = _plan_of(parts.going, changes, progress.batches, progress.agreed.of(changes))
        return self.applier.apply(plan, request)

    def _check_last(self, whole: _Whole) -> None:
        applier = self.applier
        if applier.records.facts.get(last_apply_key(applier.first)) != whole.last:
            raise PlanStale(
                "Somebody applied a plan of everything while this pass was being applied.",
                why="What is left of the pass was made from an older reading.",
                fix="Nothing is to be done: the next pass plans what is left.",
            )

    def _is_over(self, whole: _Whole, lately: Lately) -> bool:
        """Whether what is left would cross a limit, since others took something meanwhile."""
        counts = lately.counted(self.applier.records.journal, self.applier.clock())
        free = {*self.applier.request.releases, *LOCKS_GO, PROTECTED}
        return any(
            left and result.guard not in free and counts.get(result.guard, 0) + left > result.limit
            for result in whole.counted.results
            for left in [whole.once.left[result.guard]]
        )

    def _part_again(
        self,
        parts: Parts,
        whole: _Whole,
        progress: _Progress,
        lately: Lately,
        moved: frozenset[tuple[str, Address]],
    ) -> None:
        """Let what moved wait, and hold of the rest what is over a limit by now, with all that depends on either."""
        left = joined(progress.pieces)
        plan = with_moved(replace(parts.whole, changes=left), moved | self.newer().changes_in(left))
        counts = lately.counted(self.applier.records.journal, self.applier.clock())
        again = self.applier.parted(plan, partial(self._counted_after, whole, counts))
        whole.once.left = Counter(whole.once.of(again.going.changes))
        progress.pieces = pieces_of(again.going.changes)
        progress.held.extend(again.held.changes)
        progress.pending = _addresses(parts.held, tuple(progress.held))

    def _counted_after(self, whole: _Whole, lately: Mapping[str, int], left: Plan) -> Plan:
        """What is left, with the marks of the guards that hold it after what was made.

        Limits are those of the whole, though less is there by now; who lost something by what was made counts once.
        """
        if left.is_empty:
            return left
        expected, now = self.applier.request.expected, self.applier.clock()
        counted = counted_in(sections(left)[0], left.health, expected, self.applier.first, now, lately)
        whole.once.takes(counted.taken)
        takes, limits = whole.once.of(left.changes), {result.guard: result.limit for result in whole.counted.results}
        results = [
            result
            if result.guard == PROTECTED
            else _limited(result, takes.get(result.guard, 0), lately, limits.get(result.guard, result.limit))
            for result in counted.results
        ]
        return replace(left, changes=marked(released(counted.changes, ALL_GUARDS), results, counted.taken))

    def _close(self, parts: Parts, clocks: Clocks, whole: _Whole, progress: _Progress) -> Made:
        """Keep what is kept of a pass whose batches were all made: then alone it counts as applied."""
        made, held = in_listing_order(progress.made.values()), in_listing_order(progress.held)
        rest = replace(parts.held, changes=held, summary=summarise(held)) if held else None
        parts = Parts(parts.whole, replace(parts.going, changes=made, summary=summarise(made)), rest)
        with self.writing():
            self._check_last(whole)
            empty = _plan_of(parts.going, (), progress.batches, progress.agreed.rest())
            empty = replace(empty, forgets=parts.going.forgets)
            applied = self.applier.apply(empty, self.applier.request_of(parts, clocks))
        return Made(parts, progress.run, applied, progress.batches)


def _limited(result: GuardResult, takes: int, lately: Mapping[str, int], limit: float) -> GuardResult:
    count = takes + lately.get(result.guard, 0)
    return replace(result, count=count, limit=limit, verdict="blocked" if takes and count > limit else "ok")


def _first_of(pieces: Sequence[Piece], amount: int) -> tuple[list[Piece], int]:
    """The first pieces, of about this weight together, and their weight."""
    taken: list[Piece] = []
    weight = 0
    for piece in pieces:
        if taken and weight + piece.weight > amount:
            break
        taken.append(piece)
        weight += piece.weight
    return taken, weight


def _addresses(plan: Plan, changes: tuple[Change, ...]) -> frozenset[Address]:
    """What these changes of a plan are about."""
    return left_for_later(replace(plan, changes=changes)).get(FIRST, frozenset())


def _plan_of(plan: Plan, changes: tuple[Change, ...], batches: int, both_ways: Sides) -> Plan:
    """A plan of these changes alone, of the directory after so many batches, where nobody else wrote to it."""
    inputs = replace(plan.inputs, target_serial=plan.inputs.target_serial + batches, measures=Measures())
    return sealed(
        replace(
            plan,
            inputs=inputs,
            changes=changes,
            summary=summarise(changes),
            access_delta=(),
            guards=(),
            findings=(),
            forgets=msgspec.UNSET,
            both_ways=both_ways or msgspec.UNSET,
        )
    )
