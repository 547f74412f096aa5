"""Measures `idsync plan -o` of a first import."""

from benchmarks.measuring import command_for
from benchmarks.rows import PLAN_FIRST_IMPORT_TO_FILE

main = command_for([PLAN_FIRST_IMPORT_TO_FILE])

if __name__ == "__main__":
    main()
