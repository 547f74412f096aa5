"""Whether the service is alive and ready, and what it measures: what machines ask of it again and again."""

from collections.abc import Callable, Mapping

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from idsync.apply.kept_back import kept_back
from idsync.errors import IdsyncError, StoreError
from idsync.reconcile.continuous.pass_reports import last_report
from idsync.reconcile.continuous.standing import last_standing
from idsync.server.logs import LOG
from idsync.server.metrics import Metrics, Told
from idsync.server.run_tally import RunTally
from idsync.server.worker import Worker
from idsync.stores.protocol import Store

PASSES = ("full", "tick")


class Probes:
    """Answers them. `reconciles` tells whether the process that reads Okta runs, `pauses` the seconds between two
    passes of each kind, and `unkept` the kinds of which the last one failed without a word in the store.
    """

    def __init__(
        self,
        worker: Worker,
        metrics: Metrics,
        reconciles: Callable[[], bool],
        pauses: Callable[[], Mapping[str, float]],
        unkept: Callable[[], frozenset[str]],
    ) -> None:
        self._worker = worker
        self._metrics = metrics
        self._reconciles = reconciles
        self._pauses = pauses
        self._unkept = unkept
        self._tally = RunTally()

    def routes(self) -> list[Route]:
        """Where they are asked."""
        return [Route("/healthz", self._alive), Route("/readyz", self._ready), Route("/metrics", self._measured)]

    async def _alive(self, _: Request) -> Response:
        return PlainTextResponse("alive\n")

    async def _ready(self, _: Request) -> Response:
        try:
            await self._worker.read(_check)
        except IdsyncError as error:
            LOG.error("Not ready: %s %s", error.summary, error.why)
            return PlainTextResponse("The store cannot be used now; the log says why.\n", 503)
        return PlainTextResponse("ready\n")

    async def _measured(self, _: Request) -> Response:
        try:
            found, news = await self._worker.read(
                lambda store: (_told(store, self._pauses(), self._unkept()), self._tally.news(store.journal))
            )
        except StoreError:  # what this process knows by itself is told all the same
            found, news = Told(reachable=False), []
        self._metrics.take(news)
        self._metrics.waiting.set(self._worker.waiting)
        self._metrics.reconciling.set(float(self._reconciles()))
        return Response(self._metrics.text(found), media_type="text/plain; version=0.0.4; charset=utf-8")


def _check(store: Store) -> None:
    store.check_schema()
    store.runs.next_number()


def _told(store: Store, pauses: Mapping[str, float], unkept: frozenset[str]) -> Told:
    reports = [(kind, last_report(store.facts, kind), last_report(store.facts, kind, good=True)) for kind in PASSES]
    return Told(reports, len(kept_back(store.facts, "local")), last_standing(store.facts), pauses, unkept)
