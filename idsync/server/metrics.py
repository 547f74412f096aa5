"""What a service measures, for Prometheus: requests as they are answered, and passes as the store tells of them."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from idsync.model.times import parse_time
from idsync.reconcile.continuous.loop import JITTER
from idsync.reconcile.continuous.pass_reports import PassReport
from idsync.reconcile.continuous.standing import Standing
from idsync.server.run_tally import RunNews

Reports = Sequence[tuple[str, PassReport | None, PassReport | None]]
"""Kind of pass, the last one, and the last one that went well."""
_PASSES_IN_A_ROUND = 3
"""The one that went well, one that a restart breaks off at its end, and the next one."""


class Told(msgspec.Struct, frozen=True):
    """What the store tells: how passes ended, what waits for a release, and where the process that leads stands.

    `pauses` are the configured seconds between two passes, by kind.
    """

    reports: Reports = ()
    kept_back: int = 0
    standing: Standing | None = None
    pauses: Mapping[str, float] = {}
    unkept: frozenset[str] = frozenset()
    """Kinds of passes of which the last one failed, and the store could not keep that."""
    reachable: bool = True
    """Whether the store could be read; where not, nothing else is known."""


class Metrics:
    """The counters of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "idsync_http_requests", "Requests answered.", ["part", "method", "code"], registry=self.registry
        )
        self.seconds = Histogram(
            "idsync_http_request_seconds", "Time to answer a request.", ["part"], registry=self.registry
        )
        self.waiting = Gauge(
            "idsync_pushes_waiting", "Requests that wait for those before them to be written.", registry=self.registry
        )
        self.reconciling = Gauge(
            "idsync_reconciler_alive", "Whether the process that reconciles runs.", registry=self.registry
        )

        self.runs = Counter("idsync_runs", "Runs that ended.", ["by", "outcome"], registry=self.registry)
        self.actions = Counter(
            "idsync_actions", "Actions of the plans of runs.", ["by", "kind", "action"], registry=self.registry
        )

    def take(self, news: Iterable[RunNews]) -> None:
        """Count what runs did."""
        for each in news:
            if each.outcome is not None:
                self.runs.labels(each.by, each.outcome).inc()
            for kind, counts in each.counts.items():
                for action, number in counts.items():
                    self.actions.labels(each.by, kind, action).inc(number)

    def text(self, told: Told) -> bytes:
        """All of it as Prometheus reads it; what the store tells is as of now."""
        registry = CollectorRegistry()
        registry.register(_Told(told))
        return generate_latest(self.registry) + generate_latest(registry)


class _Told(Collector):
    def __init__(self, told: Told) -> None:
        self._told = told

    def collect(self) -> Iterable[Metric]:
        yield GaugeMetricFamily(
            "idsync_store_readable", "Whether the store can be read.", value=float(self._told.reachable)
        )
        if not self._told.reachable:
            return
        yield from self._passes()
        yield from self._expected()
        yield GaugeMetricFamily(
            "idsync_kept_back", "Changes that wait for a person's release.", value=self._told.kept_back
        )
        if self._told.standing is not None:
            yield from _stands(self._told.standing)

    def _passes(self) -> Iterable[Metric]:
        good = GaugeMetricFamily(
            "idsync_last_success_timestamp_seconds", "When the last pass that went well began.", labels=["pass"]
        )
        failed = GaugeMetricFamily("idsync_last_failed", "Whether the last pass failed.", labels=["pass"])
        seconds = GaugeMetricFamily("idsync_pass_seconds", "How long the last pass took.", labels=["pass"])
        actions = GaugeMetricFamily(
            "idsync_pass_actions", "Actions of the last pass.", labels=["pass", "kind", "action"]
        )
        held = GaugeMetricFamily("idsync_held_changes", "Changes held back by the last full pass.", labels=["by"])
        found = GaugeMetricFamily("idsync_findings", "Errors and warnings of the last full pass.", labels=["code"])
        owed = GaugeMetricFamily("idsync_owed_changes", "Changes that the last pass left over.", labels=["pass"])
        for kind, last, last_good in self._told.reports:
            if last_good is not None:
                good.add_metric([kind], parse_time(last_good.at).timestamp())
            fails = kind in self._told.unkept or (last is not None and last.error is not None)
            if fails or last is not None:
                failed.add_metric([kind], float(fails))
            if last is None:
                continue
            seconds.add_metric([kind], last.seconds)
            owed.add_metric([kind], last.owed)
            for what, counts in last.counts.items():
                for action, number in counts.items():
                    actions.add_metric([kind, what, action], number)
            for mark, number in last.held.items():
                held.add_metric([mark], number)
            for code, number in last.found.items():
                found.add_metric([code], number)
        yield from (good, failed, seconds, actions, held, found, owed)

    def _expected(self) -> Iterable[Metric]:
        pauses = GaugeMetricFamily("idsync_pass_pause_seconds", "The configured pause between passes.", labels=["pass"])
        due = GaugeMetricFamily(
            "idsync_pass_due_timestamp_seconds",
            "When the next pass should have gone well at the latest.",
            labels=["pass"],
        )
        for kind, pause in self._told.pauses.items():
            pauses.add_metric([kind], pause)
        for kind, _, good in self._told.reports:
            if good is not None and kind in self._told.pauses:
                due.add_metric([kind], _due(good, self._told.pauses[kind]))
        yield from (pauses, due)


def _due(good: PassReport, pause: float) -> float:
    """Seconds since the epoch until which one more pass ends, where one is broken off and begins again."""
    return parse_time(good.at).timestamp() + pause * (1 + JITTER) + _PASSES_IN_A_ROUND * good.seconds


def _stands(standing: Standing) -> Iterable[Metric]:
    limit = GaugeMetricFamily("idsync_okta_limit", "Requests a minute that Okta allows.", labels=["bucket"])
    allowed = GaugeMetricFamily("idsync_okta_allowed", "Requests a minute that idsync may use.", labels=["bucket"])
    left = GaugeMetricFamily("idsync_okta_left", "Requests that Okta had left in its window.", labels=["bucket"])
    for bucket, allowance in standing.budget.items():
        limit.add_metric([bucket], allowance.limit)
        allowed.add_metric([bucket], allowance.allowed)
        left.add_metric([bucket], allowance.left)
    yield from (limit, allowed, left)
    yield GaugeMetricFamily("idsync_owed_looks", "People and lists that ticks are to ask about.", value=standing.looks)
    yield GaugeMetricFamily(
        "idsync_log_followed", "Whether Okta's log is followed, and not its listings.", value=float(standing.by_log)
    )
    yield GaugeMetricFamily(
        "idsync_reconciler_told_timestamp_seconds",
        "When the process that leads last told where it stands.",
        value=parse_time(standing.at).timestamp(),
    )
