"""`idsync serve` as the process that people start: waited for, asked over HTTP, ended."""

import itertools
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import httpx

from tests.acceptance.okta_world import Place
from tests.acceptance.programs import environment
from tests.postgres.server import free_port
from tests.warm import Warm

READY = re.compile(r"Serving SCIM at (https?://[0-9.:]+)(/scim/v2/\S+?)[\s\")]")
LONGEST = 45.0
Process: TypeAlias = "Warm | subprocess.Popen[bytes]"
_NUMBERS = itertools.count(1)


@dataclass
class Serving:
    """A running service: its address, and what it has logged."""

    process: "Process"
    place: Place
    file: Path
    url: str = ""
    base: str = ""
    token: str = ""

    @property
    def log(self) -> str:
        """Everything logged so far."""
        return self.file.read_text()

    def http(self) -> httpx.Client:
        """A client of it."""
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {self.token}"}, timeout=30)

    def until(self, holds: Callable[[], bool], seconds: float = LONGEST, what: str = "") -> float:
        """Wait until something holds; how long that took."""
        begun = time.monotonic()
        while not holds():
            assert self.process.poll() is None, self.log
            assert time.monotonic() - begun < seconds, f"{what} did not become so in {seconds} s:\n{self.log}"
            time.sleep(0.02)
        return time.monotonic() - begun

    def until_child(self) -> int:
        """The process that reconciles, once there is one."""
        threads = Path(f"/proc/{self.process.pid}/task")

        def found() -> list[int]:
            children = (int(each) for file in threads.glob("*/children") for each in file.read_text().split())
            return [each for each in children if b"spawn_main" in Path(f"/proc/{each}/cmdline").read_bytes()]

        self.until(lambda: bool(found()), what="a process that reconciles")
        return found()[0]

    def end(self) -> int:
        """Tell it to end, and wait for that."""
        self.process.terminate()
        code = self.process.wait(40)
        assert "Traceback" not in self.log, self.log
        return code


@contextmanager
def serving(place: Place, *, from_nothing: bool = False) -> Iterator[Serving]:
    """Serve as long as the block lasts, on a port that the system chooses; `from_nothing` as a shell starts it."""
    number = next(_NUMBERS)
    token = place.run("scim", "token", "create", "--name", f"okta-{number}", "--format", "json").json["token"]
    file = place.folder.parent / f"{place.folder.name}-serve-{number}.log"
    start = _from_nothing if from_nothing else Warm
    process = start(
        "idsync", ["serve", "-c", str(place.folder), "--port", str(free_port())], environment(place.more), file
    )
    running = Serving(process, place, file, token=token)
    try:
        running.until(lambda: READY.search(running.log) is not None, what="serving")
        found = READY.search(running.log)
        assert found is not None
        running.url, running.base = found[1], found[2]
        yield running
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def _from_nothing(module: str, arguments: list[str], variables: dict[str, str], log: Path) -> "subprocess.Popen[bytes]":
    with log.open("ab") as said:
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            env=variables,
        )
