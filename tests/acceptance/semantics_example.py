"""The example organization, applied, and commands that are run on it."""

import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from tests.acceptance.programs import Ended, command, environment
from tests.warm import Warm

_TIMES = re.compile(rb'"\d{4}-\d\d-\d\dT[^"]*"|"revision":"[0-9a-f]+"')


@dataclass(frozen=True)
class Example:
    """A folder with the example organization; `next_week` is its later snapshot."""

    folder: Path

    @property
    def next_week(self) -> tuple[object, ...]:
        return ("--snapshot", self.folder / "snapshot-next.json")

    def run(self, name: str, *arguments: object, stdin: bytes = b"", more: Mapping[str, str] = {}) -> Ended:
        """Run one command here, with so much more in its environment."""
        return command(name, "-c", self.folder, *arguments, stdin=stdin, more=more)

    def done(self, name: str, *arguments: object, stdin: bytes = b"", more: Mapping[str, str] = {}) -> Ended:
        """Run one command here that must succeed."""
        ended = self.run(name, *arguments, stdin=stdin, more=more)
        assert ended.code == 0, ended.out + ended.err
        return ended

    def get(self, *arguments: object) -> Any:
        """Resources, as `get --format json` prints them."""
        return self.done("get", *arguments, "--format", "json").json

    def everything(self) -> bytes:
        """All that the directory holds, with every time made one: two runs are never at the same second.

        What is known of the directory as a whole is left out: it tells of the configuration, too.
        """
        held = [item for item in self.get("all") if item["kind"] != "idsync_state"]
        return _TIMES.sub(b'"at some time"', msgspec.json.encode(held))

    def process(self, how: str, number: int, *arguments: object) -> "subprocess.Popen[str]":
        """Run one command here as a process that is killed or held at an entry of the journal."""
        return Warm(
            "tests.acceptance.semantics_killed",
            [how, str(number), *map(str, arguments), "-c", str(self.folder)],
            environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


Copy = Callable[[], Example]


def written(folder: Path) -> Example:
    """The example as `init` writes it."""
    assert command("init", folder, "--example").code == 0
    return Example(folder)


def copied(example: Example, folder: Path) -> Example:
    """A copy to do as one likes with."""
    return Example(Path(shutil.copytree(example.folder, folder)))
