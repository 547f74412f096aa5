"""The program, run in this process on a folder of its own and by a clock that is given."""

import io
import json
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from idsync.bootstrap import workspace
from idsync.bootstrap.workspace import Workspace
from idsync.cli.application import run
from idsync.config.loader import load
from tests.lives.directory import Directory, read_directory
from tests.lives.organization import Document

START = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


class Unexpected(AssertionError):
    """The program did not do what the rules say."""


class Program:
    """idsync, with one configuration and one store."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._load = cache(load)
        self.now = START
        self.plan = str(folder / "plan.json")
        self.late = str(folder / "late.json")

    def configure(self, documents: list[Document]) -> None:
        """Write the configuration; JSON is YAML."""
        text = "\n---\n".join(json.dumps(document, indent=1) for document in documents)
        (self._folder / "idsync.yaml").write_text(text)
        self._load.cache_clear()

    def give(self, reading: Document) -> None:
        """Write the snapshot that the configuration reads."""
        (self._folder / "snapshot.json").write_text(json.dumps(reading))

    def run(self, *arguments: str, stdin: str = "") -> tuple[int, str, str]:
        """Run a command: its exit code, and what it said on standard output and standard error."""
        out, err = io.StringIO(), io.StringIO()
        given = io.TextIOWrapper(io.BytesIO(stdin.encode()), encoding="utf-8")
        with redirect_stdout(out), redirect_stderr(err), patch.object(sys, "stdin", given), self._circumstances():
            code = run([*arguments, "--config", str(self._folder)])
        return code, out.getvalue(), err.getvalue()

    def expect(self, wanted: Collection[int], *arguments: str, stdin: str = "") -> tuple[int, str]:
        """Run a command that must end with one of these codes: the code, and what it printed."""
        code, out, err = self.run(*arguments, stdin=stdin)
        if code not in wanted:
            codes = " or ".join(map(str, wanted))
            said = f"idsync {' '.join(arguments)} ends with {code}, not {codes}:\n{err or out}"
            raise Unexpected(said.replace(str(self._folder), "FOLDER"))
        return code, out

    def create(self, resource: Document, *, force: bool = False) -> None:
        """Create or replace one resource by hand."""
        self.expect((0,), "create", *(["-f"] if force else []), "-", stdin=json.dumps(resource))

    def remove(self, address: str) -> None:
        """Remove one resource by hand."""
        self.expect((0,), "rm", address, "--auto-approve")

    def get(self, address: str) -> Document:
        """One resource as it is."""
        found: list[Document] = json.loads(self.expect((0,), "get", address, "--format", "json")[1])
        return found[0]

    def directory(self, *options: str) -> Directory:
        """Everything that the directory holds."""
        resources: list[Any] = json.loads(self.expect((0,), "get", "all", "--format", "json", *options)[1])
        return read_directory(resources)

    @contextmanager
    def _circumstances(self) -> Iterator[None]:
        """The clock; and, to save time, the configuration as it was when it was read for the command before."""
        with (
            patch.object(Workspace, "clock", lambda _: self.now.timestamp()),
            patch.object(workspace, "load", self._load),
        ):
            yield
