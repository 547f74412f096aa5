"""The program on a terminal, as somebody sits at one: what it says is waited for, and answered."""

import os
import pty
import select
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.acceptance.programs import TOKEN, environment
from tests.warm import Warm

LONGEST = 60.0


class Sitting:
    """One command at a terminal."""

    def __init__(self, process: "subprocess.Popen[bytes]", terminal: int) -> None:
        self._process = process
        self._terminal = terminal
        self.said = ""

    def until(self, words: str) -> str:
        """Wait until it has said some words; all that it said so far."""
        begun = time.monotonic()
        while words not in self.said:
            assert self._hears(), f"it ended without {words!r}: {self.said}"
            assert time.monotonic() - begun < LONGEST, f"it did not say {words!r}: {self.said}"
        return self.said

    def answer(self, words: str, answer: str) -> None:
        """Wait for a question, and answer it."""
        self.until(words)
        self.said = ""
        os.write(self._terminal, f"{answer}\n".encode())

    def end(self) -> int:
        """Wait for its end; its exit code."""
        while self._hears():
            pass
        return self._process.wait(LONGEST)

    def _hears(self) -> bool:
        ready, _, _ = select.select([self._terminal], [], [], LONGEST)
        assert ready, f"it says nothing more: {self.said}"
        try:
            heard = os.read(self._terminal, 65536)
        except OSError:  # the other end is closed
            return False
        self.said += heard.decode(errors="replace").replace("\r\n", "\n")
        return bool(heard)


@contextmanager
def sitting(*arguments: object, more: Mapping[str, str] = TOKEN) -> Iterator[Sitting]:
    """Run the command line on a terminal of 120 columns without colour."""
    here, there = pty.openpty()
    variables = environment({**more, "NO_COLOR": "1", "COLUMNS": "120", "LINES": "40"})
    streams: dict[str, Any] = {"stdin": there, "stdout": there, "stderr": there}
    process = Warm("idsync", [str(argument) for argument in arguments], variables, start_new_session=True, **streams)
    os.close(there)
    try:
        yield Sitting(process, here)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        os.close(here)
