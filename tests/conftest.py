"""What holds for every test of every folder."""

import gc
import importlib
import os
import signal
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

import pytest
from coverage import Coverage
from hypothesis import HealthCheck, settings
from xdist.scheduler import WorkStealingScheduling  # type: ignore[import-untyped]

from idsync.model.known_secrets import forget_secrets
from tests.effort import examples
from tests.migrated import copies_of, made_store

WHOLE_PROGRAMS = ("acceptance", "action", "benchmarks", "test_okta_simulator")
"""Where tests run whole programs, or are about what stands beside the package."""
OFTEN_THE_SAME = (
    "cli/test_loosened_guards.py",
    "docs",
    "mutants",
    "okta/test_remembered.py",
    "reconcile/test_by_listings.py",
    "reconcile/test_following.py",
    "render/test_html.py",
    "server/test_bursts.py",
    "server/test_hostile_requests.py",
    "server/test_imported.py",
    "server/test_memberships_held.py",
    "server/test_pushed_weeks.py",
    "sources/okta/test_faults.py",
)
"""Where tests go the ways of their neighbours hundreds of times, to measure or to be hostile: three tenths of what the
tracer took of all tests together."""
NOT_COUNTED = {Path(__file__).parent / place for place in (*WHOLE_PROGRAMS, *OFTEN_THE_SAME)}
ABOUT_THE_WIRE = {
    Path(__file__).parent / place
    for place in (
        "acceptance/test_hostile_okta.py",
        "acceptance/test_okta_refusals.py",
        "okta",
        "sources",
        "test_okta_simulator",
    )
}
"""Where tests ask the simulated Okta over a socket; others do where that goes wrong, and by processes."""
COMPILED = pytest.StashKey[tempfile.TemporaryDirectory[str]]()
IN_MEMORY = pytest.StashKey[tempfile.TemporaryDirectory[str]]()
MEMORY = Path("/dev/shm")
ROOM = 4 * 1024**3
"""How much of it must be free, in bytes; the tests fill a quarter."""


def pytest_configure(config: pytest.Config) -> None:
    """Let Ctrl-C be told to programs under test; a job in the background inherits that it is ignored.

    Where the tester keeps no compiled modules, programs under test compile the package once for all of them, in a
    folder that goes with the tests: it is half of what it takes to start one. Where modules are kept beside their
    sources, they are there already, those of every library too.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if not hasattr(config, "workerinput"):
        _write_to_memory(config)
    if not os.environ.get("PYTHONDONTWRITEBYTECODE"):
        return
    if hasattr(config, "workerinput") or not config.getoption("numprocesses", None):
        folder = config.stash[COMPILED] = tempfile.TemporaryDirectory(prefix="idsync-compiled-")
        os.environ["PYTHONPYCACHEPREFIX"] = folder.name
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def _write_to_memory(config: pytest.Config) -> None:
    """Let tests, and the programs that they run, write to memory where there is room for it, unless the environment's
    TMPDIR says where: processes are killed here, not machines, and most of the time would go into waiting for disks.

    What is there goes with the tests. TMPDIR=/tmp keeps it, where the reason of a failure is looked for.
    """
    if "TMPDIR" in os.environ or not MEMORY.is_mount() or not os.access(MEMORY, os.W_OK):
        return
    memory = os.statvfs(MEMORY)
    if memory.f_bavail * memory.f_frsize < ROOM or memory.f_flag & os.ST_NOEXEC:
        return
    folder = config.stash[IN_MEMORY] = tempfile.TemporaryDirectory(prefix="idsync-tests-", dir=MEMORY)
    Path(folder.name).chmod(0o755)  # some tests look at the program with the eyes of another user
    os.environ["TMPDIR"] = folder.name
    tempfile.tempdir = None


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove what was compiled, and what was written to memory."""
    for key in (COMPILED, IN_MEMORY):
        if (folder := config.stash.get(key, None)) is not None:
            folder.cleanup()
    if IN_MEMORY in config.stash:
        del os.environ["TMPDIR"]
        tempfile.tempdir = None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> WorkStealingScheduling | None:
    """Let a process that has nothing left take over from one that has: some tests take a thousand times as long."""
    return WorkStealingScheduling(config, log) if config.getoption("dist") == "load" else None


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Import no file of which no test would run: what long tests drive (a browser, other clients) takes seconds."""
    return _is_left_out(collection_path, config) or None


def _is_left_out(file: Path, config: pytest.Config) -> bool:
    asked, is_module = config.option.markexpr, file.name.startswith("test_") and file.suffix == ".py"
    if asked == "long":
        return is_module and "pytest.mark.long" not in file.read_text()
    return asked == "not long" and is_module and "\npytestmark = pytest.mark.long\n" in file.read_text()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection(session: pytest.Session) -> Iterator[None]:
    """Import the server first in a process that runs tests of all folders: SCIM's models look at each module that there
    is whenever one of them is made, and take twice as long after everything else.

    Not before: what is imported is counted as covered from when the session has started, by the first process for all.
    """
    if not hasattr(session.config, "workerinput"):
        return (yield)
    with nullcontext() if session.config.workerinput["workerid"] == "gw0" else _not_counted():
        importlib.import_module("idsync.server.application")
        _import_from_elsewhere(session.config)
        return (yield)


def _import_from_elsewhere(config: pytest.Config) -> None:
    """Import the modules of tests, beginning elsewhere than each other process of the tests does: what one of them has
    compiled serves all, and to compile tests takes four times as long as to collect them.

    One that cannot be imported is left to be told by the collection. Warnings are errors, as they are there.
    """
    process, processes = int(config.workerinput["workerid"].removeprefix("gw")), config.workerinput["workercount"]  # type: ignore[attr-defined]
    folders = [Path(argument.partition("::")[0]) for argument in config.args]
    files = sorted({file.resolve() for folder in folders for file in [folder, *folder.rglob("test_*.py")]})
    files = [file for file in files if file.is_file() and not _is_left_out(file, config)]
    names = [".".join(file.relative_to(config.rootpath).with_suffix("").parts) for file in files]
    first = len(names) * process // processes
    for name in names[first:] + names[:first]:
        with warnings.catch_warnings(action="error"), suppress(Exception):
            importlib.import_module(name)


def pytest_collection_finish() -> None:
    """Leave the tests themselves out of every collection of garbage to come."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    """Stop the database server, if a test started one: a worker process ends without the usual goodbyes."""
    if "tests.postgres.server" in sys.modules:
        from tests.postgres.server import stop_server

        stop_server()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Count as covered what is asked for by name, in this process: neither what chance reaches, nor what a whole
    program runs through on its way, nor what a test reaches in further cases than its first. Such tests take less than
    half of the time without the tracer, and what is counted is the same at each run.
    """
    with nullcontext() if _is_counted(item) else _not_counted():
        return (yield)


@contextmanager
def _not_counted() -> Iterator[None]:
    """Without the tracer, where there is one, as long as the block lasts."""
    if (tracer := Coverage.current()) is None:
        yield
        return
    tracer.stop()
    try:
        yield
    finally:
        tracer.start()


def _is_counted(item: pytest.Item) -> bool:
    case = getattr(item, "callspec", None)
    further = case is not None and any(case.indices.values())
    elsewhere = not NOT_COUNTED.isdisjoint([item.path, *item.path.parents])
    return not (further or elsewhere or item.get_closest_marker("hypothesis"))


@pytest.fixture(scope="session")
def migrated_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that was migrated, to copy."""
    return made_store(tmp_path_factory.mktemp("migrated") / "idsync.db")


@pytest.fixture(autouse=True)
def copied_stores(migrated_store: Path) -> Iterator[None]:
    """Make each new store a copy of one that was migrated, but where stores themselves are tested."""
    with copies_of(migrated_store):
        yield


@pytest.fixture(autouse=True)
def short_ways_to_okta(request: pytest.FixtureRequest) -> Iterator[None]:
    """Call the simulated Okta without a wire, but where tests are about the wire."""
    from tests.okta_simulator.short_way import short_ways  # what is imported is counted as covered, and not before

    with short_ways() if ABOUT_THE_WIRE.isdisjoint([request.path, *request.path.parents]) else nullcontext():
        yield


@pytest.fixture(autouse=True)
def no_secrets() -> Iterator[None]:
    """Let no test's secret be left out of what another one prints."""
    forget_secrets()
    yield
    forget_secrets()


SLOW_MACHINES = [HealthCheck.too_slow]
"""How long it takes to draw an example, or to try it, says how busy the machine is."""

settings.register_profile("suite", max_examples=examples(330), deadline=None, suppress_health_check=SLOW_MACHINES)
settings.register_profile(
    "mutants", max_examples=100, database=None, derandomize=True, suppress_health_check=SLOW_MACHINES
)
settings.load_profile("suite")
