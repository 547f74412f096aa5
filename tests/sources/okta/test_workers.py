"""Threads: work is drained in parallel, errors and interruptions end it promptly, and no thread stays behind."""

import socket
import threading
import time
from collections.abc import Callable

import pytest

from idsync.config.settings import AppById
from idsync.errors import SourceError, SourceUnreachable
from idsync.okta.auth import ApiTokenCredential
from idsync.okta.request import Abandoned, Timing
from idsync.sources.okta import workers as workers_module
from idsync.sources.okta.source import OktaSource
from idsync.sources.okta.workers import Workers
from idsync.sources.protocol import Progress, Wait
from tests.okta_simulator import Delay, Fail, Fault, Limits, Organization
from tests.sources.okta.organizations import Clock, served, small


def quiet() -> None:
    """Nothing to show."""


def waiting(event: threading.Event) -> Callable[[], None]:
    """A task that ends with the event."""

    def wait() -> None:
        event.wait(5)

    return wait


def okta_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("idsync-okta-")]


def test_tasks_may_add_tasks_and_all_are_done() -> None:
    done = []

    def split(depth: int) -> None:
        done.append(depth)
        if depth:
            for bucket in ("a", "b"):
                workers.submit(bucket, lambda: split(depth - 1))

    with Workers({"a": 2, "b": 3}, quiet) as workers:
        workers.submit("a", lambda: split(6))
        workers.drain(quiet)
        assert len(done) == 2**7 - 1
        workers.submit("b", lambda: split(0))
        workers.drain(quiet)
        assert len(done) == 2**7
    assert okta_threads() == []


def test_one_bucket_does_not_wait_for_another() -> None:
    held = threading.Event()
    with Workers({"slow": 1, "fast": 1}, held.set) as workers:
        workers.submit("slow", waiting(held))
        workers.submit("fast", held.set)
        workers.drain(quiet)
    assert held.is_set()


def test_the_first_error_ends_everything_and_is_raised_to_the_caller() -> None:
    given_up = threading.Event()
    done = []

    def fail() -> None:
        raise SourceError("first")

    def long() -> None:
        given_up.wait(5)
        raise Abandoned

    workers = Workers({"a": 2}, given_up.set)
    for task in (long, fail, *[lambda: done.append(1)] * 100):
        workers.submit("a", task)
    with pytest.raises(SourceError, match="first"), workers:
        workers.drain(quiet)
    assert given_up.is_set()
    assert done == []
    assert okta_threads() == []


def test_an_error_of_the_caller_ends_the_work_too() -> None:
    given_up = threading.Event()

    def fail() -> None:
        raise RuntimeError("progress")

    workers = Workers({"a": 1}, given_up.set)
    workers.submit("a", waiting(given_up))
    with pytest.raises(RuntimeError, match="progress"), workers:
        workers.drain(fail)
    assert given_up.is_set()
    assert okta_threads() == []


def test_threads_that_do_not_end_are_waited_for_together_and_not_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    everybody, release = threading.Barrier(6), threading.Event()
    waits: list[float | None] = []
    join = threading.Thread.join

    def hold() -> None:
        everybody.wait(5)
        release.wait(5)

    def noted(thread: threading.Thread, seconds: float | None = None) -> None:
        waits.append(seconds)
        join(thread, seconds)

    def interrupt() -> None:
        everybody.wait(5)
        monkeypatch.setattr(threading.Thread, "join", noted)
        raise KeyboardInterrupt

    monkeypatch.setattr(workers_module, "_PARTING", 0.1)
    workers = Workers({"a": 5}, quiet)
    for _ in range(5):
        workers.submit("a", hold)
    with pytest.raises(KeyboardInterrupt), workers:
        interrupt()
    release.set()
    assert len(waits) == 5
    assert sum(wait for wait in waits if wait is not None) < 0.2
    for thread, _ in workers._threads:
        join(thread, 5)


def test_a_system_that_gives_no_more_threads_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    start = threading.Thread.start
    started: list[threading.Thread] = []

    def start_two(thread: threading.Thread) -> None:
        if len(started) == 2:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_two)
    with pytest.raises(SourceError, match="no more threads") as caught, Workers({"a": 3}, quiet):
        pytest.fail("there is nothing to work with")
    assert "ulimit" in caught.value.fix
    for thread in started:
        thread.join(5)
    assert okta_threads() == []


def interrupting(after: int) -> Progress:
    calls: list[str] = []

    def progress(what: str | Wait, done: int, total: int) -> None:
        calls.append(str(what))
        if len(calls) > after:
            raise KeyboardInterrupt

    return progress


def test_an_interrupt_ends_requests_that_wait_for_an_answer() -> None:
    with served(small()) as reader:
        reader.simulator.faults.add(Fault("/api/v1/groups/*/users", Delay(30), times=None))
        started = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            reader.source(timing=Timing(), progress=interrupting(2)).read()
        assert time.monotonic() - started < 5
        assert okta_threads() == []


def test_an_interrupt_ends_waits_for_the_rate_limit() -> None:
    organization = small()
    limits = Limits(organization.clock, organization.switches, overrides={"groups": 2})
    with served(organization, limits=limits) as reader:
        started = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            reader.source(timing=Timing(), progress=interrupting(4)).read()
        assert time.monotonic() - started < 5
        assert okta_threads() == []


def test_an_error_ends_requests_of_other_threads_that_wait_for_an_answer() -> None:
    with served(small()) as reader:
        reader.simulator.faults.add(Fault("/api/v1/groups/*/users", Delay(30), times=None))
        reader.simulator.faults.add(Fault("/api/v1/apps/*/groups", Fail(400), times=None))
        started = time.monotonic()
        with pytest.raises(SourceError):
            reader.source(timing=Timing()).read()
        assert time.monotonic() - started < 5
        assert okta_threads() == []


def test_a_reading_leaves_no_thread_and_no_socket_behind() -> None:
    with served(small()) as reader:
        reader.source().read()
        assert okta_threads() == []
        reader.source().catalogue()
        assert okta_threads() == []


def test_while_one_bucket_waits_for_its_window_the_others_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    apps_read, waited = threading.Event(), []

    def sleep(seconds: float) -> None:
        waited.append(apps_read.wait(5))
        clock.now += seconds

    def progress(what: str | Wait, done: int, total: int) -> None:
        if what == "apps" and done == total:
            apps_read.set()

    clock = Clock()
    organization = Organization.generate(6, users=9, groups=9, apps=5, members_per_group=2, clock=clock)
    limits = Limits(clock, organization.switches, overrides={"groups": 4})
    with served(organization, limits=limits) as reader:
        monkeypatch.setattr(clock, "sleep", sleep)
        assert len(reader.source(progress=progress).read().snapshot.groups) == 9
    assert waited
    assert all(waited)


@pytest.mark.parametrize("host", ["xn--a.com", "a" * 70 + ".okta.com"])
def test_a_host_that_cannot_exist_is_told(host: str) -> None:
    source = OktaSource(
        org_url=f"https://{host}",
        app=AppById("0oa1"),
        credential=ApiTokenCredential("00token"),
        timing=Timing(sleep=lambda seconds: None),
    )
    with pytest.raises(SourceUnreachable, match="has no address"):
        source.read()


def test_a_host_that_does_not_listen_is_told_within_a_few_tries() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        source = OktaSource(
            org_url=url,
            app=AppById("0oa1"),
            credential=ApiTokenCredential("00token"),
            timing=Timing(sleep=lambda seconds: None),
        )
        with pytest.raises(SourceUnreachable, match="does not accept a connection"):
            source.read()
    assert okta_threads() == []
