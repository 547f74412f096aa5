"""A process that runs the command line, and is killed or held at an entry of the journal.

`semantics_killed HOW NUMBER ARGUMENTS…`: at entry NUMBER it is killed `before` or `after` the writing, or it is `held`
there: it says so on standard output, and goes on once its standard input ends.
"""

import os
import signal
import sys
from collections.abc import Iterable

from idsync.__main__ import main
from idsync.model.canonical import Body
from idsync.model.journal import Entry
from idsync.stores.tables.journal import Journal


def meddle(how: str, number: int) -> None:
    """Let entry `number` of this process be the one at which that happens."""
    append = Journal.append
    written = 0

    def meddled(journal: Journal, entry: Entry, bodies: Iterable[Body] = ()) -> None:
        nonlocal written
        written += 1
        if written == number and how == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        append(journal, entry, bodies)
        if written == number and how == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        if written == number and how == "held":
            print("held", flush=True)
            sys.stdin.read()

    Journal.append = meddled  # type: ignore[method-assign, assignment]


if __name__ == "__main__":
    how, number, *arguments = sys.argv[1:]
    meddle(how, int(number))
    sys.argv[1:] = arguments
    main()
