"""Sessions of a story: commands and what they said, played again word for word against a simulated Okta organization.

A line `$ idsync …` is a command, and what follows it is what it said; a line `# …` is what somebody does in between.
What differs from run to run (addresses, keys, certificates, times) is written with a stand-in.
"""

import io
import os
import re
import shlex
import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

from idsync.cli.application import run
from idsync.model.known_secrets import forget_secrets
from tests.acceptance.programs import environment

ORG = "https://enzos-pizza.okta.com"
_STAND_INS = (
    (re.compile(r"(?<=<ds:X509Certificate>)[^<]+"), "MIIC…"),
    (re.compile(r'(?<="n": ")[A-Za-z0-9_-]+'), "sXch…"),
    (re.compile(r"\d{8}T\d{6}Z-[A-Za-z0-9_-]{8}"), "20261122T000000Z-Zk3y1d00"),
    (re.compile(r"sha256:[0-9a-f]{12}"), "sha256:…"),
    (re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "2026-11-22T00:00:00Z"),
    (re.compile(r"\d\d-\d\d \d\d:\d\d UTC"), "11-22 00:00 UTC"),
)


def stand_ins(text: str, url: str) -> str:
    """The text as it is written down."""
    text = text.replace(url, ORG)
    for pattern, instead in _STAND_INS:
        text = pattern.sub(instead, text)
    return text


def played(session: str, url: str, between: Mapping[str, Callable[[str], None]], secrets: Mapping[str, str]) -> str:
    """The session, as it goes today. `between` has what the lines of a person do, each given what was said so far."""
    told: list[str] = []
    for line in session.splitlines():
        if line.startswith("$ idsync "):
            told += [line, *_said(shlex.split(line.replace(ORG, url))[2:], secrets).splitlines(), ""]
        elif line.startswith("# ") or line == "#":
            told.append(line)
            if doing := between.get(line[2:]):
                doing("\n".join(told))
    return stand_ins("\n".join(told).rstrip() + "\n", url)


def _said(arguments: list[str], secrets: Mapping[str, str]) -> str:
    buffer = io.BytesIO()
    stream = io.TextIOWrapper(buffer, "utf-8", write_through=True)
    kept, sys.stdin = sys.stdin, io.StringIO()
    forget_secrets()
    try:
        with (
            mock.patch.dict(os.environ, environment(secrets), clear=True),
            redirect_stdout(stream),
            redirect_stderr(stream),
        ):
            code = run(arguments)
    finally:
        sys.stdin = kept
    said = buffer.getvalue().decode()
    return said if code == 0 else f"{said}(exit {int(code)})\n"


def written(folder: Path, url: str, names: tuple[str, ...]) -> dict[str, str]:
    """What files say, as it is written down."""
    return {name: stand_ins((folder / name).read_text(), url) for name in names}
