"""Measures one person pushed, and one member more: among few and among many."""

from benchmarks.measuring import command_for
from benchmarks.rows import PUSHED_MEMBER, PUSHED_PERSON

main = command_for([PUSHED_PERSON, PUSHED_MEMBER])

if __name__ == "__main__":
    main()
