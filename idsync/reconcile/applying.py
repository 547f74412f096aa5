"""Applying as everybody does it who applies: what of a plan may go ahead, what is held, and the run that makes it so.

People, a scheduler, pushes and the passes of a service differ in the request and in what they tell alone.
"""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from msgspec.structs import replace

from idsync.apply.admission import check_guards, check_health, check_inputs, check_older, check_orphaned, check_unused
from idsync.apply.executor import apply_plan
from idsync.apply.kept_back import to_keep_back
from idsync.apply.kept_entries import Holders, Kept, holders_in
from idsync.apply.kept_marks import marked_as_kept, numbers_kept, without_made
from idsync.apply.last_apply import last_apply, to_remember
from idsync.apply.recount import counted_again
from idsync.apply.request import Applied, Request, left_for_later
from idsync.apply.unattended import counted_lately
from idsync.config.guards import Guards
from idsync.config.settings import Settings
from idsync.config.source_files import SourceFile
from idsync.errors import PlanStale
from idsync.model.directory import Names
from idsync.model.times import Clocks
from idsync.plan.changes import Plan
from idsync.plan.guards import ALL_GUARDS
from idsync.plan.holding import LOCKS_GO
from idsync.plan.okta_part import okta_alone, without_okta
from idsync.plan.releases import releases_in
from idsync.plan.sections import FIRST
from idsync.plan.split import split, with_marks, with_moved
from idsync.reconcile.applied_configuration import (
    AppliedConfiguration,
    applied_configuration,
    configuration_to_remember,
)
from idsync.reconcile.clocks import clocks_of
from idsync.reconcile.parts import PASSED, Parts
from idsync.reconcile.planned import last_apply_in_part
from idsync.stores.protocol import Records
from idsync.targets.protocol import Progress, Target

MOST_LOOKS = 5
"""So often a plan is split again because what it changes moved meanwhile."""


def _silent(what: str, done: int, total: int) -> None:
    """Report to nobody."""


@dataclass(frozen=True)
class Applier:
    """Applies plans of one configuration. `request` says who applies, and what they release; its time is `clock`'s.

    `files` are the texts of the configuration, kept as the applied one; without any, nothing is kept of it. With
    `until_released`, what a guard held stays held until a person releases it or it is asked for no more.
    """

    settings: Settings
    records: Records
    targets: Mapping[str, Target]
    request: Request
    clock: Callable[[], datetime]
    files: tuple[SourceFile, ...] = ()
    until_released: bool = False
    known_kept: Kept | None = None
    """What was held when the plan was made; None where nobody holds anything meanwhile."""
    progress: Progress = _silent
    sends: bool = True
    """Whether what goes to Okta is part of each run. A service sends it by itself, outside its transactions."""
    remembered: Mapping[str, bytes] = field(default_factory=dict)
    """Facts that the apply of a reviewed edit keeps besides; its configuration is in force then, whatever is held."""

    @property
    def first(self) -> Target:
        """The target that people look at."""
        return self.targets[FIRST]

    @property
    def holders(self) -> Holders:
        """Whose accounts the first target has."""
        return holders_in(self.first, self.settings.integration.org_url)

    def counted_again(self, plan: Plan) -> Plan:
        """The plan with its guards counted once more."""
        now = self.clock()
        lately = None
        if self.request.unattended:
            given = self.request.lately
            lately = counted_lately(self.records.journal, now) if given is None else given
        return counted_again(plan, self.request.expected, self.targets, now, lately)

    def parts(self, plan: Plan) -> Parts:
        """What of a plan goes ahead and what is held; of a request without `split`, all of it goes.

        Raises PlanError and SourceUnhealthy for a plan that may not even go in part.
        """
        if not self.request.split:
            return Parts(plan, plan)
        check_unused(plan, self.records.runs)
        check_inputs(plan, self.request.expected)
        if self.request.whole:
            self._check_older(plan)
            self._check_orphaned(plan)
        return self.parted(self.marked_as_kept(self.counted_again(plan)))

    def parted(self, plan: Plan, counted: Callable[[Plan], Plan] | None = None) -> Parts:
        """The parts of a plan with its marks, so that what goes ahead is under each limit by itself.

        Nobody loses what they get back by another change of the plan; they do where that one is held. `counted` counts
        what goes ahead; without it the plan was counted as it is, and what goes ahead is as a plan by itself.
        """
        while True:
            going, held = split(plan, self.request.releases)
            if held.is_empty and counted is None:
                return Parts(plan, going, held)
            more = with_marks(plan, self._marks_alone((counted or self.counted_again)(going)))
            if more is plan:
                return Parts(plan, going, held)
            plan = more

    def _marks_alone(self, counted: Plan) -> dict[tuple[str, str], list[str]]:
        """The guards that hold changes of what goes ahead, `counted` without what is held, by target and address."""
        released = self.request.releases
        return {
            (change.target, change.address): [
                mark
                for mark in change.blocked_by
                if mark in ALL_GUARDS and mark not in LOCKS_GO and mark not in released
            ]
            for change in counted.changes
        }

    def check_whole(self, plan: Plan) -> None:
        """Raise what refuses a plan that is applied whole or not at all."""
        check_inputs(plan, self.request.expected)
        self._check_orphaned(plan)
        self._check_older(plan)
        check_health(plan, self.request.releases)
        check_guards(self.marked_as_kept(plan), self.request.releases)

    def releases_in(self, file: Plan, plan: Plan) -> Mapping[str, str]:
        """The releases that a plan file brings for a plan that is made or read now, with their reasons."""
        kept = numbers_kept(plan, self.records.facts, self.first, self.settings.integration.org_url)
        return releases_in(file, self.counted_again(plan), kept)

    def marked_as_kept(self, plan: Plan) -> Plan:
        """The plan with the marks of what guards kept back in earlier passes."""
        return marked_as_kept(plan, self.records.facts, self.first, self.settings.integration.org_url)

    def make(
        self,
        parts: Parts,
        clocks: Clocks | None = None,
        looked_at: Names | None = None,
        again: Callable[[PlanStale, Parts], None] | None = None,
    ) -> tuple[Parts, Applied]:
        """Make so what goes ahead; where objects moved since the plan was made, what it changes of them waits.

        `clocks` are those that the reading heard; of a plan file only when its reading was taken is known. `looked_at`
        is what a plan covers that is not whole. `again` is told of each new split.
        """
        for _ in range(MOST_LOOKS):
            try:
                return parts, self._run(parts, clocks, looked_at)
            except PlanStale as stale:
                left = self._without_moved(parts, stale)
                if left is None:
                    raise
                parts = left
                if again is not None:
                    again(stale, parts)
        return parts, self._run(parts, clocks, looked_at)

    def _check_orphaned(self, plan: Plan) -> None:
        expected = self.request.expected
        check_orphaned(plan, self.first.orphans(expected.known), expected, self.request.releases)

    def _check_older(self, plan: Plan) -> None:
        check_older(plan, last_apply(self.records.facts, self.first), self.request.releases)

    def _without_moved(self, parts: Parts, stale: PlanStale) -> Parts | None:
        """The parts when changes wait whose objects moved since the plan was made; None where no part may go alone."""
        moved = {(stale.target, address) for address in stale.addresses}
        going = {(change.target, change.address) for change in parts.going.changes}
        if not self.request.split or going.isdisjoint(moved):
            return None
        return self.parts(with_moved(parts.whole, moved))

    def _run(self, parts: Parts, clocks: Clocks | None, looked_at: Names | None) -> Applied:
        going = parts.going if self.sends else without_okta(parts.going)
        return self.apply(going, self.request_of(parts, clocks, looked_at))

    def send(self, parts: Parts, moved: Container[tuple[str, str]] = ()) -> Applied | None:
        """Send to Okta what goes ahead of these parts, but for what `moved` since, by target and address.

        Each membership is journaled and agreed on by itself, so that it takes no transaction around it. None where
        nothing is to be sent. Raises what an apply raises.
        """
        plan = okta_alone(parts.going, moved)
        if plan is None:
            return None
        request = replace(self.request_now(parts, None), whole=False, sweep_locks=False)
        return self.apply(plan, request)

    def apply(self, plan: Plan, request: Request) -> Applied:
        """Apply a plan that goes ahead."""
        return apply_plan(plan, request, targets=self.targets, records=self.records, progress=self.progress)

    def request_now(self, parts: Parts, clocks: Clocks | None) -> Request:
        """What is asked for now, of any part of these parts."""
        now = self.clock()
        heard = clocks or clocks_of(now, parts.whole.inputs.snapshot_taken_at)
        return replace(self.request, now=now, ahead=heard.ahead, releases=self._releases(parts))

    def request_of(self, parts: Parts, clocks: Clocks | None, looked_at: Names | None = None) -> Request:
        """What is asked for with all that goes ahead of these parts: what is kept of them as a whole, too."""
        facts, pending = self._facts(parts, looked_at), left_for_later(parts.held)
        return replace(self.request_now(parts, clocks), facts=facts, pending=pending)

    def _facts(self, parts: Parts, looked_at: Names | None) -> dict[str, bytes]:
        nothing = parts.going.is_empty and not parts.held.is_empty
        facts: dict[str, bytes] = {**self.remembered}
        if self.request.whole and not nothing:
            before = last_apply(self.records.facts, self.first)
            doubtful = bool(parts.doubts(self.request.releases))
            facts.update(
                to_remember(last_apply_in_part(parts.whole, parts.held, before, in_doubt=doubtful), self.first)
            )
        waits = nothing and not self.remembered
        if self.files and not (waits and applied_configuration(self.records.facts, self.first) is not None):
            applied = AppliedConfiguration(self.settings.digest, self.files, self._guards_from_now(parts))
            facts.update(configuration_to_remember(applied, self.records.facts, self.first))
        if self.until_released:
            there, name, now = self.records.facts, self.first.name, self.clock()
            facts.update(to_keep_back(parts.held, looked_at, there, name, self.holders, now, self.known_kept))
        elif not self.request.unattended:
            facts.update(without_made(parts.going, self.records.facts, self.first.name, self.holders))
        return facts

    def _guards_from_now(self, parts: Parts) -> Guards:
        """What later changes are judged by: the configuration's own guards, once all of its edit is applied.

        A reviewed edit is applied whole or not at all; what is held beside it is Okta's.
        """
        is_whole = self.request.whole and (parts.held.is_empty or bool(self.remembered))
        return (self.settings.guards if is_whole else self.settings.limits).without_places()

    def _releases(self, parts: Parts) -> Mapping[str, str]:
        """What is released, with the reasons; of locks that go ahead of the rest, the history is to say so."""
        released = self.request.releases
        passed = LOCKS_GO if self.request.unattended else parts.passed_limits(released)
        return {**dict.fromkeys(passed, PASSED), **released}
