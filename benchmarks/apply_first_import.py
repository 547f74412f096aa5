"""Measures `idsync apply --auto-approve` of a first import into SQLite, planning included."""

from benchmarks.measuring import command_for
from benchmarks.rows import APPLY_FIRST_IMPORT

main = command_for([APPLY_FIRST_IMPORT])

if __name__ == "__main__":
    main()
