"""Users created over SCIM by eight connections at once: `python -m benchmarks.scim_creates WHOM BESIDE FOLDER COUNT`.

WHOM and BESIDE are services: `idsync`, the program as people start it, and `bare`, the least that such a service must
do, each with a file; `idsync-on-postgresql`, `bare-on-postgresql` and `two-on-postgresql`, two replicas, have a server
of their own. Each starts with nobody. Both are up the whole time and are pushed to in turn, a slice each and each of
them first as often, so that what disturbs the one disturbs the other. Prints as JSON the milliseconds that a create
took on the whole, those of the service's processor alone (of PostgreSQL's server none), and the 99th percentile of
one; with `beside_` those of BESIDE.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.configuration import STORE, write_pushed_configuration
from benchmarks.processes import PYTHON, Service
from idsync.apply.request import Request
from idsync.bootstrap.workspace import open_workspace
from idsync.model.times import format_time
from idsync.reconcile.lately import Lately
from idsync.reconcile.pushed.push_passes import PushPasses
from idsync.reconcile.pushed.user_pushes import UserPushes
from idsync.server.tokens import make_token
from idsync.stores.protocol import Access
from tests.postgres.server import Server

CONNECTIONS = 8
WARMING = 2 * CONNECTIONS
"""So many users are created before the figures begin: what is made at first use is made then."""
SLICE = 10 * CONNECTIONS
"""So many are created at one service before it is the other's turn."""
_ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:User"
_SERVES, _PASSED = "Serving SCIM", "A full pass ended"


def body(number: int) -> dict[str, object]:
    """A user as Okta pushes one."""
    login = f"person.{number}@big-pizza.com"
    return {
        "schemas": [_SCHEMA, _ENTERPRISE],
        "userName": login,
        "externalId": f"00u{number:017}",
        "name": {"givenName": "Person", "familyName": str(number)},
        "emails": [{"primary": True, "value": login, "type": "work"}],
        "displayName": f"Person {number}",
        "title": "Baker",
        "locale": "en-US",
        "groups": [],
        "active": True,
        _ENTERPRISE: {"department": "Engineering", "costCenter": "100"},
    }


@dataclass(frozen=True)
class Serving:
    """What was started: base URLs, a token, and the processes that answer, of the service alone."""

    base_urls: tuple[str, ...]
    token: str
    processes: tuple[int, ...]

    def processor_seconds(self) -> float:
        """What these processes took of the processor until now."""
        return sum(map(_processor_seconds, self.processes))


def _processor_seconds(process: int) -> float:
    # What comes after the command, in parentheses, begins with the third field; user and system are the 14th and 15th.
    fields = Path(f"/proc/{process}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def bare(store: str) -> Iterator[Serving]:
    """The bare service, which asks for no token."""
    service = Service([PYTHON, "-m", "benchmarks.bare_scim", store])
    try:
        yield Serving((service.address,), "", (service.pid,))
    finally:
        service.stop()


@contextmanager
def idsync(folder: Path, store: str, replicas: int = 1) -> Iterator[Serving]:
    """So many times `idsync serve` with one person in the directory, once the first full pass is over."""
    write_pushed_configuration(folder, store)
    token = _begin(folder)
    with ExitStack() as running:
        started = [running.enter_context(_served(folder, number)) for number in range(replicas)]
        _until(folder, started, _SERVES, all)
        _until(folder, started, _PASSED, any)
        urls = tuple(f"http://127.0.0.1:{port}/scim/v2/okta" for port, _ in started)
        yield Serving(urls, token, tuple(process.pid for _, process in started))


_Started = tuple[int, "subprocess.Popen[bytes]"]


@contextmanager
def _served(folder: Path, number: int) -> Iterator[_Started]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with _log(folder, number).open("wb") as written:
        command = [PYTHON, "-m", "idsync", "serve", "-c", str(folder), "--port", str(port)]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=written, stderr=written)
        try:
            yield port, process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def _log(folder: Path, number: int) -> Path:
    return folder / f"serve-{number}.log"


def _until(folder: Path, started: Sequence[_Started], words: str, who: Callable[[Iterable[bool]], bool]) -> None:
    """Wait until `all` or `any` of the services said these words. Raises SystemExit where one ended."""
    while not who(words in _log(folder, number).read_text() for number in range(len(started))):
        for number, (_, process) in enumerate(started):
            if process.poll() is not None:
                raise SystemExit(_log(folder, number).read_text())
        time.sleep(0.05)


def _begin(folder: Path) -> str:
    """Push one person, so that a full pass has something to read; returns the text of a token."""
    place = open_workspace(folder)
    with place.store(Access.WRITE) as store, store.transaction():
        now = place.now()
        request = Request("benchmark", now, place.holder(format_time(now)), place.expected())
        passes = PushPasses(place.settings, store, place.target(store), lambda _: request, Lately())
        UserPushes(passes).create(body(0), now)
        return make_token(store.tokens, name="okta", integration="okta", by="benchmark", now=now, ends=None)[1]


def push(serving: Serving, numbers: range) -> list[float]:
    """Create users by eight connections; the seconds that each took."""
    headers = {"Authorization": f"Bearer {serving.token}", "Content-Type": "application/scim+json"}
    bodies = [json.dumps(body(number)) for number in numbers]

    def push_share(first: int) -> list[float]:
        address = urlsplit(serving.base_urls[first % len(serving.base_urls)])
        connection = HTTPConnection(address.netloc, timeout=60)
        took = []
        for text in bodies[first::CONNECTIONS]:
            begun = time.perf_counter()
            connection.request("POST", f"{address.path}/Users", text, headers)
            answer = connection.getresponse()
            content = answer.read()
            took.append(time.perf_counter() - begun)
            if answer.status != 201:
                raise SystemExit(f"{answer.status}: {content!r}")
        connection.close()
        return took

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        return [seconds for share in pool.map(push_share, range(CONNECTIONS)) for seconds in share]


@contextmanager
def _postgres() -> Iterator[str]:
    """The address of a new database in a server of its own, which forgets nothing that it has committed."""
    server = Server(durable=True)
    try:
        yield server.url(server.new_database())
    finally:
        server.remove()


@contextmanager
def _serving(whom: str, folder: Path) -> Iterator[Serving]:
    with ExitStack() as running:
        who, _, where = whom.partition("-on-")
        store = running.enter_context(_postgres()) if where == "postgresql" else ""
        if who == "bare":
            yield running.enter_context(bare(store or str(folder / "bare.db")))
        else:
            replicas = 2 if who == "two" else 1
            yield running.enter_context(idsync(folder, store or STORE, replicas))


class Creating:
    """Creates users at one service, a slice at a time, and keeps what it took, in seconds."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self._took: list[float] = []
        self._elapsed = self._processor = 0.0
        push(serving, range(1, WARMING + 1))

    def go_on(self, count: int) -> None:
        """Create so many users more."""
        first = WARMING + 1 + len(self._took)
        begun, processor = time.perf_counter(), self._serving.processor_seconds()
        self._took += push(self._serving, range(first, first + count))
        self._elapsed += time.perf_counter() - begun
        self._processor += self._serving.processor_seconds() - processor

    def told(self) -> dict[str, float]:
        """The figures, in milliseconds."""
        count = len(self._took)
        slow = sorted(self._took)[int(count * 0.99)]
        seconds = {"ms": self._elapsed / count, "p99_ms": slow, "cpu_ms": self._processor / count}
        return {name: took * 1000 for name, took in seconds.items()}


def main(whom: str, beside: str, folder: Path, count: int) -> None:
    """Start both services, push to them in turn, and print the figures."""
    shutil.rmtree(folder, ignore_errors=True)
    with ExitStack() as running:
        both = []
        for place, name in (("measured", whom), ("beside", beside)):
            (folder / place).mkdir(parents=True)
            both.append(Creating(running.enter_context(_serving(name, folder / place))))
        for begun in range(0, count, SLICE):
            for creating in both if begun % (2 * SLICE) == 0 else reversed(both):
                creating.go_on(min(SLICE, count - begun))
        told, held_against = (creating.told() for creating in both)
    print(json.dumps(told | {f"beside_{name}": took for name, took in held_against.items()}))


if __name__ == "__main__":
    os.environ.pop("IDSYNC_CONFIG", None)
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
