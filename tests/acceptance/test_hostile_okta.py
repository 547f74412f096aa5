"""Whatever a server says in Okta's place: an error with its number, in bounded time and memory, and no secret told."""

import itertools
import re
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

from idsync.cli.application import run
from idsync.okta import request, retry
from tests.acceptance.hostile_server import APP, ROWS, Hostile, Speech, answer, hostile
from tests.acceptance.okta_world import Place
from tests.acceptance.programs import TOKEN, Ended, wait

HASTY = """
from idsync.okta import request, retry, transport
import os, pathlib, runpy
transport.LONGEST_ANSWER = transport._LOOK_EVERY = 0.5
retry.Retries.after_failure.__defaults__ = (2,)
request.TRIES = 2
end = os._exit
os._exit = lambda code: (os.write(2, pathlib.Path("/proc/self/status").read_bytes()), end(code))
runpy.run_module("idsync", run_name="__main__", alter_sys=True)
"""
"""The program, with fewer retries than it has; its bounds are what these tests are about, not their size.

At its end it tells what the system knows of it: what is told of a child that has ended counts its parent's memory, too.
"""


def checked(ended: Ended, began: float) -> Ended:
    assert time.monotonic() - began < 60
    assert TOKEN["OKTA_API_TOKEN"] not in ended.out + ended.err
    return ended


def process(server: Hostile, folder: Path) -> Ended:
    """A plan from that server, made by a process of its own: it takes no more than so much time."""
    place = Place(folder, server.url, APP)
    place.configure()
    began = time.monotonic()
    return checked(wait(place.start("plan", script=HASTY), 60), began)


Planner = Callable[[Hostile], Ended]


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Planner:
    """Plans from a server in this process, with fewer retries."""
    monkeypatch.setattr(retry.Retries.after_failure, "__defaults__", (2,))
    monkeypatch.setattr(retry, "LONGEST_WAIT", 3.0)
    monkeypatch.setattr(request, "TRIES", 2)
    for name, value in TOKEN.items():
        monkeypatch.setenv(name, value)

    def planned(server: Hostile) -> Ended:
        Place(tmp_path, server.url, APP).configure()
        began = time.monotonic()
        code = run(["plan", "-c", str(tmp_path)])
        said = capsys.readouterr()
        return checked(Ended(code, said.out, said.err), began)

    return planned


def everywhere(response: bytes) -> Speech:
    return lambda path: [response]


def at_groups(pieces: Callable[[str], Iterable[bytes]]) -> Speech:
    """Say the right thing, but to the listing of groups."""

    def speech(path: str) -> Iterable[bytes]:
        plain = path.partition("?")[0]
        return pieces(path) if plain == "/api/v1/groups" else [answer(ROWS[plain])]

    return speech


def test_the_server_of_these_tests_can_be_read(tmp_path: Path) -> None:
    with hostile(at_groups(lambda path: [answer(ROWS["/api/v1/groups"])])) as server:
        ended = process(server, tmp_path)
    assert ended.code == 0, ended.err
    assert "a@b" in ended.out


def slowly(pieces: Iterable[bytes], pause: float = 0.2) -> Iterator[bytes]:
    for piece in pieces:
        yield piece
        time.sleep(pause)


def slow_head(path: str) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n"
    yield from slowly(b"X-%d: y\r\n" % number for number in range(150))


def slow_body(path: str) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n["
    yield from slowly(itertools.repeat(b" ", 150))


def slow_compressed(path: str) -> Iterator[bytes]:
    """Each byte adds nothing to the body: the checksum, the name of the file, empty blocks."""
    yield b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 100000\r\n\r\n\x1f\x8b\x08\x08\0\0\0\0\0\xff"
    yield from slowly(itertools.repeat(b"n", 150))


def early_hints(path: str) -> Iterator[bytes]:
    yield from slowly(itertools.repeat(b"HTTP/1.1 103 Early Hints\r\n\r\n", 150))


@pytest.mark.long
@pytest.mark.parametrize("speech", [slow_head, slow_body, slow_compressed, early_hints], ids=lambda each: each.__name__)
def test_an_answer_that_never_ends_is_given_up(speech: Speech, tmp_path: Path) -> None:
    with hostile(at_groups(speech)) as server:
        ended = process(server, tmp_path)
    assert ended.code == 7
    assert "fix:" in ended.err


def endless_body(path: str) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    yield from itertools.repeat(b"10000\r\n" + b" " * 65536 + b"\r\n", 4096)


@cache
def blanks(layers: int) -> bytes:
    """Some gigabytes of blanks in a small answer."""
    body = b" " * (1 << 24) if layers == 1 else blanks(layers - 1)
    packer = zlib.compressobj(6, wbits=31)
    return b"".join([*(packer.compress(body) for _ in range(16)), packer.flush()])


def bomb(layers: int) -> Speech:
    """Say that; it is made when it is first asked for."""
    coding = ", ".join(["gzip"] * layers)
    return lambda path: [answer(blanks(layers), f"Content-Encoding: {coding}")]


@pytest.mark.long
@pytest.mark.parametrize(
    "speech",
    [endless_body, bomb(1), bomb(2), everywhere(answer(b"[", "X-Large: " + "x" * (1 << 21)))],
    ids=["endless body", "compressed bomb", "bomb in a bomb", "gigantic header"],
)
def test_an_answer_of_any_size_costs_little_memory(speech: Speech, tmp_path: Path) -> None:
    with hostile(at_groups(speech)) as server:
        ended = process(server, tmp_path)
    assert ended.code == 7, ended.err
    peak = re.search(r"VmHWM:\s+(\d+) kB", ended.err)
    assert peak is not None
    assert int(peak[1]) < 300 * 1024, f"{int(peak[1]) >> 10} MiB"


def linked(target: str) -> Speech:
    return lambda path: [answer(ROWS["/api/v1/groups"], f'Link: <{target}>; rel="next"')]


@pytest.mark.parametrize("kind", ["another host", "a file", "another scheme", "user info", "a port"])
def test_a_next_page_elsewhere_is_an_error_and_never_asked_for(kind: str, plan: Planner) -> None:
    with hostile(everywhere(answer(b"[]"))) as other, hostile(everywhere(b"")) as server:
        port = server.url.rpartition(":")[2]
        target = {
            "another host": f"{other.url}/api/v1/groups?after=x",
            "a file": "file:///etc/passwd",
            "another scheme": f"https://127.0.0.1:{port}/api/v1/groups?after=x",
            "user info": f"http://127.0.0.1:{port}@{other.url[7:]}/api/v1/groups?after=x",
            "a port": f"http://127.0.0.1:{other.url.rpartition(':')[2]}/",
        }[kind]
        server.speech = at_groups(linked(target))
        ended = plan(server)
    assert ended.code == 7
    assert "another address" in ended.err
    assert other.requests == []


@pytest.mark.parametrize("status", ["301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect"])
def test_a_redirect_is_an_error_and_never_followed(status: str, plan: Planner) -> None:
    with hostile(everywhere(answer(b"[]"))) as other:
        moved = answer(b"", f"Location: {other.url}/api/v1/groups", status=status)
        with hostile(everywhere(moved)) as server:
            ended = plan(server)
    assert ended.code == 7
    assert "redirects" in ended.err
    assert other.requests == []


def endless_pages(rows: bytes) -> Speech:
    """Each page names another one; cursors never repeat."""
    numbers = itertools.count()
    return lambda path: [answer(rows, f'Link: <{path.partition("?")[0]}?after={next(numbers)}>; rel="next"')]


def test_a_listing_without_an_end_is_an_error(plan: Planner) -> None:
    with hostile(at_groups(endless_pages(ROWS["/api/v1/groups"]))) as server:
        ended = plan(server)
    assert ended.code == 7
    assert "does not end" in ended.err
    assert len(server.requests) < 30


def test_r25_an_empty_page_is_the_end_whatever_it_names_as_the_next(plan: Planner) -> None:
    with hostile(at_groups(endless_pages(b"[]"))) as server:
        ended = plan(server)
    assert ended.code == 0, ended.err
    assert len(server.requests) < 10


NONSENSE = {
    "a page for people": answer(b"<html>Sign in</html>", kind="text/html"),
    "no JSON": answer(b"hello"),
    "JSON of another kind": answer(b'{"rows": []}'),
    "a number": answer(b"5"),
    "null": answer(b"null"),
    "rows that are none": answer(b"[null, 5]"),
    "deeper than any": answer(b"[" * 200_000),
    "nothing": answer(b""),
    "an empty 204": b"HTTP/1.1 204 No Content\r\n\r\n",
    "no HTTP": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
    "a broken chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n[]]",
    "broken compression": answer(b"not gzip at all", "Content-Encoding: gzip"),
    "an unknown compression": answer(b"\x00\x01", "Content-Encoding: zork"),
    "escapes of a terminal": answer(
        b'{"errorCode":"\\u001b[2J","errorSummary":"\\u001b]0;owned\\u0007 x"}', status="400 Bad Request"
    ),
    "its own credential back": answer(
        b'{"errorSummary":"SSWS 00simulated-token-of-a-super-admin"}', status="403 Forbidden"
    ),
}


@pytest.mark.parametrize("kind", NONSENSE)
def test_nonsense_is_an_error_that_explains_itself(kind: str, plan: Planner) -> None:
    with hostile(at_groups(lambda path: [NONSENSE[kind]])) as server:
        ended = plan(server)
    assert ended.code in {4, 7}, ended.err
    assert "fix:" in ended.err or "why:" in ended.err
    assert ended.out == ""
    assert "\x1b" not in ended.err


ODD_ROWS = {
    "an id of another type": b'[{"id": 5, "type": "OKTA_GROUP", "profile": {"name": "x"}}]',
    "no name": b'[{"id": "00g1", "type": "OKTA_GROUP", "profile": {}}]',
    "half a character": b'[{"id":"00g1","type":"OKTA_GROUP","profile":{"name":"\\ud800"}}]',
    "bytes that are not text": b'[{"id":"00g1","type":"OKTA_GROUP","profile":{"name":"\xff\xfe"}}]',
}


@pytest.mark.parametrize("kind", ODD_ROWS)
def test_r13_an_odd_row_is_a_finding_and_the_others_go_on(kind: str, plan: Planner) -> None:
    with hostile(at_groups(lambda path: [answer(ODD_ROWS[kind])])) as server:
        ended = plan(server)
    assert ended.code == 0, ended.err
    assert "unreadable" in ended.out
    assert "\ud800" not in ended.out


LIMITS = {
    "a window that ends in a million years": ("100", "0", "99999999999999"),
    "no room ever": ("0", "0", "0"),
    "numbers that are none": ("many", "-1", "1e9"),
    "numbers of a thousand digits": ("9" * 1000, "0", "9" * 1000),
}


@pytest.mark.parametrize("kind", LIMITS)
@pytest.mark.parametrize("status", ["200 OK", "429 Too Many Requests"])
def test_absurd_rate_limits_neither_hang_nor_break_a_run(kind: str, status: str, plan: Planner) -> None:
    limit, remaining, reset = LIMITS[kind]
    headers = [f"X-Rate-Limit-Limit: {limit}", f"X-Rate-Limit-Remaining: {remaining}", f"X-Rate-Limit-Reset: {reset}"]
    with hostile(
        at_groups(lambda path: [answer(ROWS["/api/v1/groups"], *headers, "Retry-After: 9999999999", status=status)])
    ) as server:
        ended = plan(server)
    assert ended.code in {0, 7}, ended.err
