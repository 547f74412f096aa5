"""What holds for every test of every folder."""

import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings

from idsync.model.known_secrets import forget_secrets


def pytest_configure() -> None:
    """Let Ctrl-C be told to programs under test; a job in the background inherits that it is ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def no_secrets() -> Iterator[None]:
    """Let no test's secret be left out of what another one prints."""
    forget_secrets()
    yield
    forget_secrets()


settings.register_profile("mutants", database=None, derandomize=True)
