"""Measures reading a snapshot file, and nothing else."""

from benchmarks.measuring import command_for
from benchmarks.rows import SNAPSHOT_ALONE

main = command_for([SNAPSHOT_ALONE])

if __name__ == "__main__":
    main()
