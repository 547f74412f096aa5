"""A plan that goes ahead in part, as `apply --split` tells of it."""

from collections.abc import Container

import msgspec

from idsync.apply.request import Applied
from idsync.cli.console import json_text
from idsync.cli.exit_codes import ExitCode
from idsync.cli.invocation import Invocation
from idsync.plan.changes import AccessListChange, Change, Plan
from idsync.plan.holding import MOVED
from idsync.reconcile.parts import Parts
from idsync.render.held import held_advice, held_by, held_headline, of_the_hour, render_held
from idsync.render.phrases import counted
from idsync.render.style import COLOUR, PLAIN


def held_codes(parts: Parts, released: Container[str]) -> frozenset[ExitCode]:
    """How a command ends that held something back: by a doubt, by a guard, or since the directory moved."""
    doubts = {finding.code for finding in parts.whole.health.findings}
    marks = {*held_by(parts.held)}
    codes = set()
    if parts.doubts(released):
        codes.add(ExitCode.SOURCE_UNUSABLE)
    if marks - doubts - {MOVED} or parts.passed_limits(released):
        codes.add(ExitCode.BLOCKED)
    if MOVED in marks:
        codes.add(ExitCode.PARTLY_APPLIED)
    return frozenset(codes)


def held_text(held: Plan, invocation: Invocation) -> str:
    """What is held back, as a terminal shows it after the plan; nothing where nothing is."""
    console = invocation.console
    style = COLOUR if console.colour else PLAIN
    text = render_held(held, style, columns=console.columns, options=invocation.config_arguments)
    return f"\n{text}" if text else ""


def warn_of_held(parts: Parts, invocation: Invocation, released: Container[str]) -> None:
    """Say on stderr what is held back, and which limit was passed."""
    for result in parts.whole.guards:
        if result.guard in parts.passed_limits(released):
            counts = f"{result.count:,}{of_the_hour(parts.whole)}, limit {result.limit:g}"
            invocation.console.warning(f"{result.guard} is over its limit ({counts}), and locks went ahead.")
    if parts.held.changes:
        advice = held_advice(parts.held, invocation.config_arguments)
        invocation.console.warning(held_headline(parts.held), fix=advice)
    elif doubts := parts.doubts(released):
        invocation.console.warning(
            f"The snapshot is suspect: {', '.join(doubts)}. Nothing is held back, and it counts as no good reading."
        )


def applied_text(applied: Applied, parts: Parts) -> str:
    """What an apply did, in a sentence or two."""
    swept = f" {counted(applied.locks_swept, 'expired lock')} cleared away." if applied.locks_swept else ""
    if applied.run is None:
        return f"{_without_a_run(parts)}{swept}"
    part = " in part" if parts.held.changes else ""
    resumed = ", taken up where it was broken off" if applied.resumed else ""
    steps = counted(applied.steps, "step")
    return f"Applied{part}: run {applied.run}{resumed}, {steps}.{swept}"


def _without_a_run(parts: Parts) -> str:
    if parts.held.changes:
        return "Nothing may go ahead."
    return "Nothing to change." if parts.going.does_nothing else "Nothing to change; the configuration is in force now."


def applied_json(applied: Applied, parts: Parts) -> str:
    """The same for machines; of a split plan, with what is held."""
    told = msgspec.to_builtins(applied)
    if parts.held_part is not None:
        told |= {"whole": parts.held.is_empty, "held": [_held(change) for change in parts.held.changes]}
    return json_text(told)


def _held(change: Change) -> dict[str, object]:
    told: dict[str, object] = {"address": change.address, "action": change.action}
    if isinstance(change, AccessListChange):
        told |= {"members_added": change.members_added, "members_removed": change.members_removed}
    return told | {"blocked_by": change.blocked_by}
