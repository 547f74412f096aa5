"""The program's entry: `idsync …` and `python -m idsync …`."""

from idsync.cli.signals import Signals

_SIGNALS = Signals()
_SIGNALS.install()  # before any import that takes time: a Ctrl-C is told in one line, not by where it hit an import

import gc  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402
from contextlib import suppress  # noqa: E402
from typing import NoReturn  # noqa: E402


def main() -> NoReturn:
    """Run one command, and leave a whole company's objects to the operating system, which frees them at once.

    Looking for cycles of garbage on the way, and taking everything apart at the end, would take a second.
    """
    gc.disable()
    from idsync.cli.application import main as run_command

    code = run_command(_SIGNALS)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
