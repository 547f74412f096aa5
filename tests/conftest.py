"""What holds for every test of every folder."""

import signal

from hypothesis import settings


def pytest_configure() -> None:
    """Let Ctrl-C be told to programs under test; a job in the background inherits that it is ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


settings.register_profile("mutants", database=None, derandomize=True)
