"""The process that reconciles: ticks, and full passes beside them, until its parent says stop or is gone."""

import math
import multiprocessing
import random
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TypeAlias

from idsync.bootstrap.workspace import Workspace, open_workspace, workspace_of
from idsync.config.settings import Integration
from idsync.config.source_files import SourceFile
from idsync.errors import ConfigError, IdsyncError
from idsync.model.times import format_time
from idsync.okta.remembered import Remembered
from idsync.reconcile.continuous.loop import Loop, Wake
from idsync.reconcile.continuous.pass_reports import PassReport
from idsync.reconcile.continuous.reconciling import Place, Reconciling
from idsync.reconcile.continuous.under_way import UnderWay
from idsync.server.configured import Configured, refuse_another
from idsync.server.logs import LOG, LogForm, set_up_logs
from idsync.server.mailbox import Mailbox
from idsync.server.two_threads import TwoThreads
from idsync.sources.protocol import Progress, Source
from idsync.stores.protocol import Access, Store

STOP, CALL, RELOAD = "stop", "call", "reload"
SHORTEST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds before a process that died is started again; longer each time, unless it ran for longer than the longest."""
LOOK = 1.0
"""Seconds between two looks at whether it runs, and what it tells."""
PATIENCE = 20.0
"""Seconds that a pass under way has to end in; it is broken off then, and taken up at the next start."""
_FOR_FULL_PASS = 15.0
"""So many of them a full pass gets, which ends where it reads, or between two of its writes."""


Taken: TypeAlias = tuple[tuple[SourceFile, ...], Path]
"""The texts of a configuration, and the folder to which its paths are relative."""


class Pauses:
    """How long a process that died is waited with: twice as long each time, while it does not last."""

    def __init__(self) -> None:
        self._next = SHORTEST_PAUSE

    def after(self, lasted: float) -> float:
        """Seconds to wait, of a process that lasted for so many."""
        if lasted > LONGEST_PAUSE:
            self._next = SHORTEST_PAUSE
        pause, self._next = self._next, min(self._next * 2, LONGEST_PAUSE)
        return pause


class Reconciler:
    """The process, seen from its parent; one that dies is started again."""

    def __init__(
        self, config: Path, served: Integration, form: LogForm, taken: Callable[[], Taken | None] = lambda: None
    ) -> None:
        """`served` is the integration as the service began with it; another one on disk by now is not reconciled.

        `taken` are the files that the service took last: one that is started while they are invalid goes by those.
        """
        self._config = config
        self._served = served
        self._form = form
        self._taken = taken
        self.unkept: frozenset[str] = frozenset()
        """Kinds of passes of which it says that the last one failed, and that the store could not keep that."""
        self._ends = threading.Event()
        self._end_by = math.inf
        self._lock = threading.Lock()
        self._words = Mailbox()
        self._start()
        self._watcher = threading.Thread(target=self._watch, name="watch", daemon=True)
        self._watcher.start()
        threading.Thread(target=self._pass_on, name="words", daemon=True).start()

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._process.is_alive()

    def call(self) -> None:
        """Something moved: let it look. Like each word to it, this waits for nobody, whatever that process is doing."""
        self._words.put(CALL)

    def reload(self) -> None:
        """Let it read the configuration again."""
        self._words.put(RELOAD)

    def end(self) -> None:
        """Let it end what it is doing, for a while, and end; this waits for nobody."""
        if not self._ends.is_set():
            self._end_by = time.monotonic() + PATIENCE
            self._ends.set()

    def stop(self) -> None:
        """Let it end, if nobody said so before, and wait for that."""
        self.end()
        self._watcher.join()  # it may be starting the one that is to hear the word
        self._process.join(max(0.0, self._end_by - time.monotonic()))
        if self._process.is_alive():
            self._process.kill()
            self._process.join()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=_run,
            args=(self._config, self._served, self._taken(), theirs, self._form),
            name="reconcile",
            daemon=True,
        )
        process.start()
        theirs.close()
        with self._lock:
            self._ours, self._process = ours, process

    def _watch(self) -> None:
        self._keep_running()
        self._words.put(STOP)  # to the last one that was started

    def _keep_running(self) -> None:
        pauses, began = Pauses(), time.monotonic()
        while not self._ends.wait(LOOK):
            self._hear()
            if self._process.is_alive():
                continue
            LOG.error("The process that reconciles ended (%s); it is started again.", self._process.exitcode)
            if self._ends.wait(pauses.after(time.monotonic() - began)):
                return
            self._start()
            began = time.monotonic()

    def _hear(self) -> None:
        with suppress(EOFError, OSError):  # it is gone, which the watcher sees
            while self._ours.poll(0):
                self.unkept = self._ours.recv()

    def _pass_on(self) -> None:
        """Tell the process what was said, until it is told to stop; this alone waits for one that hears nothing."""
        words: list[str] = []
        while STOP not in words:
            wait([self._words.news])
            words = self._words.take()
            for word in words:
                with self._lock:
                    ours = self._ours
                with suppress(OSError):  # it is gone, which the watcher sees
                    ours.send(word)


def _run(config: Path, served: Integration, taken: Taken | None, messages: Connection, form: LogForm) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the parent is told, and tells us
    set_up_logs(form)
    try:
        place = _opened(config, served, taken)
        configured = Configured(place, config)
        holder = place.holder(format_time(place.now()))
        remembered = Remembered()
        with place.store(Access.REMEMBER) as store:  # its parent made it: one that is gone since comes back
            reconciling = Reconciling(
                configured.in_force,
                partial(_source, remembered),
                holder,
                time.sleep,
                _tell,
                tell_unkept=partial(_tell_parent, messages, threading.Lock()),
                tell_wait=_tell_wait,
            )
            heard = _heard(messages, reconciling.stopping, remembered)
            _tell_what_waits(configured, store)
            passes = TwoThreads(store, lambda: place.store(Access.REMEMBER), reconciling)
            try:
                settings = place.settings
                loop = Loop(
                    passes,
                    float(settings.integration.interval),
                    float(settings.service.tick),
                    time.monotonic,
                    lambda seconds: _wait(heard, passes, lambda: _reload(configured, store, loop), seconds),
                    random.random,
                )
                loop.run()
            finally:
                passes.stop(_FOR_FULL_PASS)
    except IdsyncError as error:
        LOG.error("The process that reconciles ends: %s", error.in_full)
        raise SystemExit(1) from None


def _opened(config: Path, served: Integration, taken: Taken | None) -> Workspace:
    """The configuration as its files are, or as the service took them last where they are not to be taken now."""
    try:
        place = open_workspace(config)
        refuse_another(served, place.settings.integration)
    except ConfigError as error:
        if taken is None:
            raise
        _tell_invalid(error)
        return workspace_of(*taken)
    return place


def _heard(messages: Connection, stopping: threading.Event, remembered: Remembered) -> Mailbox:
    """What the parent says, also while this process is at work: its word to stop breaks off what waits for Okta."""
    heard = Mailbox()

    def listen() -> None:
        said = ""
        while said != STOP:
            try:
                said = messages.recv()
            except (EOFError, OSError):  # the parent is gone
                said = STOP
            if said == STOP:
                stopping.set()
                remembered.end()
            heard.put(said)

    threading.Thread(target=listen, name="listen", daemon=True).start()
    return heard


def _source(remembered: Remembered, place: Place, progress: Progress) -> Source:
    assert isinstance(place, Workspace)  # noqa: S101 - `Configured` makes no other
    return place.source(progress, remembered=remembered)


def _wait(heard: Mailbox, passes: TwoThreads, reload: Callable[[], None], seconds: float) -> Wake:
    """Wait for the time, the end of a full pass or of a reading, or a word of the parent; what it says while we worked
    counts once.
    """
    wait([heard.news, passes.ended.news], seconds)
    words = heard.take()
    if STOP in words:
        return Wake.STOP
    if RELOAD in words:
        reload()
    return Wake.CALLED if passes.heard_of_readings() or words else Wake.TIME


def _reload(configured: Configured, store: Store, loop: Loop) -> None:
    try:
        configured.reload()
        settings = configured.files.settings
        loop.interval, loop.tick = float(settings.integration.interval), float(settings.service.tick)
    except ConfigError as error:
        _tell_invalid(error)
        return
    _tell_what_waits(configured, store)


def _tell_invalid(error: ConfigError) -> None:
    LOG.error("The configuration is invalid; the one from before stays: %s", error.in_full)


def _tell_what_waits(configured: Configured, store: Store) -> None:
    """Say in the log where the files are not what passes go by."""
    with suppress(IdsyncError):  # what is the matter with the store, the next pass says
        if configured.in_force(store)[1]:
            LOG.info("What the files change of people and access waits for `idsync apply`.")


def _tell_parent(messages: Connection, alone: threading.Lock, unkept: frozenset[str]) -> None:
    """Tell which kinds of passes failed without a word in the store; ticks and full passes end in their own threads."""
    with alone, suppress(OSError):  # a parent that is gone measures nothing
        messages.send(unkept)


def _tell_wait(under_way: UnderWay, bucket: str) -> None:
    told = {"pass_kind": "full", "began": under_way.began, "bucket": bucket, "until": under_way.waits[bucket]}
    LOG.info(
        "A full pass waits for Okta's limit of %s until %s; it has read %s.",
        bucket,
        under_way.waits[bucket],
        under_way.read_in_words,
        extra=told,
    )


def _tell(report: PassReport) -> None:
    what = {"full": "A full pass", "tick": "A tick"}[report.kind]
    told = {"pass_kind": report.kind, "began": report.at, "seconds": report.seconds}
    if report.error is not None:
        LOG.error("%s failed: %s", what, report.error, extra=told)
        return
    counts = {f"{kind}_{action}": number for kind, each in report.counts.items() for action, number in each.items()}
    told |= {"run": report.run, "held": dict(report.held), **counts}
    told |= {"found": dict(report.found)} if report.found else {}
    LOG.info("%s ended.%s", what, f" {report.note}" if report.note else "", extra=told)
