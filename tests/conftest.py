"""What holds for every test of every folder."""

import gc
import os
import signal
import sys
import tempfile
from collections.abc import Iterator

import pytest
from hypothesis import settings

from idsync.model.known_secrets import forget_secrets
from tests.effort import examples

COMPILED = pytest.StashKey[tempfile.TemporaryDirectory[str]]()


def pytest_configure(config: pytest.Config) -> None:
    """Let Ctrl-C be told to programs under test; a job in the background inherits that it is ignored.

    Programs under test compile the package once for all of them, wherever the tester keeps compiled modules or not: it
    is half of what it takes to start one.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(config, "workerinput") or not config.getoption("numprocesses", None):
        folder = config.stash[COMPILED] = tempfile.TemporaryDirectory(prefix="idsync-compiled-")
        os.environ["PYTHONPYCACHEPREFIX"] = folder.name
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove what was compiled."""
    folder = config.stash.get(COMPILED, None)
    if folder is not None:
        folder.cleanup()


def pytest_collection_finish() -> None:
    """Leave the tests themselves out of every collection of garbage to come."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    """Stop the database server, if a test started one: a worker process ends without the usual goodbyes."""
    if "tests.postgres.server" in sys.modules:
        from tests.postgres.server import stop_server

        stop_server()


@pytest.fixture(autouse=True)
def no_secrets() -> Iterator[None]:
    """Let no test's secret be left out of what another one prints."""
    forget_secrets()
    yield
    forget_secrets()


settings.register_profile("suite", settings(), max_examples=examples(330))
settings.register_profile("mutants", settings(max_examples=100), database=None, derandomize=True)
settings.load_profile("suite")
