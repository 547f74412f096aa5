"""Starts a service as a process that has its libraries already: importing them is most of what a start takes.

One process of the tests' own imports them, and does nothing else. Each service is a fork of it that runs the program
from its first line, with an environment, signals and children of its own. A start from nothing has tests of its own.
"""

import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

_LIBRARIES = ("idsync.cli.commands.serve", "idsync.server.running", "idsync.stores.postgres.store")
_LONGEST = 1 << 18
_ROOT = Path(__file__).parents[1]
"""Where `tests` is found, wherever the test that is the first to start a service has gone."""


class Warm:
    """A process that was started so; what has a name of `subprocess.Popen` does the same."""

    def __init__(self, module: str, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        """Start `python -m MODULE ARGUMENTS…`; what it says is added to the file `log`."""
        told, tells = os.pipe()
        self._told = os.fdopen(told, "r")
        request = json.dumps([module, [*arguments], {**environment}]).encode()
        with log.open("ab") as said:
            socket.send_fds(_starter()[0], [request], [said.fileno(), tells])
        os.close(tells)
        self.pid = int(self._told.readline())
        self._code: int | None = None

    def poll(self) -> int | None:
        """Its exit code, or minus the signal that ended it, once it has ended."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended; its exit code."""
        if self._code is None:
            if not select.select([self._told], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            with self._told:
                self._code = int(self._told.readline())
        return self._code

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it has not ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):  # it ended, and how is about to be told
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Tell it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Kill it."""
        self.send_signal(signal.SIGKILL)


@cache
def _starter() -> tuple[socket.socket, "subprocess.Popen[bytes]"]:
    """A connection to the process that has the libraries, which ends with it; and that process."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        command = [sys.executable, "-m", "tests.warm", str(theirs.fileno())]
        return ours, subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()])


def main() -> None:
    """Start what is asked for, until nobody is there to ask."""
    for name in _LIBRARIES:
        importlib.import_module(name)
    gc.freeze()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is told to the tests
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    asked = socket.socket(fileno=int(sys.argv[1]))
    while True:
        request, given, _, _ = socket.recv_fds(asked, _LONGEST, 2)
        if not request:
            return
        if os.fork() == 0:
            asked.close()
            _watch(request, *given)
        for each in given:
            os.close(each)


def _watch(request: bytes, said: int, tells: int) -> None:
    """Start one process, and tell its number, and how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    process = os.fork()
    if process == 0:
        os.close(tells)
        module, arguments, environment = json.loads(request)
        _run(module, arguments, environment, said)
    os.close(said)
    os.write(tells, b"%d\n" % process)
    _, status = os.waitpid(process, 0)
    os.write(tells, b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _run(module: str, arguments: list[str], environment: dict[str, str], said: int) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for stream in (1, 2):
        os.dup2(said, stream)
    os.close(said)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv[1:] = arguments
    runpy.run_module(module, run_name="__main__", alter_sys=True)
    sys.exit()


if __name__ == "__main__":
    main()
