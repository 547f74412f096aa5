"""Measures every row, and prints one table."""

from benchmarks.measuring import command_for
from benchmarks.rows import ALL

main = command_for(ALL)

if __name__ == "__main__":
    main()
