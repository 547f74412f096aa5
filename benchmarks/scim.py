"""Measures SCIM: users that eight connections create, and one member more in a pushed group."""

from benchmarks.measuring import command_for
from benchmarks.rows import SCIM_CREATES, SCIM_CREATES_PROCESSOR, SCIM_MEMBER, SCIM_SLOWEST

main = command_for([SCIM_CREATES, SCIM_CREATES_PROCESSOR, SCIM_SLOWEST, SCIM_MEMBER])

if __name__ == "__main__":
    main()
