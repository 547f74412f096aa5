"""Measures SCIM with PostgreSQL, whose server each run starts itself: users that eight connections create."""

from benchmarks.measuring import command_for
from benchmarks.rows import SCIM_ON_POSTGRESQL

main = command_for(SCIM_ON_POSTGRESQL)

if __name__ == "__main__":
    main()
