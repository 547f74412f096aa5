"""`idsync serve` as the process that people start: waited for, asked over HTTP, ended."""

import itertools
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.acceptance.okta_world import Place

READY = re.compile(r"Serving SCIM at (https?://[0-9.:]+)(/scim/v2/\S+?)[\s\")]")
LONGEST = 45.0
_NUMBERS = itertools.count(1)


@dataclass
class Serving:
    """A running service: its address, and what it has logged."""

    process: "subprocess.Popen[str]"
    place: Place
    lines: list[str] = field(default_factory=list)
    url: str = ""
    base: str = ""
    token: str = ""

    @property
    def log(self) -> str:
        """Everything logged so far."""
        return "".join(self.lines)

    def http(self) -> httpx.Client:
        """A client of it."""
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {self.token}"}, timeout=30)

    def until(self, holds: Callable[[], bool], seconds: float = LONGEST, what: str = "") -> float:
        """Wait until something holds; how long that took."""
        begun = time.monotonic()
        while not holds():
            assert self.process.poll() is None, self.log
            assert time.monotonic() - begun < seconds, f"{what} did not become so in {seconds} s:\n{self.log}"
            time.sleep(0.1)
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
def serving(place: Place) -> Iterator[Serving]:
    """Serve as long as the block lasts, on a port that the system chooses."""
    name = f"okta-{next(_NUMBERS)}"
    token = place.run("scim", "token", "create", "--name", name, "--format", "json").json["token"]
    process = place.start("serve", "--port", str(free_port()))
    running = Serving(process, place, token=token)

    def read() -> None:
        assert process.stderr is not None
        for line in process.stderr:
            running.lines.append(line)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
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
        reader.join(5)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def free_port() -> int:
    """A port that nobody listens at."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
