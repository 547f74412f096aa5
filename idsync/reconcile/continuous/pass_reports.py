"""How the passes of a service ended: kept in the store, for people and metrics."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec
from msgspec.structs import replace

from idsync.errors import IdsyncError, LeaseHeld, PartlyApplied
from idsync.model.canonical import canonical_bytes
from idsync.model.directory import Cause, UpstreamCause
from idsync.model.findings import Finding
from idsync.model.times import format_time
from idsync.plan.changes import Summary
from idsync.stores.protocol import Facts

FINDINGS_KEPT = 20
"""So many findings of a full pass are kept in words."""
_LAST = "service/last/{}"
_LAST_GOOD = "service/last_good/{}"
NOTHING_PUSHED = "Nothing was pushed yet."
"""The note of a full pass that has nothing to compare, where pushes alone tell of people."""


class PassReport(msgspec.Struct, frozen=True, omit_defaults=True):
    """One pass: its kind (`full` or `tick`), when it began, how many seconds it took, and what came of it.

    `counts` are the actions by kind of object, `held` how many changes each guard or doubt holds back, and `owed` how
    many it planned and left for the next pass, as what they change had moved or a target refused them. `found` counts
    the errors and warnings about people, groups and apps by code, and `findings` are the first of them: what they name
    was left as it was. `error` is why it failed, `note` what else is to be said. `config_digest` is that of the
    configuration by which a full pass compared; empty where an earlier version kept the report.
    """

    kind: str
    at: str
    seconds: float
    run: int | None = None
    counts: Mapping[str, Mapping[str, int]] = {}
    held: Mapping[str, int] = {}
    doubts: tuple[str, ...] = ()
    owed: int = 0
    found: Mapping[str, int] = {}
    findings: tuple[Finding, ...] = ()
    error: str | None = None
    note: str = ""
    config_digest: str = ""


_REPORT = msgspec.json.Decoder(PassReport)


def ended(kind: str, begun: datetime, now: datetime) -> PassReport:
    """That a pass of this kind ended now, and went well."""
    return PassReport(kind, format_time(begun), seconds_between(begun, now))


def failed(kind: str, begun: datetime, now: datetime, error: IdsyncError) -> PassReport:
    """That a pass of this kind ended now with an error."""
    note = "waits" if isinstance(error, LeaseHeld) else ""
    owed = error.total - error.done if isinstance(error, PartlyApplied) else 0
    return replace(ended(kind, begun, now), owed=owed, error=error.in_full, note=note)


def counts_of(summaries: Iterable[Summary]) -> dict[str, dict[str, int]]:
    """The actions of several plans together, by kind of object; none that is zero."""
    total: dict[str, dict[str, int]] = {}
    for summary in summaries:
        each: Mapping[str, Mapping[str, int]] = msgspec.to_builtins(summary)
        for kind, counts in each.items():
            found = total.setdefault(kind, {})
            for action, number in counts.items():
                if number:
                    found[action] = found.get(action, 0) + number
    return total


def with_findings(report: PassReport, findings: Iterable[Finding]) -> PassReport:
    """The report with what of these is about people, groups and apps; what the configuration is told of, plans say."""
    told = [each for each in findings if each.severity != "info" and any(map(_is_upstream, each.causes))]
    told.sort(key=lambda each: each.severity != "error")
    return replace(report, found=Counter(each.code for each in told), findings=tuple(told[:FINDINGS_KEPT]))


def _is_upstream(cause: Cause) -> bool:
    return isinstance(cause, UpstreamCause)


def seconds_between(begun: datetime, now: datetime) -> float:
    """How long something took."""
    return (now - begun).total_seconds()


def put_report(facts: Facts, report: PassReport) -> None:
    """Keep how a pass ended, as the last one and, if it went well, the last good one of its kind."""
    content = canonical_bytes(report)
    kept = {_LAST.format(report.kind): content}
    if report.error is None:
        kept[_LAST_GOOD.format(report.kind)] = content
    facts.put(kept)


def last_report(facts: Facts, kind: str, *, good: bool = False) -> PassReport | None:
    """How the last pass of a kind ended, or the last one that went well."""
    known = facts.get((_LAST_GOOD if good else _LAST).format(kind))
    return None if known is None else _REPORT.decode(known)
