"""A process that runs the command line, and is killed at a write: a request that changes Okta, or a file.

`enroll_killed HOW NUMBER ARGUMENTS…`: at write NUMBER it is killed `before` it, or `after` it and before the program
hears of it.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from idsync.__main__ import main
from idsync.okta.request import Request
from idsync.okta.transport import Answer
from idsync.targets.okta.sending import Sender


def meddle(how: str, number: int) -> None:
    """Let write `number` of this process be the one at which it ends."""
    written = 0

    def counted(write: Callable[[], Any]) -> Any:
        nonlocal written
        written += 1
        if written == number and how == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = write()
        if written == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    send, replace, rename = Sender.send, Path.replace, Path.rename

    def sent(sender: Sender, request: Request, *arguments: Any, **options: Any) -> Answer:
        if request.method == "GET":
            return send(sender, request, *arguments, **options)
        answer: Answer = counted(lambda: send(sender, request, *arguments, **options))
        return answer

    Sender.send = sent  # type: ignore[assignment]
    Path.replace = lambda path, to: counted(lambda: replace(path, to))  # type: ignore[method-assign, assignment]
    Path.rename = lambda path, to: counted(lambda: rename(path, to))  # type: ignore[method-assign, assignment]


if __name__ == "__main__":
    how, number, *arguments = sys.argv[1:]
    meddle(how, int(number))
    sys.argv[1:] = arguments
    main()
