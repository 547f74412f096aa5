"""Users created over SCIM by eight connections at once: `python -m benchmarks.scim_creates WHOM FOLDER COUNT`.

WHOM is `idsync`, the program as people start it, or `bare`, the least that such a service must do. Each starts with
nobody. Prints as JSON the milliseconds that a create took on the whole, and the 99th percentile of one.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.configuration import write_pushed_configuration
from benchmarks.processes import PYTHON, Service
from idsync.apply.request import Request
from idsync.bootstrap.workspace import open_workspace
from idsync.model.times import format_time
from idsync.reconcile.lately import Lately
from idsync.reconcile.pushed.push_passes import PushPasses
from idsync.reconcile.pushed.user_pushes import UserPushes
from idsync.server.tokens import make_token
from idsync.stores.protocol import Access

CONNECTIONS = 8
WARMING = 2 * CONNECTIONS
"""So many users are created before the figures begin: what is made at first use is made then."""
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


@contextmanager
def bare(folder: Path) -> Iterator[tuple[str, str]]:
    """The bare service: its base URL, and a token that it does not ask for."""
    service = Service([PYTHON, "-m", "benchmarks.bare_scim", str(folder / "bare.db")])
    try:
        yield service.address, ""
    finally:
        service.stop()


@contextmanager
def idsync(folder: Path) -> Iterator[tuple[str, str]]:
    """`idsync serve` with one person in the directory, once its first full pass is over: base URL and token."""
    write_pushed_configuration(folder)
    token = _begin(folder)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = folder / "serve.log"
    with log.open("wb") as written:
        command = [PYTHON, "-m", "idsync", "serve", "-c", str(folder), "--port", str(port)]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=written, stderr=written)
        try:
            while not all(word in log.read_text() for word in (_SERVES, _PASSED)):
                if process.poll() is not None:
                    raise SystemExit(log.read_text())
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}/scim/v2/okta", token
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def _begin(folder: Path) -> str:
    """Push one person, so that a full pass has something to read; returns the text of a token."""
    place = open_workspace(folder)
    with place.store(Access.WRITE) as store, store.transaction():
        now = place.now()
        request = Request("benchmark", now, place.holder(format_time(now)), place.expected())
        passes = PushPasses(place.settings, store, place.target(store), lambda _: request, Lately())
        UserPushes(passes).create(body(0), now)
        return make_token(store.tokens, name="okta", integration="okta", by="benchmark", now=now, ends=None)[1]


def push(base_url: str, token: str, numbers: range) -> list[float]:
    """Create users by eight connections; the seconds that each took."""
    address = urlsplit(base_url)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/scim+json"}
    bodies = [json.dumps(body(number)) for number in numbers]

    def push_share(first: int) -> list[float]:
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


def main(whom: str, folder: Path, count: int) -> None:
    """Start a service, push to it, and print the figures."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    with {"idsync": idsync, "bare": bare}[whom](folder) as (base_url, token):
        push(base_url, token, range(1, WARMING + 1))
        begun = time.perf_counter()
        took = sorted(push(base_url, token, range(WARMING + 1, WARMING + 1 + count)))
        elapsed = time.perf_counter() - begun
    print(json.dumps({"ms": elapsed / count * 1000, "p99_ms": took[int(len(took) * 0.99)] * 1000}))


if __name__ == "__main__":
    os.environ.pop("IDSYNC_CONFIG", None)
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
