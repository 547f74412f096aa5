"""Pushes an Okta id that comes later, and kills itself at a write of that: `python -m … WRITE STORE SCIM_ID`.

`WRITE` is its number; number 0 kills nothing, and how many there were is printed last. `STORE` is a file, or an address
of PostgreSQL.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

from idsync.stores.postgres import connection as postgres
from idsync.stores.postgres.store import open_postgres
from idsync.stores.protocol import Access, Store
from idsync.stores.sqlite import connection as sqlite
from idsync.stores.sqlite.store import open_store
from tests.server.conftest import PUSHED, served
from tests.server.test_scim_door import asked, user


def main() -> int:
    """Push; 0 where that is answered with success."""
    last, where, scim_id = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    count = 0

    def counting(made: Any) -> Any:
        def run(*arguments: Any) -> Any:
            nonlocal count
            count += armed
            if armed and count == last:
                os.kill(os.getpid(), signal.SIGKILL)
            return made(*arguments)

        return run

    armed = False
    for kind in (sqlite.Connection, postgres.Connection):
        for name in ("run", "run_many"):
            setattr(kind, name, counting(getattr(kind, name)))

    def opened() -> Store:
        if where.startswith("postgresql:"):
            return open_postgres(where, Access.WRITE)
        return open_store(Path(where))

    with served(Path(where), PUSHED, opened=opened) as service:
        armed = True
        code, _ = asked(service, "PUT", f"/Users/{scim_id}", json=user("ann@x.com", externalId="00uAnn"))
        armed = False
    print(f"writes: {count}")
    return 0 if code == 200 else 1


if __name__ == "__main__":
    sys.exit(main())
