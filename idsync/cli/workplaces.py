"""How commands come by their workplace: the configuration loaded, its warnings shown."""

from pathlib import Path

from idsync.bootstrap import Workplace, open_workplace
from idsync.cli.files import read_input
from idsync.cli.invocation import Invocation
from idsync.cli.resource_files import directory_of, read_resources
from idsync.targets.given import GivenDirectory


def workplace(invocation: Invocation) -> Workplace:
    """The workplace of this invocation; raises ConfigError."""
    place = open_workplace(invocation.config)
    invocation.console.diagnostics(place.warnings)
    return place


def given_directory(current: Path) -> GivenDirectory:
    """The directory in a file of `get all --format json`; raises UsageError or ResourceError."""
    return directory_of(read_resources(read_input(current, "directory"), str(current)))
