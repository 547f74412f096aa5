"""Measures reading what a store holds in brief, and nothing else."""

from benchmarks.measuring import command_for
from benchmarks.rows import INDEX_ALONE

main = command_for([INDEX_ALONE])

if __name__ == "__main__":
    main()
