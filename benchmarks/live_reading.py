"""Measures reading an organization from a server that answers as Okta does."""

from benchmarks.measuring import command_for
from benchmarks.rows import LIVE_READING

main = command_for([LIVE_READING])

if __name__ == "__main__":
    main()
