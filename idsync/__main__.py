"""The program's entry: `idsync …` and `python -m idsync …`."""

import gc
import os
import sys
from contextlib import suppress
from typing import NoReturn

from idsync.cli.application import main as run_command


def main() -> NoReturn:
    """Run one command, and leave a whole company's objects to the operating system, which frees them at once.

    Looking for cycles of garbage on the way, and taking everything apart at the end, would take a second.
    """
    gc.disable()
    try:
        run_command()
    except SystemExit as ended:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(ended.code if isinstance(ended.code, int) else 1)


if __name__ == "__main__":
    main()
