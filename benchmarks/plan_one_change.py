"""Measures `idsync plan` when one person changed: a profile, a leaver, a joiner, a mover."""

from benchmarks.measuring import command_for
from benchmarks.rows import PLAN_ONE_CHANGE

main = command_for(PLAN_ONE_CHANGE)

if __name__ == "__main__":
    main()
