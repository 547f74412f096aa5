"""Measures `idsync --help`, against the start of Python."""

from benchmarks.measuring import command_for
from benchmarks.rows import HELP

main = command_for([HELP])

if __name__ == "__main__":
    main()
