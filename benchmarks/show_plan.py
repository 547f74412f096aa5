"""Measures `idsync show` of a plan in which one person in twenty changes, in every format."""

from benchmarks.measuring import command_for
from benchmarks.rows import SHOWN

main = command_for(SHOWN)

if __name__ == "__main__":
    main()
