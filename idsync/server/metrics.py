"""What a service measures, for Prometheus: requests as they are answered, and passes as the store tells of them."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from idsync.model.times import parse_time
from idsync.reconcile.pass_reports import PassReport

Reports = Iterable[tuple[str, PassReport | None, PassReport | None]]
"""Kind of pass, the last one, and the last one that went well."""


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

    def text(self, reports: Reports, kept_back: int) -> bytes:
        """All of it as Prometheus reads it; what the store tells is as of now."""
        told = CollectorRegistry()
        told.register(_Told(list(reports), kept_back))
        return generate_latest(self.registry) + generate_latest(told)


class _Told(Collector):
    def __init__(self, reports: Reports, kept_back: int) -> None:
        self._reports = reports
        self._kept_back = kept_back

    def collect(self) -> Iterable[Metric]:
        good = GaugeMetricFamily(
            "idsync_last_success_timestamp_seconds", "When the last pass that went well began.", labels=["pass"]
        )
        failed = GaugeMetricFamily("idsync_last_failed", "Whether the last pass failed.", labels=["pass"])
        seconds = GaugeMetricFamily("idsync_pass_seconds", "How long the last pass took.", labels=["pass"])
        actions = GaugeMetricFamily(
            "idsync_pass_actions", "Actions of the last pass.", labels=["pass", "kind", "action"]
        )
        held = GaugeMetricFamily("idsync_held_changes", "Changes held back by the last full pass.", labels=["by"])
        for kind, last, last_good in self._reports:
            if last_good is not None:
                good.add_metric([kind], parse_time(last_good.at).timestamp())
            if last is None:
                continue
            failed.add_metric([kind], float(last.error is not None))
            seconds.add_metric([kind], last.seconds)
            for what, counts in last.counts.items():
                for action, number in counts.items():
                    actions.add_metric([kind, what, action], number)
            for mark, number in last.held.items():
                held.add_metric([mark], number)
        yield from (good, failed, seconds, actions, held)
        yield GaugeMetricFamily("idsync_kept_back", "Changes that wait for a person's release.", value=self._kept_back)
