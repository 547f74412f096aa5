"""Measures `idsync plan` when nothing changed."""

from benchmarks.measuring import command_for
from benchmarks.rows import PLAN_UNCHANGED

main = command_for([PLAN_UNCHANGED])

if __name__ == "__main__":
    main()
