"""Executes a Plan: refuses what may not be applied, takes the lease of each target, and hands its sections to a run."""

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack

import msgspec

from idsync.apply.admission import (
    check_configuration,
    check_guards,
    check_health,
    check_inputs,
    check_older,
    check_orphaned,
    check_ownership,
    check_unused,
    releasing,
)
from idsync.apply.kept_marks import marked_as_kept
from idsync.apply.last_apply import last_apply
from idsync.apply.lease import take_lease
from idsync.apply.recount import counted_again
from idsync.apply.request import Applied, Request
from idsync.apply.run import Admitted, Entered, Run
from idsync.apply.standing_edits import StandingEdits
from idsync.apply.unattended import counted_lately, own_counts
from idsync.errors import IdsyncError, LeaseHeld
from idsync.model.findings import LOGIN_REUSED
from idsync.plan.changes import Plan
from idsync.plan.released_logins import lifts_for_reused_names
from idsync.plan.sections import FIRST, OKTA, sections
from idsync.stores.protocol import Lease, Records
from idsync.targets.protocol import Progress, Target


def _silent(what: str, done: int, total: int) -> None:
    """Reports to nobody."""


def apply_plan(
    plan: Plan,
    request: Request,
    *,
    targets: Mapping[str, Target],
    records: Records,
    sleep: Callable[[float], None] = time.sleep,
    progress: Progress = _silent,
) -> Applied:
    """Make the plan so, section by section. `targets` go by the names that plans give them: the first one's is `FIRST`,
    and is entered by a request that is not whole only where the plan changes something there, or nothing anywhere.

    Raises PlanError, SourceUnhealthy, BlockedError or LeaseHeld before anything is changed; PartlyApplied when some of
    it was made and some is left. Killed at any point, the same call with the same plan goes on where it ended.
    """
    request = msgspec.structs.replace(
        request,
        forgets=tuple(plan.forgets or ()),
        both_ways=plan.both_ways or {},
        read_at=plan.inputs.snapshot_taken_at,
    )
    check_unused(plan, records.runs)
    check_inputs(plan, msgspec.structs.replace(request.expected, targets=targets.keys()))
    parts = [part for part in sections(plan) if part.target in targets]
    if not request.whole:  # what it leaves alone may be another run's at this time
        parts = [part for part in parts if part.changes] or parts[:1]
    for part in parts:
        check_ownership(part.changes, targets[part.target].ours, request.expected.adopt)
    edits = StandingEdits(targets[FIRST], request.expected.org_url)
    silent = _check_orphaned(plan, request, {part.target: targets[part.target] for part in parts})

    def admit(entered: Mapping[str, Target]) -> Admitted:
        return _admit(plan, request, records, first=targets[FIRST], entered=entered)

    with ExitStack() as leases:
        entered = []
        # Always in one order, so that two runs never wait for each other. The first target's is held the shortest.
        for part in sorted(parts, key=lambda part: part.target, reverse=True):
            target = targets[part.target]
            lease = silent.get(part.target) or _lease_of(target, request, records, sleep)
            if isinstance(lease, Lease):
                leases.callback(records.leases.release, lease)
            entered.append(Entered(part, target, lease, edits if part.target == OKTA else None))
        # The run that had a lease until now may have applied this very plan.
        check_unused(plan, records.runs)
        return Run(plan, request, records, progress, entered, admit).make()


def _admit(plan: Plan, request: Request, records: Records, *, first: Target, entered: Mapping[str, Target]) -> Admitted:
    """Refuse, with the leases held, what is older than what was applied, unhealthy, or over a limit as it is now.

    The releases that count, with their reasons.
    """
    check_configuration(request.goes_by, records.facts)
    if request.judged is not None:
        return Admitted(request.judged.releases, request.judged.counted)
    last = last_apply(records.facts, first) if request.whole else None
    check_older(plan, last, request.releases)
    lately = request.lately if request.unattended else None
    if request.unattended and lately is None:
        lately = counted_lately(records.journal, request.now)
    again = counted_again(plan, request.expected, entered, request.now, lately)
    waiting = marked_as_kept(again, records.facts, first, request.expected.org_url)
    check_health(again, request.releases, split=request.split)
    # A split run was parted by these marks; the giving half of a change, which goes ahead, bears them as well.
    check_guards(again if request.split else waiting, request.releases)
    known = request.expected.known
    orphans = [each for target in entered.values() for each in target.orphans(known)] if request.whole else []
    counting = releasing(waiting, last, orphans, request.releases)
    if LOGIN_REUSED in request.releases and lifts_for_reused_names(plan):
        counting[LOGIN_REUSED] = request.releases[LOGIN_REUSED]
    counted = {} if lately is None else own_counts(again.guards, lately)
    return Admitted(counting, counted)


def _check_orphaned(plan: Plan, request: Request, targets: Mapping[str, Target]) -> dict[str, IdsyncError]:
    """Raise SourceUnhealthy where a target holds what no integration answers for; the targets that cannot be asked."""
    silent: dict[str, IdsyncError] = {}
    for name, target in targets.items() if request.whole else ():
        try:
            orphans = target.orphans(request.expected.known)
        except IdsyncError as error:
            silent[name] = error
        else:
            check_orphaned(plan, orphans, request.expected, request.releases)
    return silent


def _lease_of(target: Target, request: Request, records: Records, sleep: Callable[[float], None]) -> Lease | LeaseHeld:
    """The lease of a target, or that another run holds it."""
    try:
        return take_lease(records.leases, target.name, request.holder, timeout=request.lock_timeout, sleep=sleep)
    except LeaseHeld as error:
        return error
