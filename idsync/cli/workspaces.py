"""Opens the workspace of a command: loads the configuration, shows its warnings."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from idsync.bootstrap.workspace import Workspace, open_workspace
from idsync.cli.files import read_input
from idsync.cli.invocation import Invocation
from idsync.cli.resource_files import read_directory
from idsync.diagnostics import Position
from idsync.errors import ResourceError, UsageError
from idsync.model.directory import DirectoryState
from idsync.stores.protocol import Access, Store
from idsync.targets.given import GivenDirectory


def workspace(invocation: Invocation) -> Workspace:
    """The workspace of this invocation; raises ConfigError."""
    place = open_workspace(invocation.config)
    invocation.console.diagnostics(place.warnings)
    return place


@contextmanager
def store_to_write(invocation: Invocation, place: Workspace) -> Iterator[Store]:
    """The store, to write to it; says so when that brought it to a newer schema. Raises StoreError."""
    with place.store(Access.WRITE) as store:
        if store.upgraded_from is not None:
            invocation.console.note(
                f"The store was brought from schema {store.upgraded_from} to this version's;"
                " an earlier idsync cannot use it any more."
            )
        yield store


def given_directory(current: Path) -> GivenDirectory:
    """The directory in a file of `get all --format json`; raises UsageError or ResourceError."""
    content = read_input(current, "directory")
    try:
        directory = read_directory(content, str(current))
    except ResourceError as error:
        error.position = error.position or Position(str(current))
        error.fix = "Give what `idsync get all --format json` printed, as it was printed."
        raise
    if directory.state() == DirectoryState() and not content.lstrip().startswith(b"["):
        # An empty directory prints as `[]`; nothing at all is what a `get` that failed leaves behind.
        raise UsageError(
            f"The directory {current} holds nothing, not even an empty array.",
            why="Planning from it would create everybody again.",
            fix="Write it again with `idsync get all --format json`, and see that this succeeds.",
        )
    return directory
