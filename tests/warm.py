"""Starts the program as a process that has its libraries already: importing them is most of what a start takes.

One process of the tests' own imports them, and does nothing else. Each service or command is a fork of it that runs the
program from its first line, with streams, an environment, signals and children of its own. A start from nothing has
tests of its own.
"""

import gc
import importlib
import io
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
from typing import Any

_LIBRARIES = ("idsync.cli.commands.serve", "idsync.server.running", "idsync.stores.postgres.store")
_LONGEST = 1 << 18
_ROOT = Path(__file__).parents[1]
"""Where `tests` is found, wherever the test that is the first to start a service has gone."""


class Warm(subprocess.Popen[Any]):
    """`subprocess.Popen` of `python -m MODULE ARGUMENTS…`, with streams, a folder and a session that are its own."""

    def __init__(
        self, module: str, arguments: Sequence[str], environment: Mapping[str, str], log: Path | None = None, **how: Any
    ) -> None:
        """Start it; what it says is added to the file `log`, or goes `how` it does with Popen."""
        self._told: io.TextIOWrapper
        program = [module, *arguments]
        if log is None:
            super().__init__(program, env=environment, **how)
            return
        with log.open("ab") as said:
            super().__init__(program, env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said, **how)

    def _execute_child(  # what Popen does once it has made its pipes
        self, args: list[str], executable: None, preexec_fn: None, close_fds: bool, pass_fds: tuple[int, ...],
        cwd: Path | str | None, env: Mapping[str, str], startupinfo: None, creationflags: int, shell: bool,
        p2cread: int, p2cwrite: int, c2pread: int, c2pwrite: int, errread: int, errwrite: int,
        restore_signals: bool, gid: None, gids: None, uid: None, umask: int, start_new_session: bool, *_: object,
    ) -> None:  # fmt: skip
        told, tells = os.pipe()
        self._told = os.fdopen(told, "r")
        request = json.dumps([args, {**env}, str(cwd or _ROOT), start_new_session]).encode()
        streams = [given if given >= 0 else own for own, given in enumerate((p2cread, c2pwrite, errwrite))]
        socket.send_fds(_starter()[0], [request], [*streams, tells])
        os.close(tells)
        self.pid = int(self._told.readline())
        self._child_created = True
        self._close_pipe_fds(p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite)  # type: ignore[attr-defined]

    def poll(self) -> int | None:
        """Its exit code, or minus the signal that ended it, once it has ended."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended; its exit code."""
        if self.returncode is None:
            if not select.select([self._told], [], [], timeout and max(0, timeout))[0]:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            with self._told:
                self.returncode = int(self._told.readline())
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it has not ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):  # it ended, and how is about to be told
                os.kill(self.pid, number)


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
        request, given, _, _ = socket.recv_fds(asked, _LONGEST, 4)
        if not request:
            return
        if os.fork() == 0:
            asked.close()
            _watch(request, given)
        for each in given:
            os.close(each)


def _watch(request: bytes, given: list[int]) -> None:
    """Start one process, and tell its number, and how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    *streams, tells = given
    process = os.fork()
    if process == 0:
        os.close(tells)
        _run(streams, *json.loads(request))
    for each in streams:
        os.close(each)
    os.write(tells, b"%d\n" % process)
    _, status = os.waitpid(process, 0)
    os.write(tells, b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _run(streams: list[int], program: list[str], environment: dict[str, str], folder: str, own_session: bool) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if own_session:
        os.setsid()
    for number, each in enumerate(streams):
        os.dup2(each, number)
        os.close(each)
    sys.stdin = open(0, encoding="utf-8", errors="surrogateescape")  # noqa: SIM115 - these end with the process
    sys.stdout = open(1, "w", encoding="utf-8", errors="surrogateescape")  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, encoding="utf-8", errors="backslashreplace")  # noqa: SIM115
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    module, *sys.argv[1:] = program
    runpy.run_module(module, run_name="__main__", alter_sys=True)
    sys.exit()


if __name__ == "__main__":
    main()
