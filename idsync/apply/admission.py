"""What an apply refuses before it touches anything: used, mismatched, unhealthy and blocked plans."""

from collections.abc import Collection, Container, Iterable, Mapping, Sequence

import msgspec

from idsync.apply.kept_entries import numbers_held
from idsync.compiler.users import may_adopt
from idsync.config.guards import Guards
from idsync.config.settings import SyncSwitches, TraitSettings
from idsync.errors import BlockedError, PlanMismatch, PlanStale, PlanTampered, PlanUsed, SourceUnhealthy
from idsync.model.directory import LastApply
from idsync.model.findings import LOGIN_REUSED, OLDER, ORPHANED
from idsync.model.former_addresses import Orphans
from idsync.model.numbers import counted
from idsync.model.ownership import Ours
from idsync.plan.changes import Change, Plan, UserChange
from idsync.plan.guards import ALL_GUARDS
from idsync.plan.health import RELEASABLE, is_older
from idsync.plan.holding import BY_HAND
from idsync.plan.releases import holding
from idsync.plan.sections import DIFFERENCE, FIRST
from idsync.stores.protocol import Facts, Runs

ALLOWED = frozenset({*ALL_GUARDS, *RELEASABLE, ORPHANED, OLDER, LOGIN_REUSED})
"""All that the person who applies a plan may release."""


class Expected(msgspec.Struct, frozen=True):
    """What is at work now, and what a plan must have been made with."""

    config_digest: str
    org_url: str
    tool_version: str
    adopt: Collection[str] = ()
    """Names of foreign users that the configuration takes over."""
    targets: Collection[str] = (FIRST,)
    """The targets that are written to."""
    former: Collection[str] = ()
    """Addresses that the organization had before."""
    guards: Guards = Guards()
    """The limits that hold now, whatever a plan says."""
    sync: SyncSwitches = SyncSwitches()
    """Which kinds are managed."""
    traits: TraitSettings = TraitSettings()
    """Which profile attributes are shown as traits."""

    @property
    def known(self) -> frozenset[str]:
        """Every address of the organization."""
        return frozenset({self.org_url, *self.former})


def check_unused(plan: Plan, runs: Runs) -> None:
    """Raise PlanUsed when the plan was applied whole already."""
    run = runs.finished(plan.digest)
    if run is not None:
        raise PlanUsed(
            "This plan was applied already.",
            why=f"Run {run} applied it, and a plan applies once.",
            fix="Make a new plan; it shows what is left to do, if anything.",
        )


def check_inputs(plan: Plan, expected: Expected) -> None:
    """Raise PlanMismatch when the plan was made with another org, config or major version, or may never be applied."""
    if plan.inputs.org_url == expected.org_url and plan.inputs.config_digest != expected.config_digest:
        raise _mismatch("The configuration has changed since it was made.")
    check_reviewed(plan, expected)


def check_reviewed(plan: Plan, expected: Expected) -> None:
    """The same of a plan whose edit was reviewed, whatever the configuration says now."""
    inputs = plan.inputs
    if inputs.org_url != expected.org_url:
        raise _mismatch(f"It was made for {inputs.org_url}, and this configuration is for {expected.org_url}.")
    if _major(inputs.tool_version) != _major(expected.tool_version):
        raise _mismatch(f"It was made by idsync {inputs.tool_version}, and this is {expected.tool_version}.")
    unknown = {change.target for change in plan.changes} - {*expected.targets}
    if unknown:
        raise _mismatch(f"It changes targets that this configuration does not have: {', '.join(sorted(unknown))}.")
    if DIFFERENCE in (plan.requires or ()):
        raise PlanMismatch(
            "This plan shows how an edit differs from the one that was reviewed; it is not applied by itself.",
            why="It starts from a directory to which the reviewed edit was applied, and it was not.",
            fix="Make a new plan of the configuration, have it reviewed, and apply that.",
        )
    if inputs.sanitized:
        raise PlanMismatch(
            "This plan was made from a sanitized snapshot.",
            why="The people in it are pseudonyms, so applying it would lock everyone out.",
            fix="Make a plan from a snapshot that is not sanitized, or from Okta itself.",
        )


def check_ownership(changes: Iterable[Change], ours: Ours, adopt: Collection[str]) -> None:
    """Raise PlanTampered when a change is not of an object of ours, as the target says, or of a user that this
    configuration adopts.
    """
    foreign = [change.address for change in changes if not _is_of_ours(change, ours, adopt)]
    if foreign:
        raise PlanTampered(
            f"The plan changes what is not ours: {some(foreign)}.",
            why="Only objects of ours, and users that this configuration adopts, are ever changed; no plan that "
            "`idsync plan` made with it does otherwise.",
            fix="Make a new plan; name a user in users.adopt to take it over.",
        )


def check_older(plan: Plan, last: LastApply | None, releases: Mapping[str, str]) -> None:
    """Raise PlanStale when the plan was made from an older reading than the last one that was applied.

    A plan that was made without a reading is never older.
    """
    taken_at = plan.inputs.snapshot_taken_at
    if last is None or OLDER in releases or not is_older(taken_at, last.snapshot_taken_at):
        return
    raise PlanStale(
        f"The plan was made from a reading of {taken_at}, and one of {last.snapshot_taken_at} was applied since.",
        why="It would take back what happened in between: people who left since would get their access back.",
        fix="Read the source again and make a new plan. If you mean to go back, " + _allow([OLDER]),
    )


def check_configuration(goes_by: Mapping[str, bytes | None], facts: Facts) -> None:
    """Raise PlanStale when a run goes by a configuration in place of which another one was applied since."""
    if any(facts.get(key) != value for key, value in goes_by.items()):
        raise PlanStale(
            "Another configuration was applied while this pass was under way.",
            why="It was planned by the one before, and would undo what that apply did.",
            fix="Nothing is to be done: the next pass goes by the new one.",
        )


def check_health(plan: Plan, releases: Mapping[str, str], *, split: bool = False) -> None:
    """Raise SourceUnhealthy when the snapshot is not well and not every finding is released.

    Of a plan that was `split`, only when changes are held back for the snapshot's sake.
    """
    codes = list(dict.fromkeys(finding.code for finding in plan.health.findings))
    doubts = frozenset(codes)
    held = [change for change in plan.changes if not doubts.isdisjoint(change.blocked_by)]
    if plan.health.verdict == "ok" or (split and not held):
        return
    if plan.health.verdict == "broken":
        raise SourceUnhealthy(
            f"The snapshot is broken: {', '.join(codes)}.",
            codes=codes,
            why=f"{counted(len(held), 'change is', 'changes are')} held back, and nothing releases a broken reading.",
            fix=f"Read the source again. {BY_HAND}",
        )
    pending = [code for code in codes if code not in releases or code not in RELEASABLE]
    if pending:
        raise SourceUnhealthy(
            f"The snapshot is suspect: {', '.join(pending)}.",
            codes=pending,
            why=f"{counted(len(held), 'change is', 'changes are')} held back, "
            "since a bad read of the source must never delete."
            if held
            else "It holds nothing back, but would become the good reading that the next one is compared with.",
            fix=f"Read the source again or, if it is right, {_allow(pending)} {BY_HAND}"
            if RELEASABLE.issuperset(pending)
            else f"Read the source again: nothing releases an incomplete snapshot. {BY_HAND}",
        )


def check_orphaned(plan: Plan, orphans: Iterable[Orphans], expected: Expected, releases: Mapping[str, str]) -> None:
    """Raise SourceUnhealthy when objects carry our origin and an address that no integration answers for.

    `orphans` are what the target itself holds now; what is known of locks alone, the plan says.
    """
    if ORPHANED in releases:
        return
    addresses = [each.org_url for each in orphans]
    told = [finding.message for finding in plan.findings if finding.code == ORPHANED]
    if addresses or told:
        of = f" of {', '.join(addresses)}" if addresses else ""
        raise SourceUnhealthy(
            f"The directory holds objects of ours{of}, and this configuration is for {expected.org_url}.",
            codes=[ORPHANED],
            why="Nobody locks their leavers: an apply that leaves them behind would look like a success.",
            fix="Name the address in former_org_urls if the organization moved. If they may stay, "
            + _allow([ORPHANED]),
        )


def check_guards(plan: Plan, releases: Mapping[str, str]) -> None:
    """Raise BlockedError when a guard, or anything else that holds a change back, is not released by name."""
    pending = [name for name in holding(plan) if name not in releases]
    if pending:
        over = {result.guard: result for result in plan.guards if result.verdict == "blocked"}
        held = numbers_held(plan)
        counts = {name: f"{name} counts {over[name].count}, limit {over[name].limit:g}" for name in over}
        keeps = {name: f"{name} keeps back {counted(held[name], 'change')} until a person releases it" for name in held}
        why = [told for name in pending if (told := counts.get(name) or keeps.get(name))]
        raise BlockedError(
            f"Blocked by {', '.join(pending)}.",
            guards=pending,
            why="; ".join(why) + "." if why else "Changes are held back.",
            fix=f"Review the plan and, if it is right, {_allow(pending)} {BY_HAND}",
        )


def releasing(
    plan: Plan, last: LastApply | None, orphans: Iterable[Orphans], releases: Mapping[str, str]
) -> dict[str, str]:
    """Of what is released, that without which the plan, counted now, would be refused or held in part."""
    blocking = {*holding(plan)}
    blocking.update(finding.code for finding in plan.health.findings)
    blocking.update(finding.code for finding in plan.findings if finding.code == ORPHANED)
    blocking.update([ORPHANED] if any(True for _ in orphans) else [])
    blocking.update([OLDER] if last and is_older(plan.inputs.snapshot_taken_at, last.snapshot_taken_at) else [])
    return {name: reason for name, reason in releases.items() if name in blocking}


def unneeded(releases: Iterable[str], counting: Container[str]) -> tuple[str, ...]:
    """Notes on releases that release nothing."""
    return tuple(
        f"{name} blocks nothing in this plan; its release is ignored"
        for name in releases
        if name not in counting and name != LOGIN_REUSED
    )


def some(addresses: Sequence[str]) -> str:
    """The first few of these addresses, and how many more there are."""
    shown = ", ".join(addresses[:5])
    return shown if len(addresses) <= 5 else f"{shown} and {len(addresses) - 5} more"


def _is_of_ours(change: Change, ours: Ours, adopt: Collection[str]) -> bool:
    if change.after is not None and not ours(change.after):
        return False
    if change.before is None or ours(change.before):
        return True
    return isinstance(change, UserChange) and change.after is not None and may_adopt(change.before, adopt)


def _mismatch(why: str) -> PlanMismatch:
    return PlanMismatch(
        "This plan was made for something else.", why=why, fix="Make a new plan with this configuration."
    )


def _major(version: str) -> str:
    return version.partition(".")[0]


def _allow(names: Iterable[str]) -> str:
    return "say why: " + " ".join(f'--allow {name}="…"' for name in names) + "."
