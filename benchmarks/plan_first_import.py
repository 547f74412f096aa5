"""Measures `idsync plan` of a first import, as text into a file."""

from benchmarks.measuring import command_for
from benchmarks.rows import PLAN_FIRST_IMPORT

main = command_for([PLAN_FIRST_IMPORT])

if __name__ == "__main__":
    main()
