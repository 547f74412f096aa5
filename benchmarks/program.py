"""The program as a profiler can watch it, without its abrupt end: `python -m benchmarks.program`, like `-m idsync`."""

import gc
import sys

from idsync.cli.application import main

if __name__ == "__main__":
    gc.disable()
    sys.exit(main())
