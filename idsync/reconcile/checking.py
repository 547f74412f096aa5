"""A configuration held against a reading: what in it fits nobody and nothing, as diagnostics at its lines."""

from collections.abc import Iterator
from datetime import datetime

from idsync.config.codes import AGAINST_SNAPSHOT
from idsync.config.settings import Settings
from idsync.diagnostics import Diagnostic, Position, Severity
from idsync.model.directory import ConfigCause
from idsync.model.extent import Reading
from idsync.model.findings import Finding
from idsync.model.identity import Snapshot
from idsync.reconcile.plan_options import PlanOptions
from idsync.reconcile.planning import make_plan
from idsync.targets.protocol import DirectoryReader


def check_against(
    settings: Settings, snapshot: Snapshot, target: DirectoryReader, now: datetime
) -> tuple[Diagnostic, ...]:
    """What a plan of this snapshot would say of the configuration itself; raises SourceUnhealthy as a plan does."""
    plan = make_plan(settings, Reading(snapshot), target, PlanOptions(now=now)).plan
    fallback = settings.integration.position
    return tuple(each for finding in plan.findings for each in _diagnostics(finding, fallback))


def _diagnostics(finding: Finding, fallback: Position) -> Iterator[Diagnostic]:
    code = AGAINST_SNAPSHOT.get(finding.code)
    if code is None:
        return
    places = [Position(at.file, at.line, at.column) for at in finding.causes if isinstance(at, ConfigCause)]
    first, *others = places or [fallback]
    yield Diagnostic(
        finding.code, Severity(finding.severity), finding.message, code.why, code.fix, first, tuple(others)
    )
